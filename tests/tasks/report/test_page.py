"""The report says what was decided and why, is one file, and runs nothing that a row says."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.decide import Decision, decide
from tasks.report.page import write_report
from tasks.workspace.comparison import compare_models, general_speech
from tasks.workspace.decoded import Decoding
from tasks.workspace.inputs import open_cycle
from tasks.workspace.models import candidate_system
from tasks.workspace.paths import Cycle, Run

ADVICE = "Stop tuning: two cycles gained less than 2 %."
ROWS = [{"text": f"start metoprolol {number}"} for number in range(3)]
TEXTS = [row["text"] for row in ROWS]


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


def report(cycle: Cycle) -> tuple[Page, Decision]:
    """Write the report of a cycle, whose last row is tested, and read it."""
    candidate, last = candidate_system(Run(cycle)), len(cycle.rows) - 1
    compared, general = compare_models(cycle, candidate), general_speech(cycle, candidate)
    split = Split(tuple(range(last)), (last,))
    decision = decide(compared.rows, split, compared.pair, general, cycle.policy)
    audio = [facts.sha256 for facts in cycle.the_benchmark.audio]
    audits = audit(
        compared.rows, split, audio, compared.pair, general.pair if general else None, [ADVICE]
    )
    write_report(cycle, decision, audits, compared)
    return Page((cycle.next_folder / "report.html").read_text(encoding="utf-8")), decision


def test_the_report_says_the_verdict_its_reasons_and_what_comes_next(
    decoded: Callable[..., Cycle],
) -> None:
    page, decision = report(decoded(ROWS, TEXTS, [*TEXTS[:2], "start metro 2"]))
    assert "Cycle 1 grow" in page.text
    for sentence in (*decision.reasons, decision.next, ADVICE):
        assert sentence in page.text
    assert "test 1 0.000 1.000" in page.text
    assert "metoprolol metro 1" in page.text, "what the missed term was heard as"


def test_only_held_out_rows_that_are_still_missed_are_listed_with_their_clip(
    decoded: Callable[..., Cycle],
) -> None:
    cycle = decoded(ROWS, TEXTS, ["", "", "start metro 2"])
    page, _ = report(cycle)
    assert "Test rows still missed: 1" in page.text
    assert "metoprolol start metoprolol 2 start metoprolol 2 start metro 2" in page.text
    (clip,) = (value for name, value in page.attributes if name == "src")
    assert (cycle.next_folder / str(clip)).resolve() == cycle.folder / "audio/2.wav"


def test_each_guard_is_shown_in_its_state(
    decoded: Callable[..., Cycle], tone: Callable[..., None]
) -> None:
    cycle = decoded(ROWS, TEXTS, TEXTS)
    tone(cycle.root / "general.wav", seconds=0.5)
    clips = []
    for number in range(10):
        tone(cycle.root / f"{number}.wav", seconds=0.3 + number / 100)
        clips.append({"audio_filepath": f"{number}.wav", "text": "one two three four"})
    (cycle.root / "general.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    cycle = open_cycle(cycle.root, 1)
    for model, general in (
        (cycle.comparison, "one two three five"), (candidate_system(Run(cycle)), "one"),
    ):  # fmt: skip
        Decoding(Run(cycle), model).write([*TEXTS, *[general] * 10])
    page, decision = report(cycle)
    outcomes = {guard.name: guard.state for guard in decision.guards}
    assert outcomes["general_wer"] == "broke"
    assert set(outcomes.values()) == {"open", "broke"}
    table = page.words[page.words.index("Guards") :]
    found = [table[table.index(name) :] for name in outcomes]
    for name, words in zip(outcomes, found, strict=True):
        assert next(word for word in words if word in ("held", "open", "broke")) == outcomes[name]


def test_the_report_is_one_file_without_an_address_outside_the_workspace(
    decoded: Callable[..., Cycle],
) -> None:
    page, _ = report(decoded(ROWS, TEXTS, ["", "", ""]))
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.elements)
    assert "//" not in page.html
    assert "url(" not in page.html
    assert {value for name, value in page.attributes if name in ("src", "href")} == {
        "../cycle1/audio/2.wav"
    }


@pytest.mark.parametrize(
    "term", ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "'\"><b>bold</b>"]
)
def test_a_term_a_text_a_hypothesis_or_a_file_name_with_markup_is_shown_as_it_is(
    decoded: Callable[..., Cycle], term: str
) -> None:
    """Nothing of a row becomes an element or an attribute of the page."""
    plain, _ = report(decoded(ROWS, TEXTS, ["", "", "start metro 2"]))
    name = f"audio/{term.replace('/', '')}.wav"
    odd: dict[str, Any] = {"term": term, "text": f"start {term} now", "audio_filepath": name}
    cycle = decoded([*ROWS[:2], odd], [*TEXTS[:2], term], ["", "", "<i>heard</i>"])
    page, _ = report(cycle)
    (clip,) = (value for key, value in page.attributes if key == "src")
    assert page.elements == plain.elements
    assert [key for key, _ in page.attributes] == [key for key, _ in plain.attributes]
    assert set("<>\"'") & set(str(clip)) == set()
    assert f"{term} start {term} now {term} <i>heard</i>" in page.text


@pytest.mark.usefixtures("prefect_server")
def test_in_a_real_browser_no_markup_of_a_benchmark_runs(
    flywheel: Callable[..., Path], tmp_path: Path
) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        if os.environ.get("CI"):
            pytest.fail("the test of the report needs chromium")
        # A laptop without a browser still runs the rest, as without an engine; CI never skips.
        pytest.skip("no chromium on the path")
    root = flywheel(after=0.5)
    manifest = root / "cycle1/manifest.jsonl"
    hostile = "<img src=x onerror=document.title=1><svg onload=document.title=2>"
    manifest.write_text(manifest.read_text().replace("please start", f"please {hostile} start"))
    flywheel_cycle(root)
    report = root / "cycle2/report.html"
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000",
        f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom",
    ]  # fmt: skip

    def titled(path: Path) -> str:
        shown = subprocess.run(
            [*command, path.as_uri()], capture_output=True, text=True, check=True
        )
        return shown.stdout.split("<title>")[1].split("</title>")[0]

    assert titled(report).startswith("Cycle 1: ")
    unescaped = tmp_path / "unescaped.html"  # the browser does run it where nothing holds it back
    policy = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
    unescaped.write_text(policy.sub("", html.unescape(report.read_text())))
    assert titled(unescaped) in ("1", "2")
    guarded = tmp_path / "guarded.html"  # and the page's policy alone holds it back too
    guarded.write_text(html.unescape(report.read_text()))
    assert titled(guarded).startswith("Cycle 1: ")
