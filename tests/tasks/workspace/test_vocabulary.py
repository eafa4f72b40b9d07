"""The boosted list of a workspace is read with care, and stands as long as it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.workspace.cycle import System
from tasks.workspace.open import open_cycle
from tasks.workspace.vocabulary import (
    boosted_phrases,
    phrases_of,
    read_vocabulary,
    spelled_vocabulary,
    write_vocabulary,
)
from tests.conftest import LETTERS_BASE

BOOSTED = DecodingConfig(boost_alpha=1.0)


@pytest.fixture
def root(workspace: Callable[..., Path], fake_model: Callable[..., Path]) -> Path:
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8)
    return root


def test_without_a_list_the_terms_stand_among_a_thousand_others(root: Path) -> None:
    cycle = open_cycle(root, 1)
    assert cycle.vocabulary is not None
    assert "metoprolol" in cycle.vocabulary.phrases
    assert cycle.vocabulary.distractors == 1_000


def test_a_list_of_the_terms_alone_is_refused(root: Path) -> None:
    (root / "vocabulary.txt").write_text("metoprolol\n\nMetoprolol\n")
    with pytest.raises(InvalidInput, match="would give the answers away"):
        open_cycle(root, 1)


@pytest.mark.parametrize("content", [b"lung\xff\n", None])
def test_what_is_no_list_is_a_fault_that_names_the_file(root: Path, content: bytes | None) -> None:
    if content is None:
        os.mkfifo(root / "vocabulary.txt")
    else:
        (root / "vocabulary.txt").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"vocabulary\.txt: expected phrases in UTF-8"):
        open_cycle(root, 1)


def test_only_a_given_list_is_an_input(root: Path) -> None:
    before = open_cycle(root, 1)
    assert replace(before, vocabulary=None).inputs_sha256 == before.inputs_sha256
    (root / "vocabulary.txt").write_text("metoprolol\nlung\n")
    assert open_cycle(root, 1).inputs_sha256 != before.inputs_sha256


def test_a_workspace_without_rows_and_list_has_none(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path, ()) is None


def test_the_phrases_of_a_decoding_are_written_and_read_back(root: Path) -> None:
    cycle = open_cycle(root, 1)
    config = cycle.boosted(BOOSTED)
    write_vocabulary(cycle, config)
    assert cycle.vocabulary is not None
    assert phrases_of(config) == list(cycle.vocabulary.phrases)


def test_phrases_that_were_changed_are_named(root: Path) -> None:
    cycle = open_cycle(root, 1)
    config = cycle.boosted(BOOSTED)
    with pytest.raises(DamagedFile, match="is not the list of phrases that was boosted"):
        phrases_of(config)
    Path(config.vocabulary).write_text("other\n")
    with pytest.raises(DamagedFile, match="is not the list of phrases that was boosted"):
        phrases_of(config)
    write_vocabulary(cycle, config)
    assert phrases_of(config)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_list_is_read_whatever_its_mark_and_line_ends(root: Path, ending: str) -> None:
    content = ending.join(["metoprolol", "lung", ""])
    (root / "vocabulary.txt").write_bytes(content.encode("utf-8-sig"))
    cycle = open_cycle(root, 1)
    assert cycle.vocabulary is not None
    assert cycle.vocabulary.phrases == ("metoprolol", "lung")
    assert cycle.vocabulary.blank == 0


def test_accepted_spellings_are_boosted_beside_their_term_and_are_no_distractors(
    tmp_path: Path, row: Callable[..., ClinicalRow]
) -> None:
    rows = [row(accepted=("Lopressor", "metoprolol tartrate")), row(accepted=("Lopressor",))]
    built = read_vocabulary(tmp_path, rows)
    assert built is not None
    own = built.phrases[: -built.distractors]
    assert own == ("Lopressor", "metoprolol", "metoprolol tartrate")
    (tmp_path / "vocabulary.txt").write_text("metoprolol\nlopressor\n")
    with pytest.raises(InvalidInput, match="would give the answers away"):
        read_vocabulary(tmp_path, rows)


def test_a_boosted_system_boosts_what_its_tokenizer_spells(
    root: Path, fake_model: Callable[..., Path]
) -> None:
    fake_model(root / "base.nemo", 0.8, LETTERS_BASE)
    (root / "vocabulary.txt").write_text("metoprolol\nB12\nb twelve\n5^3\n")
    cycle = open_cycle(root, 1)
    listed, cannot = spelled_vocabulary(cycle)
    assert listed is not None
    assert (listed.distractors, cannot) == (1, ["5^3"])
    boosted = System(cycle.comparison.model, cycle.boosted(BOOSTED))
    write_vocabulary(cycle, boosted.decoding)
    assert boosted_phrases(cycle.comparison, boosted) == ("metoprolol", "b twelve")
    assert boosted_phrases(cycle.comparison) == ()
