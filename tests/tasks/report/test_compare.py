"""The page of a comparison answers first, shows the rows that differ, and everyone can use it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.systems import compare_systems
from tasks.report.compare import differing_rows, write_comparison
from tasks.workspace.systems import GivenSystems
from tests.tasks.report.conftest import Page

Row = Callable[..., ClinicalRow]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LONG = "a-system-with-a-rather-long-name-v2"


@pytest.fixture
def given(row: Row, tmp_path: Path, tone: Callable[..., None]) -> GivenSystems:
    """Six rows: two whose term one system misses, one with another dose, one with other words, two alike."""
    texts = [f"give no drug{letter}, 5 mg <now>" for letter in "abcdef"]
    rows = [
        row(
            audio_filepath=f"audio/{n}.wav", text=text, term=f"drug{'abcdef'[n]}",
            voice_id=f"v{n % 3}", entity_category="lab" if n == 1 else "drug",
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    tone(tmp_path / "audio/0.wav")
    other = ["give no druga", "give no dr, 5 mg now", texts[2].replace("5 mg", "50 mg")]
    other += [texts[3].replace("now", "later"), texts[4].upper(), "give no drug, 5 mg <now>"]
    systems = {"A": [*texts[:5], "give no <i>drug</i>, 5 mg now"], LONG: other}
    clips = [tmp_path / one.audio_filepath for one in rows]
    return GivenSystems("bench/manifest.jsonl", rows, clips, systems, ("A.csv: read so.",))


@pytest.fixture
def page_of(given: GivenSystems, tmp_path: Path) -> Path:
    path = tmp_path / "out/compare.html"
    write_comparison(path, given, compare_systems(given.rows, given.texts, Policy()), 20)
    return path


def test_rows_that_differ_are_listed_those_of_which_one_system_has_the_term_first(
    given: GivenSystems, tmp_path: Path
) -> None:
    found = compare_systems(given.rows, given.texts, Policy())
    rows, count = differing_rows(tmp_path / "out", given, found, 20)
    assert [(row.term, row.outcome, row.rank) for row in rows] == [
        ("drugb", f"missed by {LONG}", 1),
        ("druga", "right in all", 2),
        ("drugc", "right in all", 2),
        ("drugf", "missed by all", 2),
        ("drugd", "right in all", 3),
    ]
    assert count == 5
    assert rows[2].changed == f"{LONG}: 5 mg → 50 mg (×10)"
    assert [name for name, _ in rows[0].texts] == ["spoken", "A", LONG]
    assert [row.clip is not None for row in rows] == [False, True, False, False, False]


def test_the_page_answers_in_its_heading_and_shows_transcripts_as_text(page_of: Path) -> None:
    page = Page(page_of.read_text(encoding="utf-8"))
    assert (
        "bench/manifest.jsonl, comparison of 2 systems Not shown which is better: "
        f"{LONG} misses 1 of 5 drug words" in page.text
    )
    assert "A.csv: read so." in page.text
    assert "spoken give no drugb, 5 mg <now>" in page.text
    assert "1 clips are held by this page, 0 are linked." in page.text
    assert "<i>" not in page.html


def test_more_rows_than_a_page_lists_are_counted(
    given: GivenSystems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.report.compare.MOST_ROWS", 3)
    found = compare_systems(given.rows, given.texts, Policy())
    write_comparison(tmp_path / "compare.html", given, found, 20)
    assert "2 more are not listed." in (tmp_path / "compare.html").read_text()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_everyone_can_use_it_at_every_width(
    page_of: Path, browser: Browser, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(page_of.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("Outcome").select_option(f"missed by {LONG}")
    assert page.locator("#rows tbody tr:not([hidden]) th").all_text_contents() == ["drugb"]
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(e => +e.tagName[1])")
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert complaints == []
    context.close()
