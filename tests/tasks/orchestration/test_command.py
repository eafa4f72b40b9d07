"""Commands end in one message and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
from pydantic import Field

from tasks.domain.errors import Fault, InvalidInput, JobFailed
from tasks.orchestration.command import CommandResult, run_command
from tasks.orchestration.flags import Flags

Run = Callable[["Numbers"], CommandResult]


class Numbers(Flags):
    """Add numbers."""

    first_one: int = Field(ge=0, description="The first")


def fail(error: BaseException) -> Run:
    def run(_: Numbers) -> CommandResult:
        raise error

    return run


def show_sum(flags: Numbers) -> CommandResult:
    print("adding")  # as work that prints does
    return CommandResult(f"sum {flags.first_one}", {"sum": flags.first_one}, exit_code=0)


@pytest.fixture(autouse=True)
def _arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["add", "--first-one", "3"])


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("FLYWHEEL_RUNNER", "docker", "expected 'local' or 'container'; got 'docker'"),
        ("FLYWHEEL_NEMO_PYTHON", "/nowhere/python", "expected a program that this host has; got "),
        ("FLYWHEEL_NEMO_SCRIPTS", "/nowhere", "expected a folder of this host; got '/nowhere'"),
        ("FLYWHEEL_CONTAINER_ENV", "A=1", 'expected JSON such as {"NAME": "value"}'),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name_before_anything_runs(
    name: str,
    value: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    assert run_command(Numbers, fail(AssertionError("it ran"))) == 2
    assert f"  {name}: {sentence}" in capsys.readouterr().err


def test_what_the_run_returns_is_printed_and_the_exit_code_is_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(Numbers, show_sum) == 0
    assert capsys.readouterr().out == "adding\nsum 3\n"


def test_invalid_input_lists_every_fault_and_the_exit_code_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    faults = [Fault("expected a term", "m.jsonl", 3, "term"), Fault("expected a folder", "--out")]
    assert run_command(Numbers, fail(InvalidInput(faults))) == 2
    assert capsys.readouterr().err.splitlines() == [
        "Invalid input, 2 faults; nothing was written:",
        "  m.jsonl:3: term: expected a term",
        "  --out: expected a folder",
    ]


def test_a_flag_out_of_bounds_is_named_as_it_is_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["add", "--first-one", "-3"])
    assert run_command(Numbers, show_sum) == 2
    assert "  --first-one: expected at least 0; got '-3'" in capsys.readouterr().err


def test_a_flag_that_is_no_number_is_reported_in_plain_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["add", "--first-one", "one"])
    assert run_command(Numbers, show_sum) == 2
    assert "  --first-one: expected a whole number; got 'one'\n" in capsys.readouterr().err


def test_a_failure_that_is_complete_is_its_sentence_and_a_defect_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(Numbers, fail(JobFailed("the disk is full"))) == 1
    assert capsys.readouterr().err == "the disk is full\n"
    assert run_command(Numbers, fail(KeyError("x"))) == 1
    assert capsys.readouterr().err == "KeyError: 'x'\n"


def test_an_interrupt_has_the_exit_code_of_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(Numbers, fail(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""


def test_a_traceback_is_shown_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYWHEEL_TRACEBACK", "1")
    with pytest.raises(JobFailed):
        run_command(Numbers, fail(JobFailed("the disk is full")))


def test_what_is_wrong_while_it_runs_is_not_reported_as_a_wrong_flag(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(_: Numbers) -> CommandResult:
        Numbers.model_validate({"first_one": -3})
        return CommandResult("", {})

    assert run_command(Numbers, run) == 1
    assert capsys.readouterr().err.startswith("ValidationError: 1 validation error")


def test_with_json_stdout_is_the_record_alone_and_what_the_work_prints_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["add", "--first-one", "3", "--json"])
    assert run_command(Numbers, show_sum) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"sum": 3}
    assert printed.err == "adding\n"


@pytest.mark.parametrize(
    ("error", "code", "record"),
    [
        (
            InvalidInput([Fault("expected a term", "m.jsonl", 3, "term")]),
            2,
            {"faults": ["m.jsonl:3: term: expected a term"]},
        ),
        (JobFailed("the disk is full"), 1, {"error": "the disk is full"}),
    ],
)
def test_with_json_what_went_wrong_is_a_record_too(
    error: Exception, code: int, record: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(Numbers, fail(error), "add", ["--first-one", "3", "--json"]) == code
    assert json.loads(capsys.readouterr().out) == record


def test_the_exit_code_is_that_of_the_result() -> None:
    assert run_command(Numbers, lambda _: CommandResult("", {}, 11)) == 11


def test_arguments_that_are_passed_are_read_in_place_of_those_of_the_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(Numbers, show_sum, "add", ["--first-one", "5"]) == 0
    assert capsys.readouterr().out.endswith("sum 5\n")
