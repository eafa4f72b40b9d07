"""Hostile files: each is refused in sentences, at once, whatever kind of file it is."""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.records.files import read_json, read_jsonl
from tasks.records.reading import read_regular, read_text, read_yaml
from tasks.workspace.cycle import decision_of
from tasks.workspace.ledger import read_ledger
from tasks.workspace.open import open_cycle

GIGABYTES = 20 << 30
SECONDS = 20  # of a processor: an expanded YAML bomb takes minutes
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n + 1}: &a{n + 1} {{<<: [{', '.join([f'*a{n}'] * 20)}], k{n}: v}}\n" for n in range(6)
)
Spoil = Callable[[Path], None]


def sparse(path: Path, head: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(GIGABYTES)


def endless_wav(path: Path) -> None:
    form = struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16)
    size = struct.pack("<I", 0xFFFFFF00)
    sparse(path, b"RIFF" + size + b"WAVEfmt " + form + b"data" + size)


def link(target: str) -> Spoil:
    return lambda path: path.symlink_to(target)


def text(content: str) -> Spoil:
    return lambda path: path.write_text(content) and None


def model(config: str) -> Spoil:
    def write(path: Path) -> None:
        with tarfile.open(path, "w") as archive:
            member = tarfile.TarInfo("model_config.yaml")
            member.size = len(config)
            archive.addfile(member, io.BytesIO(config.encode()))

    return write


def packed(path: Path) -> None:
    """A tar of 200 MB zeros, of which 200 kB are left when it is compressed."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        member = tarfile.TarInfo("x")
        member.size = 200 << 20
        archive.addfile(member, io.BytesIO(bytes(200 << 20)))
    path.write_bytes(gzip.compress(raw.getvalue(), 1))


KINDS: dict[str, Spoil] = {
    "fifo": os.mkfifo,
    "device": link("/dev/zero"),
    "folder": Path.mkdir,
    "20 GB": sparse,
    "circle": lambda path: path.symlink_to(path.name),
    "dangling": link("nowhere"),
}
FILES = ("flywheel.yaml", "cycle1/manifest.jsonl", "general.jsonl", "base.nemo")
CASES: list[tuple[str, str, Spoil]] = [
    *((name, kind, spoil) for name in FILES for kind, spoil in KINDS.items()),
    *(("cycle1/audio/3.wav", kind, spoil) for kind, spoil in KINDS.items()),
    ("cycle1/audio/3.wav", "endless", endless_wav),
    ("flywheel.yaml", "laughs", text(LAUGHS)),
    ("flywheel.yaml", "laughs in a field", text(f"{LAUGHS}base: *i\n")),
    ("flywheel.yaml", "merges", text(MERGES)),
    ("flywheel.yaml", "inside itself", text("base: &a [*a]\n")),
    ("flywheel.yaml", "deep", text("a: " + "[" * 20_000)),
    ("flywheel.yaml", "no date", text("base: 2024-13-45\n")),
    ("flywheel.yaml", "digits", text("split: {seed: " + "9" * 5_000 + "}\n")),
    ("flywheel.yaml", "code", text("base: !!python/object/apply:os.system [id]\n")),
    ("flywheel.yaml", "wide", text("x: " + "a" * 900_000)),
    ("cycle1/manifest.jsonl", "deep", text('{"a":' + "[" * 200_000 + "\n")),
    ("cycle1/manifest.jsonl", "digits", text('{"duration":' + "9" * 5_000 + "}\n")),
    ("flywheel.yaml", "NUL", text('base: "a\\0.nemo"\n')),
    ("base.nemo", "laughs", model(LAUGHS)),
    ("base.nemo", "merges", model(MERGES)),
    ("base.nemo", "a list", model("- a\n")),
    ("base.nemo", "encoder", model("encoder: [1]\n")),
    ("base.nemo", "loss", model("joint: {}\nloss: x\n")),
    ("base.nemo", "deep", model("a: " + "[" * 20_000)),
    ("base.nemo", "packed", packed),
]


@pytest.mark.parametrize(
    ("name", "kind", "spoil"), CASES, ids=[f"{name}-{kind}" for name, kind, _ in CASES]
)
def test_a_hostile_input_is_refused_at_once_in_sentences_of_readable_length(
    flywheel: Callable[..., Path], name: str, kind: str, spoil: Spoil
) -> None:
    path = flywheel(rows=12) / name
    path.unlink(missing_ok=True)
    spoil(path)
    began = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        open_cycle(path.parents[name.count("/")], 1)
    assert time.process_time() - began < SECONDS
    assert all(len(str(fault)) < 1_000 for fault in refused.value.faults)
    named = {"flywheel.yaml": "base|flywheel", "cycle1/audio/3.wav": "audio_filepath"}
    assert re.search(named.get(name, Path(name).stem), str(refused.value))


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "20 GB", "circle"])
@pytest.mark.parametrize("name", ["ledger.jsonl", "champion.json", "cycle2/decision.json"])
def test_a_record_that_is_no_file_is_named_with_the_way_out(
    flywheel: Callable[..., Path], name: str, kind: str
) -> None:
    root = flywheel(rows=12)
    (root / name).parent.mkdir(exist_ok=True)
    KINDS[kind](root / name)
    began = time.process_time()
    with pytest.raises(DamagedFile, match=f"{Path(name).name} is damaged"):
        assert (decision_of(open_cycle(root, 1)), read_ledger(root)) == (None, [])
    assert time.process_time() - began < SECONDS


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="it has 5 bytes; at most 4 are read"):
        read_regular(tmp_path / "a", 4)


def test_ordinary_aliases_are_read() -> None:
    assert read_yaml(b"a: &x [1, 2]\nb: *x\nc: {<<: {d: 3}}\n") == {
        "a": [1, 2], "b": [1, 2], "c": {"d": 3},
    }  # fmt: skip
    assert read_yaml(b"") is None


@pytest.mark.parametrize("bracket", ["[", "{"])
def test_reading_stops_at_the_first_bracket_too_deep(bracket: str) -> None:
    with pytest.raises(ValueError, match="its brackets are nested more than 50 deep"):
        read_yaml(("a: " + bracket * 51 + " @ no YAML").encode())
    assert read_yaml(("a: " + "[" * 50 + "]" * 50).encode()) is not None


def test_reading_stops_at_the_first_value_too_many() -> None:
    with pytest.raises(ValueError, match="more than 50,000 values"):
        read_yaml(b"[" + b"[]," * 50_000 + b"} no YAML")


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("cp1252", "terms.csv:3: it is not UTF-8 (it looks like Windows-1252): save it as UTF-8, in "
         "Excel as CSV UTF-8"),
        ("utf-16", "terms.csv:1: it is not UTF-8 (it looks like UTF-16): save it as UTF-8, in Excel "
         "as CSV UTF-8"),
    ],
)  # fmt: skip
def test_a_text_in_another_encoding_is_reported_with_its_line(
    tmp_path: Path, encoding: str, sentence: str
) -> None:
    path = tmp_path / "terms.csv"
    path.write_bytes("term,entity_category\naspirin,drug\nMénière,condition\n".encode(encoding))
    with pytest.raises(InvalidInput) as raised:
        read_text(path, 1000)
    assert str(raised.value) == sentence


def test_a_text_in_utf_8_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Ménière\n", encoding="utf-8")
    assert read_text(tmp_path / "t.csv", 1000) == "Ménière\n"


def test_a_byte_order_mark_is_no_part_of_any_file_that_a_person_gives(
    tmp_path: Path, workspace: Callable[..., Path], fake_model: Callable[..., Path]
) -> None:
    """Manifest, policy, vocabulary and tables; NeMo gets files of our own, which have none."""
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8)
    (root / "vocabulary.txt").write_text("metoprolol\nlung\n")
    plain = open_cycle(root, 1)
    for name in ("cycle1/manifest.jsonl", "flywheel.yaml", "vocabulary.txt"):
        path = root / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    marked = open_cycle(root, 1)
    assert marked.rows == plain.rows
    assert marked.policy == plain.policy
    assert marked.vocabulary == plain.vocabulary
    assert read_jsonl(root / "cycle1/manifest.jsonl")[0]["term"] == "metoprolol"
    table = tmp_path / "t.csv"
    table.write_text("term\n", encoding="utf-8-sig")
    assert read_text(table, 100) == "term\n"
    record = tmp_path / "r.json"
    record.write_text("{}", encoding="utf-8-sig")
    assert read_json(record) == {}
