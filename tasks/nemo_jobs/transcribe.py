"""Decode a manifest with the installed NeMo, by the overrides of NeMo's stock script.

    python transcribe.py model_path=m.nemo dataset_manifest=in.jsonl output_filename=out.jsonl

For hosts without the NeMo container. Takes the overrides of `transcribe_speech.py` that concern a
manifest of short clips. The output holds every input row, in input order, with `pred_text`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hydra import compose, initialize
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

DEFAULTS: dict[str, Any] = {
    "model_path": None,
    "pretrained_name": None,
    "dataset_manifest": None,
    "output_filename": None,
    "batch_size": 32,
    "num_workers": 0,
    "presort_manifest": True,
    "cuda": None,
    "amp": False,
    "compute_dtype": None,
    "matmul_precision": "high",
    "overwrite_transcripts": True,
    "calculate_wer": True,
    "rnnt_decoding": {
        "fused_batch_size": -1,
        "greedy": {"max_symbols": 10, "use_cuda_graph_decoder": True},
    },
}


def composed(overrides: list[str]) -> DictConfig:
    """Apply Hydra overrides to the defaults; an unknown key without `+` is an error."""
    ConfigStore.instance().store(name="transcribe", node=OmegaConf.create(DEFAULTS))
    with initialize(version_base=None, config_path=None):
        return compose("transcribe", overrides=overrides)


def load_model(config: DictConfig) -> Any:
    """Restore the model in evaluation mode on its device: bf16 where CUDA has it, else fp32."""
    import torch
    from nemo.collections.asr.models import ASRModel

    torch.set_float32_matmul_precision(config.matmul_precision)
    cuda = torch.cuda.is_available() and (config.cuda is None or config.cuda >= 0)
    device = torch.device(f"cuda:{config.cuda or 0}" if cuda else "cpu")
    if config.model_path:
        model = ASRModel.restore_from(config.model_path, map_location=device)
    else:
        model = ASRModel.from_pretrained(config.pretrained_name, map_location=device)
    bf16 = cuda and torch.cuda.is_bf16_supported()
    dtype = config.compute_dtype or ("bfloat16" if bf16 else "float32")
    return model.to(getattr(torch, dtype)).eval()


def main(overrides: list[str]) -> None:
    """Decode greedily, longest clips first, and write the output beside, then in place."""
    config = composed(overrides)
    manifest = Path(config.dataset_manifest)
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    order = list(range(len(rows)))
    if config.presort_manifest:
        order.sort(key=lambda position: -rows[position]["duration"])
    model = load_model(config)
    if hasattr(model, "joint"):
        stored = OmegaConf.create(OmegaConf.to_container(model.cfg.decoding, resolve=True))
        model.change_decoding_strategy(OmegaConf.merge(stored, config.rnnt_decoding))
    paths = [str(manifest.parent / rows[position]["audio_filepath"]) for position in order]
    heard = model.transcribe(
        paths, batch_size=config.batch_size, num_workers=config.num_workers, return_hypotheses=False
    )
    if len(heard) != len(rows):
        raise RuntimeError(f"{len(rows)} rows went in, {len(heard)} transcripts came out")
    for position, hypothesis in zip(order, heard, strict=True):
        rows[position]["pred_text"] = getattr(hypothesis, "text", hypothesis)
    output = Path(config.output_filename)
    partial = output.with_name(output.name + ".partial")
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    partial.replace(output)


if __name__ == "__main__":
    main(sys.argv[1:])
