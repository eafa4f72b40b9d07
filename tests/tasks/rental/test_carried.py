"""A cycle carries what it needs, and nothing of other cycles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.domain.recipe import CPU, Hardware
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import TrainingRecord
from tasks.rental.carried import carried_files, fetched_patterns, fine_tunes_on_gpus, sent
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.open import open_cycle


def test_clips_models_settings_and_finished_stages_are_carried(
    trained: Callable[..., Cycle], fake_model: Callable[..., Path]
) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)])
    (cycle.root / "cycle0").mkdir()
    (cycle.root / "cycle0/secret.txt").write_text("of another cycle")
    (cycle.folder / "rented.json").write_text("{}")
    (cycle.folder / "models/other-recipe").mkdir()
    (cycle.folder / "models/other-recipe/adapted_model.nemo").write_text("large")
    files = carried_files(cycle)
    counts = {kind: len(paths) for kind, paths in files.items()}
    assert counts == {
        "clips of the benchmark": 4, "models": 1, "manifests, settings and lists": 2,
        "files of stages that are done": 3,
    }  # fmt: skip
    assert Run(cycle).candidate in files["files of stages that are done"]
    assert sum(one.size_bytes for one in sent(files)) == sum(
        path.stat().st_size for paths in files.values() for path in paths
    )


def test_a_clip_that_is_a_link_is_carried_under_its_own_name(
    workspace: Callable[..., Path], fake_model: Callable[..., Path], tmp_path: Path
) -> None:
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8)
    clip = root / "cycle1/audio/0.wav"
    clip.rename(tmp_path / "elsewhere.wav")
    clip.symlink_to(tmp_path / "elsewhere.wav")
    assert carried_files(open_cycle(root, 1))["clips of the benchmark"] == [clip]


def test_only_what_a_gpu_trained_reports_how_fast_one_is(trained: Callable[..., Cycle]) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)])
    path = Run(cycle).training_info
    record = read_record(path, TrainingRecord)
    assert record is not None
    assert record.hardware == CPU
    assert fine_tunes_on_gpus(cycle.root) == []
    write_record(path, record.model_copy(update={"hardware": Hardware("gpu", "L40S", 48, True)}))
    (found,) = fine_tunes_on_gpus(cycle.root)
    assert (found.rows, found.epochs, found.seconds) == (3, record.hyperparameters.epochs, 1.0)
    path.write_text("{")
    assert fine_tunes_on_gpus(cycle.root) == []


def test_what_comes_back_is_named_for_the_fine_tune_and_for_each_fold(
    trained: Callable[..., Cycle],
) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)], policy="folds: 2\n")
    patterns = fetched_patterns(cycle)
    run = f"models/{Run(cycle).folder.name}"
    assert {f"{run}/adapted_model.nemo", f"{run}/fold2-of-2/decoded/*.jsonl"} < set(patterns)
    assert all(one.startswith((run, "decoded/", "compute/")) for one in patterns[3:])
    assert not {"gate.json", "per_sample.json", "manifest.jsonl"} & set(patterns)
