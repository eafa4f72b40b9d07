"""The desk of an audition: it plays what a build would speak, and takes decisions on just that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.audition import AuditionDesk, open_desk, served
from tasks.benchmark.audition_file import current_overrides, decisions_until
from tasks.benchmark.clip import EngineInUse, Voicing
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.pronunciation import GivenIpa, Overrides
from tasks.benchmark.suggested_file import write_suggested
from tasks.benchmark.suggestions import Suggestion
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput

SYMBOLS = frozenset(["t", "ɪ", "m", "ə", "l", "ɔː", "ɑː"])
VOICES = ("en-us", "en-gb")


@dataclass
class Tones:
    """A speech engine that beeps, and remembers what it was asked."""

    name: str = "tones"
    version: str = "1"
    leaves_machine: bool = False
    inventory: frozenset[str] | None = SYMBOLS
    mute: str = ""  # a voice that is silent
    asked: list[SpeechRequest] = field(default_factory=list)

    def voices(self) -> Sequence[str]:
        return VOICES

    def g2p(self, text: str) -> str | None:
        return {"timolol": "tˈɪməl", "i n r": None}.get(text)

    def speak(self, request: SpeechRequest) -> np.ndarray:
        self.asked.append(request)
        if request.voice == self.mute:
            raise NotSpoken("the server did not answer", retry=True)
        return np.sin(np.arange(RATE_HZ // 10) / 9).astype(np.float32)


@pytest.fixture
def engine() -> Tones:
    return Tones()


@pytest.fixture
def desk(tmp_path: Path, engine: Tones) -> AuditionDesk:
    (tmp_path / "cycle1").mkdir()
    terms = [
        Term("timolol", "drug", None, ("Start timolol today.",)),
        Term("INR", "lab", None, ("The INR is 2.",)),
    ]
    given = GivenIpa("terms.csv", terms, Overrides("pronunciation_overrides.csv"))
    voicing = Voicing({engine.name: EngineInUse(engine, VOICES)}, given, {})
    return AuditionDesk(tmp_path, 1, "w", terms, voicing, "python -m flows.audition")


def decision_on(desk: AuditionDesk, term: int = 0, **changes: Any) -> dict[str, Any]:
    """What the page posts of a term."""
    item = desk.entries()[term].item.model_dump(mode="json")
    return item | {"decision": "heard", "reviewer": "Ana", "reason": "", "instead": None} | changes


def test_the_page_holds_a_clip_of_every_term_voice_and_proposal(
    desk: AuditionDesk, engine: Tones
) -> None:
    page = desk.write_page().read_text()
    proposed = len(desk.entries()[0].proposals)
    assert proposed >= 2
    assert len(re.findall("data:audio/mpeg;base64,", page)) == (2 + proposed) * len(VOICES)
    assert desk.write_page() == desk.root / "cycle1/audition.html"
    first = engine.asked[0]
    assert (first.text, first.spoken, first.voice) == ("Start timolol today.", first.text, "en-us")
    assert first.pronunciations == ()


def test_what_the_engine_makes_of_a_term_is_shown_where_it_is_reported(desk: AuditionDesk) -> None:
    timolol, inr = desk.entries()
    assert (timolol.g2p, inr.g2p) == ("tˈɪməl", "")
    page = desk.page(served=True)
    assert '<span class="ipa">tˈɪməl</span>' in page
    assert page.count('<span class="ipa">no IPA</span>') == 1


def test_a_clip_is_made_once_while_the_desk_lives(desk: AuditionDesk, engine: Tones) -> None:
    desk.page(served=True)
    asked = len(engine.asked)
    desk.page(served=True)
    assert len(engine.asked) == asked == len(set(engine.asked))


def test_a_number_is_spoken_in_words_and_a_proposal_by_its_ipa(
    desk: AuditionDesk, engine: Tones
) -> None:
    desk.page(served=False)
    assert "The i n r is two." in {request.spoken for request in engine.asked}
    by_ipa = {part for request in engine.asked for part in request.pronunciations}
    assert by_ipa == {("timolol", one.ipa) for one in desk.entries()[0].proposals}


def test_a_voice_that_does_not_speak_is_reported_and_asked_again_the_next_time(
    desk: AuditionDesk, engine: Tones
) -> None:
    engine.mute = "en-gb"
    assert "en-gb: the server did not answer" in desk.page(served=False)
    engine.mute = ""
    assert "did not answer" not in desk.page(served=False)


def test_what_was_accepted_counts_and_it_names_what_is_left(desk: AuditionDesk) -> None:
    answer = desk.decide(decision_on(desk))
    assert answer["decision"] == "heard"
    assert decisions_until(desk.root, 1)[0].at == answer["at"]
    assert (desk.left() or "").startswith("1 term is not checked yet (INR): open ")
    desk.decide(decision_on(desk, 1, decision="skipped", reason="rare"))
    assert desk.left() is None


def test_an_accepted_proposal_is_an_override_and_played_from_then_on(desk: AuditionDesk) -> None:
    ipa = desk.entries()[0].proposals[0].ipa
    desk.decide(decision_on(desk, ipa=ipa, ipa_source="proposal"))
    assert current_overrides(desk.root).ipa == {"timolol": ipa}
    item = desk.entries()[0].item
    assert (item.ipa, item.ipa_source) == (ipa, "override")
    assert "timolol" not in (desk.left() or "")
    assert "verified by Ana on " in desk.page(served=True)


def test_an_ipa_of_the_list_of_terms_is_shown_as_no_more_than_that(
    desk: AuditionDesk, engine: Tones
) -> None:
    given = GivenIpa("terms.csv", [Term("timolol", "drug", "tɪm")], Overrides("overrides.csv"))
    page = replace(desk, voicing=replace(desk.voicing, given=given)).page(served=True)
    assert "listed in terms.csv" in page
    assert "verified by" not in page


def test_the_words_of_a_term_that_have_an_ipa_are_spoken_by_it_and_asked_again_with_another(
    desk: AuditionDesk, engine: Tones
) -> None:
    overrides = desk.root / "pronunciation_overrides.csv"
    overrides.write_text("term,ipa,verified_by,verified_at\nINR,tɪ,Ana,2026-01-01\n")
    voicing = replace(desk.voicing, dictionary={"ratio": "mə"})
    desk = replace(desk, terms=[Term("INR to ratio", "lab")], voicing=voicing)
    assert "by tones itself, but for INR, ratio" in desk.page(served=False)
    parts = {part for one in engine.asked for part in one.pronunciations}
    assert parts == {("i n r", "tɪ"), ("ratio", "mə")}
    desk.decide(decision_on(desk))
    assert desk.left() is None
    overrides.write_text("term,ipa,verified_by,verified_at\nINR,tɪm,Ana,2026-01-01\n")
    assert "INR to ratio" in (desk.left() or "")


def test_an_override_that_a_person_changes_is_asked_again(desk: AuditionDesk) -> None:
    desk.decide(decision_on(desk, ipa="tɪm", ipa_source="typed"))
    assert "timolol" not in (desk.left() or "")
    with (desk.root / "pronunciation_overrides.csv").open("a") as file:
        file.write("timolol,tɪmɪ,Bo,2030-01-01,\n")
    assert "timolol" in (desk.left() or "")


def test_a_decision_on_what_is_no_longer_spoken_is_refused(desk: AuditionDesk) -> None:
    before = decision_on(desk)
    desk.decide(decision_on(desk, ipa="tɪm", ipa_source="typed"))
    for decision in ("heard", "rejected", "skipped"):
        with pytest.raises(InvalidInput, match="load the page again"):
            desk.decide(before | {"decision": decision, "reason": "late"})
    assert len(decisions_until(desk.root, 1)) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"term": "aspirin"}, "expected a term"),
        ({"engine": "other"}, "expected a term"),
        ({"voices": ["en-us"]}, "expected a term"),
        ({"ipa": "χa", "ipa_source": "typed"}, "tones cannot pronounce χ a of 'χa'"),
        ({"decision": "rejected", "instead": "x"}, "tones cannot pronounce x of 'x'"),
        ({"decision": "skipped"}, "a skip needs a reason"),
        ({"reviewer": ""}, "reviewer: "),
        ({"more": 1}, "more: "),
        ({"reason": "x" * 1001}, "reason: "),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_nothing_is_written(
    desk: AuditionDesk, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(sentence)):
        desk.decide(decision_on(desk) | changes)
    assert decisions_until(desk.root, 1) == ()


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_what_is_no_object_is_refused(desk: AuditionDesk, body: Any) -> None:
    for answer in (desk.decide, desk.clips):
        with pytest.raises(InvalidInput):
            answer(body)


def test_the_time_of_a_decision_is_that_of_this_machine(desk: AuditionDesk) -> None:
    answer = desk.decide(decision_on(desk) | {"at": "1999-01-01T00:00:00Z"})
    assert not answer["at"].startswith("1999")


def test_a_typed_ipa_is_spoken_in_every_voice(desk: AuditionDesk, engine: Tones) -> None:
    item = desk.entries()[0].item.model_dump(mode="json")
    made = desk.clips(item | {"ipa": "/tɪ.mə/", "ipa_source": "typed"})
    assert [clip["voice"] for clip in made["clips"]] == list(VOICES)
    assert all(clip["url"].startswith("data:audio/mpeg;base64,") for clip in made["clips"])
    assert {part for one in engine.asked for part in one.pronunciations} == {("timolol", "tɪmə")}


def test_a_typed_ipa_that_cannot_be_spoken_is_refused(desk: AuditionDesk, engine: Tones) -> None:
    item = desk.entries()[0].item.model_dump(mode="json")
    with pytest.raises(InvalidInput, match="cannot pronounce χ"):
        desk.clips(item | {"ipa": "χ", "ipa_source": "typed"})
    engine.mute = "en-us"
    with pytest.raises(InvalidInput, match="en-us: the server did not answer"):
        desk.clips(item | {"ipa": "tɪ", "ipa_source": "typed"})


def test_a_sentence_with_a_sign_that_has_no_words_is_no_clip_and_names_the_reason(
    desk: AuditionDesk, engine: Tones
) -> None:
    odd = replace(desk, terms=[Term("factor 5^2", "lab")])
    page = odd.page(served=False)
    assert "expected words; &#39;5^2&#39; has none in" in page


def test_suggested_terms_that_are_new_are_on_the_served_page_with_their_category(
    desk: AuditionDesk,
) -> None:
    new = Suggestion("warfarin", "drug", 3, ("war farin (2)", "far in (1)"))
    write_suggested(desk.root, [new, Suggestion("timolol", "drug", 2, (), "listed")])
    page = desk.page(served=True)
    assert page.count("<li data-term=") == 1
    assert "corrected 3 times, transcribed as war farin (2), far in (1)" in page
    assert "<option selected>drug</option>" in page
    assert "data-term" not in desk.page(served=False)


def test_a_term_that_is_accepted_on_the_page_can_be_played_once_it_is_loaded_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    write_suggested(tmp_path, [Suggestion("warfarin", "", 3, ("war farin (3)",))])
    with served(open_desk(tmp_path, 1), 0) as server:
        assert 'id="term-1"' not in server.page()
        answer = server.answers["accept"]({"term": "warfarin", "entity_category": "drug"})
        assert answer == {"added": "warfarin"}
        assert '<h2 id="term-1">warfarin</h2>' in server.page()
    assert "warfarin" in (tmp_path / "cycle1/audition.html").read_text()
    assert (tmp_path / "terms.csv").read_text().endswith("warfarin,drug\n")
