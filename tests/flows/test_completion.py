"""The completion script, read by a real bash."""

from __future__ import annotations

import subprocess

import pytest

from flows.cli import TABLE, main
from flows.commands.completion import completion_script


def completed(*words: str) -> list[str]:
    """Return what bash completes the last of these words to."""
    code = (
        f"{completion_script()}\nCOMP_WORDS=({' '.join(map(repr, words))})\n"
        f"COMP_CWORD={len(words) - 1}\n_flywheel\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_first_word_is_completed_to_a_command() -> None:
    assert completed("flywheel", "") == list(TABLE)
    assert completed("flywheel", "ro") == ["rollback"]


def test_a_later_word_is_completed_to_the_flags_of_its_command() -> None:
    assert completed("flywheel", "cycle", "my-drugs", "--st") == ["--stop-after"]
    assert completed("flywheel", "ledger", "--") == ["--json", "--workspace", "--verify"]


def test_bash_and_zsh_have_their_script_and_other_shells_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["completion", "bash"]) == 0
    bash = capsys.readouterr().out
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out == f"autoload -U +X bashcompinit && bashcompinit\n{bash}"
    assert main(["completion", "fish"]) == 2
    assert "--shell: expected 'bash' or 'zsh'; got 'fish'" in capsys.readouterr().err
