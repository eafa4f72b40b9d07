"""Files are read out of a `.nemo` archive as data, and what is no archive is one sentence."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
import yaml

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.workspace.archives import NotAModel, alphabet_of_model, nemo_config, nemo_file
from tests.tasks.domain.alphabet.test_pieces import REFERENCE, trained

Maker = Callable[..., Path]
WORD_PIECES = "[UNK]\na\n##a\nb\n##b\n."
BPE = {"type": "bpe", "model_path": "nemo:1_tokenizer.model"}
WPE = {"type": "wpe", "vocab_path": "nemo:2_vocab.txt"}


def archive(path: Path, config: bytes, name: str = "model_config.yaml") -> Path:
    with tarfile.open(path, "w") as file:
        member = tarfile.TarInfo(name)
        member.size = len(config)
        file.addfile(member, io.BytesIO(config))
    return path


def test_a_compressed_archive_is_read_too(tmp_path: Path, fake_model: Maker) -> None:
    plain = fake_model(tmp_path / "a.nemo", 0.5)
    (tmp_path / "b.nemo").write_bytes(gzip.compress(plain.read_bytes()))
    assert nemo_config(tmp_path / "b.nemo")["misses"] == 0.5


@pytest.mark.parametrize(
    "config", [b"- a list", b"", b"a: [", b"\xff\xfe", b"x: &a [*a, *a]\ny: " + b"[" * 5_000]
)
def test_a_configuration_that_is_none_is_one_sentence(tmp_path: Path, config: bytes) -> None:
    with pytest.raises(NotAModel, match=r"^its model_config.yaml"):
        nemo_config(archive(tmp_path / "odd.nemo", config))


def test_an_archive_that_is_cut_in_its_weights_is_no_model(
    tmp_path: Path, fake_model: Maker
) -> None:
    path = fake_model(tmp_path / "cut.nemo", 0.5)
    path.write_bytes(path.read_bytes()[:9_000])
    with pytest.raises(NotAModel, match="unexpected end of data"):
        nemo_config(path)


def test_a_file_of_an_archive_is_found_in_any_folder_of_it_and_an_absent_one_is_none(
    tmp_path: Path,
) -> None:
    path = archive(tmp_path / "a.nemo", b"pieces", "./inner/vocab.txt")
    assert nemo_file(path, "vocab.txt") == b"pieces"
    assert nemo_file(path, "tokenizer.model") is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.nemo", b"pieces", "vocab.txt")
    with pytest.raises(NotAModel, match=r"its vocab.txt is no file of a reasonable size"):
        nemo_file(path, "vocab.txt", limit=5)


def nemo(path: Path, config: object, **files: bytes) -> Path:
    """Write an archive of a configuration and of files by their names."""
    members = {"model_config.yaml": yaml.safe_dump(config).encode()} | files
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def characters(path: Path) -> str:
    found = alphabet_of_model(path)
    assert isinstance(found, Alphabet)
    return "".join(sorted(found.characters))


def test_the_reference_base_writes_small_letters_and_nothing_else() -> None:
    assert characters(REFERENCE / "base-ctc.nemo") == "abcdefghijklmnopqrstuvwxyz"


def test_a_sentence_piece_model_in_the_archive_counts_over_the_listed_pieces(
    tmp_path: Path,
) -> None:
    content = trained(model_type="bpe", vocab_size=80)
    config = {"tokenizer": BPE, "decoder": {"vocabulary": ["z"]}}
    path = nemo(tmp_path / "a.nemo", config, **{"1_tokenizer.model": content})
    processor = sentencepiece.SentencePieceProcessor(model_proto=content)
    every = map(processor.id_to_piece, range(1, processor.get_piece_size()))
    assert set(characters(path)) == {one for one in every if len(one) == 1} - {"▁"}


def test_a_word_piece_vocabulary_is_read(tmp_path: Path) -> None:
    path = nemo(tmp_path / "a.nemo", {"tokenizer": WPE}, **{"2_vocab.txt": WORD_PIECES.encode()})
    assert characters(path) == ".ab"


@pytest.mark.parametrize(
    "config",
    [
        {"labels": [" ", "a", "b", "'"]},
        {"decoder": {"vocabulary": [" ", "a", "b", "'"]}},
        {"joint": {"vocabulary": [" ", "a", "b", "'"]}, "labels": ["z"]},
    ],
)
def test_a_character_model_has_its_labels(tmp_path: Path, config: object) -> None:
    assert characters(nemo(tmp_path / "a.nemo", config)) == "'ab"


def test_pieces_that_a_configuration_lists_count_where_the_tokenizer_file_is_missing(
    tmp_path: Path,
) -> None:
    pieces = {"tokenizer": BPE, "joint": {"vocabulary": ["<unk>", "▁a", "a", "▁", "bc"]}}
    assert characters(nemo(tmp_path / "a.nemo", pieces)) == "a"
    words = {"tokenizer": WPE, "decoder": {"vocabulary": WORD_PIECES.split("\n")}}
    assert characters(nemo(tmp_path / "b.nemo", words)) == ".ab"


def test_of_an_aggregate_the_english_tokenizer_counts_and_else_what_all_can_write(
    tmp_path: Path,
) -> None:
    spanish = {"type": "wpe", "vocab_path": "nemo:3_vocab.txt"}
    files = {"2_vocab.txt": WORD_PIECES.encode(), "3_vocab.txt": b"b\n##b\nc\n##c"}
    for name, langs, expected in (
        ("a", {"es": spanish, "en": WPE}, ".ab"),
        ("b", {"es": spanish, "de": WPE}, "b"),
    ):
        config = {"tokenizer": {"type": "agg", "langs": langs}}
        assert characters(nemo(tmp_path / f"{name}.nemo", config, **files)) == expected


def test_an_alphabet_that_cannot_be_read_is_unknown_and_names_the_reason(tmp_path: Path) -> None:
    unknown_kind = nemo(tmp_path / "a.nemo", {"tokenizer": {"type": "new"}})
    broken = nemo(tmp_path / "b.nemo", {"tokenizer": BPE}, **{"1_tokenizer.model": b"\n\x7f"})
    expected = {
        None: "its file is not on this host yet",
        unknown_kind: "its tokenizer is of an unknown kind",
        broken: "its tokenizer cannot be read (it is no SentencePiece model (it ends too early))",
    }
    for path, reason in expected.items():
        assert alphabet_of_model(path) == UnknownAlphabet(reason)


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = nemo(tmp_path / "a.nemo", {"labels": ["a"]})
    assert characters(path) == "a"
    other = nemo(tmp_path / "other.nemo", {"labels": ["b"]})
    os.replace(other, path)
    assert characters(path) == "b"
