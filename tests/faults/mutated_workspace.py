"""The workspace whose files mutate.py changes, and everything that is read of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import trials  # noqa: F401 - it adds the root to the path

from tasks.benchmark.audition_file import AuditionRecord, decisions_until, own_decisions
from tasks.benchmark.build import read_build_inputs
from tasks.domain.errors import FlywheelError
from tasks.recordings.inputs import Choices
from tasks.records.build import BuildRecord, built_clips
from tasks.records.record import read_record
from tasks.records.stages import GateRecord, SplitRecord, TrainingRecord
from tasks.report.ledger_table import ledger_text
from tasks.workspace.approval import champion_note, current_approval
from tasks.workspace.audio import clip_store
from tasks.workspace.cycle import Run, decision_of
from tasks.workspace.decoded import Decoding
from tasks.workspace.destination import check_destination
from tasks.workspace.hypotheses import match_hypotheses
from tasks.workspace.open import open_cycle
from tasks.workspace.status import workspace_status
from tasks.workspace.verified import ledger_faults

# Folders of the workspace: another one that is built, a hand-off, and what is imported into a third.
BUILT, HANDED_OFF, IMPORTS = "built", "handed_off", "imports"
FILES = "files.json"  # which of a folder's files are imported
TABLES = ("terms.csv", "sentences.csv", "pronunciation_overrides.csv", "growth_plan.csv")


def make_workspace(root: Path) -> None:
    """Write a small cycle with every input, decided by fakes of NeMo's scripts, and a build beside it."""
    from tests.conftest import FIELDS, clinical_fields, write_fake_model, write_tone

    rows = [FIELDS | clinical_fields(n) | {"audio_filepath": f"audio/{n}.wav"} for n in range(100)]
    for row in rows:
        write_tone(root / "cycle1" / row["audio_filepath"])
    (root / "cycle1/manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for first, name in ((200, "general"), (300, "replay"), (400, "acceptance")):
        clips = []
        for number in range(first, first + 6):
            path = f"{name}/{number}.wav"
            write_tone(root / path, seconds := number / 500)
            fields = FIELDS | {"audio_filepath": path, "duration": seconds}
            if name == "acceptance":
                fields |= {"source": "recorded", "speaker": f"reader-{number % 2}"}
            clips.append(fields | {"text": f"{name} {number} please start metoprolol"})
        (root / f"{name}.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    (root / "vocabulary.txt").write_text("".join(f"word{n}\n" for n in range(1200)))
    (root / "flywheel.yaml").write_text(
        "base: base.nemo\nsft: {epochs: 2}\nreplay: {manifest: replay.jsonl, ratio: 0.1}\n"
        "decide: {open_guard: keep}\nboost: off\napproval: required\n"
    )
    write_fake_model(root / "base.nemo", 0.8, "decoder: {}\nseconds: 0\n")
    from flows.commands import approve, cycle, hand_off

    of_cycle = {"workspace": root, "cycle": 1}
    cycle.run(cycle.CycleFlags.model_validate(of_cycle))
    who = {"decision": "yes", "reviewer": "Ana", "reason": "checked every clip"}
    approve.run(approve.ApproveFlags.model_validate(of_cycle | who))
    out = root / HANDED_OFF
    hand_off.run(hand_off.HandOffFlags.model_validate(of_cycle | {"out": out}))
    make_build(root / BUILT)
    make_imports(root / IMPORTS)


def make_imports(folder: Path) -> None:
    """Write recordings and transcripts in each format that can be imported."""
    from tests.corpora import CORPORA, write_terms

    write_terms(folder / "w")
    for name, write in CORPORA.items():
        given = [str(path.relative_to(folder / name)) for path in write(folder / name)]
        (folder / name / FILES).write_text(json.dumps(given))


def look_at_imports(folder: Path, changed: Path | None = None) -> None:
    """Read what is imported, of one format where a file of it was changed, and write nothing.

    Raises AssertionError where an utterance was neither used nor refused.
    """
    from tasks.importing import ImportRequest, import_recordings

    of = changed.relative_to(folder).parts[0] if changed else "w"  # the terms are of every format
    for name in (
        [of] if of != "w" else sorted(path.parent.name for path in folder.glob(f"*/{FILES}"))
    ):
        given = [folder / name / path for path in json.loads((folder / name / FILES).read_text())]
        for skip_broken in (True, False):
            choices = Choices(skip_broken=skip_broken)
            request = ImportRequest(
                folder / "w", tuple(given), "benchmark", choices=choices, dry_run=True
            )
            record = import_recordings(request).record
            assert record.rows_in == record.rows_used + record.rows_refused, name


def make_build(root: Path) -> None:
    """Build a benchmark of four rows, of which each term was decided on, with a plan for more."""
    from tasks.audition import open_desk
    from tasks.build import build_benchmark

    root.mkdir()
    (root / "terms.csv").write_text(
        "term,entity_category,ipa,accepted\ntimolol,drug,,Timoptol\nheparin,drug,ˈhɛpəɹɪn,\n"
    )
    (root / "sentences.csv").write_text(
        "term,context_type,text\ntimolol,history,He has taken timolol for two years.\n"
    )
    (root / "flywheel.yaml").write_text("build: {rows_per_term: 2, noise_levels: [clean]}\n")
    desk = open_desk(root, 1)
    for one in desk.items():
        decision = one.model_dump(mode="json") | {"reviewer": "Ana"}
        if one.term == "heparin":
            desk.decide(decision | {"decision": "skipped", "reason": "as it is listed"})
        else:
            desk.decide(decision | {"decision": "rejected", "instead": "ˈtɪməlɔl"})
            desk.decide(decision | {"decision": "heard", "ipa": "ˈtɪməlɔl", "ipa_source": "typed"})
    build_benchmark(root, 1)
    (root / "cycle2").mkdir()
    (root / "cycle2/growth_plan.csv").write_text(
        "term,entity_category,new_terms,rows_to_add,context_types,noise_levels\n"
        "timolol,drug,0,2,history;dictation,clean\n"
    )


def look(root: Path) -> None:
    """Read everything of a decided cycle; raise AssertionError where a row was lost.

    What one reader refuses is read by the others as well; the first refusal is raised after them.
    """
    refused = list[FlywheelError]()
    for read in (workspace_status, ledger_faults, ledger_text, look_at_cycle):
        try:
            read(root)
        except FlywheelError as error:
            refused.append(error)
    if refused:
        raise refused[0]


def look_at_cycle(root: Path) -> None:
    """Read everything that a cycle reads; raise AssertionError where a row was lost."""
    cycle = open_cycle(root, 1)
    for manifest in (cycle.benchmark, cycle.general, cycle.replay, cycle.acceptance):
        if manifest is not None:
            lines = manifest.path.read_bytes().split(b"\n")
            assert len(manifest.rows) == sum(bool(line.strip()) for line in lines), manifest.path
    if cycle.benchmark is not None and cycle.per_sample.is_file():
        assert len(match_hypotheses(cycle.per_sample, cycle.benchmark)) == len(cycle.rows)
    decision = decision_of(cycle)
    if decision is not None:
        current_approval(cycle, decision.candidate)
        champion_note(root, 1, decision.candidate)
    check_destination(root / HANDED_OFF, root)
    run = Run(cycle)
    read_record(cycle.gate, GateRecord)
    read_record(run.split, SplitRecord)
    read_record(run.training_info, TrainingRecord)
    if run.split.is_file():
        decoding = Decoding(run, cycle.comparison)
        assert not decoding.output.is_file() or len(decoding.read()) == len(cycle.rows)


def look_at_build(root: Path) -> None:
    """Read everything that the next build reads; raise AssertionError where a row was lost."""
    record = read_record(root / "cycle1/build.json", BuildRecord)
    clips = built_clips(root / "cycle1")
    assert record is None or not clips or len(clips) == len(record.clips)
    store = clip_store(root)
    for note in store.folder.rglob("*.json"):
        store.has(note.stem)
    audition = read_record(root / "cycle1/audition.json", AuditionRecord)
    assert audition is None or len(own_decisions(root, 1)) == len(audition.decisions)
    decisions_until(root, 2)
    inputs = read_build_inputs(root, 2)
    assert len(inputs.carried) == len(inputs.carried_fields) == len(inputs.carried_planned)
    for name, read in {
        "terms.csv": len(inputs.terms),
        "sentences.csv": len(inputs.sentences),
        "cycle2/growth_plan.csv": len(inputs.plan),
        "pronunciation_overrides.csv": len(inputs.given.overrides.lines),
    }.items():
        assert lines_of(root / name) in (None, read + 1), name
    assert len(inputs.growth.wanted) <= len(inputs.terms) + len(inputs.carried)


def lines_of(path: Path) -> int | None:
    """Count the lines of a table that hold more than separators; None where quotes may join some."""
    content = path.read_bytes() if path.is_file() else b""
    if not content or b'"' in content or content.startswith(b"sep="):
        return None
    return sum(bool(line.strip(b" ,\t")) for line in content.replace(b"\r", b"\n").split(b"\n"))
