"""What other programs read in the records."""

from pydantic import TypeAdapter

from tasks.domain.verdict.priority import Priority


def test_the_keys_that_users_scripts_read_stay() -> None:
    priority = Priority(
        judged="test", rows=10, terms=5, voices=1, ker_comparison=0.8, ker_candidate=0.2,
        relative_drop=0.75, ci95=(0.5, 1.0), p_value=0.01, p_value_voices=None, look=1, alpha=0.025,
        worse_p_values={},
    )  # fmt: skip
    assert set(TypeAdapter(Priority).dump_python(priority, by_alias=True)) >= {
        "ker_base", "ker_candidate", "relative_drop", "ci95", "p_value", "rows",
    }  # fmt: skip
