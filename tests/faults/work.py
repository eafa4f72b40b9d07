"""What changes a workspace, for kill_makers.py: how each is prepared, and what is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trials

PLAN = "term,entity_category,new_terms,rows_to_add,context_types,noise_levels\ntimolol,drug,0,2,,\n"
LISTED = "build: {rows_per_term: 2, audition: 'off'}\n"
YES = {"cycle": 1, "decision": "yes", "reviewer": "Ana", "reason": "checked every clip"}


def write_list(root: Path) -> None:
    """Make a workspace of two terms with two rows each."""
    root.mkdir(parents=True)
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    (root / "flywheel.yaml").write_text(LISTED)


def first_cycle(root: Path) -> None:
    write_list(root)
    build(root, 1)


def growth(root: Path) -> None:
    first_cycle(root)
    (root / "cycle2").mkdir()
    (root / "cycle2/growth_plan.csv").write_text(PLAN)


def swapped(root: Path) -> None:
    """Build two cycles, then swap two clips of the first, and their names in its manifest."""
    from tasks.records.files import read_jsonl, write_jsonl

    growth(root)
    build(root, 2)
    (root / "cycle1/build.json").unlink()
    manifest = root / "cycle1/manifest.jsonl"
    rows = read_jsonl(manifest)
    names = [row["audio_filepath"] for row in rows[:2]]
    first, second, third = (root / "cycle1" / name for name in (*names, "audio/third.wav"))
    first.rename(third)
    second.rename(first)
    third.rename(second)
    rows[0]["audio_filepath"], rows[1]["audio_filepath"] = names[::-1]
    for row in rows[:2]:
        del row["duration"]
    write_jsonl(manifest, rows)


def build(root: Path, cycle: int) -> None:
    from tasks.build import build_benchmark

    build_benchmark(root, cycle)


def to_audition(root: Path) -> None:
    """List terms that one voice speaks, so that a page of them is made in a second."""
    write_list(root)
    (root / "flywheel.yaml").write_text("build: {engines: [{voices: [en-us]}]}\n")


def decide(root: Path) -> None:
    """Accept an IPA of a term, once: a person who saw that it is saved does not decide again."""
    from tasks.audition import open_desk
    from tasks.benchmark.audition_file import own_decisions

    desk = open_desk(root, 1)
    if not own_decisions(root, 1):
        item = desk.items()[0].model_dump(mode="json")
        chosen = {"ipa": "ˈtɪməlɔl", "ipa_source": "typed", "decision": "heard", "reviewer": "Ana"}
        desk.decide(item | chosen)
    desk.write_page()


def general(root: Path) -> None:
    from tasks.general import make_general

    make_general(root, (), 4, 3)


def acceptance(root: Path) -> None:
    from tasks.acceptance import make_acceptance

    make_acceptance(root, 1)


def decided(root: Path, policy: str) -> None:
    """Decide a cycle on fakes whose candidate is much better than its base."""
    trials.write_flywheel(root, policy=policy)
    run_cycle(root)


def run_cycle(root: Path) -> None:
    from flows.commands.cycle import CycleFlags, run

    run(CycleFlags(workspace=root, cycle=1))


def waiting(root: Path) -> None:
    decided(root, "approval: required\n")


def grown(root: Path) -> None:
    """Decide a cycle that an open guard alone did not keep, with recorded rows that are not decoded yet."""
    from tests.flows.test_approve import with_recorded
    from tests.tones import write_tone

    decided(root, "decide: {open_guard: grow}\n")
    with_recorded(root, write_tone, rows=40)
    run_cycle(root)


def approve(root: Path, *, override: bool = False) -> None:
    from flows.commands.approve import ApproveFlags, run

    run(ApproveFlags.model_validate(YES | {"workspace": root, "override": override}))


def rolled_back(root: Path) -> None:
    decided(root, "")
    roll_back(root, 0)


def roll_back(root: Path, to: int) -> None:
    from flows.commands.rollback import RollbackFlags, run

    run(RollbackFlags(workspace=root, to=to))


def handed_off(root: Path) -> None:
    """Hand a model off, and change the hand-off to what one of another, boosted model leaves."""
    decided(root, "")
    hand_off(root)
    out = root / "out"
    (out / "adapted_model.nemo").unlink()  # it is a link to the one that is kept
    (out / "adapted_model.nemo").write_bytes(b"another model")
    (out / "vocabulary.txt").write_text("timolol\n")
    (out / "MODEL_CARD.md").write_text("# another model\n")
    record = json.loads((out / "hand_off.json").read_text())
    (out / "hand_off.json").write_text(json.dumps(record | {"model_sha256": "0" * 64}))


def hand_off(root: Path) -> None:
    from flows.commands.hand_off import HandOffFlags, run

    run(HandOffFlags(workspace=root, cycle=1, out=root / "out"))


@dataclass(frozen=True)
class Work:
    """What is done before, undisturbed, and what is killed; `on_prefect` needs a server for it."""

    prepare: Callable[[Path], None]
    do: Callable[[Path], None]
    on_prefect: bool = False


def corpus(root: Path) -> None:
    from tests.corpora import srt, write_terms

    srt(write_terms(root) / "inputs")


def import_corpus(root: Path) -> None:
    from tasks.importing import ImportRequest, import_recordings

    files = (root / "inputs/subtitles.srt", root / "inputs/talk.flac")
    import_recordings(ImportRequest(root, files, "benchmark"))


WORK = {
    "build": Work(write_list, lambda root: build(root, 1)),
    "growth": Work(growth, lambda root: build(root, 2)),
    "changed clips": Work(swapped, lambda root: build(root, 2)),
    "audition": Work(to_audition, decide),
    "general": Work(write_list, general),
    "import": Work(corpus, import_corpus),
    "acceptance": Work(first_cycle, acceptance),
    "approve": Work(waiting, approve, on_prefect=True),
    "override": Work(grown, lambda root: approve(root, override=True), on_prefect=True),
    "rollback": Work(rolled_back, lambda root: roll_back(root, 1), on_prefect=True),
    "hand-off": Work(handed_off, hand_off, on_prefect=True),
}
