"""`make lint` refuses the words of .codespell-words, in prose and in names, and misspellings beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def codespell(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Run codespell as `make lint` does, on these files or on all."""
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2]
    recipe = re.search(r"^\t\$\(BIN\)/(codespell.*)$", lint, re.M)
    assert recipe is not None
    command, *flags = recipe[1].split()
    tool = Path(sys.executable).with_name(command)
    command_line = [tool, *flags, *paths]
    return subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('"""Return what the model heard."""', "heard"),  # codespell:ignore heard
        ("raise ValueError('the champion stands')", "stands"),  # codespell:ignore stands
        ("read_heard = 1", "heard"),  # codespell:ignore heard
        ("def said_again_now() -> None: ...", "said"),  # codespell:ignore said
        ("class HeardRow: ...", "Heard"),  # codespell:ignore heard
        ("CANNOT_BE_TOLD = 1", "TOLD"),  # codespell:ignore told
        ("# made anew", "anew"),  # codespell:ignore anew
        ("# a recieved row", "recieved"),  # codespell:ignore recieved
    ],
)
def test_a_word_of_the_list_is_found_with_what_to_use_instead(
    line: str, word: str, tmp_path: Path
) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"{line}\n", encoding="utf-8")
    found = codespell(planted)
    assert found.returncode == 65, found.stderr
    assert re.search(rf":1: {word} ==> \w", found.stdout)


@pytest.mark.parametrize(
    "line",
    [
        'decision: Literal["heard", "skipped"]',
        "FIELDS = 'heard,meant,count'",
        "server.listen()  # until a person plays the clip",
        "transcribed_as = row.heard_as",
        "a_stand_in = 1",
    ],
)
def test_values_and_keys_of_files_that_others_have_are_no_words_of_the_list(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "plain.py").write_text(f"{line}\n", encoding="utf-8")
    assert codespell(tmp_path / "plain.py").returncode == 0


def test_the_repository_has_none_of_them() -> None:
    found = codespell()
    assert (found.returncode, found.stdout) == (0, "")
