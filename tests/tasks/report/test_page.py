"""The report opens with what to do and why, is one file, and runs nothing that a row holds."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from flows.cycle import flywheel_cycle
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.tasks.report.conftest import ADVICE, Reported

ROWS = [{"text": f"start metoprolol {number}"} for number in range(3)]
TEXTS = [row["text"] for row in ROWS]
CLIP = re.compile(r"data:audio/wav;base64,[A-Za-z0-9+/=]+")


def test_the_report_opens_with_the_first_sentence_then_reasons_and_what_comes_next(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    page, decision = report(decoded(ROWS, TEXTS, [*TEXTS[:2], "start metro 2"]))
    to_do, _, why = decision.reasons[0].partition(": ")
    assert f"w, report of cycle 1 {to_do} {why[0].upper()}{why[1:]}" in page.text
    assert "For the engineer: cycle 1, grow the benchmark first" in page.text
    for sentence in (*decision.reasons[1:], decision.next, ADVICE):
        assert sentence in page.text
    assert "test 1 0.000 → 1.000" in page.text
    assert "metoprolol metro 1" in page.text, "the transcript of the missed term"


def test_a_kept_model_is_for_the_next_cycle_and_not_for_patients(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    missed, policy = ["start it"] * 3, "split: {group_by: row}\ndecide: {rule: published}\n"
    page, decision = report(decoded(ROWS, missed, TEXTS, policy=policy))
    assert decision.verdict == "keep"
    assert "Use the new model in the next cycle, not for patients" in page.text


def test_the_title_names_workspace_cycle_and_verdict(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    page, _ = report(decoded(ROWS, TEXTS, TEXTS))
    assert "<title>w, cycle 1: grow the benchmark first</title>" in page.html


def test_newly_missed_terms_are_named_before_anything_else(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    rows = [
        {"term": f"term{n}", "text": f"start term{n}", "entity_category": "lab"} for n in range(12)
    ]
    texts = [row["text"] for row in rows]
    cycle = decoded([*ROWS, *rows], [*TEXTS, *texts], [*TEXTS, *["start it"] * 12], held_out=13)
    page, decision = report(cycle)
    start = page.text.index("Newly missed: 12 rows, 12 outside the priority categories")
    named = [page.text.index(f"term{n} , lab", start) for n in range(12)]
    assert max(named) < page.text.index(decision.reasons[1])
    assert page.text.count(decision.changes.regressions(("drug",))) == 1


def test_rows_that_decide_are_listed_the_worst_first_with_their_clips(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    rows = [{"term": f"term{n}", "text": f"start term{n}"} for n in range(5)]
    right, wrong = [row["text"] for row in rows], ["start it"] * 5
    before = [right[0], right[1], wrong[2], wrong[3], right[4]]
    after = [right[0], right[1], right[2], wrong[3], wrong[4]]
    page, _ = report(decoded(rows, before, after, held_out=4))
    listed = page.text[page.text.index("Rows that decide Term") :]
    outcomes = re.findall(r"(term\d) (newly missed|still missed|fixed|right) drug", listed)
    assert outcomes == [
        ("term4", "newly missed"), ("term3", "still missed"), ("term2", "fixed"), ("term1", "right"),
    ]  # fmt: skip
    assert "Rows to listen to: 4 Rows with a newly changed dose" in page.text
    assert "Outcome Category Voice Noise Spoken, before and after Clip term4" in page.text
    assert '<table id="rows" class="transcripts" role="table">' in page.html
    assert "4 clips are held by this page, 0 are linked" in page.text
    assert len(CLIP.findall(page.html)) == 4


def test_of_very_many_rows_the_worst_are_listed_all_are_counted_and_the_rest_has_its_place(
    decoded: Callable[..., Cycle], report: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.report.rows.SHOWN_ROWS", 2)
    rows = [{"term": f"term{n}", "text": f"start term{n}"} for n in range(5)]
    right = [row["text"] for row in rows]
    page, _ = report(decoded(rows, right, [*right[:4], "start it"], held_out=4))
    listed = page.text[page.text.index("Rows that decide Term") :]
    assert re.findall(r"(term\d) (newly missed|right) drug", listed)[0] == ("term4", "newly missed")
    assert len(CLIP.findall(page.html)) == 2
    assert "fixed and right ones. 2 more are in results.csv." in page.text
    assert "Of 4 rows that decide: " in page.text
    assert "3 right before and after" in page.text


def test_the_page_grows_by_its_clips_to_the_limit_and_reports_how_many_it_holds(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    rows = [{"term": f"term{n}", "text": f"start term{n}"} for n in range(41)]
    texts = [row["text"] for row in rows]
    policy = "report: {embed_audio_mb: 1}\n"
    page, _ = report(decoded(rows, texts, [*texts[:39], "", ""], held_out=40, policy=policy))
    assert "23 clips are held by this page, 17 are linked and need the workspace" in page.text
    assert 900_000 < sum(map(len, CLIP.findall(page.html))) <= 1_000_000
    assert len(page.html) < 1_200_000
    missed = page.html.index('data-rank="0"')
    assert "data:audio" in page.html[missed : page.html.index("</audio>", missed)]


def test_a_lost_negation_names_its_row_with_what_was_spoken_and_transcribed(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    rows = [{"term": "asthma", "text": f"has no asthma {letter}"} for letter in "ab"]
    texts = [row["text"] for row in rows]
    page, _ = report(decoded(rows, texts, [texts[0], "has asthma b"]))
    assert (
        "Changed by the new model: 1 texts, 0 of them clips of general speech. Newly changed: 1; changed by "
        "the present model too: 0; with a dose: 0."
    ) in page.text
    assert "asthma no → correct spoken has no asthma b after has no asthma b" in page.text
    assert "<del>no</del>" in page.html


def test_a_candidate_that_changes_no_critical_word_is_named_so(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    page, _ = report(decoded(ROWS, TEXTS, TEXTS))
    assert "The candidate changed no dose, number, unit, negation or left/right word." in page.text
    assert "none newly changed" in page.text


def test_a_changed_dose_is_on_the_first_screen_and_no_row_is_counted_without_it(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    rows = [{"term": "warfarin", "text": f"warfarin 1.5 mg {letter}"} for letter in "abc"]
    texts = [row["text"] for row in rows]
    after = [*texts[:2], "warfarin 15 mg c"]
    page, decision = report(decoded(rows, texts, after))
    sentence = "Dose changed in 1 row: 1.5 mg → 15 mg (×10) in audio/2.wav (warfarin)."
    assert "newly changed is a dose in 1 phrase" in decision.reasons[0]
    assert decision.reasons[1] == sentence
    assert page.text.count(sentence) == 1
    assert page.text.index("1 newly changed") < page.text.index(sentence)
    assert page.text.index(sentence) < page.text.index("For the engineer")
    assert "1 with a changed dose, 0 newly missed, 0 still missed, 0 fixed" in page.text
    assert "changed 1.5 mg → 15 mg (×10)" in page.text


def test_each_guard_is_shown_in_its_state(
    decoded: Callable[..., Cycle], tone: Callable[..., None], report: Reported
) -> None:
    cycle = decoded(ROWS, TEXTS, TEXTS)
    tone(cycle.root / "general.wav", seconds=0.5)
    clips = []
    for number in range(10):
        tone(cycle.root / f"{number}.wav", seconds=0.3 + number / 100)
        clips.append({"audio_filepath": f"{number}.wav", "text": "we came home early"})
    (cycle.root / "general.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    cycle = open_cycle(cycle.root, 1)
    for model, general in (
        (cycle.comparison, "we came home surely"), (candidate_system(Run(cycle)), "we"),
    ):  # fmt: skip
        Decoding(Run(cycle), model).write([*TEXTS, *[general] * 10])
    page, decision = report(cycle)
    outcomes = {guard.name: guard.state for guard in decision.guards}
    assert outcomes["general_wer"] == "broke"
    assert set(outcomes.values()) == {"open", "broke"}
    assert "<desc" in page.html
    assert decision.guards[0].sentence in page.text
    table = page.words[page.words.index("State") :]
    found = [table[table.index(name) :] for name in outcomes]
    for name, words in zip(outcomes, found, strict=True):
        assert next(word for word in words if word in ("held", "open", "broke")) == outcomes[name]


def test_the_report_is_one_file_without_an_address_outside_the_workspace(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    linked = decoded(ROWS, TEXTS, ["", "", ""], policy="report: {embed_audio_mb: 0}\n")
    page, _ = report(linked)
    assert not {"link", "img", "iframe", "object", "base", "image"} & set(page.elements)
    assert "://" not in page.html
    assert not re.findall(r"url\((?!#)", page.html)
    addresses = {str(value) for name, value in page.attributes if name in ("src", "href")}
    assert {one for one in addresses if not one.startswith("#")} == {"../cycle1/audio/2.wav"}


def test_the_policy_of_the_page_allows_its_own_style_and_script_alone(
    decoded: Callable[..., Cycle], report: Reported
) -> None:
    page, _ = report(decoded(ROWS, TEXTS, TEXTS))
    (policy,) = (
        str(value) for name, value in page.attributes if name == "content" and "-src" in str(value)
    )
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "style" not in {name for name, _ in page.attributes}


@pytest.mark.parametrize("limit_mb", [0, 20])
@pytest.mark.parametrize(
    "term", ["<script>alert(1)</script>", '<img src=x onerror="alert(1)">', "'\"><b>bold</b>"]
)
def test_a_term_a_text_a_hypothesis_or_a_file_name_with_markup_is_shown_as_it_is(
    decoded: Callable[..., Cycle], report: Reported, term: str, limit_mb: int
) -> None:
    """Nothing of a row becomes an element or an attribute of the page."""

    def page_with(term: str, transcript: str) -> Any:
        odd: dict[str, Any] = {
            "term": term, "text": f"start {term} now", "voice_id": term,
            "audio_filepath": f"audio/{term.replace('/', '')}.wav",
        }  # fmt: skip
        policy = f"report: {{embed_audio_mb: {limit_mb}}}\n"
        cycle = decoded([*ROWS[:2], odd], [*TEXTS[:2], term], ["", "", transcript], policy=policy)
        return report(cycle)[0]

    plain, page = page_with(re.sub(r"[^\s\d]", "x", term), "wrong"), page_with(term, "<i>wrong</i>")
    assert page.elements == plain.elements
    assert [key for key, _ in page.attributes] == [key for key, _ in plain.attributes]
    for key, value in page.attributes:
        assert key not in ("src", "href") or not set("<>\"'") & set(str(value))
    assert f"spoken start {term} now before start {term} now after <i>wrong</i>" in page.text


@pytest.mark.usefixtures("prefect_server")
def test_in_a_real_browser_no_markup_of_a_benchmark_runs(
    flywheel: Callable[..., Path], tmp_path: Path, browser: Browser
) -> None:
    root = flywheel(after=0.5)
    manifest = root / "cycle1/manifest.jsonl"
    hostile = "<img src=x onerror=document.title=1><svg onload=document.title=2>"
    manifest.write_text(manifest.read_text().replace("please start", f"please {hostile} start"))
    flywheel_cycle(root)
    report = root / "cycle2/report.html"

    def titled(path: Path, *, changes: bool = False) -> str:
        page = browser.new_page()
        page.goto(path.as_uri())
        if changes:
            page.wait_for_function("['1', '2'].includes(document.title)")
        else:
            page.wait_for_timeout(500)
        title = page.title()
        page.close()
        return title

    assert titled(report).startswith("w, cycle 1: ")
    unescaped = tmp_path / "unescaped.html"  # the browser does run it where nothing holds it back
    policy = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
    unescaped.write_text(policy.sub("", html.unescape(report.read_text())))
    assert titled(unescaped, changes=True) in ("1", "2")
    guarded = tmp_path / "guarded.html"  # and the page's policy alone holds it back too
    guarded.write_text(html.unescape(report.read_text()))
    assert titled(guarded).startswith("w, cycle 1: ")
