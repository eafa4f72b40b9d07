"""Stage build: make the benchmark of a cycle from terms, sentences, voices and conditions.

Rows that are asked for are made or refused, each with its reason. A clip is known by what makes it
and kept, so that a second build synthesizes nothing; manifest and record are written last.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tasks.domain.build.audition import (
    AuditionDecision,
    AuditionItem,
    audition_advice,
    audition_stamp,
    audition_stop,
    standing_decision,
)
from tasks.domain.build.audition_plan import TermToHear, first_sentence, plan_audition
from tasks.domain.build.growth import WantedRows
from tasks.domain.build.harden import condition_of, harder_conditions, more_voices
from tasks.domain.build.ipa import unknown_symbols
from tasks.domain.build.plan import PlannedRow, Sources, context_faults, in_turn, plan_rows
from tasks.domain.build.pronunciation import (
    Pronunciation,
    inventory_faults,
    parts_to_pronounce,
    pronounce,
)
from tasks.domain.build.spoken import spoken_form
from tasks.domain.build.terms import Term
from tasks.domain.errors import Fault, InvalidInput, ServiceFailed
from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.domain.sound.conditions import Condition
from tasks.logs import at_stage, log
from tasks.settings import Settings
from tasks.speech.clip import ClipOrder, ClipResult
from tasks.speech.espeak import all_voices
from tasks.speech.merriam_webster import look_up, open_dictionary
from tasks.speech.synthesis import EngineInUse, make_clips, open_engines
from tasks.workspace.audio import read_wav
from tasks.workspace.audition import (
    TERMS_FILE,
    apply_audition,
    audition_command,
    audition_page_path,
    decisions_until,
)
from tasks.workspace.build import (
    BuildInputs,
    BuildRecord,
    BuiltWith,
    RefusedRows,
    read_build_inputs,
)
from tasks.workspace.clips import ClipStore, clip_store
from tasks.workspace.files import file_sha256, json_lines, link_atomic, read_jsonl, write_atomic
from tasks.workspace.files import write_record as write
from tasks.workspace.ledger import now, record_in_ledger
from tasks.workspace.ledger_lines import BuildLine
from tasks.workspace.locks import locked, remove_leftovers

DICTIONARY_FILE = "dictionary.jsonl"


@dataclass(frozen=True)
class Voicing:
    """How a build says its terms: engines by name, IPA by word, and what was heard of them."""

    engines: Mapping[str, EngineInUse]
    given: Mapping[str, str]
    dictionary: Mapping[str, str]
    items: Mapping[tuple[str, str], AuditionItem]  # by term and engine
    decisions: Sequence[AuditionDecision]
    advice: str

    def of(self, row: PlannedRow) -> Pronunciation:
        """Say how the term of a row is pronounced."""
        engine = self.engines[row.voice.engine].engine
        return pronounce(row.term.term, self.given, self.dictionary, engine.name, engine.inventory)

    def item(self, row: PlannedRow) -> AuditionItem:
        """Name what a person would have heard of a row."""
        return self.items[row.term.term, row.voice.engine]


@dataclass(frozen=True)
class Made:
    """A planned row, and its clip or why it has none."""

    row: PlannedRow
    result: ClipResult
    refused: str = ""


def build_benchmark(root: Path, number: int) -> BuildRecord:
    """Build a cycle's manifest and audio; raise InvalidInput with every fault before anything."""
    began = time.monotonic()
    apply_audition(root, number)
    inputs = read_build_inputs(root, number)
    with locked(inputs.root, f"cycle{number}", wait=False), at_stage("build"):
        store = clip_store(inputs.root)
        remove_leftovers(inputs.root, inputs.folder)
        remove_leftovers(inputs.root, store.folder)
        growth = inputs.growth
        voicing = _voicing(inputs, [one.term for one in growth.wanted])
        planned = _plan(inputs, growth.wanted, voicing)
        made = _make(inputs, planned, voicing, store)
        refused = [*_short(growth.wanted, planned), *_refused(made)]
        rows = [*_carry(inputs), *_place(inputs, made, voicing, store)]
        if not rows:
            reason = refused[0].reason if refused else f"{TERMS_FILE} asks for no row"
            raise ServiceFailed(f"no row could be made: {reason}")
        write_atomic(inputs.manifest, json_lines(rows))
        results = [one.result for one in made]
        kept = [one.result for one in made if not one.refused]
        record = BuildRecord(
            cycle=number,
            rows=len(rows),
            carried=len(inputs.carried),
            asked=sum(one.rows for one in growth.wanted),
            made=len(kept),
            reused=sum(not one.takes for one in kept),
            retried=sum(one.takes > 1 for one in results),
            takes=sum(one.takes for one in results),
            refused=tuple(refused),
            lacking={str(category): count for category, count in growth.lacking.items()},
            harder=inputs.harder,
            engines=tuple(
                BuiltWith(engine=name, version=one.engine.version, voices=one.voices)
                for name, one in voicing.engines.items()
            ),
            audition=voicing.advice,
            manifest_sha256=file_sha256(inputs.manifest),
            seconds=round(time.monotonic() - began, 1),
            built_at=now(),
        )
        write(inputs.record, record)
        line = BuildLine(
            cycle=number,
            outcome="built",
            reasons=(record.sentence,),
            manifest_sha256=record.manifest_sha256,
            finished_at=record.built_at,
        )
        record_in_ledger(inputs.root, line)
    log().info("build: %s", record.sentence)
    return record


def _voicing(inputs: BuildInputs, terms: Sequence[Term]) -> Voicing:
    """Open the engines, look words up, and see what a person has heard; raise InvalidInput."""
    opened = open_engines(inputs.policy.build.engines)
    if inputs.harder:
        opened = [_more_voices(one) for one in opened]
    engines = {one.engine.name: one for one in opened}
    faults = [fault for one in engines.values() for fault in _ipa_faults(inputs, one)]
    if faults:
        raise InvalidInput(faults)
    dictionary = _dictionary(inputs, terms)
    to_hear = [TermToHear(one.term, one.entity_category, first_sentence(one)) for one in terms]
    decisions = decisions_until(inputs.root, inputs.number)
    speakers = [one.speaker for one in engines.values()]
    hearings = plan_audition(to_hear, speakers, inputs.given_ipa, dictionary, decisions)
    items = [hearing.item for hearing in hearings]
    page = str(audition_page_path(inputs.root, inputs.number))
    command = f"{audition_command(inputs.root, inputs.number)} --serve"
    mode = inputs.policy.build.audition
    stop = audition_stop(items, decisions, mode, page, command)
    if stop:
        raise InvalidInput([Fault(stop, "flywheel.yaml", field="build.audition")])
    advice = audition_advice(items, decisions, page, command) if mode != "off" else None
    if advice:
        log().warning("build: %s", advice)
    return Voicing(
        engines,
        inputs.given_ipa,
        dictionary,
        {(item.term, item.engine): item for item in items},
        decisions if mode != "off" else (),
        advice or "",
    )


def _ipa_faults(inputs: BuildInputs, one: EngineInUse) -> list[Fault]:
    """Name every IPA that a person gave and an engine cannot say."""
    engine = one.engine
    faults = inventory_faults(inputs.overrides, engine.name, engine.inventory)
    for term in inputs.terms if engine.inventory else ():
        unknown = unknown_symbols(term.ipa or "", engine.inventory)
        if unknown:
            sentence = f"{engine.name} cannot say {' '.join(unknown)} of {term.ipa!r}, {term.term}"
            faults.append(Fault(sentence, TERMS_FILE, field="ipa"))
    return faults


def _dictionary(inputs: BuildInputs, terms: Sequence[Term]) -> dict[str, str]:
    """Look up the words of terms that nobody gave an IPA for, where there is a key or an answer."""
    settings, cache = Settings(), inputs.root / DICTIONARY_FILE
    if settings.merriam_webster_key is None and not cache.exists():
        return {}
    given = inputs.given_ipa
    names = [one.term.lower() for one in terms if one.term.lower() not in given]
    words = [word for name in names for word in (name, *name.split()) if word not in given]
    return look_up(words, open_dictionary(settings), cache).ipa


def _plan(inputs: BuildInputs, wanted: Sequence[WantedRows], voicing: Voicing) -> list[PlannedRow]:
    """Say which rows are made; raise InvalidInput where a term has no sentence."""
    policy = inputs.policy.build
    levels = [Condition.of(level) for level in policy.noise_levels]
    names = [one.term for one in inputs.terms] + [row.term for row in inputs.carried]
    sources = Sources(
        contexts=policy.contexts,
        voices=in_turn({name: one.voices for name, one in voicing.engines.items()}),
        conditions=harder_conditions([*levels, *_carried_conditions(inputs)])
        if inputs.harder
        else levels,
        sentences=inputs.sentences,
        names=dict.fromkeys(names),
        seed=policy.seed,
    )
    faults = context_faults([one.term for one in wanted], sources, TERMS_FILE)
    if faults:
        raise InvalidInput(faults)
    return plan_rows(wanted, inputs.carried, sources)


def _carried_conditions(inputs: BuildInputs) -> list[Condition]:
    """Give the conditions that the rows of the cycle before are heard under."""
    rows = read_jsonl(inputs.before.path) if inputs.before else []
    return list(dict.fromkeys(map(condition_of, rows)))


def _more_voices(one: EngineInUse) -> EngineInUse:
    """Add voices that the benchmark does not have yet, where the engine has some."""
    return replace(one, voices=more_voices(one.voices, all_voices(one.engine)))


def _make(
    inputs: BuildInputs, planned: Sequence[PlannedRow], voicing: Voicing, store: ClipStore
) -> list[Made]:
    """Make the clips of all rows but those of rejected terms and those that another row has."""
    refusals = [_rejected(row, voicing) for row in planned]
    orders = [_order(inputs, row, voicing) for row in planned]
    first: dict[ClipOrder, int] = {}
    for place, order in enumerate(orders):
        first.setdefault(order, place)
    wanted = [
        place for place, order in enumerate(orders) if not refusals[place] and first[order] == place
    ]
    results = make_clips([orders[one] for one in wanted], inputs.policy.build.engines, store)
    made = dict(zip(wanted, results, strict=True))
    heard = {facts.sha256 for facts in inputs.before.audio} if inputs.before else set[str]()
    found = []
    for place, row in enumerate(planned):
        result = made.get(place, ClipResult(None))
        refused = refusals[place] or "; ".join(result.faults)
        if place in made and result.sha256:
            sha256 = file_sha256(store.clip(result.sha256))
            refused = "another row has the same audio" if sha256 in heard else ""
            heard.add(sha256)
        found.append(Made(row, result, refused or ("" if place in made else "another row has it")))
    return found


def _rejected(row: PlannedRow, voicing: Voicing) -> str:
    """Say who rejected how a row's term is said; empty where nobody did."""
    decision = standing_decision(voicing.item(row), voicing.decisions)
    return decision.sentence if decision and decision.decision == "rejected" else ""


def _order(inputs: BuildInputs, row: PlannedRow, voicing: Voicing) -> ClipOrder:
    """Write what is to be said, by whom, and how it is heard."""
    policy, engine = inputs.policy.build, voicing.engines[row.voice.engine].engine
    spoken = spoken_form(row.text)
    parts = parts_to_pronounce(spoken, row.term.term, voicing.of(row), voicing.given)
    return ClipOrder(
        engine=row.voice.engine,
        engine_version=engine.version,
        spoken=spoken,
        pronunciations=tuple(sorted(parts)),
        voice=row.voice.name,
        condition=row.condition,
        seed=policy.seed,
        attempts=policy.attempts,
    )


def _short(wanted: Sequence[WantedRows], planned: Sequence[PlannedRow]) -> list[RefusedRows]:
    """Name terms that have fewer sentences, voices and conditions than rows are wanted of them."""
    asked: dict[str, int] = {}
    for one in wanted:
        asked[one.term.term] = asked.get(one.term.term, 0) + one.rows
    for row in planned:
        asked[row.term.term] -= 1
    reason = "there is no further sentence, voice and noise level for it"
    return [
        RefusedRows(term=term, rows=count, reason=reason) for term, count in asked.items() if count
    ]


def _refused(made: Sequence[Made]) -> list[RefusedRows]:
    return [
        RefusedRows(
            term=one.row.term.term,
            text=one.row.text,
            voice_id=one.row.voice.voice_id,
            reason=one.refused,
            again=one.result.transient,
        )
        for one in made
        if one.refused
    ]


def _carry(inputs: BuildInputs) -> list[dict[str, Any]]:
    """Put the clips of the cycle before beside the new ones, and give its rows as they stand."""
    if inputs.before is None:
        return []
    rows, earlier = read_jsonl(inputs.before.path), inputs.before.path.parent
    for row in rows:
        target = inputs.folder / row["audio_filepath"]
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            link_atomic(earlier / row["audio_filepath"], target)
    return rows


def _place(
    inputs: BuildInputs, made: Sequence[Made], voicing: Voicing, store: ClipStore
) -> list[dict[str, Any]]:
    """Put the new clips into the cycle, and give their rows."""
    rows = []
    (inputs.folder / "audio").mkdir(parents=True, exist_ok=True)
    for one in made:
        if one.refused or one.result.sha256 is None:
            continue
        clip, row = store.clip(one.result.sha256), one.row
        path = f"audio/{_slug(row.term.term)}_{one.result.sha256[:16]}.wav"
        link_atomic(clip, inputs.folder / path)
        fields = ClinicalRow(
            audio_filepath=path,
            duration=round(read_wav(clip).seconds, 4),
            text=row.text,
            term=row.term.term,
            entity_category=row.term.entity_category,
            ipa_source=voicing.of(row).source,
            voice_id=row.voice.voice_id,
            noise_level=row.condition.noise_level,
            context_type=row.context_type,
            audition=audition_stamp(voicing.item(row), voicing.decisions),
        )
        rows.append(fields.model_dump(exclude_none=True) | row.condition.fields)
    return rows


def _slug(term: str) -> str:
    """Write a term as a file name.

    >>> _slug("Hemoglobin A1c")
    'hemoglobin-a1c'
    """
    return re.sub(r"[^a-z0-9]+", "-", normalize(term).lower()).strip("-")[:40] or "term"
