"""Reports of decided cycles, as a parser and as a browser see them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from playwright.sync_api import Browser, sync_playwright

from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.sentence import with_sentence
from tasks.report.page import write_report
from tasks.workspace.comparison import compare_models, general_speech
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import sides
from tasks.workspace.models import candidate_system
from tests.skips import missing

ADVICE = "Stop tuning: two cycles gained less than 2 %."


@dataclass
class Page(HTMLParser):
    """What a browser makes of a page: its text, its elements, their attributes."""

    html: str
    words: list[str] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return " ".join(word for word in self.words if word)


Reported = Callable[[Cycle], tuple[Page, Decision]]


@pytest.fixture
def report() -> Reported:
    """Write the report of a cycle and read it."""

    def write(cycle: Cycle) -> tuple[Page, Decision]:
        candidate, side = candidate_system(Run(cycle)), sides(Run(cycle))
        compared, general = compare_models(cycle, candidate), general_speech(cycle, candidate)
        on = {
            name: tuple(n for n, row in enumerate(cycle.rows) if side[row.audio_filepath] == name)
            for name in ("train", "test")
        }
        split = Split(on["train"], on["test"])
        decision = decide(compared.rows, split, compared.pair, general, cycle.policy)
        audio = [facts.sha256 for facts in cycle.require_benchmark.audio]
        audits = audit(
            compared.rows, split, audio, compared.pair, general.pair if general else None, [ADVICE]
        )
        decision = with_sentence(decision, cycle.policy)
        write_report(cycle, decision, audits, compared)
        return Page((cycle.next_folder / "report.html").read_text(encoding="utf-8")), decision

    return write


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Hold a real browser, the one of the system."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing("no chromium on the path", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", *arguments]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")  # Playwright holds an event loop, which other tests start too
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as browser:
        yield browser
