"""Read files that somebody else wrote: regular ones only, of a bounded size, never waiting."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import Any

import yaml

from tasks.domain.errors import Fault, InvalidInput

POLICY_BYTES = 1_000_000
VOCABULARY_BYTES = 10_000_000  # some 500,000 phrases
NOTE_BYTES = 1_000_000  # of one clip
AUDIO_BYTES = 10_000_000  # 20 s of 16 kHz PCM16 are 640 kB
LINES_BYTES = 1_000_000_000  # manifests, hypotheses, records: 100,000 rows are about 40 MB
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # what such a file starts with
YAML_NODES = 50_000  # with every alias written out; Python reads them in about a second
YAML_DEPTH = 50  # of brackets; at each PyYAML looks through all that are open
TOO_DEEP = f"its brackets are nested more than {YAML_DEPTH} deep"
TOO_MANY = f"it holds more than {YAML_NODES:,} values, aliases written out"


def read_regular(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; raise OSError for any other.

    A FIFO or a device is refused without being waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        if status.st_size > limit:
            raise OSError(f"it has {status.st_size:,} bytes; at most {limit:,} are read")
        return file.read(status.st_size or limit)  # a buffer of the limit costs more than the file


def read_text(path: Path, limit: int) -> str:
    """Return the text of a file that a person wrote, without a byte order mark.

    Raises OSError, and InvalidInput unless it is UTF-8.
    """
    content = read_regular(path, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 if content.startswith(UTF_16) else content.count(b"\n", 0, error.start) + 1
        seems = "UTF-16" if content.startswith(UTF_16) else "Windows-1252"
        sentence = f"it is not UTF-8 (it looks like {seems}): save it as UTF-8"
        sentence += ", in Excel as CSV UTF-8" if path.suffix == ".csv" else ""
        raise InvalidInput([Fault(sentence, path.name, line)]) from None


def read_optional_text(path: Path) -> str | None:
    """Return the text of a file that a person may have written; None where there is none.

    Raises InvalidInput where it cannot be read as text.
    """
    try:
        return read_text(path, LINES_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput([Fault(f"expected a text file; {error}", path.name)]) from None


class _Loader(yaml.SafeLoader):
    """Stops reading at the first value too many, and at the first bracket too deep."""

    values = 0

    def fetch_flow_collection_start(self, token: Any) -> None:
        if self.flow_level >= YAML_DEPTH:
            raise ValueError(TOO_DEEP)
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.values += 1
        if self.values > YAML_NODES:
            raise ValueError(TOO_MANY)
        return super().compose_node(parent, index)


def read_yaml(content: bytes) -> Any:
    """Read one YAML document as plain data, None when it is empty.

    Raises yaml.YAMLError, ValueError or RecursionError, and ValueError too when its aliases would
    write out to more than `YAML_NODES` values.
    """
    loader = _Loader(content)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _values(node, {}) > YAML_NODES:
            raise ValueError(TOO_MANY)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the values below a node, a shared one as often as it is named."""
    if id(node) not in known:
        known[id(node)] = YAML_NODES + 1  # until it is counted: a node inside itself has no end
        children: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            children = node.value
        elif isinstance(node, yaml.MappingNode):
            children = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_values(child, known) for child in children)
    return known[id(node)]
