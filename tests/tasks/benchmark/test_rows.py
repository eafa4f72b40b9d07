"""Each planned row has a clip of its own, or a reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tasks.benchmark.clip import ClipOrder, EngineInUse, Voicing
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.engines.espeak import VOICES
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import GivenIpa, Overrides
from tasks.benchmark.rows import (
    OTHER_WORDS,
    TWICE,
    ClipAudio,
    MadeRow,
    make_rows,
    same_audio_faults,
    silent_faults,
)
from tasks.benchmark.terms import Term
from tasks.benchmark.voicing import open_voicing
from tasks.domain.policy import BuildPolicy
from tasks.records.files import file_sha256
from tasks.workspace.audio import ClipStore

POLICY = BuildPolicy()
HEPARIN, TIMOLOL = Term("heparin", "drug"), Term("timolol", "drug")
SOUND = np.full(RATE_HZ, 0.3, dtype=np.float32)
NOISE = Condition("pink", 5.0)


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


def test_rows_are_made_in_their_order_and_a_rejected_term_is_not_spoken(
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


def test_audio_that_is_unchanged_is_not_taken_again_and_another_voice_speaks_it(
    voicing: Voicing, store: ClipStore
) -> None:
    (first,) = make_rows([row(HEPARIN)], voicing, POLICY, store, (), (), unheard)
    first_clip = file_sha256(store.clip(str(first.result.sha256)))
    (again,) = make_rows([row(HEPARIN)], voicing, POLICY, store, (), [first_clip], unheard)
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


@dataclass
class Engine:
    """Answers each IPA with what it is set to, and remembers what it was asked."""

    answers: dict[str, np.ndarray | NotSpoken]
    asked: list[SpeechRequest] = field(default_factory=list)
    name, version, leaves_machine, inventory = "fake", "1", False, None

    def voices(self) -> Sequence[str]:
        return ("v",)

    def g2p(self, text: str) -> str | None:
        return None if text else ""

    def speak(self, request: SpeechRequest) -> np.ndarray:
        self.asked.append(request)
        ((_, ipa),) = request.pronunciations
        answer = self.answers[ipa]
        if isinstance(answer, NotSpoken):
            raise answer
        return answer


def order(*parts: tuple[str, str], voice: str = "w") -> ClipOrder:
    return ClipOrder("fake", "1", "give timolol and zinc", parts, voice, NOISE, 42, 2)


def test_a_word_whose_ipa_is_silence_is_named_and_spoken_once(store: ClipStore) -> None:
    engine = Engine({"ʔ": SOUND * 0, "zɪŋk": SOUND})
    both, one = order(("timolol", "ʔ"), ("zinc", "zɪŋk")), order(("zinc", "zɪŋk"), voice="v")
    for _ in range(2):
        faults = silent_faults([both, one, both], {"fake": EngineInUse(engine, ("v", "w"))}, store)
        refused = "fake makes no sound for 'ʔ', the IPA of timolol"
        assert faults == [refused, "", refused]
    assert [(one.spoken, one.voice) for one in engine.asked] == [("timolol", "v"), ("zinc", "v")]


def test_an_engine_that_answers_with_silence_for_good_is_known(store: ClipStore) -> None:
    engine = Engine({"ʔ": NotSpoken("the server sent silence", retry=True, silent=True)})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    for _ in range(2):
        assert silent_faults([order(("timolol", "ʔ"))], in_use, store) != [""]
    assert len(engine.asked) == 1


def test_an_engine_that_is_away_is_asked_once_now_and_again_another_time(store: ClipStore) -> None:
    engine = Engine({"a": NotSpoken("busy", retry=True), "b": SOUND})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    orders = [order(("timolol", "a")), order(("zinc", "b"))]
    assert silent_faults(orders, in_use, store) == ["", ""]
    assert len(engine.asked) == 1
    engine.answers["a"] = SOUND * 0
    assert [bool(fault) for fault in silent_faults(orders, in_use, store)] == [True, False]


def test_a_refusal_for_another_reason_is_left_to_the_row_itself(store: ClipStore) -> None:
    engine = Engine({"a": NotSpoken("no such voice")})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    assert silent_faults([order(("timolol", "a"))], in_use, store) == [""]


def test_a_voice_that_is_silent_for_a_term_is_found_under_any_noise() -> None:
    clips = [ClipAudio(f"Give {term} now.", "silent", term) for term in ("timolol", "heparin")]
    assert same_audio_faults(clips, ()) == [OTHER_WORDS, OTHER_WORDS]


def test_one_sentence_under_several_noises_is_right() -> None:
    clips = [ClipAudio("Give timolol.", "a", "clean"), ClipAudio("give timolol", "a", "noisy")]
    assert same_audio_faults(clips, ()) == ["", ""]


def test_of_clips_that_are_the_same_the_first_is_used_unless_a_row_has_it_already() -> None:
    clips = [ClipAudio("Give timolol.", "a", "1"), ClipAudio("Give timolol!", "a", "1")]
    assert same_audio_faults(clips, ()) == ["", TWICE]
    assert same_audio_faults(clips, {"1"}) == [TWICE, TWICE]


def test_clips_whose_speech_is_not_known_are_compared_as_they_are() -> None:
    clips = [ClipAudio("Give timolol.", "", "1"), ClipAudio("Give heparin.", "", "2")]
    assert same_audio_faults(clips, ()) == ["", ""]
    assert (
        same_audio_faults([*clips, ClipAudio("Give nothing.", "", "2")], ())[1:]
        == [OTHER_WORDS] * 2
    )
