"""The phrases of a workspace that decodings are boosted with: read, or built, and written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.vocabulary import Vocabulary, built_vocabulary, given_vocabulary, spelled
from tasks.records.files import file_sha256, write_atomic
from tasks.records.reading import VOCABULARY_BYTES, read_regular
from tasks.workspace.cycle import Cycle, System
from tasks.workspace.tokenizers import alphabet_of_model

VOCABULARY_FILE = "vocabulary.txt"
DISTRACTORS = Path(__file__).with_name("distractors.txt")  # names of drugs and words of medicine


def read_vocabulary(root: Path, rows: Sequence[ClinicalRow]) -> Vocabulary | None:
    """Read vocabulary.txt of a workspace, or build a list from the benchmark's terms.

    None without either. Raises InvalidInput for a file that is no list, or that holds nothing but
    the benchmark's terms: it would give the answers away.
    """
    path, terms = root / VOCABULARY_FILE, spelled_terms(rows)
    if not os.path.lexists(path):
        return built_vocabulary(terms, _distractors()) if rows else None
    found = read_phrases(path, terms)
    if not found.distractors:
        sentence = (
            "expected the deployment's own vocabulary, in which the benchmark's terms are some among "
            "others; it holds no other phrase that can be confused with one, and would give the answers away"
        )
        raise InvalidInput([Fault(sentence, path.name)])
    return found


def spelled_terms(rows: Sequence[ClinicalRow]) -> list[str]:
    """Return the terms of rows and the spellings accepted for them, each once: a decoder may write any."""
    spelled = (name for row in rows for name in (row.term, *row.accepted))
    return list(dict.fromkeys(spelled))


def read_phrases(path: Path, terms: Sequence[str]) -> Vocabulary:
    """Read a person's list of phrases; raise InvalidInput for a file that is none."""
    try:
        text = read_regular(path, VOCABULARY_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"expected phrases in UTF-8, one a line; {path}: {error}"
        raise InvalidInput([Fault(sentence, path.name)]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return given_vocabulary(text.removesuffix("\n").split("\n"), terms)


def phrases_of(config: DecodingConfig) -> list[str]:
    """Read the phrases of a boosted decoding; raise DamagedFile unless they are those it names."""
    path = Path(config.vocabulary)
    if not path.is_file() or file_sha256(path) != config.vocabulary_sha256:
        raise DamagedFile(f"{path} is not the list of phrases that was boosted: put it back")
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]


def spelled_vocabulary(cycle: Cycle) -> tuple[Vocabulary | None, list[str]]:
    """Return the cycle's list as the comparison model spells it, and the phrases that it cannot write."""
    if cycle.vocabulary is None:
        return None, []
    alphabet = alphabet_of_model(cycle.comparison.path)
    return cycle.vocabulary.spelled_by(alphabet, spelled_terms(cycle.rows))


def boosted_phrases(*systems: System) -> tuple[str, ...]:
    """Return the phrases that these systems boost, each as its tokenizer spells it."""
    written = (
        phrase
        for system in systems
        if system.decoding.boost_alpha is not None
        for phrase in spelled(phrases_of(system.decoding), alphabet_of_model(system.path))[0]
    )
    return tuple(dict.fromkeys(written))


def write_vocabulary(cycle: Cycle, config: DecodingConfig) -> None:
    """Leave the list of a decoding that is boosted with this cycle's vocabulary, unless it stands."""
    known = cycle.vocabulary
    if known is None or config.vocabulary_sha256 != known.sha256:
        return
    path = Path(config.vocabulary)
    if not path.is_file() or file_sha256(path) != known.sha256:
        write_atomic(path, known.content)


@cache
def _distractors() -> tuple[str, ...]:
    return tuple(DISTRACTORS.read_text(encoding="utf-8").split())
