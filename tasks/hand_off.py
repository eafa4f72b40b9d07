"""Stage hand-off: give a kept model to the team that serves it, and check what they serve."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.benchmark.engines.riva_asr import recognize
from tasks.domain.bases import architecture_from_config
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.hand_off import (
    FAMILIES,
    Served,
    boosting_note,
    compare_served,
    pipeline_name,
    riva_commands,
)
from tasks.domain.progress import StageSummary
from tasks.domain.scoring.metrics import mean, rate
from tasks.domain.verdict.comparison import clinical_pair
from tasks.orchestration.stage import stage
from tasks.records.files import digest, file_sha256, link_atomic, write_atomic, write_record
from tasks.records.stages import DecisionRecord, HandOffRecord
from tasks.settings import Settings
from tasks.workspace.approval import champion_note
from tasks.workspace.archives import NotAModel, nemo_config
from tasks.workspace.cycle import Cycle, decision_of, not_decided
from tasks.workspace.destination import (
    CARD,
    MODEL,
    PHRASES,
    RECORD,
    check_destination,
    handing_off,
)
from tasks.workspace.hypotheses import match_hypotheses
from tasks.workspace.models import phrases_of, unchanged
from tasks.workspace.verified import chain_of, cycle_faults


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
        sentence = f"expected a CTC, RNNT or TDT model that hears whole clips; {model} is {kind}"
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


def check_kept(cycle: Cycle, out: Path | None = None) -> DecisionRecord:
    """Return the decision that kept a model which may be handed on, into a folder if one is named.

    Raises InvalidInput without such a decision, for one that does not follow from the ledger, or for
    another folder.
    """
    if out is not None:
        check_destination(out, cycle.root)
    decision, number = decision_of(cycle), cycle.number
    expected = "expected a cycle that kept its candidate"
    if decision is None:
        sentence = f"{expected}; {not_decided(cycle)}"
    elif decision.verdict != "keep" and not decision.override:
        sentence = f"{expected}; cycle {number} was decided: {decision.verdict}"
    elif decision.approval in ("waiting", "no"):
        state = "waits for approval" if decision.approval == "waiting" else "was declined"
        sentence = f"{expected}; its candidate {state}"
    elif not decision.candidate.path:
        name = decision.candidate.name
        sentence = f"expected a file; {name} is fetched by its name: give its .nemo file as `base`"
    elif not unchanged(Path(decision.candidate.path), decision.candidate.sha256):
        sentence = f"expected {decision.candidate.path} as it was kept; it is gone or changed"
    else:
        faults = [*chain_of(cycle.root), *cycle_faults(cycle.root, number)]
        if not faults:
            return decision
        raise InvalidInput([Fault(fault, "--cycle") for fault in faults])
    raise InvalidInput([Fault(sentence, "--cycle")])


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
| | |
|---|---|
| model | `adapted_model.nemo`, sha256 `{candidate.sha256}` |
| made from | {base.name}, sha256 `{base.sha256}` |
| architecture | {decision.hand_off["source_architecture"]}; pass it on, it cannot be told from the file |
| decodes | {candidate.decoding.name} |
| decided | {decision.decided_at}, {decision.verdict} by the {decision.rule} rule |
| evidence | {decision.evidence or "not recorded"} |
| benchmark | {decision.scopes["all"].rows} rows, manifest sha256 `{decision.manifest_sha256}` |

## What it was judged on

{chr(10).join(f"- {reason}" for reason in decision.reasons)}

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
    """Say what speech the model was judged on, one clinical term a clip, and what that leaves open."""
    trained = decision.candidate.sha256 != decision.trained_from.sha256
    patients = "No patient was recorded: this card does not show how it transcribes one."
    if "recorded" in decision.evidence:
        return f"Judged on {decision.evidence}, one clinical term a clip. {patients}"
    return (
        f"{'Trained and judged' if trained else 'Judged'} on **synthetic speech only**, one clinical term a "
        f"clip, not on people's speech. {patients}"
    )


@stage("check-served")
def check_served(cycle: Cycle, endpoint: str) -> Served:
    """Ask a server for every row of the cycle, and compare with the candidate's offline hypotheses.

    A second call goes on where the first was interrupted.
    """
    check_kept(cycle)
    benchmark = cycle.the_benchmark
    decoded, settings = cycle.next_folder / "offline_hyps.jsonl", Settings()
    offline = match_hypotheses(decoded, benchmark)
    served = (endpoint, settings.nvcf_function_id, settings.asr_language)
    asked = digest(*served, cycle.manifest_sha256, cycle.audio_sha256, file_sha256(decoded))
    answers = cycle.next_folder / f".served-{asked[:12]}.jsonl"
    heard = recognize(benchmark.audio_rows, endpoint, answers)
    answers.unlink(missing_ok=True)
    scored = clinical_pair(benchmark.rows, offline, heard, cycle.policy.view)
    kers = [mean(one.missed) for one in (scored.comparison, scored.candidate)]
    names = [row.audio_filepath for row in benchmark.rows]
    differing_texts = sum(one != other for one, other in zip(offline, heard, strict=True))
    differing = compare_served(names, offline, heard)
    return Served(len(benchmark.rows), differing, differing_texts, *kers)
