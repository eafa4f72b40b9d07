"""The alphabet of a model, read from the tokenizer in its `.nemo` archive; NeMo is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.domain.alphabet.alphabet import (
    CONTINUATION,
    WORD_START,
    Alphabet,
    UnknownAlphabet,
    alphabet_of_labels,
    alphabet_of_pieces,
    alphabet_of_several,
    alphabet_of_word_pieces,
)
from tasks.domain.alphabet.pieces import NotPieces, PieceModel, read_piece_model
from tasks.domain.bases import pieces_from_config
from tasks.records.files import Stamp, file_stamp
from tasks.workspace.archives import NotAModel, nemo_config, nemo_file

IN_ARCHIVE = "nemo:"  # before the name of a file that lies in the same archive
ENGLISH = "en"
NOT_HERE = "its file is not on this host yet"


def alphabet_of_model(path: Path | None) -> Alphabet | UnknownAlphabet:
    """Return the characters that a model's tokenizer can write; read once for the same file.

    Unknown, with the reason, for a pretrained name that was not fetched, and for a tokenizer of an
    unknown kind.
    """
    return UnknownAlphabet(NOT_HERE) if path is None else _read(path, file_stamp(path))


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: Stamp) -> Alphabet | UnknownAlphabet:
    try:
        config = nemo_config(path)
        tokenizer = config.get("tokenizer")
        found = _of_tokenizer(path, tokenizer) if isinstance(tokenizer, Mapping) else None
        return found or _of_listed(pieces_from_config(config))
    except (NotAModel, NotPieces, UnicodeDecodeError) as error:
        return UnknownAlphabet(f"its tokenizer cannot be read ({error})")


def _of_tokenizer(path: Path, tokenizer: Mapping[str, Any]) -> Alphabet | None:
    """Read the tokenizer that a configuration describes; None where its file is not in the archive.

    Of an aggregate the English one counts; without it, what all of them can write.
    """
    kind = str(tokenizer.get("type")).lower()
    if kind == "agg":
        langs = tokenizer.get("langs")
        parts = {
            str(name): found
            for name, part in (langs.items() if isinstance(langs, Mapping) else ())
            if isinstance(part, Mapping) and (found := _of_tokenizer(path, part))
        }
        english = [part for name, part in parts.items() if name.lower().startswith(ENGLISH)]
        return alphabet_of_several(english or parts.values()) if parts else None
    content = _member(path, tokenizer.get("model_path" if kind == "bpe" else "vocab_path"))
    if content is None or kind not in ("bpe", "wpe"):
        return None
    if kind == "wpe":
        return alphabet_of_word_pieces(content.decode().splitlines())
    return alphabet_of_pieces(read_piece_model(content))


def _member(path: Path, name: object) -> bytes | None:
    """Read the file that a configuration names, if it names one."""
    return nemo_file(path, str(name).removeprefix(IN_ARCHIVE)) if name else None


def _of_listed(pieces: list[str]) -> Alphabet | UnknownAlphabet:
    """Return the alphabet of pieces that a configuration lists: labels, or those of a tokenizer."""
    if not pieces:
        return UnknownAlphabet("its tokenizer is of an unknown kind")
    if any(piece.startswith(WORD_START) for piece in pieces):
        byte_fallback = "<0x41>" in pieces
        return alphabet_of_pieces(PieceModel(tuple(pieces), byte_fallback, normalizer=""))
    if any(piece.startswith(CONTINUATION) for piece in pieces):
        return alphabet_of_word_pieces(pieces)
    return alphabet_of_labels(pieces)
