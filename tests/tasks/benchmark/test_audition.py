"""A decision counts for just the pronunciation that was checked, and a build waits for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.benchmark.audition import (
    AuditionDecision,
    AuditionItem,
    audition_advice,
    audition_facts,
    audition_stamp,
    audition_stop,
    current_decision,
    overrides_to_add,
    undecided,
)
from tasks.benchmark.pronunciation import PronunciationOverride
from tasks.domain.manifest import ClinicalRow

FIELDS: dict[str, Any] = {
    "term": "timolol",
    "ipa": "ˈtɪməlɒl",
    "ipa_source": "merriam-webster",
    "engine": "espeak",
    "engine_version": "1.52",
    "voices": ("en-us", "en-gb"),
}
ACCEPTED = {"decision": "heard", "reviewer": "Ana", "at": "2026-01-02T03:04:05Z"}
WHERE = ("cycle1/audition.html", "python -m flows.audition")


def item(**changes: Any) -> AuditionItem:
    return AuditionItem.model_validate(FIELDS | changes)


def decided(**changes: Any) -> AuditionDecision:
    return AuditionDecision.model_validate(FIELDS | ACCEPTED | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"term": "atenolol"},
        {"ipa": "ˈtaɪməlɒl"},
        {"ipa": None},
        {"engine": "riva"},
        {"voices": ("en-us",)},
        {"voices": ("en-us", "en-gb", "en-029")},
    ],
)
def test_a_decision_counts_for_the_same_term_ipa_engine_and_voices_alone(
    changes: dict[str, Any],
) -> None:
    assert current_decision(item(**changes), [decided()]) is None
    assert current_decision(item(), [decided()]) == decided()


def test_another_version_of_the_engine_is_asked_again_where_its_g2p_decides() -> None:
    newer = {"engine_version": "1.53"}
    assert current_decision(item(**newer), [decided()]) is not None
    assert current_decision(item(ipa=None, **newer), [decided(ipa=None)]) is None


def test_another_ipa_of_one_word_is_asked_again_where_the_engine_speaks_the_rest() -> None:
    partly = {"ipa": None, "word_ipa": (("timolol", "tɪm"),)}
    other = item(**partly | {"word_ipa": (("timolol", "taɪm"),)})
    assert current_decision(item(**partly), [decided(**partly)]) is not None
    assert current_decision(other, [decided(**partly)]) is None
    assert current_decision(item(), [decided(**partly | {"ipa": "ˈtɪməlɒl"})]) is not None


def test_an_ipa_that_became_an_override_is_not_asked_again() -> None:
    stamp = audition_stamp(item(ipa_source="override"), [decided(ipa_source="typed")])
    assert stamp == {"audition": "heard", "audition_by": "Ana"}


def test_the_last_decision_counts() -> None:
    both = [decided(), decided(decision="rejected")]
    assert audition_stamp(item(), both) == {}
    assert audition_stamp(item(), both[::-1])["audition"] == "heard"


def test_a_skip_decides_an_item_and_reports_it() -> None:
    skip = decided(decision="skipped", reason="no clinician today")
    assert undecided([item()], [skip]) == []
    assert audition_stamp(item(), [skip]) == {
        "audition": "skipped", "audition_by": "Ana", "audition_reason": "no clinician today",
    }  # fmt: skip
    assert skip.sentence == "skipped by Ana on 2026-01-02: no clinician today"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decision": "skipped"}, "a skip needs a reason"),
        ({"decision": "skipped", "reason": "  "}, "a skip needs a reason"),
        ({"reviewer": " "}, "at least 1 character"),
        ({"instead": "ə"}, "with a rejected one only"),
        ({"ipa": None, "ipa_source": "typed"}, "has to be named"),
        ({"decision": "maybe"}, "'heard', 'skipped' or 'rejected'"),
    ],
)
def test_a_decision_that_has_too_little_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        decided(**changes)


def test_with_required_a_build_stops_until_every_item_is_checked_or_skipped() -> None:
    items = [item(), item(term="atenolol"), item(term="nadolol")]
    decisions = [decided(), decided(term="atenolol", decision="rejected")]
    assert audition_stop(items, decisions, "required", *WHERE) == (
        "1 term is not checked yet (nadolol) and 1 term is rejected (atenolol): "
        "open cycle1/audition.html, or run python -m flows.audition"
    )
    decisions += [
        decided(term="atenolol"), decided(term="nadolol", decision="skipped", reason="rare"),
    ]  # fmt: skip
    assert audition_stop(items, decisions, "required", *WHERE) is None


@pytest.mark.parametrize("mode", ["off", "advised"])
def test_elsewhere_a_build_goes_on(mode: Any) -> None:
    assert audition_stop([item()], [], mode, *WHERE) is None


def test_of_many_terms_the_first_are_named_and_all_are_counted() -> None:
    items = [item(term=f"term{n}") for n in range(8)]
    advice = audition_advice(items, [], *WHERE) or ""
    assert advice.startswith(
        "8 terms are not checked yet (term0, term1, term2, term3, term4 and 3 "
    )


def test_a_page_that_was_not_made_is_not_to_be_opened() -> None:
    advice = audition_advice([item()], [], "", "python -m flows.audition")
    assert advice == "1 term is not checked yet (timolol): run python -m flows.audition"


def test_a_chosen_ipa_that_was_accepted_becomes_an_override_once() -> None:
    typed = decided(ipa="ˈtaɪməlɒl", ipa_source="typed", reason="as in Leeds")
    added = overrides_to_add([decided(), typed, typed], [], 2)
    assert added == [
        PronunciationOverride(
            "timolol",
            "ˈtaɪməlɒl",
            "Ana",
            ACCEPTED["at"],
            "audition of cycle 2, typed, espeak: as in Leeds",
        )
    ]
    assert overrides_to_add([typed], added, 2) == []


@pytest.mark.parametrize("decision", ["rejected", "skipped"])
def test_what_was_not_accepted_becomes_no_override(decision: str) -> None:
    refused = decided(ipa_source="proposal", decision=decision, reason="odd")
    assert overrides_to_add([refused], [], 1) == []


def test_an_ipa_that_was_typed_and_not_checked_decides_nothing() -> None:
    rejected = decided(decision="rejected", instead="ˈtaɪməlɒl")
    assert undecided([item()], [rejected]) == [item()]


def test_a_report_names_who_skipped_why_and_what_nobody_was_asked_of(
    row: Callable[..., ClinicalRow],
) -> None:
    by = {"audition": "skipped", "audition_by": "Ana", "audition_reason": "rare"}
    rows = [
        row(term="timolol", **by),
        row(term="timolol", **by),
        row(term="nadolol", audition="skipped"),
        row(term="heparin", audition="heard", audition_by="Ana"),
        row(term="lactate", voice_id="espeak:en-us"),
        row(term="lactate", voice_id="a nurse"),
    ]
    assert audition_facts(rows, ["espeak"]) == (
        "4 of 6 rows are of terms whose pronunciation nobody checked; 2 skipped by Ana: rare (timolol); "
        "1 skipped (nadolol); 1 neither checked nor skipped (lactate)"
    )
    assert audition_facts(rows[3:4], ["espeak"]) == ""
    assert audition_facts(rows[5:], ["espeak"]) == ""
