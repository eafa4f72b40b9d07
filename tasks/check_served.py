"""Stage check-served: compare a kept model, as it is served or exported, with its offline transcripts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tasks.benchmark.engines.riva_asr import recognize
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.hand_off import Served, compare_served
from tasks.domain.jobs import AudioRow
from tasks.domain.scoring.metrics import mean
from tasks.domain.verdict.comparison import clinical_pair, guard_set, score_pair
from tasks.domain.verdict.keywords import known_terms
from tasks.domain.verdict.served import ServedRows, check_rows, verdict_breaks
from tasks.jobs.decode import decode_rows
from tasks.orchestration.stage import stage
from tasks.records.files import digest, write_csv
from tasks.records.ledger_line import ServedLine
from tasks.settings import Settings
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import Decoding, sides
from tasks.workspace.destination import check_kept
from tasks.workspace.hypotheses import hypotheses_of_sets, match_hypotheses
from tasks.workspace.ledger import now, read_champion, record_served
from tasks.workspace.manifests import Manifest
from tasks.workspace.models import boosted_phrases, candidate_system, find_base

DIFFERENCES = "served.csv"  # the rows of the latest check that differ, with both transcripts


@dataclass(frozen=True)
class ServedSource:
    """The source of served transcripts: a server as host:port, an exported model, or a file of hypotheses."""

    kind: Literal["endpoint", "model", "hypotheses"]
    value: str

    @property
    def name(self) -> str:
        return self.value if self.kind == "endpoint" else Path(self.value).name


@dataclass(frozen=True)
class OfflineRows:
    """A set of rows with the kept model's offline transcripts, in the order of the manifest."""

    name: Literal["clinical", "general", "acceptance"]
    manifest: Manifest[Any]
    texts: Sequence[str]


def served_source(
    endpoint: str | None = None, model: Path | None = None, hypotheses: Path | None = None
) -> ServedSource:
    """Return the source to compare; where nothing is named, the endpoint of the environment.

    Raises InvalidInput unless it is one, and for an address without a port.
    """
    if endpoint is None and model is None and hypotheses is None:
        endpoint = Settings().asr_endpoint
    named = {"endpoint": endpoint, "model": model, "hypotheses": hypotheses}
    given = [(kind, str(value)) for kind, value in named.items() if value is not None]
    if len(given) != 1:
        flags = "--endpoint, --model, --hypotheses"
        raise InvalidInput([Fault("expected one of the three with --check", flags)])
    ((kind, value),) = given
    if kind == "endpoint" and not value.rpartition(":")[2].isdigit():
        raise InvalidInput([Fault(f"expected host:port; got {value!r}", "--endpoint")])
    return ServedSource(kind, value)  # type: ignore[arg-type]


def served_cycle(root: Path, given: int | None) -> int:
    """Return the cycle whose model is served: the one that is named, else that of the champion."""
    if given is not None:
        return given
    champion = read_champion(root)
    if champion is None:
        raise InvalidInput([Fault(f"expected a cycle; {root} has no champion", "--cycle")])
    return champion.cycle


@stage("check-served", runs_a_job=True, timed=False)
def check_served(cycle: Cycle, source: ServedSource) -> Served:
    """Compare every row of the benchmark, the guard set and the acceptance rows with offline.

    Leaves the rows that differ in served.csv, and a line in the ledger last. Clips that a server has
    transcribed are not sent again where an earlier call was interrupted.
    """
    check_kept(cycle)
    path = cycle.next_folder / DIFFERENCES
    path.unlink(missing_ok=True)
    system, sets = candidate_system(Run(cycle)), _offline_rows(cycle)
    journal, whole = _journal(cycle, source, sets), False
    if source.kind == "hypotheses":
        served = _given(cycle, Path(source.value), sets)
    else:
        rows = [row for one in sets for row in one.manifest.audio_rows]
        if source.kind == "endpoint":
            whole = journal.exists() and journal.read_bytes().count(b"\n") >= len(rows)
            texts = recognize(rows, source.value, journal)
        else:
            texts = _exported(cycle, Path(source.value), system, rows)
        answers = iter(texts)
        served = [{n: next(answers) for n in range(len(one.texts))} for one in sets]

    found = _compared(cycle, system, sets, served)

    if found.differing:
        write_csv(path, [row.fields for row in found.differing])
    texts = [text for answers in served for text in answers.values()]
    record_served(cycle.root, _line(cycle, source, system, found, texts), again=whole)
    journal.unlink(missing_ok=True)
    return found


def read_differences(cycle: Cycle) -> list[dict[str, str]]:
    """Read the rows that differed in the latest check, with both transcripts; none without any."""
    path = cycle.next_folder / DIFFERENCES
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _offline_rows(cycle: Cycle) -> list[OfflineRows]:
    """Read what the kept model transcribed offline: benchmark, guard set, acceptance rows."""
    run, benchmark = Run(cycle), cycle.require_benchmark
    system = candidate_system(run)
    decoded = match_hypotheses(cycle.next_folder / "offline_hyps.jsonl", benchmark)
    sets = [OfflineRows("clinical", benchmark, decoded)]
    if cycle.general is not None:
        sets.append(OfflineRows("general", cycle.general, Decoding(run, system).read("general")))
    accepted = Decoding(run, system, "acceptance")
    if cycle.acceptance is not None and accepted.output.is_file():
        sets.append(OfflineRows("acceptance", cycle.acceptance, accepted.read("acceptance")))
    return sets


def _journal(cycle: Cycle, source: ServedSource, sets: Sequence[OfflineRows]) -> Path:
    """Name the file of a server's answers by what it is asked."""
    settings = Settings()
    asked = (source.value, settings.nvcf_function_id, settings.asr_language)
    texts = digest(*(text for one in sets for text in one.texts))
    identity = digest(*asked, *(one.manifest.identity for one in sets), texts)
    return cycle.next_folder / f".served-{identity[:12]}.jsonl"


def _exported(cycle: Cycle, path: Path, system: System, rows: Sequence[AudioRow]) -> list[str]:
    """Decode with an exported model, as the kept one decodes."""
    exported = System(find_base(Path.cwd(), str(path)), system.decoding)
    work = cycle.next_folder / f".served-{exported.identity[:12]}"
    return decode_rows(rows, exported, work, cycle.policy.decoding.batch_size)


def _given(cycle: Cycle, path: Path, sets: Sequence[OfflineRows]) -> list[dict[int, str]]:
    """Read hypotheses by the position of their rows; a set of which the file has no row has none.

    Raises InvalidInput unless the test rows are there, and of every other set all rows or none.
    """
    found = hypotheses_of_sets(path, [one.manifest for one in sets])
    side = sides(Run(cycle))
    faults = []
    for one, given in zip(sets, found, strict=True):
        rows = one.manifest.rows
        needed = [*range(len(rows))] if given else []
        if one.name == "clinical":
            needed = [n for n, row in enumerate(rows) if side[row.audio_filepath] == "test"]
        missing = [rows[n].audio_filepath for n in needed if n not in given]
        if missing:
            which = "test row" if one.name == "clinical" else "row"
            sentence = f"expected a hypothesis for every {which} of {one.manifest.path.name}; "
            sentence += f"{len(missing)} are missing, the first {missing[0]}"
            faults.append(Fault(sentence, path.name))
    if faults:
        raise InvalidInput(faults)
    return found


def _compared(
    cycle: Cycle,
    system: System,
    sets: Sequence[OfflineRows],
    served: Sequence[dict[int, str]],
) -> Served:
    """Compare both transcripts of each row, and check every guard; `served` are by row position."""
    view = cycle.policy.view
    known = known_terms(cycle.rows, view, boosted_phrases(system))
    names: list[str] = []
    offline_texts: list[str] = []
    served_texts: list[str] = []
    compared: dict[str, ServedRows] = {}
    general = None
    for one, answers in zip(sets, served, strict=True):
        if not answers:
            continue
        rows = [one.manifest.rows[n] for n in answers]
        offline, texts = [one.texts[n] for n in answers], list(answers.values())
        if one.name == "general":
            spoken = [row.text for row in rows]
            pair = score_pair(spoken, [None] * len(rows), offline, texts, view)
            general = guard_set(pair, [row.speaker or row.voice_id for row in rows])
            compared[one.name] = ServedRows(one.name, pair)
        else:
            pair = clinical_pair(rows, offline, texts, view)
            compared[one.name] = ServedRows(one.name, pair, rows)
        names += [row.audio_filepath for row in rows]
        offline_texts += offline
        served_texts += texts
    clinical = compared["clinical"]
    guards = [guard for one in compared.values() for guard in check_rows(one, known, view)]
    breaks = verdict_breaks(clinical, general, known, cycle.policy.decide, view)
    differing_texts = sum(a != b for a, b in zip(offline_texts, served_texts, strict=True))
    differing = compare_served(names, offline_texts, served_texts)
    left_out = [
        one.manifest.path.name for one, answers in zip(sets, served, strict=True) if not answers
    ]
    return Served(
        rows=len(names),
        differing=differing,
        differing_texts=differing_texts,
        ker_offline=mean(clinical.pair.comparison.missed),
        ker_served=mean(clinical.pair.candidate.missed),
        guards=tuple(guards),
        verdict_breaks=tuple(breaks),
        left_out=tuple(left_out),
    )


def _line(
    cycle: Cycle, source: ServedSource, system: System, found: Served, texts: Sequence[str]
) -> ServedLine:
    return ServedLine(
        cycle=cycle.number,
        outcome="served",
        worse=bool(found.broke),
        source=source.kind,
        name=source.name,
        rows=found.rows,
        differing=len(found.differing),
        broke=found.broke,
        guards=found.guards,
        left_out=found.left_out,
        reasons=(found.outcome,),
        candidate=system.record(),
        answers_sha256=digest(*texts),
        finished_at=now(),
    )
