"""Kill what makes a benchmark before each change of a file; the same again must leave the same bytes.

    python tests/faults/kill_makers.py --every 3 --out runs/kill_makers

Made are a build, a growth build, a build over a cycle whose clips were changed since, a decision of an
audition, general speech, and an import. Events are those of kill_events.py. A trial is good when the
same work, run again, leaves the clips, manifests and tables of the undisturbed work to the byte, as many
ledger lines, and no file half written.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from kill_events import at_each_change
from trials import ROOT, left_over

PLAN = "term,entity_category,new_terms,rows_to_add,context_types,noise_levels\ntimolol,drug,0,2,,\n"
OF_A_RUN = ("build.json", "ledger.jsonl", ".clips.json")  # they hold times


def write_list(root: Path) -> None:
    """Make a workspace of two terms with two rows each."""
    root.mkdir(parents=True)
    (root / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    (root / "flywheel.yaml").write_text("build: {rows_per_term: 2, audition: 'off'}\n")


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


def decide(root: Path) -> None:
    """Accept an IPA of a term, once: who was told that it is saved does not decide again."""
    from tasks.benchmark.audition import AuditionDecision
    from tasks.benchmark.audition_file import add_decision, own_decisions
    from tasks.benchmark.auditioning import take_in_audition

    if not own_decisions(root, 1):
        fields = {"ipa": "ˈtɪməlɔl", "ipa_source": "typed", "at": "2026-01-02T03:04:05Z"}
        who = {"reviewer": "Ana", "decision": "heard", "voices": ("en-us",)}
        engine = {"engine": "espeak", "engine_version": "1.52", "term": "timolol"}
        add_decision(root, 1, AuditionDecision.model_validate({**fields, **who, **engine}))
    take_in_audition(root, 1)


def general(root: Path) -> None:
    from tasks.general import make_general

    make_general(root, (), 4, 3)


def corpus(root: Path) -> None:
    from tests.corpora import srt, write_terms

    srt(write_terms(root) / "inputs")


def import_corpus(root: Path) -> None:
    from tasks.importing import ImportRequest, import_recordings

    files = (root / "inputs/subtitles.srt", root / "inputs/talk.flac")
    import_recordings(ImportRequest(root, files, "benchmark"))


WORK: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "build": (write_list, lambda root: build(root, 1)),
    "growth": (growth, lambda root: build(root, 2)),
    "changed clips": (swapped, lambda root: build(root, 2)),
    "audition": (write_list, decide),
    "general": (write_list, general),
    "import": (corpus, import_corpus),
}


def turn(name: str, root: Path, number: int) -> None:
    """Do the work in this process; at the event of this number, from 1, be killed."""
    out = os.open(root.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    reached = os.open(root.with_suffix(".events"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def act(count: int, what: str) -> None:
        os.write(reached, f"{what}\n".encode())
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(at_each_change(root, act))
    WORK[name][1](root)


def in_a_process(name: str, root: Path, number: int) -> int | None:
    """Run `turn` in a process whose imports are done, and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tasks.build", "tasks.general"])
    process = context.Process(target=turn, args=(name, root, number))
    process.start()
    process.join()
    return process.exitcode


def left(root: Path) -> dict[str, bytes | int]:
    """Return the bytes of all that was made, and the number of ledger lines."""
    files: dict[str, bytes | int] = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in OF_A_RUN and ".locks" not in path.parts
    }
    ledger = root / "ledger.jsonl"
    return files | {"ledger lines": len(ledger.read_text().splitlines()) if ledger.exists() else 0}


def kill_before(name: str, prepared: Path, root: Path, number: int, whole: Path) -> str:
    """Kill the work before an event, and do it again; say what is wrong."""
    shutil.copytree(prepared, root)
    code = in_a_process(name, root, number)
    if code not in (0, -signal.SIGKILL):  # 0: its threads made fewer events this time
        return f"exit code {code} before event {number}"
    if code := in_a_process(name, root, 0):
        return f"exit code {code} of the next run"
    found, right = left(root), left(whole)
    others = [path for path in found | right if found.get(path) != right.get(path)]
    return ", ".join([*others, *left_over(root)])


def main(every: int, work: list[str], out: Path) -> int:
    """Print a line an event; return the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    total = bad = 0
    for name in work or WORK:
        folder = out / name.replace(" ", "_")
        WORK[name][0](folder / "prepared")
        shutil.copytree(folder / "prepared", folder / "whole")
        if in_a_process(name, folder / "whole", 0):
            raise SystemExit((folder / "whole.log").read_text())
        events = (folder / "whole.events").read_text().splitlines()
        for number in range(1, len(events) + 1, every):
            root = folder / f"event{number}"
            wrong = kill_before(name, folder / "prepared", root, number, folder / "whole")
            total, bad = total + 1, bad + bool(wrong)
            shown = f"{name:13s} | {number:3d} | {events[number - 1][:60]:60s}"
            print(f"{shown} | {wrong or 'as undisturbed'}", flush=True)
            if not wrong:
                shutil.rmtree(root)
    print(f"{total} kills, {bad} did not end as undisturbed")
    return min(bad, 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take each of so many events")
    parser.add_argument("--work", nargs="*", default=[], choices=list(WORK))
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_makers")
    sys.exit(main(**vars(parser.parse_args())))
