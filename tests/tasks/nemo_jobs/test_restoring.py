"""Models as a job restores them, and the decoders made for them, with the installed NeMo."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.with_nemo import run_code_with_nemo, torch

JOBS = Path(__file__).parents[3] / "tasks" / "nemo_jobs"
REFERENCE = JOBS.parents[1] / "reference"
OVERWRITTEN = """
import ctypes, io, pickle, sys
sys.path.insert(0, sys.argv[1])
from restoring import restore_the_space

stored = pickle.dumps([str(number) for number in range(40)], protocol=1)
place = id(bytes([32])) + bytes.__basicsize__ - 1
ctypes.memset(place, 0, 1)
spoiled = io.BytesIO(b" ").read(1) == bytes([0])
restore_the_space()
print("SPACE", spoiled, io.BytesIO(stored).read(1), bytes([32]) == b"\\x20"[:1], len(pickle.loads(stored)))
"""
RESTORED = """
import sys
sys.path.insert(0, sys.argv[1])
from restoring import load_model
from transcribe import composed

import torch
from nemo.collections.asr.models import ASRModel

model = load_model(composed([f"model_path={sys.argv[2]}", "cuda=-1"]))
others = ASRModel.restore_from(sys.argv[2], map_location="cpu").state_dict()
same = [torch.equal(value, others[name]) for name, value in model.state_dict().items()]
print("RESTORED", len(same) == len(others) > 100, all(same), model.training)
"""
FOLLOWED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from archives import weights
from restoring import Loaded
from transcribe import composed

import torch

loaded, before = Loaded(), None
for path in sys.argv[2:]:
    model = loaded.model_of(composed([f"model_path={path}", "cuda=-1"]))
    state = weights(Path(path))
    same = all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    print("FOLLOWED", "kept" if model is before else "again", same)
    before = model
"""

SAVED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from archives import differ_in_weights_alone, weights
from restoring import load_model
from transcribe import composed

import torch
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

model = load_model(composed([f"model_path={sys.argv[2]}", "cuda=-1"]))
ours, by_nemo = (Path(sys.argv[3], name) for name in ("ours.nemo", "by_nemo.nemo"))
model.save_to(ours)
model._save_restore_connector = SaveRestoreConnector()
model.save_to(by_nemo)
one, other = weights(ours), weights(by_nemo)
same = [torch.equal(value, other[name]) for name, value in one.items()]
print("SAVED", len(same) == len(other) > 100, all(same), differ_in_weights_alone(ours, by_nemo))
"""
SHARED = """
import sys
sys.path.insert(0, sys.argv[1])
from restoring import Loaded
from transcribe import composed

tree = "ctc_decoding.greedy.boosting_tree"
def config(phrases, alpha):
    boosted = [f"{tree}.key_phrases_file={phrases}", f"{tree}.use_triton=false", f"{tree}_alpha={alpha}"]
    return composed([f"model_path={sys.argv[2]}", "cuda=-1", *boosted])

loaded = Loaded()
same, weight, copy, other = [
    (loaded.model_of(one), loaded.decoding_of(one).decoding)[1]
    for one in map(config, [*sys.argv[3:4] * 2, *sys.argv[4:]], [0.5, 1.0, 0.5, 0.5])
]
trees = [one.fusion_models[0] for one in (same, weight, copy, other)]
print("SHARED", copy is same, weight is same, trees[1] is trees[0], trees[3] is trees[0])
"""


def printed(folder: Path, code: str, *arguments: object) -> list[str]:
    """Run code in a process of its own that has NeMo; return its lines in capitals."""
    lines = run_code_with_nemo(folder, code, JOBS, *arguments)
    return [line for line in lines if line.split(" ")[0].isupper()]


def test_a_space_that_cuda_overwrote_is_a_space_again(tmp_path: Path) -> None:
    """NeMo's first CUDA graph writes a NUL into the object that every one-byte space is."""
    assert printed(tmp_path, OVERWRITTEN) == ["SPACE True b']' True 40"]


@pytest.mark.parametrize("base", ["base-ctc", "base-tdt"])
def test_a_model_without_random_weights_has_every_weight_of_its_archive(
    tmp_path: Path, base: str
) -> None:
    restored = printed(tmp_path, RESTORED, REFERENCE / f"{base}.nemo")
    assert restored == ["RESTORED True True False"]


def fine_tuned(base: Path, output: Path, part: str, key: str) -> Path:
    """Write an archive with other weights, and another value in one part of its configuration."""
    with tarfile.open(base) as source, tarfile.open(output, "w") as target:
        for member in source:
            data = source.extractfile(member).read() if member.isfile() else b""
            if Path(member.name).name == "model_config.yaml":
                config = yaml.safe_load(data)
                config[part][key] = 8
                data = yaml.safe_dump(config).encode()
            if Path(member.name).name == "model_weights.ckpt":
                state, buffer = torch.load(io.BytesIO(data)), io.BytesIO()
                torch.save({name: value * 2 for name, value in state.items()}, buffer)
                data = buffer.getvalue()
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return output


def test_a_model_saves_itself_as_by_nemo(tmp_path: Path) -> None:
    found = printed(tmp_path, SAVED, REFERENCE / "base-ctc.nemo", tmp_path)
    assert found == ["SAVED True True True"]
    with (
        tarfile.open(tmp_path / "ours.nemo") as ours,
        tarfile.open(tmp_path / "by_nemo.nemo") as other,
    ):
        assert ours.getnames() == other.getnames()


def test_a_model_is_built_again_only_where_more_than_its_weights_differs(tmp_path: Path) -> None:
    base, tdt = (REFERENCE / f"base-{family}.nemo" for family in ("ctc", "tdt"))
    tuned = fine_tuned(base, tmp_path / "tuned.nemo", "train_ds", "batch_size")
    other = fine_tuned(base, tmp_path / "other.nemo", "preprocessor", "pad_to")
    lines = printed(tmp_path, FOLLOWED, base, base, tuned, other, tdt, tuned, base)
    kinds = ["again", "kept", "kept", "again", "again", "again", "kept"]
    assert lines == [f"FOLLOWED {kind} True" for kind in kinds]


def test_decoders_are_made_once_and_share_the_tree_of_the_same_phrases(tmp_path: Path) -> None:
    """A weight makes another decoder, a copy of the file does not, and other phrases another tree."""
    files = []
    for name, phrases in (("a", "albumin"), ("copy", "albumin"), ("b", "cefazolin")):
        files.append(tmp_path / name)
        files[-1].write_text(f"{phrases}\n")
    shared = printed(tmp_path, SHARED, REFERENCE / "base-ctc.nemo", *files)
    assert shared == ["SHARED True False True False"]
