"""Files in a `.nemo` archive as data, its configuration and what its tokenizer can write; NeMo is not
needed, and nothing named in them is built or loaded.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from gzip import GzipFile
from pathlib import Path
from typing import Any

import yaml

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
from tasks.records.reading import read_yaml

CONFIG = "model_config.yaml"
MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES = 2_000_000, 50_000_000
GZIP = b"\x1f\x8b"
IN_ARCHIVE = "nemo:"  # before the name of a file that lies in the same archive
ENGLISH = "en"
NOT_HERE = "its file is not on this host yet"


class NotAModel(ValueError):
    """A file that is no `.nemo` archive, and why."""


def nemo_config(path: Path) -> dict[str, Any]:
    """Read model_config.yaml out of a .nemo archive, once for the same file; not to be changed.

    Raises NotAModel when there is none to read, and when a plain archive, as NeMo writes it, is cut
    short; the rest of a compressed one is not read.
    """
    try:
        return _config(path, file_stamp(path))
    except OSError as error:
        raise NotAModel(str(error)) from None


@lru_cache(maxsize=8)
def _config(path: Path, _stamp: Stamp) -> dict[str, Any]:
    content = nemo_file(path, CONFIG, MAX_CONFIG_BYTES)
    if content is None:
        raise NotAModel(f"it holds no {CONFIG}")
    try:
        config = read_yaml(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotAModel(f"its {CONFIG}: {' '.join(str(error).split())}") from None
    if not isinstance(config, dict):
        raise NotAModel(f"its {CONFIG} is no mapping")
    for key in ("encoder", "loss"):
        if not isinstance(config.get(key) or {}, dict):
            raise NotAModel(f"the {key} of its {CONFIG} is no mapping")
    return config


def nemo_file(path: Path, name: str, limit: int = MAX_TOKENIZER_BYTES) -> bytes | None:
    """Read the file of this name out of a .nemo archive; None where the archive has none.

    Raises NotAModel for what is no archive, and for a file of more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP  # other packings are not tried: NeMo writes none
        with tarfile.open(path, "r:gz" if packed else "r:") as archive:
            members = archive if isinstance(archive.fileobj, GzipFile) else archive.getmembers()
            for member in members:
                if Path(member.name).name == name:
                    return _content(archive, member, name, limit)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise NotAModel(str(error) or "it ends too early") from None
    return None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, name: str, limit: int) -> bytes:
    file = archive.extractfile(member) if member.size <= limit else None
    if file is None:
        raise NotAModel(f"its {name} is no file of a reasonable size")
    return file.read()


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
