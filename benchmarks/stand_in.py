"""Make what GPU benchmarks run on: a model of Parakeet's shape with random weights, and clips.

    python benchmarks/stand_in.py --out /tmp/stand-in --hours 5

The model has the layers and sizes of nvidia/parakeet-tdt-0.6b-v2, so that its speed is real; its
words are not. Random weights emit any number of tokens, which decides how long a decoder runs, so
the bias of the blank is set to give about as many a second as speech has. Clips are shaped noise.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import wave
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from reference.fastconformer import (  # noqa: E402
    DURATIONS,
    RATE,
    Shape,
    tdt_config,
    write_tokenizer,
)

TOKENS_A_SECOND = 3.5
LARGE = Shape(
    layers=24, width=1024, heads=8, channels=256, hidden=640, pieces=1024, features=128,
    positions=5000, prediction_layers=2, bias=False, dropout=0.1, decoder_dropout=0.2,
    time_masks=10, freq_width=27,
)  # fmt: skip
SMALL = replace(LARGE, layers=2, width=64, heads=2, channels=16, hidden=32, pieces=256)
SECONDS = (2.0, 10.0)


def new_model(shape: Shape, folder: Path) -> Any:
    """Make a model of a shape with weights from a fixed seed; its tokenizer lies in the folder."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    torch.manual_seed(11)
    words = (ROOT / "reference" / "lexicon.txt").read_text(encoding="utf-8").splitlines()
    write_tokenizer(folder, words, shape.pieces)
    return EncDecRNNTBPEModel(cfg=OmegaConf.create(tdt_config(shape, folder)))


def emit(model: Any, clips: list[np.ndarray]) -> float:
    """Set the bias of the blank so that the model emits as speech does; give tokens a second."""
    audio = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(c) for c in clips], batch_first=True)
    sizes = torch.tensor([clip.size for clip in clips])
    device = next(model.parameters()).device
    model.eval()
    model.preprocessor.featurizer.dither = 0.0
    bias = model.joint.joint_net[-1].bias
    blank = bias.numel() - len(DURATIONS) - 1
    with torch.inference_mode():
        encoded, lengths = model(
            input_signal=audio.to(device), input_signal_length=sizes.to(device)
        )

    def rate(value: float) -> float:
        with torch.no_grad():
            bias[blank] = value
        decoded = model.decoding.rnnt_decoder_predictions_tensor(encoded, lengths)
        return sum(len(one.y_sequence) for one in decoded) / (float(sizes.sum()) / RATE)

    low, high = 0.0, 3.0
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle) > TOKENS_A_SECOND else (low, middle)
    return rate(high)


def noise(number: int, seconds: tuple[float, float] = SECONDS) -> np.ndarray:
    """Make a clip: noise with the slope of speech, loud and soft four times a second."""
    rng = np.random.default_rng([11, number])
    count = int(rng.uniform(*seconds) * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.maximum(np.arange(spectrum.size), count / 40) ** 0.7
    loudness = 1.1 + np.sin(2 * np.pi * 4 * np.arange(count) / RATE + rng.uniform(0, 6))
    shaped = np.fft.irfft(spectrum, n=count) * loudness
    return (0.3 * shaped / np.abs(shaped).max()).astype(np.float32)


def write_clip(job: tuple[Path, int, tuple[float, float]]) -> float:
    folder, number, seconds = job
    samples = (noise(number, seconds) * 32767).astype("<i2")
    with wave.open(str(folder / f"{number:06d}.wav"), "wb") as file:
        file.setparams((1, 2, RATE, samples.size, "NONE", ""))
        file.writeframes(samples.tobytes())
    return samples.size / RATE


def write_clips(folder: Path, hours: float, seconds: tuple[float, float] = SECONDS) -> Path:
    """Write so many hours of clips and their manifest; give the manifest."""
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    count = max(8, round(hours * 3600 / (sum(seconds) / 2)))
    with Pool() as pool:
        jobs = [(folder / "clips", number, seconds) for number in range(count)]
        lengths = pool.map(write_clip, jobs, chunksize=32)
    texts = (ROOT / "reference" / "lexicon.txt").read_text(encoding="utf-8").split()
    lines = [
        {
            "audio_filepath": f"clips/{number:06d}.wav",
            "duration": length,
            "text": " ".join(
                texts[(number * 7 + word) % len(texts)] for word in range(int(2 * length))
            ),
        }
        for number, length in enumerate(lengths)
    ]
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return manifest


def write_model(folder: Path, small: bool) -> Path:
    """Write the stand-in as a `.nemo`; say its size and how much it emits."""
    path = folder / "stand-in.nemo"
    with tempfile.TemporaryDirectory() as tokenizer:
        shape = SMALL if small else LARGE
        model, trial = new_model(shape, Path(tokenizer)), new_model(shape, Path(tokenizer))
        trial.to("cuda" if torch.cuda.is_available() else "cpu")
        rate = emit(trial, [noise(number) for number in range(8)])
        with torch.no_grad():
            model.joint.joint_net[-1].bias.copy_(trial.joint.joint_net[-1].bias)
        model.save_to(str(path))
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"{size / 1e6:.0f}M parameters, {rate:.1f} tokens a second", file=sys.stderr)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--small", action="store_true", help="a tiny model, for a CPU")
    arguments = parser.parse_args()
    write_clips(arguments.out, arguments.hours)
    write_model(arguments.out, arguments.small)


if __name__ == "__main__":
    main()
