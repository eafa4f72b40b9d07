"""Results of earlier cycles that this one uses: sides of groups, rows that were trained on, looks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import Side, Split, split_rows
from tasks.domain.verdict.looks import PRIORITY, Judged, Look, limits_of, look_of
from tasks.records.files import digest, text_sha256
from tasks.records.ledger_line import DecisionLine, JudgedOn
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import SplitRecord, TrainingRecord
from tasks.workspace.cycle import Cycle
from tasks.workspace.ledger import identity_of, read_ledger
from tasks.workspace.manifests import ACCEPTANCE, read_manifest
from tasks.workspace.splits import read_split

CANDIDATE = "adapted_model.nemo"
NO_GUARD_SET = "none"


def planned_split(cycle: Cycle) -> Split:
    """Divide the rows of a cycle; groups that an earlier cycle divided stay where they were."""
    published = cycle.policy.decide.rule == "published"
    fixed = fixed_sides(cycle)
    return split_rows(cycle.rows, cycle.policy.split, fixed, published=published)


def fixed_sides(cycle: Cycle) -> dict[str, Side]:
    """Return the side of each group in the latest earlier cycle that was divided."""
    for number in range(cycle.number - 1, 0, -1):
        found = sorted((cycle.root / f"cycle{number}" / "models").glob("*/split.json"))
        if found:
            sides: dict[str, Side] = {}
            for path in found:
                record = read_split(path)
                sides |= record.groups if record else {}
            return sides
    return {}


def seen_rows(cycle: Cycle) -> frozenset[int]:
    """The positions of rows that an ancestor of base or comparison model was trained on.

    By clip, and by sentence where the policy divides by sentence or term.
    """
    audio: set[str] = set()
    sentences: set[str] = set()
    for model in {m.path: m for m in (cycle.base, cycle.comparison.model)}.values():
        for split in splits_of(model.path):
            audio |= set(split.trained_audio)
            if cycle.policy.split.group_by in ("text", "term"):
                sentences |= set(split.trained_sentences)
    if not audio:
        return frozenset()
    clips = zip(cycle.rows, audio_ids(cycle), strict=True)
    return frozenset(
        position
        for position, (row, clip) in enumerate(clips)
        if clip in audio or not sentences.isdisjoint(sentence_ids(row.text))
    )


def trained_acceptance(cycle: Cycle) -> list[Fault]:
    """Name the acceptance rows whose sentence trains, or has trained an ancestor of a model.

    With folds every row of the benchmark trains. None by the published rule, which does not read them.
    """
    published = cycle.policy.decide.rule == "published"
    if cycle.acceptance is None or cycle.benchmark is None or published:
        return []
    split, folds = planned_split(cycle), cycle.policy.folds
    trains = range(len(cycle.rows)) if folds else (*split.train, *split.validation)
    trained = {sentence_id(cycle.rows[position].text) for position in trains}
    for model in {m.path: m for m in (cycle.base, cycle.comparison.model)}.values():
        for record in splits_of(model.path):
            trained |= set(record.trained_sentences)
    sentence = "expected a sentence that no model is trained on, in any voice; this one is trained"
    return [
        Fault(sentence, ACCEPTANCE, line, "text")
        for line, row in zip(cycle.acceptance.lines, cycle.acceptance.rows, strict=True)
        if not trained.isdisjoint(sentence_ids(row.text))
    ]


def splits_of(path: Path | None) -> Iterator[SplitRecord]:
    """Yield the split of a model that a cycle trained, then of the model it was trained from.

    It ends at a model that no cycle trained, or that was moved away from its records. A pretrained name
    has no path.
    """
    followed = set[Path]()
    while path is not None and path.name == CANDIDATE and path not in followed:
        followed.add(path)
        split = read_split(path.with_name("split.json"))
        training = read_record(path.with_name("training_run_info.json"), TrainingRecord)
        if split is not None:
            yield split
        elif training is not None:
            raise DamagedFile(
                f"{path.with_name('split.json')} is not there, so the rows that {path.name} was "
                "trained on are not known: put it back, or start from another base"
            )
        path = Path(training.base.path) if training and training.base.path else None


def look_at(cycle: Cycle, candidate: ModelRecord | None, test: Collection[int]) -> Look:
    """Number this look at the terms of these test rows; `candidate` is None before it is trained."""
    earlier = [
        judged_by(cycle.root, line)
        for line in read_ledger(cycle.root)
        if isinstance(line, DecisionLine)
    ]
    present, rows = judged_on(cycle, test), cycle.rows
    judged = Judged(
        candidate=identity_of(candidate) if candidate else None,
        test={
            "comparison": identity_of(cycle.comparison.record()),
            "view": cycle.policy.view,
            PRIORITY: present.limits[PRIORITY],
            "general": cycle.general_sha256 or NO_GUARD_SET,
            "rows": present.rows_sha256,
        },
        terms=frozenset(present.terms),
        limits=present.limits,
    )
    terms = frozenset(term_ids(rows[position].term for position in test))
    return look_of(judged, terms, len({rows[p].entity_category for p in test}), earlier)


def judged_on(cycle: Cycle, test: Collection[int]) -> JudgedOn:
    """Describe benchmark, judged rows and limits, as later cycles count looks by them."""
    ids = audio_ids(cycle)
    return JudgedOn(
        terms=term_ids(row.term for row in cycle.rows),
        rows_sha256=digest(*sorted(ids[position] for position in test)),
        limits=limits_of(cycle.policy),
    )


def judged_by(root: Path, line: DecisionLine) -> Judged:
    """Return the rows that a candidate was judged on, from its line of the ledger."""
    on = line.judged_on
    limits = on.limits if on else {}
    return Judged(
        candidate=identity_of(line.candidate),
        test={
            "comparison": identity_of(line.base) if on else None,
            "view": line.scoring.split()[0],
            PRIORITY: limits.get(PRIORITY),
            "general": line.general_sha256 or (NO_GUARD_SET if on else None),
            "rows": on.rows_sha256 if on else None,
        },
        terms=frozenset(on.terms) if on else _terms_in_file(root, line),
        limits=limits or None,
        look=line.priority.look,
    )


def _terms_in_file(root: Path, line: DecisionLine) -> frozenset[str] | None:
    """Read the terms of a line without them from the manifest of its cycle.

    None where that is gone, damaged or another one now.
    """
    try:
        path = root / f"cycle{line.cycle}" / "manifest.jsonl"
        manifest = read_manifest(path, ClinicalRow, audio=False)
    except InvalidInput:
        return None
    if manifest.sha256 != line.manifest_sha256:
        return None
    return frozenset(term_ids(row.term for row in manifest.rows))


def term_ids(terms: Iterable[str]) -> tuple[str, ...]:
    """Return short digests of these terms, sorted, each once."""
    return tuple(sorted({text_sha256(normalize(term))[:8] for term in set(terms)}))


def audio_ids(cycle: Cycle) -> Sequence[str]:
    """Return a short digest of each row's clip, in manifest order."""
    return [facts.sha256[:16] for facts in cycle.require_benchmark.audio]


def sentence_id(text: str) -> str:
    """Return a short digest of a sentence, however it is written."""
    return _short_digest(canonical(text))


def sentence_ids(text: str) -> set[str]:
    """Return the digests that records may have of a sentence: earlier ones are of the published form."""
    return {sentence_id(text), _short_digest(normalize(text))}


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
