"""Models are described without being loaded, and known again by their digest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.records.stages import Champion
from tasks.workspace.cycle import Run, System
from tasks.workspace.ledger import promoted, system_id
from tasks.workspace.models import (
    candidate_system,
    champion_system,
    find_base,
)
from tasks.workspace.open import open_cycle
from tests.tasks.workspace.test_archives import archive

Maker = Callable[..., Path]


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
