"""Models are described without being loaded, and known again by their digest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.records.stages import Champion
from tasks.workspace.cycle import Run, System
from tasks.workspace.ledger import promoted, system_id
from tasks.workspace.models import (
    boosted_phrases,
    candidate_system,
    champion_system,
    find_base,
    phrases_of,
    read_vocabulary,
    spelled_vocabulary,
    write_vocabulary,
)
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE
from tests.tasks.workspace.test_archives import archive

Maker = Callable[..., Path]
BOOSTED = DecodingConfig(boost_alpha=1.0)


def test_a_pretrained_name_needs_no_file() -> None:
    model = find_base(Path("/nowhere"), "nvidia/parakeet-tdt-0.6b-v2")
    assert (model.architecture.decoder, model.path) == ("tdt", None)
    assert model.identity == "nvidia/parakeet-tdt-0.6b-v2"


def test_a_file_that_is_not_there_is_answered_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        find_base(tmp_path, "no.nemo")
    assert str(raised.value) == (
        f"base: expected a .nemo file or a pretrained name; {tmp_path}/no.nemo does not exist: give "
        f"its path, absolute or from {tmp_path}, or a name that is fetched, such as "
        "nvidia/parakeet-tdt-0.6b-v2"
    )


def test_what_is_neither_a_file_nor_a_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"; got 'champoin' \(did you mean 'champion'\?\)$"):
        find_base(tmp_path, "champoin")
    (tmp_path / "models").mkdir()
    (tmp_path / "models/base").write_bytes(b"")
    with pytest.raises(InvalidInput, match=r"expected the path of a .nemo file; .*base is none$"):
        find_base(tmp_path, "models/base")


def test_a_file_is_described_by_the_configuration_in_it(tmp_path: Path, fake_model: Maker) -> None:
    fake_model(tmp_path / "odd-name.nemo", 0.5, "joint: {}\nloss: {loss_name: tdt}\n")
    model = find_base(tmp_path, "odd-name.nemo")
    assert model.architecture.decoder == "tdt"
    assert model.identity == model.sha256


def test_an_archive_without_a_configuration_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"is none \(it holds no model_config.yaml\)"):
        find_base(tmp_path, archive(tmp_path / "odd.nemo", b"{}", "other.yaml").name)


def test_a_champion_whose_file_changed_is_refused(tmp_path: Path, fake_model: Maker) -> None:
    path = fake_model(tmp_path / "c.nemo", 0.5)
    champion = Champion(path=str(path), sha256="0" * 64, cycle=1, decided_at="", previous=None)
    with pytest.raises(InvalidInput, match=r"champion.json: expected .*c.nemo with sha256 0000"):
        champion_system(champion)
    assert champion_system(None) is None


def test_a_boosted_base_that_was_given_by_its_name_is_a_champion_without_a_file() -> None:
    base = find_base(Path("/nowhere"), "nvidia/parakeet-tdt-0.6b-v2")
    boosted = System(base, DecodingConfig(strategy="beam", beam_size=4))
    made = promoted(1, boosted.record(), "", None, None, None)
    assert champion_system(made) == boosted
    greedy = System(base).record()
    other = greedy.model_copy(update={"name": "nvidia/parakeet-tdt-1.1b"})
    assert system_id(greedy) != system_id(other)


def test_a_candidate_without_its_record_is_refused_with_the_way_out(
    workspace: Callable[..., Path],
) -> None:
    run = Run(open_cycle(workspace([{}]), 1))
    with pytest.raises(DamagedFile, match="is not the model that training left: remove it and run"):
        candidate_system(run)


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
