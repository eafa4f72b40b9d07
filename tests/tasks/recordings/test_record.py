"""Each speaker reads some sentences of each term, and a take that is not fit is named for what it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tasks.domain.manifest import RATE_HZ, ClinicalRow
from tasks.recordings.record import (
    FAULTS,
    Script,
    agreement,
    progress,
    pseudonym,
    scripts_left,
    take_fault,
)
from tests.tasks.recordings.takes import hum

SCRIPTS = [
    Script(term, "drug", "order", f"give {term} {number}")
    for term in ("timolol", "heparin")
    for number in range(4)
]
Maker = Callable[..., ClinicalRow]


@pytest.fixture
def recorded(row: Maker) -> Maker:
    """Make the row of a sentence that a speaker read."""
    return lambda speaker, text: row(
        text=text, term=text.split()[1], speaker=speaker, source="recorded"
    )


def texts(*arguments: object) -> list[str]:
    return [one.text for one in scripts_left(SCRIPTS, *arguments)]  # type: ignore[arg-type]


def test_a_speaker_reads_so_many_sentences_of_each_term_a_term_after_the_other() -> None:
    assert texts([], "a", 2) == [
        "give heparin 0", "give timolol 0", "give heparin 1", "give timolol 1",
    ]  # fmt: skip
    assert len(texts([], "a", 9)) == len(SCRIPTS)


def test_a_speaker_goes_on_after_what_is_read(recorded: Maker) -> None:
    rows = [recorded("a", "give heparin 0"), recorded("a", "Give Timolol 1!")]
    assert texts(rows, "a", 2) == ["give heparin 1", "give timolol 0"]
    assert texts(rows, "a", 1) == []


def test_another_speaker_reads_what_nobody_has_read_first(recorded: Maker, row: Maker) -> None:
    rows = [
        recorded("a", "give heparin 0"),
        row(text="give heparin 1", term="heparin"),
        recorded("c", "give timolol 0"),
    ]
    assert texts(rows, "b", 1) == ["give heparin 2", "give timolol 1"]
    assert texts(rows, "b", 4)[-2:] == ["give heparin 1", "give timolol 0"]


def test_progress_counts_terms_and_speakers(recorded: Maker, row: Maker) -> None:
    rows = [
        recorded("b", "give heparin 0"), recorded("a", "give heparin 1"),
        recorded("a", "give timolol 1"), row(term="heparin", text="give heparin 3"),
    ]  # fmt: skip
    assert progress(["timolol", "heparin", "x"], rows, "b") == {
        "terms": [
            {"term": "heparin", "own": 1, "all": 2},
            {"term": "timolol", "own": 0, "all": 1},
            {"term": "x", "own": 0, "all": 0},
        ],
        "speakers": [{"name": "a", "rows": 2}, {"name": "b", "rows": 1}],
    }


def pcm(sound: np.ndarray) -> np.ndarray:
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16)


NOISE = np.random.default_rng(1).normal(0, 0.05, 2 * RATE_HZ)
TAKES = {
    "": pcm(hum()),
    "silent": pcm(hum(loudness=0.004)),
    "noisy": pcm(NOISE),
    "clipped": pcm(hum(loudness=3.0)),
    "long": pcm(np.concatenate([hum(), np.zeros(12 * RATE_HZ)])),
    "short": pcm(hum(seconds=0.4)),
    "cut": pcm(hum()[RATE_HZ // 3 :]),
}


@pytest.mark.parametrize("fault", sorted(TAKES))
def test_a_take_that_is_not_fit_is_named_for_what_it_is(fault: str) -> None:
    assert take_fault(TAKES[fault], words=4) == fault
    assert set(TAKES) == {*FAULTS, ""}


def test_quiet_speech_in_a_quiet_room_is_fit() -> None:
    room = np.random.default_rng(2).normal(0, 0.001, hum().size)
    assert take_fault(pcm(hum(loudness=0.03) + room), words=4) == ""


def test_no_samples_are_too_short_and_twenty_seconds_the_most() -> None:
    assert take_fault(np.zeros(0, dtype=np.int16), words=3) == "short"
    assert take_fault(pcm(hum(seconds=20.1)), words=40) == "long"
    assert take_fault(pcm(hum(seconds=19)), words=40) == ""


@pytest.mark.parametrize("name", ["nurse-1", "A2_b", "x" * 40])
def test_a_pseudonym_is_a_file_name(name: str) -> None:
    assert pseudonym(name) == name


@pytest.mark.parametrize(
    "name", ["", "Ana Bell", "../x", "speakers.json", "espeak:en", "-a", "x" * 41]
)
def test_what_may_be_a_name_or_no_file_name_is_no_pseudonym_and_is_not_repeated(name: str) -> None:
    with pytest.raises(ValueError, match="expected a pseudonym") as error:
        pseudonym(name)
    assert len(name) < 2 or name not in str(error.value)


def test_the_text_to_agree_to_names_what_is_read_about_whom_and_who_uses_it() -> None:
    text = agreement("the speech team")
    for part in ("scripts", "nothing about any patient", "may be used by the speech team"):
        assert part in text
