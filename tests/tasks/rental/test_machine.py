"""Files reach a machine under their own paths, links as what they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import RentalFailed
from tasks.rental.brev import Brev
from tasks.rental.machine import PROJECT_FILES, Machine, folders_of
from tasks.rental.remote import make_folders
from tests.cloud import Cloud

NAME = "flywheel-a"


@pytest.fixture
def machine(cloud: Cloud, tmp_path: Path) -> Machine:
    startup = tmp_path / "startup.sh"
    startup.write_text("true\n")
    Brev().create(NAME, "g6e.xlarge", startup)
    return Machine(NAME, 0.05)


def there(cloud: Cloud, path: Path) -> Path:
    return Path(f"{cloud.folder}/machines/{NAME}/root{path}")


def test_files_lie_there_under_the_paths_they_have_here(
    machine: Machine, cloud: Cloud, tmp_path: Path
) -> None:
    plain, link = tmp_path / "w/a name\nof two lines.wav", tmp_path / "w/link.wav"
    plain.parent.mkdir()
    plain.write_text("clip")
    link.symlink_to(plain)
    outside = tmp_path / "models/base.nemo"
    outside.parent.mkdir()
    outside.write_text("model")
    files = [plain, link, outside]
    assert folders_of(tmp_path / "w", files) == [str(tmp_path / "w"), str(tmp_path / "models")]
    machine.send(files)
    assert [there(cloud, path).read_text() for path in files] == ["clip", "clip", "model"]
    assert not there(cloud, link).is_symlink()


def test_the_code_of_the_project_is_sent_without_what_python_compiled(
    machine: Machine, cloud: Cloud
) -> None:
    machine.run(make_folders([]))
    machine.send_project()
    code = cloud.folder / "machines" / NAME / "home/flywheel-rental/code"
    assert {path.name for path in code.iterdir()} == set(PROJECT_FILES)
    assert not [*code.rglob("__pycache__")]
    assert (code / "flows/cycle.py").is_file()


def test_a_folder_that_is_not_there_yet_is_no_failure_of_a_fetch(
    machine: Machine, cloud: Cloud, tmp_path: Path
) -> None:
    root = tmp_path / "w"
    (root / "cycle1").mkdir(parents=True)
    (there(cloud, root) / "cycle1/decoded").mkdir(parents=True)
    (there(cloud, root) / "cycle1/decoded/one.jsonl").write_text("heard")
    machine.fetch(root, "cycle1", ["decoded/*.jsonl", "work/***"])
    assert (root / "cycle1/decoded/one.jsonl").read_text() == "heard"
    machine.fetch(root, "cycle2", ["decoded/*.jsonl"])
    assert [path.name for path in root.iterdir()] == ["cycle1"]


def test_a_transfer_is_tried_three_times(machine: Machine, cloud: Cloud, tmp_path: Path) -> None:
    cloud.fail_at("send")
    with pytest.raises(RentalFailed, match="asked to fail at send"):
        machine.send([tmp_path / "startup.sh"])
    assert len(cloud.called("rsync")) == 3


def test_a_machine_that_ssh_never_reaches_is_a_failure(machine: Machine, cloud: Cloud) -> None:
    machine.wait_until_reached(1)
    cloud.fail_at("reach")
    with pytest.raises(RentalFailed, match="ssh failed with exit code 1"):
        machine.wait_until_reached(2)
    assert len(cloud.called("ssh")) == 3
