"""A figure becomes a part of the page: its text is text, and nothing in it can run."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tasks.report.drawing import AFTER, BEFORE, inline_svg, label_text, rows_of


def drawn(labels: list[str], name: str = "chart") -> ElementTree.Element:
    with rows_of(labels) as (figure, axes):
        axes.plot([0, 1], [0, 0], "o-", color=AFTER, mfc=BEFORE)
        svg = inline_svg(figure, name, "A title", "A <b>description</b>")
    return ElementTree.fromstring(svg)


def texts(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter("text")]


@pytest.mark.parametrize(
    "label", ["</script><script>", "<img src=x>", "$\\frac{$", "a & b", "$x$", "日本語"]
)
def test_a_label_is_shown_as_it_is(label: str) -> None:
    assert label in texts(drawn([label]))


def test_a_character_that_no_xml_may_hold_is_left_out() -> None:
    assert "a b" in texts(drawn(["a\x00b"]))


def test_a_long_label_is_broken_and_ends_in_dots() -> None:
    assert label_text("fine-tune with 45% of its base").split("\n") == [
        "fine-tune with 45%", "of its base",
    ]  # fmt: skip
    assert label_text("word " * 40).endswith("…")


def test_title_and_description_name_the_figure_for_a_screen_reader() -> None:
    svg = drawn(["a"])
    assert svg.attrib["role"] == "img"
    by_id = {element.attrib.get("id"): element.text for element in svg.iter()}
    assert by_id[svg.attrib["aria-labelledby"]] == "A title"
    assert by_id[svg.attrib["aria-describedby"]] == "A <b>description</b>"


def test_colors_are_those_of_the_page_and_no_style_is_inline() -> None:
    attributes = [pair for element in drawn(["a"]).iter() for pair in element.attrib.items()]
    assert "style" not in dict(attributes)
    assert ("stroke", "var(--after)") in attributes
    assert ("fill", "var(--before)") in attributes
    assert not [value for _, value in attributes if value.startswith("#0a")]


def test_ids_of_two_figures_of_a_page_differ() -> None:
    def ids(name: str) -> set[str]:
        return {e.attrib["id"] for e in drawn(["a"], name).iter() if "id" in e.attrib}

    assert ids("one")
    assert not ids("one") & ids("two")


def test_every_reference_in_a_figure_leads_to_an_element_of_it() -> None:
    svg = drawn(["a"])
    ids = {element.attrib["id"] for element in svg.iter() if "id" in element.attrib}
    references = {e.attrib["href"][1:] for e in svg.iter() if "href" in e.attrib}
    assert references
    assert references <= ids


def test_a_command_that_draws_nothing_does_not_load_the_library() -> None:
    code = "import sys, flows.cycle, tasks.report.page; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
