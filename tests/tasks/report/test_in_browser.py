"""The report in a real browser: it plays, filters, sorts, asks nobody else, and everyone can use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tasks.workspace.cycle import Cycle
from tests.tasks.report.conftest import Reported

NOISE, VOICES = ("clean", "snr_5db"), ("en-us", "en-gb", "en-029")
SIZES = {"desktop": (1200, 900), "phone": (390, 844)}
Written = Callable[..., Path]
Opened = Callable[..., Page]


@pytest.fixture
def written(decoded: Callable[..., Cycle], report: Reported) -> Written:
    """Write the report of 12 test rows: 3 newly missed, 3 still missed, 3 fixed, 3 right."""

    def write(limit_mb: int = 20) -> Path:
        rows: list[dict[str, Any]] = [
            {
                "term": f"term{n:02}", "text": f"give no term{n:02}", "noise_level": NOISE[n % 2],
                "voice_id": VOICES[n % 3], "entity_category": "drug" if n % 2 else "lab",
            }
            for n in range(13)
        ]  # fmt: skip
        texts = [row["text"] for row in rows]
        wrong = [f"give turm{n:02} now" for n in range(13)]
        before = [*texts[:4], *wrong[4:10], *texts[10:]]
        after = [texts[0], *wrong[1:4], *wrong[4:7], *texts[7:]]
        policy = f"report: {{embed_audio_mb: {limit_mb}}}\n"
        cycle = decoded(rows, before, after, held_out=12, policy=policy)
        report(cycle)
        return cycle.next_folder / "report.html"

    return write


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Open a page; it fails at the end if the console shows anything or another address was asked."""
    contexts, complaints = [], []

    def open_page(path: Path, size: str = "desktop", **options: Any) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        workspace = path.parents[1].as_uri()

        def asked(url: str) -> None:
            if not url.startswith((workspace, "data:")):
                complaints.append(url)

        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def shown(page: Page) -> list[str]:
    """The terms of the rows that are shown, in their order."""
    return page.locator("#rows tbody tr:not([hidden]) th").all_text_contents()


@pytest.fixture
def plays(wait_for: Callable[..., Any]) -> Callable[[Page], bool]:
    """Whether the first player of a page gets on."""

    def play(page: Page) -> bool:
        return bool(
            wait_for(lambda: page.locator("audio").first.evaluate("a => a.currentTime"), 20)
        )

    return play


def test_a_clip_that_the_page_holds_plays_by_keyboard(
    written: Written, opened: Opened, plays: Callable[[Page], bool]
) -> None:
    page = opened(written())
    player = page.locator("audio").first
    assert player.get_attribute("aria-label") == "Clip of term01, voice en-gb, snr_5db"
    player.focus()
    page.keyboard.press("Space")
    assert plays(page)


def test_a_linked_clip_plays_in_its_place(
    written: Written, opened: Opened, plays: Callable[[Page], bool]
) -> None:
    page = opened(written(limit_mb=0))
    assert page.locator("audio").count() == 0
    page.get_by_role("link", name="audio/1.wav", exact=True).press("Enter")
    assert plays(page)
    assert (
        page.locator("audio").get_attribute("aria-label") == "Clip of term01, voice en-gb, snr_5db"
    )


def test_rows_are_filtered_by_outcome_category_voice_noise_and_words(
    written: Written, opened: Opened
) -> None:
    page = opened(written())
    form = page.locator("form")
    assert len(shown(page)) == 12
    form.get_by_label("Outcome").select_option("newly missed")
    assert shown(page) == ["term01", "term02", "term03"]
    assert page.get_by_role("status").inner_text() == "3 of 12 rows are shown."
    form.get_by_label("Category").select_option("drug")
    assert shown(page) == ["term01", "term03"]
    form.get_by_label("Voice").select_option("en-us")
    assert shown(page) == ["term03"]
    form.get_by_label("Noise").select_option("clean")
    assert shown(page) == []
    for label in ("Outcome", "Category", "Voice", "Noise"):
        form.get_by_label(label).select_option("all")
    form.get_by_label("Words").fill("TURM05 now")
    assert shown(page) == ["term05"]


def test_rows_are_sorted_by_keyboard_and_the_heading_shows_how(
    written: Written, opened: Opened
) -> None:
    page = opened(written())
    heading = page.locator("#rows").get_by_role("columnheader", name="Term", exact=True)
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert shown(page) == sorted(shown(page))
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert shown(page) == sorted(shown(page), reverse=True)
    page.locator("#rows").get_by_role("columnheader", name="Outcome").get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None
    outcomes = page.locator("#rows tbody td:nth-child(2)").all_text_contents()
    assert outcomes == [
        name for name in ("newly missed", "still missed", "fixed", "right") for _ in "123"
    ]


def test_without_a_script_the_page_is_whole(written: Written, opened: Opened) -> None:
    page = opened(written(), java_script_enabled=False)
    assert len(shown(page)) == 12
    assert page.locator("audio[controls]").count() == 12
    assert not page.locator("form").is_visible()
    assert page.locator("th button").count() == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(written: Written, opened: Opened, size: str, scheme: str) -> None:
    page = opened(written(), size, color_scheme=scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_on_a_phone_nothing_but_a_table_is_wider_than_the_screen(
    written: Written, opened: Opened
) -> None:
    page = opened(written(), "phone")
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"][0]
    stacked = page.locator(".scroll:has(.stack), figure")
    assert stacked.count() > 4
    assert stacked.evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth)")


def test_print_shows_file_names_in_place_of_players(written: Written, opened: Opened) -> None:
    page = opened(written())
    page.emulate_media(media="print")
    assert not page.locator("audio").first.is_visible()
    assert page.locator(".file").first.is_visible()
    assert page.locator(".file").first.inner_text() == "audio/1.wav"


def test_headings_are_in_order_and_every_table_has_a_caption(
    written: Written, opened: Opened
) -> None:
    page = opened(written())
    levels = [
        int(tag[1])
        for tag in page.locator("h1, h2, h3").evaluate_all("all => all.map(e => e.tagName)")
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("table").count() == page.locator("table > caption").count()
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("html").get_attribute("lang") == "en"
