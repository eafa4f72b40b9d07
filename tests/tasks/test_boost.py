"""Stage boost measures before anything is trained, and is measured once for the same inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks import boost, split
from tasks.domain.errors import JobFailed
from tasks.records.files import read_json
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE

boost_comparison = inspect.unwrap(boost.boost_comparison)
split_rows = inspect.unwrap(split.split_rows)
Flywheel = Callable[..., Path]


def cycle_of(root: Path) -> Cycle:
    cycle = open_cycle(root, 1)
    split_rows(cycle)
    return cycle


def decodings(root: Path) -> int:
    journal = root.parent / "decodings"
    return len(journal.read_text().splitlines()) if journal.exists() else 0


def test_the_boosting_that_helps_is_named_with_what_it_costs(flywheel: Flywheel) -> None:
    root = flywheel(policy="boost: report\n")
    found = boost_comparison(cycle_of(root))
    assert (found.chosen, found.is_candidate) == ("beam boosted 1", False)
    record = read_json(root / "cycle1/boost.json")
    assert record is not None
    assert [one["chosen"] for one in record["arms"]] == [False, False, False, True]
    assert record["reasons"][0].startswith(
        "Phrase boosting alone (beam boosted 1), before any training: priority KER "
    )
    assert "false keywords 0 → 0" in record["reasons"][0]
    (phrases,) = root.glob("cycle1/vocabulary-*.txt")
    assert str(phrases) == record["chosen"]["vocabulary"]


def test_phrases_that_the_base_cannot_write_are_counted_and_not_boosted(
    flywheel: Flywheel, fake_model: Callable[..., Path], tmp_path: Path
) -> None:
    root = flywheel(policy="boost: report\n")
    words = [
        f"word {'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvwxyz'[n // 100 % 6]}"
        for n in range(600)
    ]
    words += [f"{word} again" for word in words]
    (root / "vocabulary.txt").write_text("\n".join([*words, "中", "5^3 dose", "Term0"]) + "\n")
    fake_model(root / "base.nemo", 0.8, LETTERS_BASE)
    boost_comparison(cycle_of(root))
    record = read_json(root / "cycle1/boost.json")
    assert record is not None
    (reason,) = [one for one in record["reasons"] if one.startswith("Boosted are ")]
    assert reason == (
        "Boosted are 1201 phrases of vocabulary.txt, 1200 of them no benchmark term. "
        "2 others cannot be written by this base."
    )


def test_it_is_measured_once_for_the_same_inputs(flywheel: Flywheel) -> None:
    root = flywheel(policy="boost: report\n")
    first = boost_comparison(cycle_of(root))
    ran = decodings(root)
    assert ran == 4
    assert not first.reused
    assert boost_comparison(open_cycle(root, 1)) == replace(first, reused=True)
    (root / "flywheel.yaml").write_text("base: base.nemo\nsft: {epochs: 2}\n")
    assert boost_comparison(cycle_of(root)).chosen == "beam boosted 1"
    assert decodings(root) == ran, "another policy reads the same decodings"


def test_off_decodes_nothing(flywheel: Flywheel) -> None:
    root = flywheel(policy="boost: off\n")
    assert boost_comparison(cycle_of(root)) == boost.BoostSummary(None, is_candidate=False)
    assert decodings(root) == 0


def test_a_base_that_cannot_be_boosted_is_reported_and_does_not_stop_a_report(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = flywheel(policy="boost: report\n")
    (tmp_path / "transcribe_speech.py").write_text("raise ValueError('no boosting tree')")
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
    assert boost_comparison(cycle_of(root)).chosen is None
    record = read_json(root / "cycle1/boost.json")
    assert record is not None
    assert "could not be measured: transcribe ended with exit code 1" in record["reasons"][0]


def test_where_boosting_is_asked_for_its_failure_is_one(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = flywheel(policy="boost: stop\n")
    (tmp_path / "transcribe_speech.py").write_text("raise ValueError('no boosting tree')")
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
    with pytest.raises(JobFailed, match="no boosting tree"):
        boost_comparison(cycle_of(root))


def test_a_boosting_that_proves_too_little_does_not_stop_the_training(
    flywheel: Flywheel, caplog: pytest.LogCaptureFixture
) -> None:
    root = flywheel(policy="boost: stop\ndecide: {open_guard: grow}\n")
    assert not boost_comparison(cycle_of(root)).is_candidate
    record = read_json(root / "cycle1/boost.json")
    assert record is not None
    assert any(
        reason.startswith("That does not suffice to stop at: Priority KER of train and validation ")
        for reason in record["reasons"]
    )
    assert "boost: stop cannot stop here" in caplog.text
    assert "clips of `replay` in flywheel.yaml" in caplog.text
