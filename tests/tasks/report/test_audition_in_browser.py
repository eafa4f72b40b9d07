"""The audition in a real browser: clips play, decisions are saved, the keyboard alone suffices."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tasks.benchmark.audition import AuditionDecision
from tasks.benchmark.ipa import normal, unknown_symbols
from tasks.benchmark.page_server import PageServer
from tasks.domain.errors import FlywheelError
from tasks.report.audition import audition_page
from tests.tasks.report.auditions import INVENTORY, TERMS, choice, sample

SIZES = {"desktop": (1200, 900), "phone": (390, 844)}
Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Open the page from the disk, or an address; it fails at the end if the console said anything."""
    contexts, complaints = [], []

    def complain(text: str) -> None:
        if "status of 422" not in text:  # a refusal, which the page itself says
            complaints.append(text)

    def open_page(address: str = "", size: str = "desktop", **options: Any) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complain(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        path = tmp_path / "audition.html"
        path.write_text(audition_page(sample(), served=False))
        page.goto(address or path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


class Answers:
    """Stands for the command behind a served page: keeps what was decided, makes clips on request."""

    def __init__(self) -> None:
        self.decisions: list[dict[str, Any]] = []

    def decide(self, body: dict[str, Any]) -> object:
        if body["reason"] == "refuse this":
            raise FlywheelError("Nothing was saved: the disk is full.")
        self.decisions.append(body)
        return body | {"at": "2026-02-03T04:05:06Z"}

    def clips(self, body: dict[str, Any]) -> object:
        made = choice(body["ipa"], "typed", "typed", 800).clips
        return {"clips": [{"voice": clip.voice, "url": clip.url} for clip in made]}


@pytest.fixture
def served() -> Iterator[tuple[str, Answers]]:
    """Serve the page; give its address and what is behind it."""
    behind = Answers()
    answers = {"decide": behind.decide, "clips": behind.clips}
    with PageServer(lambda: audition_page(sample(), served=True), answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.url, behind
        server.shutdown()
        thread.join()


def term(page: Page) -> str:
    """The term of the card in focus."""
    return str(
        page.evaluate("document.activeElement.closest('article').querySelector('h2').textContent")
    )


def played(page: Page, card: int, index: int = 0) -> None:
    """Wait until each voice of a choice has played."""
    page.wait_for_function(
        "([card, index]) => { const row = document.querySelectorAll(`#card-${card} .choices li`)[index];"
        " const count = kind => row.querySelectorAll(kind).length;"
        " return row && count('.voice.played') === count('.voice') }",
        arg=[card, index],
    )


def listen_and(page: Page, card: int, *keys: str) -> None:
    page.keyboard.press("Space")
    played(page, card)
    for key in keys:
        page.keyboard.press(key)


def accept(page: Page, index: int) -> None:
    """Hear a choice of the first card, and accept it."""
    played(page, 0, index)
    page.keyboard.press("a")
    page.locator("#card-0 .state.heard").first.wait_for()


def download(page: Page) -> dict[str, Any]:
    with page.expect_download() as waiting:
        page.keyboard.press("w")
    assert waiting.value.suggested_filename == "audition.json"
    return dict(json.loads(Path(waiting.value.path()).read_text()))


def test_the_keyboard_alone_hears_decides_and_saves_from_the_disk(opened: Opened) -> None:
    page = opened()
    page.locator("#reviewer").fill("")
    page.locator("#card-0").focus()
    assert term(page) == "timolol"
    listen_and(page, 0, "a")
    assert "Write your name" in page.get_by_role("alert").inner_text()
    page.keyboard.type("Bo")
    page.keyboard.press("Enter")
    assert term(page) == "sotalol", "the next that is not decided"
    page.keyboard.press("r")
    assert term(page) == "HbA1c"
    page.keyboard.press("s")
    assert "A skip needs a reason" in page.get_by_role("alert").inner_text()
    page.keyboard.type("no lab engineer here")
    page.keyboard.press("Enter")
    assert page.get_by_text("skipped by Bo").is_visible()
    saved = download(page)
    assert saved["schema_version"] == 1
    assert saved["cycle"] == 1
    decisions = [AuditionDecision.model_validate(one) for one in saved["decisions"]]
    assert [(one.term, one.decision, one.reviewer) for one in decisions] == [
        ("carotid artery", "heard", "Ana"), ("timolol", "heard", "Bo"), ("sotalol", "rejected", "Bo"),
        ("HbA1c", "skipped", "Bo"),
    ]  # fmt: skip
    assert decisions[3].reason == "no lab engineer here"
    assert decisions[1].ipa is None


def let_clips_end(page: Page, *, end: bool) -> None:
    """Let clips end or, however long a test takes, play on."""
    page.evaluate("end => document.querySelectorAll('audio').forEach(a => { a.loop = !end })", end)


def test_a_clip_plays_and_the_next_voice_follows(opened: Opened) -> None:
    page = opened()
    let_clips_end(page, end=False)
    page.locator("#card-0").focus()
    page.keyboard.press("Space")
    playing = page.locator("#card-0 .voice.playing")
    assert playing.inner_text().endswith("en-us")
    let_clips_end(page, end=True)
    for voice in range(2):
        page.wait_for_function(
            "n => document.querySelectorAll('#card-0 audio')[n].currentTime > 0", arg=voice
        )
    played(page, 0)


def test_space_goes_to_the_next_voice_while_one_plays(opened: Opened) -> None:
    page = opened()
    let_clips_end(page, end=False)
    page.locator("#card-0").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert page.locator("#card-0 .voice.playing").inner_text().endswith("en-gb")


def test_what_was_not_heard_in_every_voice_is_not_accepted(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0").focus()
    page.keyboard.press("a")
    assert "Listen first: timolol" in page.get_by_role("alert").inner_text()
    page.locator("#card-0 .voice").first.click()
    page.locator("#card-0 .voice.played").first.wait_for()
    page.locator("#card-0").get_by_role("button", name="Accept").click()
    assert "Listen first: timolol" in page.get_by_role("alert").inner_text()
    assert page.locator("#card-0 .state").inner_text() == "not checked yet"


def test_an_ipa_that_all_voices_read_alike_is_accepted_after_one_of_them(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0").focus()
    page.keyboard.press("1")
    page.locator("#card-0 .choices > li").nth(1).locator(".voice.played").first.wait_for()
    page.keyboard.press("a")
    page.locator("#card-0 .state.heard").first.wait_for()


def test_j_and_k_and_arrows_move_and_stay_at_the_ends(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0").focus()
    seen = []
    for key in ("j", "ArrowDown", "j", "j", "k", "ArrowUp", "k", "k"):
        page.keyboard.press(key)
        seen.append(term(page))
    names = list(TERMS)
    assert seen == [*names[1:], names[3], *names[2::-1], names[0]]


def test_a_digit_plays_and_chooses_a_proposal_which_is_then_accepted(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    address, behind = served
    page = opened(address)
    page.keyboard.press("2")
    assert page.locator("#card-0 [aria-pressed=true]").inner_text().startswith("2 ˈtaɪməlɒl")
    accept(page, 2)
    (saved,) = behind.decisions
    assert (saved["ipa"], saved["ipa_source"]) == ("ˈtaɪməlɒl", "proposal")
    assert saved["reviewer"] == "Ana", "the name that was there"
    assert "accepted as ˈtaɪməlɒl by Ana on 2026-02-03" in page.locator("#card-0").inner_text()


def test_an_accepted_proposal_can_be_taken_back(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    address, behind = served
    page = opened(address)
    page.keyboard.press("1")
    accept(page, 1)
    page.keyboard.press("k")
    page.keyboard.press("r")
    page.locator("#card-0 .state.rejected").first.wait_for()
    assert [(one["decision"], one["ipa"]) for one in behind.decisions] == [
        ("heard", "ˈtɪməlɒl"), ("rejected", "ˈtɪməlɒl"),
    ]  # fmt: skip


def test_a_typed_ipa_gets_its_clips_and_is_accepted_by_keyboard(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    address, behind = served
    page = opened(address)
    page.keyboard.press("/")
    page.keyboard.type("/'tɪ.mə.rɒl/")
    page.keyboard.press("Enter")
    accept(page, 3)
    (saved,) = behind.decisions
    assert (saved["ipa"], saved["ipa_source"]) == ("ˈtɪməɹɒl", "typed")


def test_another_ipa_begins_with_the_one_that_is_heard_and_may_be_changed_by_a_letter(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    address, _ = served
    page = opened(address)
    page.keyboard.press("/")
    field = page.locator("#card-0 .typed input")
    assert field.input_value() == "tˈɪməlˌɒl"
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    played(page, 0, 3)
    assert page.locator("#card-0 .choices .ipa").last.inner_text() == "tˈɪməlˌɒ"


def test_a_typed_ipa_on_the_disk_is_asked_for_and_not_taken_as_heard(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0").focus()
    page.keyboard.press("/")
    page.keyboard.type("tɪtʃ")
    page.keyboard.press("Enter")
    last = AuditionDecision.model_validate(download(page)["decisions"][-1])
    assert (last.decision, last.ipa, last.instead) == ("rejected", None, "tɪtʃ")


def test_an_ipa_that_the_engine_cannot_say_is_refused_with_its_symbols(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0 .typed input").fill("ˈtɪχøm")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "espeak cannot pronounce χ ø in ˈtɪχøm."
    assert page.locator("#card-0 .state").inner_text() == "not checked yet"


@pytest.mark.parametrize("ipa", ["ˈ", "ˈˌ ː", "tɪm ˈ"])
def test_an_ipa_of_marks_alone_is_refused_before_it_is_saved(opened: Opened, ipa: str) -> None:
    page = opened()
    page.locator("#card-0 .typed input").fill(ipa)
    page.keyboard.press("Enter")
    sentence = f"Expected a vowel or a consonant in each word of {ipa}."
    assert page.get_by_role("alert").inner_text() == sentence
    assert page.locator("#card-0 .state").inner_text() == "not checked yet"


def test_control_characters_of_a_name_are_not_saved(opened: Opened) -> None:
    page = opened()
    assert page.evaluate("plain", "A\x00na\x07 B.\x1c") == "A na  B."


@pytest.mark.parametrize(
    "ipa", ["ˈtɪməlɒl", "/tʃ.ˈr’t/", "ʧ ʤ x", "t͡ʃɔ̃ɪ̯", "g:  a", "ˌaɪ.aɪa", "øø\u0303ø", "𝔸t"]
)
def test_the_page_reads_ipa_as_the_build_does(opened: Opened, ipa: str) -> None:
    page = opened()
    found = page.evaluate("([ipa, inventory]) => unknown(normal(ipa), inventory)", [ipa, INVENTORY])
    assert page.evaluate("normal", ipa) == normal(ipa)
    assert tuple(found) == unknown_symbols(ipa, INVENTORY)


def test_what_the_server_refuses_is_said_and_not_shown_as_decided(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    page = opened(served[0])
    page.locator("#card-0 .reason").fill("refuse this")
    page.locator("#card-0").get_by_role("button", name="Reject r").click()
    page.get_by_text("Nothing was saved: the disk is full.").wait_for()
    assert page.locator("#card-0 .state").inner_text() == "not checked yet"


def test_the_mouse_does_all_that_the_keyboard_does(
    opened: Opened, served: tuple[str, Answers]
) -> None:
    address, behind = served
    page = opened(address, "phone", has_touch=True)
    card = page.locator("#card-1")
    card.locator(".choose").tap()
    played(page, 1)
    card.get_by_role("button", name="Accept").tap()
    page.locator("#card-1 .state.heard").first.wait_for()
    assert [one["term"] for one in behind.decisions] == ["sotalol"]


def test_letters_typed_into_a_field_decide_nothing(opened: Opened) -> None:
    page = opened()
    page.locator("#card-0 .reason").focus()
    page.keyboard.type("ajrks w/1")
    assert page.locator("#card-0 .reason").input_value() == "ajrks w/1"
    assert "3 of 4 left" in page.locator("#progress").inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "card-0"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened: Opened, size: str, scheme: str) -> None:
    page = opened("", size, color_scheme=scheme)
    page.locator("#reviewer").fill("Bo")
    page.locator("#card-0").focus()
    listen_and(page, 0, "a", "r")
    page.keyboard.press("a")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Opened) -> None:
    page = opened("", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"][0]
