"""What earlier cycles leave behind for this one: sides of groups, rows that were trained on, looks."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tasks.domain.errors import DamagedFile
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import Side, Split, split_rows
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import SplitRecord, TrainingRecord
from tasks.workspace.cycle import Cycle, Model
from tasks.workspace.ledger import read_ledger, system_id
from tasks.workspace.splits import read_split

CANDIDATE = "adapted_model.nemo"


def planned_split(cycle: Cycle) -> Split:
    """Divide the rows of a cycle; groups that an earlier cycle divided stay where they were."""
    published = cycle.policy.decide.rule == "published"
    settled = settled_sides(cycle)
    return split_rows(cycle.rows, cycle.policy.split, settled, published=published)


def settled_sides(cycle: Cycle) -> dict[str, Side]:
    """Give the side of each group in the latest earlier cycle that was divided."""
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
        for split in _splits_of(model):
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


def _splits_of(model: Model) -> Iterator[SplitRecord]:
    """Give the split of a model that a cycle trained, then of the model it was trained from.

    It ends at a model that no cycle trained, or that was moved away from its records.
    """
    path, followed = model.path, set()
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


def looks_at(cycle: Cycle, candidate: ModelRecord | None, test: Collection[int]) -> int:
    """The number of this look, from 1, at these test rows; `candidate` is None before it stands.

    An earlier candidate counts when it was judged on at least half of them, or when what it was
    judged on is no longer known.
    """
    ids = audio_ids(cycle)
    present = {ids[position] for position in test}
    this = system_id(candidate) if candidate else None
    earlier: dict[tuple[str, ...], DecisionLine] = {}
    for line in read_ledger(cycle.root):
        if isinstance(line, DecisionLine) and system_id(line.candidate) != this:
            earlier.setdefault(system_id(line.candidate), line)
    return 1 + sum(_judged_half(cycle.root, line, present) for line in earlier.values())


def _judged_half(root: Path, line: DecisionLine, present: Collection[str]) -> bool:
    folder = root / f"cycle{line.cycle}" / "models" / line.run
    try:
        split = read_split(folder / "split.json")
    except DamagedFile:
        split = None
    if split is None:
        return True
    judged = set(split.test_audio)
    if any(folder.glob("fold*-of-*")):  # every row was judged, by the fold that held it out
        judged |= set(split.trained_audio)
    return 2 * sum(clip in judged for clip in present) >= len(present)


def audio_ids(cycle: Cycle) -> Sequence[str]:
    """Give a short digest of each row's clip, in manifest order."""
    return [facts.sha256[:16] for facts in cycle.the_benchmark.audio]


def sentence_id(text: str) -> str:
    """Return a short digest of a sentence, however it is written."""
    return _short_digest(canonical(text))


def sentence_ids(text: str) -> set[str]:
    """Return the digests that records may have of a sentence: earlier ones are of the published form."""
    return {sentence_id(text), _short_digest(normalize(text))}


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
