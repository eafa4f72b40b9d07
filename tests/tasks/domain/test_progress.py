"""What is known of work that goes on."""

from tasks.domain.progress import Progress


def test_the_share_is_known_only_with_the_total_and_never_more_than_all() -> None:
    assert Progress("sft", 3).percent == 0
    assert not Progress("sft", 3).finished
    assert Progress("sft", 3, 12).percent == 25
    assert Progress("sft", 13, 12).percent == 100
    assert Progress("sft", 12, 12).finished


def test_a_line_leaves_out_what_is_not_known() -> None:
    assert Progress("boost", 3, 12, "clips").text == "boost: 3 of 12 clips"
    assert Progress("boost", note="loads NeMo").text == "boost: loads NeMo"
