"""The command `flywheel hand-off`: its flags, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PositiveInt

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.command import FAILED, CommandResult
from tasks.orchestration.flags import Flags

SOURCE = "served"  # of --check without a value: another flag names what is compared


class HandOffFlags(Flags):
    """Hand on the model that a cycle kept (--out), or check what is served or exported (--check)."""

    bare: ClassVar[Mapping[str, str]] = {"check": SOURCE}

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt | None = Field(
        None, description="The cycle whose candidate was kept; default: that of the champion"
    )
    out: Path | None = Field(None, description="Folder for model, card, phrases and commands")
    check: str | None = Field(
        None,
        description="Compare with offline: what --endpoint, --model or --hypotheses names, by its guards; "
        "or the server host:port that is given here, where every row has to be the same",
    )
    endpoint: str | None = Field(
        None, description="With --check: host:port of a Riva or NIM server; default: ASR_ENDPOINT"
    )
    model: Path | None = Field(None, description="With --check: an exported .nemo file")
    hypotheses: Path | None = Field(
        None, description="With --check: what another runtime transcribed of the rows"
    )
    policy: Path | None = Field(
        None, description="The --policy that the cycle was run with, where it had one"
    )


def run(flags: HandOffFlags) -> CommandResult:
    """Check the input before Prefect starts, then run the flow; exit with 1 for a model that is worse."""
    from tasks.check_served import read_differences, served_cycle, served_source
    from tasks.domain.hand_off import listing
    from tasks.orchestration.run_policy import given_policy, run_settings
    from tasks.orchestration.terminal import print_document
    from tasks.workspace.destination import check_kept
    from tasks.workspace.open import open_cycle, policy_over_file

    given = given_policy(flags.policy)
    named = (flags.endpoint, flags.model, flags.hypotheses)
    _check_flags(flags, any(named))
    number = served_cycle(flags.workspace, flags.cycle)
    source = served_source(*named) if flags.check == SOURCE else None
    opened = open_cycle(flags.workspace, number, policy_over_file(flags.workspace, given)[0])
    check_kept(opened, flags.out)
    from flows.check_served import check_served_model
    from flows.hand_off import hand_off_model
    from tasks.orchestration.server import on_prefect

    states, settings = [], run_settings(given)
    with on_prefect():
        if flags.out or source is None:
            served_at = None if source else flags.check
            states.append(
                hand_off_model(
                    flags.workspace, number, flags.out, served_at, settings, return_state=True
                )
            )
        if source is not None:
            states.append(
                check_served_model(flags.workspace, number, *named, settings, return_state=True)
            )
        if flags.check is not None and (rows := read_differences(opened)):
            print_document(listing(rows))
        found = [state.result() for state in states]
    message = " ".join(state.message or "" for state in states)
    record = {"cycle": number, "out": str(flags.out) if flags.out else None, "message": message}
    served: Any = found[-1] if source else None
    code = FAILED if served and served["broke"] else 0
    return CommandResult(message, record | ({"served": served} if served else {}), code)


def _check_flags(flags: HandOffFlags, named: bool) -> None:
    """Raise InvalidInput where flags do not go together."""
    if flags.out is None and flags.check is None:
        raise InvalidInput([Fault("expected one of the two", "--out, --check")])
    if named and flags.check != SOURCE:
        sentence = "expected --check, alone, beside --endpoint, --model or --hypotheses"
        raise InvalidInput([Fault(sentence, "--check")])
    if flags.check not in (None, SOURCE) and not str(flags.check).rpartition(":")[2].isdigit():
        raise InvalidInput([Fault(f"expected host:port; got {flags.check!r}", "--check")])
