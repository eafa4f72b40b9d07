"""Each planned row has a clip of its own, or a reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.espeak import VOICES
from tasks.benchmark.given import GivenIpa
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import Overrides
from tasks.benchmark.rows import MadeRow, make_rows
from tasks.benchmark.same_audio import OTHER_WORDS
from tasks.benchmark.terms import Term
from tasks.benchmark.voicing import Voicing, open_voicing
from tasks.domain.policy import BuildPolicy
from tasks.records.files import file_sha256
from tasks.workspace.clips import ClipStore

POLICY = BuildPolicy()
HEPARIN, TIMOLOL = Term("heparin", "drug"), Term("timolol", "drug")


@pytest.fixture
def voicing(tmp_path: Path) -> Voicing:
    given = GivenIpa("terms.csv", (), Overrides("pronunciation_overrides.csv"))
    return open_voicing(tmp_path, POLICY, given, [], harder=False)


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def row(term: Term, voice: str = "en-us", text: str = "Start {} today.") -> PlannedRow:
    return PlannedRow(term, text.format(term.term), "order", Voice("espeak", voice), Condition())


def unheard(row: PlannedRow) -> str:
    return "rejected by Ana" if row.term == TIMOLOL else ""


def reasons(made: list[MadeRow]) -> list[str]:
    return [one.refused for one in made]


def test_rows_are_made_in_their_order_and_a_rejected_term_is_not_said(
    voicing: Voicing, store: ClipStore
) -> None:
    planned = [row(HEPARIN), row(TIMOLOL), row(HEPARIN, "en-029")]
    made = make_rows(planned, voicing, POLICY, store, (), (), unheard)
    assert [one.row for one in made] == planned
    assert reasons(made) == ["", "rejected by Ana", ""]
    assert len(list(store.folder.rglob("*.wav"))) == 2


def test_a_row_with_a_sign_that_has_no_words_is_refused_and_names_it(
    voicing: Voicing, store: ClipStore
) -> None:
    planned = [row(HEPARIN, text="Give 5^2 of {}."), row(HEPARIN, text="Give 1/2 of {}.")]
    made = make_rows(planned, voicing, POLICY, store, (), (), unheard)
    assert reasons(made) == ["expected words; '5^2' has none in 'Give 5^2 of heparin.'", ""]
    assert len(list(store.folder.rglob("*.wav"))) == 1


def test_a_voice_that_is_not_there_is_a_reason(voicing: Voicing, store: ClipStore) -> None:
    made = make_rows([row(HEPARIN, "none")], voicing, POLICY, store, (), (), unheard)
    assert reasons(made) == ["espeak-ng has no voice 'none'"]


def test_audio_that_stands_is_not_taken_again_and_another_voice_says_it(
    voicing: Voicing, store: ClipStore
) -> None:
    (first,) = make_rows([row(HEPARIN)], voicing, POLICY, store, (), (), unheard)
    stands = file_sha256(store.clip(str(first.result.sha256)))
    (again,) = make_rows([row(HEPARIN)], voicing, POLICY, store, (), [stands], unheard)
    assert (again.row, again.refused) == (row(HEPARIN, VOICES[1]), "")


def test_words_that_sound_the_same_in_every_voice_are_refused_and_counted(
    voicing: Voicing, store: ClipStore
) -> None:
    planned = [row(Term(term, "drug")) for term in ("see", "sea")] + [row(HEPARIN)]
    made = make_rows(planned, voicing, POLICY, store, (), (), unheard)
    assert reasons(made) == [OTHER_WORDS, OTHER_WORDS, ""]
    assert sum(one.result.takes for one in made) == 5 == len(list(store.folder.rglob("*.wav")))
    again = make_rows(planned, voicing, POLICY, store, (), (), unheard)
    assert reasons(again) == reasons(made)
    assert sum(one.result.takes for one in again) == 0
