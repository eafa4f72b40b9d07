"""The process that speaks: each utterance is a fork of it, and only the end of its input ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import espeakng_loader
import psutil
import pytest

from tasks.benchmark.engines import espeak_process
from tasks.benchmark.engines.espeak_process import ANSWER, NO_VOICE, SPOKEN, STOPPED
from tests.terminal import ROOT

SCRIPT = ROOT / "tasks/benchmark/engines/espeak_process.py"
LIBRARY, DATA = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()


class Speaking:
    """A running process that speaks, and what it answers."""

    def __init__(self, library: str = LIBRARY, data: str = DATA) -> None:
        command = [sys.executable, "-I", "-S", str(SCRIPT), library, data]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout

    def ask(self, text: str, voice: str = "en-us") -> None:
        self.input.write(json.dumps([text, voice, 165, 50]).encode() + b"\n")
        self.input.flush()

    def read(self, text: str) -> None:
        self.input.write(json.dumps([text]).encode() + b"\n")
        self.input.flush()

    def answer(self) -> tuple[int, bytes]:
        status, size = ANSWER.unpack(self.output.read(ANSWER.size))
        return status, self.output.read(size)

    def end(self) -> int:
        self.input.close()
        code = self.process.wait(10)
        self.output.close()
        return code


@pytest.fixture
def speaking() -> Iterator[Speaking]:
    one = Speaking()
    assert one.answer()[0] == SPOKEN
    yield one
    assert one.end() == 0


def test_it_begins_with_its_version_and_ends_with_its_input() -> None:
    one = Speaking()
    status, version = one.answer()
    assert (status, version[:2]) == (SPOKEN, b"1.")
    assert one.end() == 0


def test_what_was_spoken_before_changes_nothing(speaking: Speaking) -> None:
    spoken = []
    for text in ("the last lactate was high", "start heparin", "the last lactate was high"):
        speaking.ask(text)
        spoken.append(speaking.answer())
    assert spoken[0] == spoken[2] != spoken[1]
    assert len(spoken[0][1]) > espeak_process.RATE_HZ  # more than half a second of int16


def test_a_text_alone_is_answered_with_its_phonemes_clause_by_clause(speaking: Speaking) -> None:
    speaking.read("gentamicin, heparin")
    assert speaking.answer() == (SPOKEN, b"dZ'Enta#m,IsIn h'Ep3r,In")
    speaking.read("")
    assert speaking.answer() == (SPOKEN, b"")


def test_an_unknown_voice_is_reported_and_the_next_request_is_answered(speaking: Speaking) -> None:
    speaking.ask("start heparin", "nobody")
    assert speaking.answer() == (NO_VOICE, b"")
    speaking.ask("start heparin")
    assert speaking.answer()[0] == SPOKEN


def test_an_utterance_that_is_killed_is_reported_and_the_next_is_answered(
    speaking: Speaking, wait_for: Any
) -> None:
    process = psutil.Process(speaking.process.pid)
    speaking.ask("one more word " * 20_000)
    wait_for(process.children)
    process.children()[0].kill()
    assert speaking.answer() == (STOPPED, b"")
    speaking.ask("start heparin")
    assert speaking.answer()[0] == SPOKEN


def test_ctrl_c_is_for_the_process_that_asks(speaking: Speaking) -> None:
    speaking.process.send_signal(signal.SIGINT)
    speaking.ask("start heparin")
    assert speaking.answer()[0] == SPOKEN


def test_a_folder_without_its_data_ends_it_at_once(tmp_path: Any) -> None:
    one = Speaking(data=str(tmp_path))
    assert one.process.wait(10) == 1
    one.end()


def test_it_imports_the_standard_library_alone() -> None:
    listed = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", str(SCRIPT), LIBRARY, DATA],
        input=b"",
        capture_output=True,
        check=True,
    ).stderr.decode()
    assert "ctypes" in listed
    assert "numpy" not in listed
