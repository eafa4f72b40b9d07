"""Decode rows with a saved model: a NeMo job, in a fresh process, nothing lost or reordered."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.bases import architecture_from_config
from tasks.domain.decoding import decoding_overrides
from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import AudioRow, Job, each_clip_once
from tasks.domain.progress import Progress
from tasks.domain.recipe import Hardware, transcribe_overrides
from tasks.domain.vocabulary import spelled
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job, takes_several
from tasks.logs import log, report
from tasks.records.files import read_jsonl, write_atomic, write_jsonl
from tasks.settings import Settings
from tasks.workspace.archives import alphabet_of_model, nemo_config
from tasks.workspace.cycle import System
from tasks.workspace.models import phrases_of

SEVERAL_CLIPS = 20_000  # decoded in one job: longer ones are jobs of their own, and lose less


@dataclass(frozen=True)
class Request:
    """Rows that one system shall decode."""

    rows: Sequence[AudioRow]
    system: System
    batch_size: int | None


def decode_rows(
    rows: Sequence[AudioRow], system: System, work: Path, batch_size: int | None
) -> list[str]:
    """Return the transcripts of a system, in row order; `work` is a folder of this call, and is removed.

    A clip that is of several rows is decoded once.
    Raises JobFailed with one sentence, also when other rows come back than went in.
    """
    return decode_all([Request(rows, system, batch_size)], work)[0]


def decode_all(
    requests: Sequence[Request], work: Path, keep: Callable[[int, list[str]], None] | None = None
) -> list[list[str]]:
    """Do the same for several requests: in one process where the script can, and the model and what
    its encoder gave are then used again for each decoding of the same rows.

    `keep` receives each request's number and transcripts as soon as they are there, so that a kill
    loses no more than the one at work.
    """
    settings = Settings()
    hardware = local_hardware(settings)
    shutil.rmtree(work, ignore_errors=True)
    folders = [work / str(number) for number in range(len(requests))]
    manifests: dict[tuple[AudioRow, ...], Path] = {}
    jobs, clips = [], [each_clip_once(request.rows) for request in requests]
    for request, folder, (once, _) in zip(requests, folders, clips, strict=True):
        manifest = manifests.setdefault(tuple(once), folder / "rows.jsonl")
        if not manifest.exists():
            _write_manifest(manifest, once)
        jobs.append(_overrides(request, folder, manifest, hardware, settings))
    decoded: dict[int, list[str]] = {}

    def collect() -> None:
        for number, (folder, (once, places)) in enumerate(zip(folders, clips, strict=True)):
            output = folder / "decoded.jsonl"
            if number not in decoded and output.exists():
                transcripts = _transcripts(output, len(once))
                decoded[number] = [transcripts[place] for place in places]
                if keep is not None:
                    keep(number, decoded[number])

    def collected(now: Progress) -> None:
        report(now)
        collect()

    total = sum(len(once) for once, _ in clips)
    if len(jobs) == 1:
        run_job(Job("transcribe", jobs[0], folders[0]), hardware, settings)
    elif takes_several("transcribe", settings) and total <= SEVERAL_CLIPS:
        run_job(Job("transcribe", jobs[0], work, tuple(jobs[1:])), hardware, settings, collected)
    else:
        for overrides, folder in zip(jobs, folders, strict=True):
            run_job(Job("transcribe", overrides, folder), hardware, settings)
            collect()
    collect()
    if len(decoded) < len(requests):
        raise JobFailed(f"decodings are missing in {work}", JobFault.ROWS_LOST)
    shutil.rmtree(work)
    return [decoded[number] for number in range(len(requests))]


def _write_manifest(path: Path, rows: Sequence[AudioRow]) -> None:
    write_jsonl(path, [row.manifest_line() | {"row": number} for number, row in enumerate(rows)])


def _overrides(
    request: Request, folder: Path, manifest: Path, hardware: Hardware, settings: Settings
) -> dict[str, object]:
    """Build the overrides of one decoding, and write the phrases that it is boosted with."""
    folder.mkdir(parents=True, exist_ok=True)
    model, decoding = request.system.model, request.system.decoding
    path = model.path or fetch_pretrained(model.architecture.name, folder, settings)
    config = nemo_config(path)
    phrases = None
    if decoding.boost_alpha is not None:
        phrases = folder / "phrases.txt"
        written, unspelled = spelled(phrases_of(decoding), alphabet_of_model(path))
        write_atomic(phrases, "".join(f"{phrase}\n" for phrase in written))
        if unspelled:
            warning = "%d phrases are not boosted: the base cannot write them, such as %r"
            log().warning(warning, len(unspelled), unspelled[0])
    overrides = transcribe_overrides(
        model=path,
        manifest=manifest,
        output=folder / "decoded.jsonl",
        batch_size=request.batch_size,
    )
    decoder = architecture_from_config(str(path), config).decoder
    on_gpu = hardware.accelerator == "gpu"
    return overrides | decoding_overrides(decoding, decoder, phrases, on_gpu=on_gpu)


def _transcripts(path: Path, rows: int) -> list[str]:
    decoded = read_jsonl(path)
    if [row.get("row") for row in decoded] != list(range(rows)):
        raise JobFailed(
            f"NeMo returned different rows than the {rows} requested, in {path.parent}",
            JobFault.ROWS_LOST,
        )
    return [str(row["pred_text"]) for row in decoded]
