"""A SentencePiece model is read from its bytes as the library reads it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import sentencepiece

from tasks.domain.alphabet.pieces import NotPieces, PieceModel, read_piece_model
from tasks.workspace.archives import nemo_config, nemo_file

REFERENCE = Path(__file__).parents[4] / "reference"
TEXTS = [
    "the lungs are clear",
    "she takes metoprolol",
    "Chest X-ray, 5 mg.",
    "naïve café",
] * 5


def trained(**options: object) -> bytes:
    """Train a small tokenizer of these texts."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        character_coverage=1.0,
        minloglevel=2,
        hard_vocab_limit=False,
        **options,
    )
    return model.getvalue()


def of_the_library(content: bytes) -> PieceModel:
    processor = sentencepiece.SentencePieceProcessor(model_proto=content)
    every = range(processor.get_piece_size())
    special = (processor.is_control, processor.is_unknown, processor.is_unused, processor.is_byte)
    pieces = [processor.id_to_piece(one) for one in every if not any(is_(one) for is_ in special)]
    byte_fallback = any(processor.is_byte(one) for one in every)
    return PieceModel(tuple(pieces), byte_fallback, read_piece_model(content).normalizer)


@pytest.mark.parametrize("base", ["base-ctc.nemo", "base-tdt.nemo"])
def test_the_pieces_of_a_reference_base_are_those_of_the_library(base: str) -> None:
    name = nemo_config(REFERENCE / base)["tokenizer"]["model_path"].removeprefix("nemo:")
    content = nemo_file(REFERENCE / base, name)
    assert content is not None
    found = read_piece_model(content)
    assert found == of_the_library(content)
    assert (len(found.pieces), found.normalizer) == (255, "nmt_nfkc")


@pytest.mark.parametrize(
    "options",
    [
        {"model_type": "bpe", "vocab_size": 80},
        {"model_type": "unigram", "vocab_size": 60, "normalization_rule_name": "identity"},
        {"model_type": "char", "vocab_size": 60, "normalization_rule_name": "nmt_nfkc_cf"},
        {"model_type": "bpe", "vocab_size": 400, "byte_fallback": True},
        {"model_type": "bpe", "vocab_size": 90, "user_defined_symbols": ["<mg>"]},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_every_kind_of_model_is_read_as_the_library_reads_it(options: dict[str, object]) -> None:
    content = trained(**options)
    found = read_piece_model(content)
    assert found == of_the_library(content)
    assert found.byte_fallback is bool(options.get("byte_fallback"))
    assert found.normalizer == options.get("normalization_rule_name", "nmt_nfkc")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"PK\x03\x04", b"\x0a\x7f", b"\x0a\x03\x0a\x01\xff"]
)
def test_bytes_that_are_no_model_are_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(NotPieces, match=r"is (no|a) SentencePiece model"):
        read_piece_model(content)


def test_a_model_that_is_cut_short_is_refused() -> None:
    with pytest.raises(NotPieces, match="it ends too early"):
        read_piece_model(trained(model_type="char", vocab_size=60)[:-1])
