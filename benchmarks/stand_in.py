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
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf

RATE = 16_000
TOKENS_A_SECOND = 3.5
DURATIONS = [0, 1, 2, 3, 4]
ROOT = Path(__file__).parents[1]
LARGE = {"layers": 24, "width": 1024, "heads": 8, "hidden": 640, "channels": 256, "pieces": 1024}
SMALL = {"layers": 2, "width": 64, "heads": 2, "hidden": 32, "channels": 16, "pieces": 256}
SECONDS = (2.0, 10.0)


def configuration(shape: dict[str, int], tokenizer: Path) -> dict[str, Any]:
    """NeMo's configuration of a FastConformer-TDT of a shape."""
    nemo = "nemo.collections.asr.modules."
    none = {"manifest_filepath": None, "sample_rate": RATE, "batch_size": 1, "shuffle": False}
    width, hidden = shape["width"], shape["hidden"]
    return {
        "sample_rate": RATE,
        "train_ds": none, "validation_ds": none, "test_ds": none,
        "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
        "model_defaults": {
            "enc_hidden": width, "pred_hidden": hidden, "joint_hidden": hidden,
            "tdt_durations": DURATIONS, "num_tdt_durations": len(DURATIONS),
        },
        "preprocessor": {
            "_target_": nemo + "AudioToMelSpectrogramPreprocessor",
            "sample_rate": RATE, "normalize": "per_feature", "window_size": 0.025,
            "window_stride": 0.01, "window": "hann", "features": 128, "n_fft": 512,
            "frame_splicing": 1, "dither": 1e-5, "pad_to": 0,
        },
        "spec_augment": {
            "_target_": nemo + "SpectrogramAugmentation",
            "freq_masks": 2, "time_masks": 10, "freq_width": 27, "time_width": 0.05,
        },
        "encoder": {
            "_target_": nemo + "ConformerEncoder",
            "feat_in": 128, "feat_out": -1, "n_layers": shape["layers"], "d_model": width,
            "use_bias": False, "subsampling": "dw_striding", "subsampling_factor": 8,
            "subsampling_conv_channels": shape["channels"], "ff_expansion_factor": 4,
            "self_attention_model": "rel_pos", "n_heads": shape["heads"],
            "att_context_size": [-1, -1], "xscaling": False, "untie_biases": True,
            "pos_emb_max_len": 5000, "conv_kernel_size": 9, "conv_norm_type": "batch_norm",
            "dropout": 0.1, "dropout_pre_encoder": 0.1, "dropout_emb": 0.0, "dropout_att": 0.1,
        },
        "decoder": {
            "_target_": nemo + "RNNTDecoder",
            "normalization_mode": None, "random_state_sampling": False, "blank_as_pad": True,
            "vocab_size": shape["pieces"],
            "prednet": {"pred_hidden": hidden, "pred_rnn_layers": 2, "dropout": 0.2},
        },
        "joint": {
            "_target_": nemo + "RNNTJoint",
            "log_softmax": None, "preserve_memory": False, "fuse_loss_wer": False,
            "num_extra_outputs": len(DURATIONS),
            "jointnet": {
                "joint_hidden": hidden, "activation": "relu", "dropout": 0.2,
                "encoder_hidden": width, "pred_hidden": hidden,
            },
        },
        "decoding": {
            "model_type": "tdt", "durations": DURATIONS, "strategy": "greedy_batch",
            "greedy": {"max_symbols": 10},
        },
        "loss": {
            "loss_name": "tdt",
            "tdt_kwargs": {
                "fastemit_lambda": 0.0, "clamp": -1.0, "durations": DURATIONS,
                "sigma": 0.02, "omega": 0.1,
            },
        },
    }  # fmt: skip


def new_model(shape: dict[str, int], folder: Path) -> Any:
    """Make a model of a shape with weights from a fixed seed; its tokenizer lies in the folder."""
    import sentencepiece
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    torch.manual_seed(11)
    sentencepiece.SentencePieceTrainer.train(
        input=str(ROOT / "reference" / "lexicon.txt"),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=shape["pieces"],
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    pieces = [processor.id_to_piece(one) for one in range(1, processor.get_piece_size())]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return EncDecRNNTBPEModel(cfg=OmegaConf.create(configuration(shape, folder)))


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
