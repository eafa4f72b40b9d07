"""Read the pieces of a SentencePiece model from its bytes, without the library.

A host that only orchestrates has neither NeMo nor sentencepiece. The format is a protobuf message:
sentencepiece_model.proto of google/sentencepiece has the numbers of its fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of protobuf
SIZES = {FIXED64: 8, FIXED32: 4}
PIECES, NORMALIZER = 1, 3  # fields of ModelProto
PIECE, TYPE, NAME = 1, 3, 1  # of a SentencePiece its text and type, of a NormalizerSpec its name
NORMAL, USER_DEFINED, BYTE = 1, 4, 6  # types of pieces


class NotPieces(ValueError):
    """Bytes that are no SentencePiece model."""


@dataclass(frozen=True)
class PieceModel:
    """The pieces of a SentencePiece model.

    `pieces` are those that text is cut into, `byte_fallback` is whether bytes encode every other
    character, `normalizer` names what the library does to a text first.
    """

    pieces: tuple[str, ...]
    byte_fallback: bool
    normalizer: str


def read_piece_model(content: bytes) -> PieceModel:
    """Read a tokenizer.model.

    Raises NotPieces where the bytes are no such message, or hold no piece.

    >>> read_piece_model(bytes([10, 5, 10, 3]) + "▁".encode())
    PieceModel(pieces=('▁',), byte_fallback=False, normalizer='')
    """
    pieces, byte_fallback, normalizer = [], False, ""
    try:
        for number, value in _fields(content):
            if number == PIECES and isinstance(value, bytes):
                text, kind = _piece(value)
                byte_fallback |= kind == BYTE
                pieces += [text] if kind in (NORMAL, USER_DEFINED) else []
            elif number == NORMALIZER and isinstance(value, bytes):
                names = [name for field, name in _fields(value) if field == NAME]
                normalizer = b"".join(name for name in names if isinstance(name, bytes)).decode()
    except (IndexError, UnicodeDecodeError) as error:
        raise NotPieces(f"it is no SentencePiece model ({error})") from None
    if not pieces:
        raise NotPieces("it is a SentencePiece model without pieces")
    return PieceModel(tuple(pieces), byte_fallback, normalizer)


def _piece(content: bytes) -> tuple[str, int]:
    """Return text and type of one piece; NORMAL is what a piece without a type is."""
    text, kind = "", NORMAL
    for number, value in _fields(content):
        if number == PIECE and isinstance(value, bytes):
            text = value.decode()
        elif number == TYPE and isinstance(value, int):
            kind = value
    return text, kind


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and value of each field of a protobuf message; fixed-size values as bytes.

    Raises IndexError where the message is cut short or has a wire type that is no longer used.
    """
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(content, at)
            yield number, value
            continue
        if wire == BYTES:
            size, at = _varint(content, at)
        elif wire in SIZES:
            size = SIZES[wire]
        else:
            raise IndexError(f"wire type {wire}")
        if at + size > len(content):
            raise IndexError("it ends too early")
        yield number, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where the next field begins."""
    value, shift = 0, 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
