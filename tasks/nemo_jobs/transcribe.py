"""Decode a manifest with the installed NeMo, by the overrides of NeMo's stock script.

    python transcribe.py model_path=m.nemo dataset_manifest=in.jsonl output_filename=out.jsonl
    python transcribe.py <overrides of one decoding> -- <overrides of the next> -- …

For hosts without the NeMo container. Takes the overrides of `transcribe_speech.py` that concern a
manifest of short clips. The output holds every input row, in input order, with `pred_text`. Decodings
of one model and manifest that follow each other share what the encoder gives, those of one model its
load, and those of fine-tunes of one base, and of that base, all of it but the weights.
"""

from __future__ import annotations

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
    "batch_size": None,
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
SHARED = (
    "cuda", "compute_dtype", "matmul_precision", "model_path", "pretrained_name",
    "dataset_manifest", "batch_size", "presort_manifest",
)  # fmt: skip


@cache
def store_defaults() -> None:
    """Register the defaults with Hydra once, as it takes a tenth of a second."""
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


def by_nemo(
    model: Any, paths: list[str], decodings: Sequence[Any], batch_size: int, count: Count
) -> list[list[str]]:
    """Transcribe clips by NeMo's own `transcribe()` in each of several ways; the encoder runs once."""
    texts_of_each: list[list[str]] = [[] for _ in decodings]
    decode_batch = model._transcribe_output_processing

    def decode_each(encoded: dict[str, Any], settings: Any) -> Any:
        for decoding, texts in zip(decodings, texts_of_each, strict=True):
            model.decoding = decoding
            hypotheses = decode_batch(dict(encoded), settings)
            texts += [getattr(hypothesis, "text", hypothesis) for hypothesis in hypotheses]
            count.add(len(hypotheses))
        return hypotheses

    model._transcribe_output_processing = decode_each
    try:
        model.transcribe(paths, batch_size=batch_size, return_hypotheses=False, verbose=False)
    finally:
        del model._transcribe_output_processing  # the model's own again
    return texts_of_each


def transcribe(
    loaded: Any, paths: list[str], configs: Sequence[DictConfig], count: Count
) -> list[list[str]]:
    """Transcribe clips in each of several ways, in batches of as many clips as the first asks for."""
    import batches

    model = loaded.model_of(configs[0])
    decodings = [loaded.decoding_of(config) for config in configs]
    size = configs[0].batch_size or batches.clips_a_batch(model.device)
    ways = [batches.words_of(model, decoding) for decoding in decodings]
    count.start()
    if None in ways:
        unknown = {
            type(d.decoding).__name__ for d, way in zip(decodings, ways, strict=True) if not way
        }
        names = f"{type(model).__name__} with {', '.join(sorted(unknown))}"
        print(f"Decoded by NeMo's transcribe(), which is slower: {names} is not known", flush=True)
        return by_nemo(model, paths, decodings, size, count)
    texts: list[list[str]] = batches.transcribe(model, paths, size, ways, count.add)
    return texts


def rows_of(config: DictConfig) -> list[dict[str, Any]]:
    """Read the manifest of a decoding."""
    lines = Path(config.dataset_manifest).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def decode(loaded: Any, configs: Sequence[DictConfig], count: Count) -> None:
    """Run decodings of one model and manifest, longest clips first; write each output whole."""
    manifest, rows = Path(configs[0].dataset_manifest), rows_of(configs[0])
    order = list(range(len(rows)))
    if configs[0].presort_manifest:
        order.sort(key=lambda position: -rows[position]["duration"])
    paths = [str(manifest.parent / rows[position]["audio_filepath"]) for position in order]
    for config, given in zip(configs, transcribe(loaded, paths, configs, count), strict=True):
        if len(given) != len(rows):
            raise RuntimeError(f"{len(rows)} rows went in, {len(given)} transcripts came out")
        texts = dict(zip(order, given, strict=True))
        written = [row | {"pred_text": texts[position]} for position, row in enumerate(rows)]
        output = Path(config.output_filename)
        partial = output.with_name(output.name + ".partial")
        partial.write_text("".join(json.dumps(line) + "\n" for line in written), encoding="utf-8")
        partial.replace(output)


def main(arguments: Sequence[str]) -> None:
    """Run every decoding of the command line, in order."""
    from gpu import start_cuda

    start_cuda()
    configs = [composed(overrides) for overrides in separated(arguments)]
    from restoring import Loaded  # after the GPU began to start: it imports NeMo

    count, loaded = Count(sum(len(rows_of(config)) for config in configs)), Loaded()
    for _, group in groupby(configs, key=lambda config: [config[key] for key in SHARED]):
        decode(loaded, list(group), count)


if __name__ == "__main__":
    main(sys.argv[1:])
