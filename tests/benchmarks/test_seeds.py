"""Averages of several seeds take the place of one seed's fine-tune, and kinds of candidates are summed up."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from tests.tasks.finetune_script import seed_models
from tests.with_nemo import torch


def value_of(model: Path) -> float:
    with tarfile.open(model) as archive:
        stored = archive.extractfile("model_weights.ckpt")
        assert stored is not None
        return float(torch.load(io.BytesIO(stored.read()))["layer"][0])


def test_an_average_takes_the_place_of_every_model_of_the_fine_tune(
    script: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    seed_models(tmp_path, {0: 3.0, 1: 1.0, 2: 2.0, 3: 6.0})
    run = tmp_path / "copy/cycle1/models/smoke-1"
    (run / "arms").mkdir(parents=True)
    places = [run / "adapted_model.nemo", *(run / f"arms/share-{n}.nemo" for n in ("0", "0.5"))]
    for place in places:
        os.link(tmp_path / "1.nemo", place)  # as in a copy of the first seed's workspace
    (run / "training_run_info.json").write_text('{"candidate_sha256": "", "seconds": 1}')
    study = script("seeds").Study(tmp_path, tmp_path / "0.nemo", tmp_path, 0.5, splits=False)
    study._put_average(tmp_path / "copy", [tmp_path / f"{n}.nemo" for n in (1, 2, 3)], 0.5)
    assert [value_of(place) for place in places] == [3.0, 3.0, 3.0]
    study._put_average(tmp_path / "copy", [tmp_path / "1.nemo", tmp_path / "2.nemo"], 0.5)
    assert [value_of(place) for place in places] == [2.25, 1.5, 2.25]
    assert value_of(tmp_path / "1.nemo") == 1.0, "the first seed's own model stays"
    info = json.loads((run / "training_run_info.json").read_text())
    digest = hashlib.sha256((run / "adapted_model.nemo").read_bytes()).hexdigest()
    assert info == {"candidate_sha256": digest, "seconds": 1}


def test_candidates_of_a_kind_are_summed_up(script: Callable[[str], ModuleType]) -> None:
    seeds = script("seeds")
    ones = [
        seeds.Judged(kind, "1", 0.5, 0.9, ker, 0.3, 0.05, 0.06, 0.07, "none", verdict)
        for kind, ker, verdict in (
            ("one seed", 0.1, "keep"), ("one seed", 0.3, "grow"), ("average of 3", 0.1, "keep"),
        )
    ]  # fmt: skip
    assert seeds.spread(ones) == [
        ["one seed", "50%", "0.2000 ± 0.1414", "0.0500 ± 0.0000", "0.0600 ± 0.0000", "1 of 2"],
        ["average of 3", "50%", "0.1000", "0.0500", "0.0600", "1 of 1"],
    ]
