"""Decode a manifest with the installed NeMo, by the overrides of NeMo's stock script.

    python transcribe.py model_path=m.nemo dataset_manifest=in.jsonl output_filename=out.jsonl
    python transcribe.py <overrides of one decoding> -- <overrides of the next> -- …

For hosts without the NeMo container. Takes the overrides of `transcribe_speech.py` that concern a
manifest of short clips. The output holds every input row, in input order, with `pred_text`. Decodings
of one model and manifest that follow each other share what the encoder gives, those of one model its
load, and those of fine-tunes of one base, and of that base, all of it but the weights.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
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
}
REPORT_SECONDS = 1.0
PLACEMENT = ("cuda", "compute_dtype", "matmul_precision")
SHARED = (*PLACEMENT, "model_path", "pretrained_name", "dataset_manifest", "batch_size")


@cache
def store_defaults() -> None:
    """Tell Hydra the defaults once, as it takes a tenth of a second."""
    from nemo.collections.asr.parts.submodules.ctc_decoding import CTCDecodingConfig
    from nemo.collections.asr.parts.submodules.rnnt_decoding import RNNTDecodingConfig

    decodings = {
        "ctc_decoding": OmegaConf.structured(CTCDecodingConfig),
        "rnnt_decoding": OmegaConf.structured(RNNTDecodingConfig(fused_batch_size=-1)),
    }
    ConfigStore.instance().store(name="transcribe", node=OmegaConf.create(DEFAULTS | decodings))


def composed(overrides: Sequence[str]) -> DictConfig:
    """Apply Hydra overrides to the defaults; an unknown key without `+` is an error."""
    store_defaults()
    # a folder without such a file; without a folder Hydra looks for its caller
    here = str(Path(__file__).parent.absolute())
    with initialize_config_dir(version_base=None, config_dir=here):
        return compose("transcribe", overrides=list(overrides))


def separated(arguments: Sequence[str]) -> Iterator[list[str]]:
    """Divide the command line at `--`."""
    for divider, part in groupby(arguments, key=lambda argument: argument == "--"):
        if not divider:
            yield list(part)


def mend_the_space() -> None:
    """Write the space back into the one object that stands for `b" "` in all of Python.

    NeMo's `run_nvrtc` has CUDA write an empty log, a NUL, into `b" " * 1`, which is that object where
    NeMo was not compiled to bytecode before. Each 0x20 that is read one byte at a time is then a NUL,
    and the next model cannot be unpickled.
    """
    ctypes.memset(id(bytes([32])) + bytes.__basicsize__ - 1, 32, 1)


def without_random_weights() -> Any:
    """Give a context in which new layers keep what their memory holds, for weights that are read next.

    Of a model of 0.6B parameters, random numbers take two seconds on a CPU. A training keeps them there,
    since they move on the generator that its order of rows and its dropout come from.
    """
    from torch.overrides import TorchFunctionMode

    class WithoutRandomWeights(TorchFunctionMode):
        def __torch_function__(
            self, function: Any, _types: Any, given: Any = (), named: Any = None
        ) -> Any:
            named = named or {}
            if getattr(function, "__module__", "") == "torch.nn.init":
                return named["tensor"] if "tensor" in named else given[0]
            return function(*given, **named)

    return WithoutRandomWeights()


def load_model(config: DictConfig) -> Any:
    """Restore the model in evaluation mode on its device: bf16 where CUDA has it, else fp32."""
    import torch
    from nemo.collections.asr.models import ASRModel
    from restoring import FromArchive

    mend_the_space()
    torch.set_float32_matmul_precision(config.matmul_precision)
    cuda = torch.cuda.is_available() and (config.cuda is None or config.cuda >= 0)
    device = torch.device(f"cuda:{config.cuda or 0}" if cuda else "cpu")
    with without_random_weights():  # a weight that the archive does not have is an error
        if config.model_path:
            model = ASRModel.restore_from(
                config.model_path, map_location=device, save_restore_connector=FromArchive()
            )
        else:
            model = ASRModel.from_pretrained(config.pretrained_name, map_location=device)
    bf16 = cuda and torch.cuda.is_bf16_supported()
    dtype = config.compute_dtype or ("bfloat16" if bf16 else "float32")
    return model.to(getattr(torch, dtype)).eval()


class Loaded:
    """The model of the decoding at hand."""

    def __init__(self) -> None:
        self._model: Any = None
        self._config: DictConfig | None = None

    def model_of(self, config: DictConfig) -> Any:
        """Keep the model where it is the same, and all but its weights where no more differs."""
        before, self._config = self._config, config
        if before is None or not self._take_weights(config, before):
            self._model = None
            gc.collect()  # gone before the next takes its memory
            self._model = load_model(config)
        return self._model

    def _take_weights(self, config: DictConfig, before: DictConfig) -> bool:
        from archives import differ_in_weights_alone, weights

        if any(config[key] != before[key] for key in PLACEMENT):
            return False
        path, loaded = config.model_path, before.model_path
        if (path, config.pretrained_name) == (loaded, before.pretrained_name):
            return True
        if not path or not loaded or not differ_in_weights_alone(Path(path), Path(loaded)):
            return False
        mend_the_space()
        self._model.load_state_dict(weights(Path(path), self._model.device))
        return True


def decoding_of(model: Any, config: DictConfig) -> Any:
    """Give the model's decoder as a configuration asks for it."""
    family = config.rnnt_decoding if hasattr(model, "joint") else config.ctc_decoding
    model.change_decoding_strategy(family)
    return model.decoding


class Count:
    """Print how many clips are decoded, now and then and at the end."""

    def __init__(self, total: int) -> None:
        self._done, self._total = 0, total
        self._began = self._printed = time.monotonic()

    def start(self) -> None:
        """Leave out of the rate how long the first model took to load."""
        if not self._done:
            self._began = time.monotonic()

    def add(self, clips: int) -> None:
        self._done += clips
        now, left = time.monotonic(), self._total - self._done
        if now - self._printed >= REPORT_SECONDS or not left:
            seconds = round((now - self._began) * left / self._done)
            print(f"Decoded {self._done} of {self._total} clips, {seconds} s left", flush=True)
            self._printed = now


def hear(
    model: Any, paths: list[str], configs: Sequence[DictConfig], count: Count
) -> list[list[str]]:
    """Transcribe clips in each of several ways; the encoder runs once."""
    decodings = [decoding_of(model, config) for config in configs]
    heard: list[list[str]] = [[] for _ in decodings]
    decode_batch = model._transcribe_output_processing

    def decode_each(encoded: dict[str, Any], settings: Any) -> Any:
        for decoding, texts in zip(decodings, heard, strict=True):
            model.decoding = decoding
            hypotheses = decode_batch(dict(encoded), settings)
            texts += [getattr(hypothesis, "text", hypothesis) for hypothesis in hypotheses]
            count.add(len(hypotheses))
        return hypotheses

    model._transcribe_output_processing = decode_each
    count.start()
    size, workers = configs[0].batch_size, configs[0].num_workers
    try:
        model.transcribe(
            paths, batch_size=size, num_workers=workers, return_hypotheses=False, verbose=False
        )
    finally:
        del model._transcribe_output_processing  # the model's own again
    return heard


def rows_of(config: DictConfig) -> list[dict[str, Any]]:
    """Read the manifest of a decoding."""
    lines = Path(config.dataset_manifest).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def decode(model: Any, configs: Sequence[DictConfig], count: Count) -> None:
    """Run decodings of one model and manifest, longest clips first; write each output whole."""
    manifest, rows = Path(configs[0].dataset_manifest), rows_of(configs[0])
    order = list(range(len(rows)))
    if configs[0].presort_manifest:
        order.sort(key=lambda position: -rows[position]["duration"])
    paths = [str(manifest.parent / rows[position]["audio_filepath"]) for position in order]
    texts_of_each = hear(model, paths, configs, count)
    for config, heard in zip(configs, texts_of_each, strict=True):
        if len(heard) != len(rows):
            raise RuntimeError(f"{len(rows)} rows went in, {len(heard)} transcripts came out")
        texts = dict(zip(order, heard, strict=True))
        spoken = [row | {"pred_text": texts[position]} for position, row in enumerate(rows)]
        output = Path(config.output_filename)
        partial = output.with_name(output.name + ".partial")
        partial.write_text("".join(json.dumps(line) + "\n" for line in spoken), encoding="utf-8")
        partial.replace(output)


def main(arguments: Sequence[str]) -> None:
    """Run every decoding of the command line, in order."""
    from gpu import start_cuda

    start_cuda()
    configs = [composed(overrides) for overrides in separated(arguments)]
    count = Count(sum(len(rows_of(config)) for config in configs))
    loaded = Loaded()
    for _, group in groupby(configs, key=lambda config: [config[key] for key in SHARED]):
        alike = list(group)
        decode(loaded.model_of(alike[0]), alike, count)


if __name__ == "__main__":
    main(sys.argv[1:])
