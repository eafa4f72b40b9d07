"""Stage hand-off: give a kept model to the team that serves it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.bases import architecture_from_config
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.hand_off import FAMILIES, boosting_note, pipeline_name, riva_commands
from tasks.domain.progress import StageSummary
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.summary import EXPLAINED
from tasks.orchestration.stage import stage
from tasks.records.files import file_sha256, link_atomic, write_atomic, write_record
from tasks.records.stages import DecisionRecord, HandOffRecord
from tasks.workspace.approval import champion_note
from tasks.workspace.archives import NotAModel, nemo_config
from tasks.workspace.cycle import Cycle
from tasks.workspace.destination import CARD, MODEL, PHRASES, RECORD, check_kept, handing_off
from tasks.workspace.models import phrases_of


@dataclass(frozen=True)
class HandOffSummary(StageSummary):
    """The model that was handed off, the folder, and why it is not the champion, where it is not."""

    model: str
    out: str
    note: str = ""

    @property
    def words(self) -> str:
        return f"model {self.model} is in {self.out}" + (f"; {self.note}" if self.note else "")


@stage("hand-off")
def hand_off(cycle: Cycle, out: Path) -> HandOffSummary:
    """Write model, card, phrases and commands into a folder that is empty or an earlier hand-off.

    hand_off.json comes last, and that of an earlier hand-off is removed first.

    Raises InvalidInput unless the cycle kept this very model, and for one that cannot be served.
    """
    decision = check_kept(cycle, out)
    model, decoding = Path(decision.candidate.path), decision.candidate.decoding
    try:
        architecture = architecture_from_config(str(model), nemo_config(model))
    except NotAModel as error:
        raise DamagedFile(f"{model} is no .nemo archive: {error}") from None
    family = FAMILIES.get(architecture.decoder)
    if architecture.streaming or family is None:
        kind = "cache-aware streaming" if architecture.streaming else architecture.decoder
        sentence = f"expected a CTC, RNNT or TDT model that decodes whole clips; {model} is {kind}"
        raise InvalidInput([Fault(sentence, "--cycle")])
    realtime = architecture.hand_off["decoder"]
    name = pipeline_name(cycle.name, cycle.number)
    commands = riva_commands(name, architecture.decoder, realtime)
    boosting = boosting_note(decoding, architecture.decoder)
    note = champion_note(cycle.root, cycle.number, decision.candidate)
    phrases = phrases_of(decoding) if decoding.boost_alpha is not None else []
    decided = file_sha256(cycle.decision)

    with handing_off(out):
        link_atomic(model, out / MODEL)
        if phrases:
            write_atomic(out / PHRASES, "".join(f"{phrase}\n" for phrase in phrases))
        else:
            (out / PHRASES).unlink(missing_ok=True)
        write_atomic(out / CARD, _card(cycle, decision, commands, boosting, note))
        record = HandOffRecord(
            cycle=cycle.number,
            model_sha256=file_sha256(out / MODEL),
            source_architecture=architecture.decoder,
            decoder=realtime,
            container_family=family,
            decoding=decoding,
            vocabulary_sha256=decoding.vocabulary_sha256,
            commands=tuple(commands),
            decision_sha256=decided,
            override=decision.override,
            not_champion=note,
        )
        write_record(out / RECORD, record)
    return HandOffSummary(str(decision.candidate.sha256)[:12], str(out), note)


def _card(
    cycle: Cycle, decision: DecisionRecord, commands: Sequence[str], boosting: str, note: str
) -> str:
    """Write the model card: what it is, what it was judged on, its limits, how to serve it."""
    candidate, base = decision.candidate, decision.trained_from
    held = decision.scopes["test"]
    own = decision.against_anchor.apart if decision.against_anchor else ()
    guards = "\n".join(f"- {guard.sentence}" for guard in (*decision.guards, *own))
    stamp = "".join(f"\n**{text}**\n" for text in (decision.override, note) if text)
    where = [str(cycle.root), str(cycle.number)]
    check = shlex.join(["flywheel", "hand-off", *where, "--check", "localhost:50051"])
    return f"""# {" ".join(cycle.name.split())}, cycle {cycle.number}
{stamp}
{decision.reasons[0]} {EXPLAINED}

| | |
|---|---|
| model | `adapted_model.nemo`, sha256 `{candidate.sha256}` |
| made from | {base.name}, sha256 `{base.sha256}` |
| architecture | {decision.hand_off["source_architecture"]}; pass it on, the file does not show it |
| decodes | {candidate.decoding.name} |
| decided | {decision.decided_at}, {decision.verdict} by the {decision.rule} rule |
| evidence | {decision.evidence or "not recorded"} |
| benchmark | {decision.scopes["all"].rows} rows, manifest sha256 `{decision.manifest_sha256}` |

## What it was judged on

{chr(10).join(f"- {reason}" for reason in decision.reasons[1:])}

On {held.rows} test rows KER {rate(held.comparison.ker_canonical)} →
{rate(held.candidate.ker_canonical)} (as published {rate(held.comparison.ker)} →
{rate(held.candidate.ker)}), WER {rate(held.comparison.wer_canonical)} →
{rate(held.candidate.wer_canonical)}. Rows that decide: {decision.changes.counts}.

## Guards

{guards or "None was measured."}

## Limits

- {_speech(decision)}
- What is not a guard above was not measured.

## Boosting

{boosting}

## Serving it

    {f"{chr(10)}    ".join(commands)}

These flags follow the published method and were not run here: `riva-build --help` of your image has the
last word. Then compare what is served with what was decoded offline, row by row:

    {check}
"""


def _speech(decision: DecisionRecord) -> str:
    """Return the kind of speech that the model was judged on, and what that leaves open."""
    trained = decision.candidate.sha256 != decision.trained_from.sha256
    patients = "No patient was recorded: this card does not show how it transcribes one."
    if "recorded" in decision.evidence:
        return f"Judged on {decision.evidence}, one clinical term a clip. {patients}"
    return (
        f"{'Trained and judged' if trained else 'Judged'} on **synthetic speech only**, one clinical term a "
        f"clip, not on people's speech. {patients}"
    )
