"""Train a small reference base model from scratch on synthesized general speech.

    python reference/corpus.py --out /tmp/corpus
    python reference/train_base.py --corpus /tmp/corpus --decoder ctc --out reference/base-ctc.nemo

Anyone with a GPU can run it. The corpus is kept in device memory and noise is drawn for each
batch. The learning rate follows the clock, so that training ends in `--minutes` on any GPU. The
`.nemo` is stored in half precision.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import torch
from fastconformer import RATE, Shape, ctc_config, tdt_config, write_tokenizer
from nemo.core.classes.common import typecheck
from omegaconf import OmegaConf

SEED = 20_261
SHAPE = Shape(
    layers=8, width=144, heads=4, channels=144, hidden=256, pieces=256, features=80,
    positions=2000, prediction_layers=1, bias=True, dropout=0.05, decoder_dropout=0.1,
    time_masks=2, freq_width=20,
)  # fmt: skip


class Batches(torch.utils.data.IterableDataset):
    """Endless batches of similar length from device memory: audio (B, S) float32 in [-1, 1],
    its lengths (B,), tokens (B, U) and their lengths (B,)."""

    def __init__(
        self,
        pcm: np.ndarray,
        sizes: np.ndarray,
        tokens: list[list[int]],
        seconds: float,
        device: str,
    ) -> None:
        self.audio = torch.from_numpy(pcm).to(device)
        self.offsets = torch.from_numpy(np.cumsum(sizes) - sizes).to(device)
        self.sizes = torch.from_numpy(sizes).to(device)
        self.host_sizes = sizes
        width = max(map(len, tokens))
        padded = np.zeros((len(tokens), width), dtype=np.int64)
        for row, ids in zip(padded, tokens, strict=True):
            row[: len(ids)] = ids
        self.tokens = torch.from_numpy(padded).to(device)
        self.host_token_sizes = np.array([len(ids) for ids in tokens])
        self.token_sizes = torch.from_numpy(self.host_token_sizes).to(device)
        self.seconds = seconds
        self.device = device

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        rng = np.random.default_rng(SEED)
        while True:
            order = np.argsort(self.host_sizes * rng.uniform(0.9, 1.1, self.host_sizes.size))
            size = max(1, int(self.seconds * RATE / self.host_sizes.mean()))
            starts = np.arange(0, order.size - size + 1, size)
            for start in rng.permutation(starts):
                yield self.batch(order[start : start + size])

    def batch(self, chosen: np.ndarray) -> tuple[torch.Tensor, ...]:
        width = int(self.host_sizes[chosen].max())
        token_width = int(self.host_token_sizes[chosen].max())
        index = torch.from_numpy(chosen).to(self.device)
        sizes = self.sizes[index]
        inside = torch.arange(width, device=self.device)[None, :]
        source = (self.offsets[index][:, None] + inside).clamp_(max=self.audio.numel() - 1)
        speech = self.audio[source].float() / 32768.0
        speech = torch.where(inside < sizes[:, None], speech, 0.0)
        return (
            with_random_noise(speech, sizes),
            sizes,
            self.tokens[index, :token_width],
            self.token_sizes[index],
        )


def with_random_noise(speech: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """Add pink-to-white noise at 0 to 30 dB to two clips in three, then a gain of ±10 dB."""
    count, width = speech.shape
    length = 1 << (width - 1).bit_length()
    spectrum = torch.fft.rfft(torch.randn(count, length, device=speech.device))
    bins = torch.arange(spectrum.shape[1], device=speech.device).clamp_(min=1)
    tilt = 0.2 + 0.4 * torch.rand(count, 1, device=speech.device)
    noise = torch.fft.irfft(spectrum * bins[None, :] ** -tilt, n=length)[:, :width]
    power = speech.square().sum(1, keepdim=True) / sizes[:, None]
    snr = torch.empty(count, 1, device=speech.device).uniform_(0.0, 30.0)
    scale = (power / noise.square().mean(1, keepdim=True) * 10 ** (-snr / 10)).sqrt()
    scale *= torch.rand(count, 1, device=speech.device) < 2 / 3
    gain = 10 ** torch.empty(count, 1, device=speech.device).uniform_(-0.5, 0.3)
    return ((speech + scale * noise) * gain).clamp_(-1.0, 1.0)


def new_model(decoder: str, folder: Path, texts: list[str]) -> pl.LightningModule:
    from nemo.collections.asr.models import EncDecCTCModelBPE, EncDecRNNTBPEModel

    write_tokenizer(folder, texts[:50_000], SHAPE.pieces)
    if decoder == "ctc":
        return EncDecCTCModelBPE(cfg=OmegaConf.create(ctc_config(SHAPE, folder)))
    return EncDecRNNTBPEModel(cfg=OmegaConf.create(tdt_config(SHAPE, folder)))


def schedule_by_clock(model: pl.LightningModule, peak: float, seconds: float) -> None:
    """AdamW with 5 % warm-up and a cosine to zero, both over elapsed seconds."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=1e-3)
    began: list[float] = []

    def factor(_step: int) -> float:
        began or began.append(time.monotonic())  # type: ignore[func-returns-value]
        done = min(1.0, (time.monotonic() - began[0]) / seconds)
        return max(1e-4, min(done / 0.05, 0.5 * (1.0 + math.cos(math.pi * done))))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    model._optimizer = optimizer  # NeMo's training step reads the learning rate from it
    model.configure_optimizers = lambda: {  # type: ignore[method-assign]
        "optimizer": optimizer,
        "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decoder", choices=("ctc", "tdt"), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the .nemo to write")
    parser.add_argument("--corpus", type=Path, required=True, help="what corpus.py wrote")
    parser.add_argument("--minutes", type=float, default=7.0, help="training time")
    parser.add_argument("--batch-seconds", type=float, default=1200.0, help="audio in a batch")
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate")
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pl.seed_everything(SEED)
    typecheck.set_typecheck_enabled(False)  # a third of the launch overhead of a small model
    pcm, sizes = (np.load(arguments.corpus / name) for name in ("pcm.npy", "sizes.npy"))
    texts = json.loads((arguments.corpus / "texts.json").read_text(encoding="utf-8"))

    with tempfile.TemporaryDirectory() as folder:
        model = new_model(arguments.decoder, Path(folder), texts).to(device)
        tokens = [model.tokenizer.text_to_ids(text) for text in texts]
        batches = Batches(pcm, sizes, tokens, arguments.batch_seconds, device)
        seconds = arguments.minutes * 60.0
        schedule_by_clock(model, arguments.lr, seconds)
        trainer = pl.Trainer(
            accelerator="gpu" if device == "cuda" else "cpu",
            devices=1,
            precision="bf16-mixed" if device == "cuda" else 32,
            max_time={"seconds": seconds},
            max_epochs=1,
            gradient_clip_val=1.0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            log_every_n_steps=1_000,
        )
        trainer.fit(model, torch.utils.data.DataLoader(batches, batch_size=None))
        size = sum(parameter.numel() for parameter in model.parameters())
        print(json.dumps({"steps": trainer.global_step, "parameters": size, "seconds": seconds}))
        for name in ("dropout", "dropout_pre_encoder", "dropout_att"):
            model.cfg.encoder[name] = 0.0  # a short fine-tune needs none, and it is slow on a CPU
        model.cpu().half().save_to(str(arguments.out))


if __name__ == "__main__":
    main()
