"""Errors: what a person reads, and what may be tried again."""

from __future__ import annotations

import inspect
import pickle

import pytest

from tasks.domain import errors
from tasks.domain.errors import (
    DamagedFile,
    Fault,
    FlywheelError,
    InvalidInput,
    JobFailed,
    JobFault,
    PoolFailed,
    did_you_mean,
    grouped,
)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("expected a file"), "expected a file"),
        (Fault("expected a file", "--policy"), "--policy: expected a file"),
        (Fault("expected 16 kHz", "m.jsonl", 3), "m.jsonl:3: expected 16 kHz"),
        (Fault("expected 1", "flywheel.yaml", field="folds"), "flywheel.yaml: folds: expected 1"),
    ],
)
def test_a_fault_reports_where_it_is_as_far_as_that_is_known(fault: Fault, sentence: str) -> None:
    assert str(fault) == sentence


def test_invalid_input_shows_every_fault_on_a_line_of_its_own() -> None:
    error = InvalidInput([Fault("one", "a", 1), Fault("two", "b")])
    assert str(error) == "a:1: one\nb: two"


def test_many_faults_of_one_kind_are_one_sentence_and_each_stays_for_programs() -> None:
    loud = [Fault("expected clean; got 'loud'", "m.jsonl", line, "noise_level") for line in (3, 5)]
    loud += [Fault("expected clean; got 'loud'", "m.jsonl", 7 + n, "noise_level") for n in range(4)]
    clips = [Fault(f"no such file {n}.wav", "m.jsonl", n, kind="no such file") for n in (8, 9)]
    clips += [Fault(f"no such file {n}.wav", "m.jsonl", n, kind="no such file") for n in (1, 2)]
    other = [Fault("expected clean; got 'rain'", "m.jsonl", 4, "noise_level")]
    missing = [Fault(f"expected {n}", "h.json", kind="expected") for n in "abcd"]
    error = InvalidInput([*loud, *clips, *other, *missing])
    assert str(error).splitlines() == [
        "m.jsonl: 6 rows: noise_level: expected clean; got 'loud', first on line 3",
        "m.jsonl: 4 rows: no such file 8.wav, first on line 8",
        "m.jsonl:4: noise_level: expected clean; got 'rain'",
        "h.json: 4 rows: expected a, the first of them",
    ]
    assert len(error.faults) == 15


def test_two_or_three_faults_of_one_kind_keep_their_lines() -> None:
    faults = [Fault("one", "a", 1), Fault("two", "a", 2), Fault("one", "a", 3)]
    assert grouped(faults) == ["a:1: one", "a:3: one", "a:2: two"]


def test_a_word_is_taken_for_a_known_one_only_where_they_are_near() -> None:
    assert did_you_mean("champoin", ["champion", "pretrained"]) == " (did you mean 'champion'?)"
    assert did_you_mean("medication", ["drug", "condition"]) == ""
    assert did_you_mean(7, ["drug"]) == ""


def test_every_error_is_a_flywheel_error_that_shows_its_type_and_sentence() -> None:
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if one.__doc__]
    raised = [one for one in found if issubclass(one, Exception)]
    assert len(raised) >= 7
    assert all(issubclass(one, FlywheelError) for one in raised)
    assert repr(DamagedFile("gate.json is empty")) == "DamagedFile: gate.json is empty"


def test_only_what_may_succeed_when_run_again_is_retryable() -> None:
    assert not FlywheelError("x").retryable
    assert not JobFailed("x", JobFault.NOT_A_NUMBER).retryable
    assert JobFailed("x", JobFault.KILLED, retryable=True).retryable
    assert PoolFailed("x", retryable=True).retryable


def test_an_error_comes_through_a_pickle_as_it_was() -> None:
    """Prefect stores the exception of a failed run."""
    faults = InvalidInput([Fault("one", "a", 1)])
    assert str(pickle.loads(pickle.dumps(faults))) == "a:1: one"
    failed = JobFailed("it was killed", JobFault.KILLED, retryable=True)
    copy = pickle.loads(pickle.dumps(failed))
    assert (str(copy), copy.fault, copy.retryable) == ("it was killed", JobFault.KILLED, True)
