"""NeMo's configuration of a FastConformer of a given shape, with a CTC or a TDT decoder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

RATE = 16_000  # hertz
DURATIONS = [0, 1, 2, 3, 4]  # frames that a TDT decoder may go on by
MODULES = "nemo.collections.asr.modules."


@dataclass(frozen=True)
class Shape:
    """Sizes of the layers, and how much is dropped and masked in training."""

    layers: int
    width: int
    heads: int
    channels: int
    hidden: int
    pieces: int
    features: int
    positions: int
    prediction_layers: int
    bias: bool
    dropout: float
    decoder_dropout: float
    time_masks: int
    freq_width: int


def write_tokenizer(folder: Path, texts: Iterable[str], pieces: int) -> None:
    """Write tokenizer.model and vocab.txt, so many byte-pair pieces of these texts, as NeMo reads them."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=pieces,
        character_coverage=1.0,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    words = [processor.id_to_piece(index) for index in range(1, processor.get_piece_size())]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def ctc_config(shape: Shape, tokenizer: Path) -> dict[str, object]:
    """The configuration of a FastConformer-CTC."""
    return _shared(shape, tokenizer) | {
        "decoder": {
            "_target_": MODULES + "ConvASRDecoder",
            "feat_in": shape.width, "num_classes": -1, "vocabulary": [],
        },
        "ctc_reduction": "mean_batch",
        "decoding": {"strategy": "greedy_batch"},
    }  # fmt: skip


def tdt_config(shape: Shape, tokenizer: Path) -> dict[str, object]:
    """The configuration of a FastConformer-TDT."""
    width, hidden = shape.width, shape.hidden
    return _shared(shape, tokenizer) | {
        "model_defaults": {
            "enc_hidden": width, "pred_hidden": hidden, "joint_hidden": hidden,
            "tdt_durations": DURATIONS, "num_tdt_durations": len(DURATIONS),
        },
        "decoder": {
            "_target_": MODULES + "RNNTDecoder",
            "normalization_mode": None, "random_state_sampling": False, "blank_as_pad": True,
            "vocab_size": shape.pieces,
            "prednet": {
                "pred_hidden": hidden, "pred_rnn_layers": shape.prediction_layers,
                "dropout": shape.decoder_dropout,
            },
        },
        "joint": {
            "_target_": MODULES + "RNNTJoint",
            "log_softmax": None, "preserve_memory": False, "fuse_loss_wer": False,
            "num_extra_outputs": len(DURATIONS),
            "jointnet": {
                "joint_hidden": hidden, "activation": "relu", "dropout": shape.decoder_dropout,
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


def _shared(shape: Shape, tokenizer: Path) -> dict[str, object]:
    no_data = {"manifest_filepath": None, "sample_rate": RATE, "batch_size": 1, "shuffle": False}
    return {
        "sample_rate": RATE,
        "train_ds": no_data, "validation_ds": no_data, "test_ds": no_data,
        "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
        "preprocessor": {
            "_target_": MODULES + "AudioToMelSpectrogramPreprocessor",
            "sample_rate": RATE, "normalize": "per_feature", "window_size": 0.025,
            "window_stride": 0.01, "window": "hann", "features": shape.features, "n_fft": 512,
            "frame_splicing": 1, "dither": 1e-5, "pad_to": 0,
        },
        "spec_augment": {
            "_target_": MODULES + "SpectrogramAugmentation",
            "freq_masks": 2, "time_masks": shape.time_masks, "freq_width": shape.freq_width,
            "time_width": 0.05,
        },
        "encoder": {
            "_target_": MODULES + "ConformerEncoder",
            "feat_in": shape.features, "feat_out": -1, "n_layers": shape.layers,
            "d_model": shape.width, "use_bias": shape.bias, "subsampling": "dw_striding",
            "subsampling_factor": 8, "subsampling_conv_channels": shape.channels,
            "ff_expansion_factor": 4, "self_attention_model": "rel_pos", "n_heads": shape.heads,
            "att_context_size": [-1, -1], "xscaling": False, "untie_biases": True,
            "pos_emb_max_len": shape.positions, "conv_kernel_size": 9,
            "conv_norm_type": "batch_norm", "dropout": shape.dropout,
            "dropout_pre_encoder": shape.dropout, "dropout_emb": 0.0, "dropout_att": shape.dropout,
        },
    }  # fmt: skip
