"""Flags are read from words with and without their names."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from tasks.domain.errors import InvalidInput
from tasks.orchestration.flags import Flags, flag_names, name_positional, parse_flags


class RunFlags(Flags):
    """Run a cycle."""

    workspace: Path = Field(description="Folder")
    cycle: int = Field(ge=1, description="Number")
    stop_after: str | None = Field(None, description="Last stage")
    repair: bool = Field(False, description="Repair")


class SweepFlags(Flags):
    """Run many."""

    positional: ClassVar[tuple[str, ...]] = ("workspaces",)

    workspaces: tuple[Path, ...] = Field(description="Folders")
    advance: bool = Field(False, description="Build")


class AnswerFlags(Flags):
    """Answer."""

    cycle: int | None = Field(None, description="Number")
    reviewer: str = Field(description="Your name")


class CheckFlags(Flags):
    """Check."""

    bare: ClassVar[dict[str, str]] = {"check": "served"}

    workspace: Path = Field(description="Folder")
    cycle: int | None = Field(None, description="Number")
    check: str | None = Field(None, description="Server")
    endpoint: str | None = Field(None, description="Server")


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ("w 1 --check", "served"),
        ("w 1 --check a:1", "a:1"),
        ("w 1 --check=a:1", "a:1"),
        ("--check --endpoint e w 1", "served"),
        ("w 1", None),
    ],
)
def test_a_flag_that_may_be_without_a_value_has_the_one_that_is_named_for_it(
    given: str, check: str | None
) -> None:
    flags = parse_flags(CheckFlags, given.split(), "flywheel check")
    assert (flags.workspace, flags.cycle, flags.check) == (Path("w"), 1, check)


@pytest.mark.parametrize(
    "given",
    [
        "w 1 --stop-after split --repair",
        "--stop-after split w --repair 1",
        "--repair --stop-after=split w 1",
        "--workspace w 1 --repair --stop-after split",
        "1 --workspace=w --repair --stop-after split",
        "--cycle 1 w --stop-after split --repair",
        "--workspace w --cycle 1 --stop-after split --repair",
        "w 1 --no-json --stop-after split --repair",
    ],
)
def test_words_without_flags_are_workspace_and_cycle_wherever_they_are(given: str) -> None:
    flags = parse_flags(RunFlags, given.split(), "flywheel run")
    assert flags == RunFlags(workspace=Path("w"), cycle=1, stop_after="split", repair=True)


def test_a_positional_field_of_many_values_takes_all_words() -> None:
    flags = parse_flags(SweepFlags, ["a", "--advance", "b", "c"], "flywheel sweep")
    assert flags.workspaces == (Path("a"), Path("b"), Path("c"))
    assert flags.advance


def test_a_value_of_many_is_one_whatever_signs_its_name_has_and_a_json_list_is_several() -> None:
    given = ["--workspaces=d, e", "--workspaces", '["f", "g"]']
    flags = parse_flags(SweepFlags, given, "flywheel sweep")
    names = ("d, e", "f", "g")
    assert flags.workspaces == tuple(map(Path, names))
    flags = parse_flags(SweepFlags, ["a,b", "[c]"], "flywheel sweep")
    assert flags.workspaces == (Path("a,b"), Path("[c]"))


def test_a_word_too_many_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(RunFlags, ["w", "1", "2"], "flywheel run")
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "usage: flywheel run WORKSPACE CYCLE [options]\n"
        "flywheel run: error: unrecognized arguments: 2\n"
    )


def test_a_flag_without_its_value_is_left_for_the_parser_to_refuse() -> None:
    assert name_positional(RunFlags, []) == []
    assert name_positional(RunFlags, ["w", "--stop-after"]) == ["--workspace", "w", "--stop-after"]


@pytest.mark.parametrize(
    ("kind", "usage"),
    [
        (RunFlags, "WORKSPACE CYCLE [options]"),
        (SweepFlags, "WORKSPACE ... [options]"),
        (AnswerFlags, "[CYCLE] --reviewer REVIEWER [options]"),
    ],
)
def test_the_usage_line_shows_what_has_no_flag_and_what_is_required(
    kind: type[Flags], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_flags(kind, ["--help"], "flywheel run")
    assert capsys.readouterr().out.splitlines()[0] == f"usage: flywheel run {usage}"


def test_every_flag_is_named_as_it_is_typed() -> None:
    assert flag_names(RunFlags) == ["--json", "--workspace", "--cycle", "--stop-after", "--repair"]


def test_a_value_out_of_bounds_is_a_fault_of_its_flag_also_where_it_was_positional() -> None:
    with pytest.raises(InvalidInput, match=r"^--cycle: expected at least 1; got '0'$"):
        parse_flags(RunFlags, ["w", "0"], "flywheel run")
