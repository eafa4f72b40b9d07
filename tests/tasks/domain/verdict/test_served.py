"""A served model that is worse is found in one night, and jitter that harms nothing is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import DecisionPolicy
from tasks.domain.verdict.comparison import clinical_pair, guard_set, score_pair
from tasks.domain.verdict.keywords import known_terms
from tasks.domain.verdict.served import (
    ServedGuard,
    ServedRows,
    check_rows,
    most_worse,
    verdict_breaks,
)

TERMS = [f"drug{letter}{other}" for letter in "abcdefgh" for other in "vwxyz"]
REFERENCES = [
    f"please give {TERMS[n % 40]} {n % 9 + 1}.5 mg to the patient in bed and call the nurse again"
    for n in range(200)
]
GENERAL = [f"the book {n} was on the old table near the window last week" for n in range(200)]


@pytest.fixture
def rows(row: Callable[..., ClinicalRow]) -> list[ClinicalRow]:
    return [row(text=text, term=TERMS[n % 40]) for n, text in enumerate(REFERENCES)]


@pytest.fixture
def broken(rows: list[ClinicalRow]) -> Callable[..., list[str]]:
    """Name the guards that break where these transcripts were decoded offline and served."""
    known = known_terms(rows, "canonical")

    def check(
        offline: Sequence[str],
        served: Sequence[str],
        general: tuple[Sequence[str], Sequence[str]] = (GENERAL, GENERAL),
    ) -> list[str]:
        nothing = [None] * len(GENERAL)
        clinical = ServedRows("clinical", clinical_pair(rows, offline, served), rows)
        speech = ServedRows("general", score_pair(GENERAL, nothing, *general))
        found = [g for one in (clinical, speech) for g in check_rows(one, known, "canonical")]
        return [guard.name for guard in found if guard.broke]

    return check


def offline_texts(seed: int = 1) -> list[str]:
    """What the kept model transcribed offline: a word in twenty is wrong, terms among them."""
    chance = random.Random(seed)
    return [
        " ".join("um" if chance.random() < 0.05 and word != "mg" else word for word in text.split())
        for text in REFERENCES
    ]


def jittered(texts: Sequence[str], references: Sequence[str], chance: random.Random) -> list[str]:
    """One row in fifty changes a word: half of them for the worse, half for the better."""
    served = list(texts)
    for place, spoken in enumerate(references):
        if chance.random() < 0.02:
            words, right = served[place].split(), spoken.split()
            wrong = [n for n, word in enumerate(words) if word != right[n]]
            if wrong and chance.random() < 0.5:
                words[wrong[0]] = right[wrong[0]]
            else:
                words[chance.randrange(len(words))] = "uh"
            served[place] = " ".join(words)
    return served


@pytest.mark.slow
def test_thirty_nights_of_equal_jitter_raise_one_alarm_at_most(
    broken: Callable[..., list[str]],
) -> None:
    chance, offline = random.Random(7), offline_texts()
    nights = [
        broken(
            offline,
            jittered(offline, REFERENCES, chance),
            (GENERAL, jittered(GENERAL, GENERAL, chance)),
        )
        for _ in range(30)
    ]
    assert sum(map(bool, nights)) <= 1, nights


def test_what_is_served_as_it_was_offline_breaks_nothing(broken: Callable[..., list[str]]) -> None:
    assert broken(offline_texts(), offline_texts()) == []


def test_one_term_in_ten_wrong_is_found_the_same_night(broken: Callable[..., list[str]]) -> None:
    lost = set(TERMS[::10])
    served = [
        " ".join("something" if word in lost else word for word in text.split())
        for text in REFERENCES
    ]
    assert broken(REFERENCES, served) == ["terms"]
    jitter = jittered(served, REFERENCES, random.Random(3))
    assert "terms" in broken(REFERENCES, jitter)


def test_one_changed_dose_is_found_and_a_number_that_is_left_out_in_one_row_is_not(
    broken: Callable[..., list[str]],
) -> None:
    changed = [
        *REFERENCES[:-1],
        REFERENCES[-1].replace("2.5 mg", "25 mg").replace("3.5 mg", "35 mg"),
    ]
    assert changed != REFERENCES
    assert broken(REFERENCES, changed) == ["critical_tokens_clinical"]
    unit = [*REFERENCES[:-1], REFERENCES[-1].replace(" mg", " mcg")]
    assert broken(REFERENCES, unit) == ["critical_tokens_clinical"]
    left_out = [*REFERENCES[:-1], REFERENCES[-1].replace("3.5 mg", "")]
    assert broken(REFERENCES, left_out) == []


def test_a_dose_that_was_wrong_offline_too_is_no_alarm(broken: Callable[..., list[str]]) -> None:
    wrong = [*REFERENCES[:-1], REFERENCES[-1].replace("3.5 mg", "35 mg")]
    assert broken(wrong, wrong) == []


def test_silence_for_three_rows_is_found_in_clinical_and_in_general_speech(
    broken: Callable[..., list[str]],
) -> None:
    assert broken(REFERENCES, ["", "", "", *REFERENCES[3:]]) == ["empty_or_unknown_clinical"]
    assert broken(REFERENCES, ["", "", *REFERENCES[2:]]) == []
    silent = (GENERAL, ["", "", "", *GENERAL[3:]])
    assert broken(REFERENCES, REFERENCES, silent) == ["empty_or_unknown_general"]


def test_twice_the_wrong_words_are_found_by_the_guard_of_words(
    broken: Callable[..., list[str]],
) -> None:
    chance = random.Random(5)
    served = [
        " ".join(
            "um"
            if chance.random() < 0.05 and word in REFERENCES[n] and word[:4] != "drug"
            else word
            for word in text.split()
        )
        for n, text in enumerate(offline_texts())
    ]
    assert "clinical_wer" in broken(offline_texts(), served)
    noisy = (GENERAL, [text.replace("old", "cold") for text in GENERAL])
    assert broken(REFERENCES, REFERENCES, noisy) == ["general_wer"]


def test_an_invented_term_is_found_where_many_rows_have_it(
    broken: Callable[..., list[str]],
) -> None:
    invented = [f"{text} {TERMS[0]}" for text in GENERAL]
    found = broken(REFERENCES, REFERENCES, (GENERAL, [*invented[:10], *GENERAL[10:]]))
    assert found == ["false_keywords_general"]


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_more_rows_may_be_worse_where_more_are_better(share: float) -> None:
    allowed = [most_worse(200, better, share) for better in (0, 2, 5, 20)]
    assert allowed == sorted(set(allowed))
    assert most_worse(2_000, 0, share) > allowed[0]
    assert most_worse(3, 50, share) == 3, "no more than there are rows"


def test_a_few_rows_of_very_many_wrong_words_break_the_guards_of_a_verdict(
    rows: list[ClinicalRow],
) -> None:
    known = known_terms(rows, "canonical")
    loops = [*REFERENCES[:-40], *(f"{text} {'and so on ' * 20}" for text in REFERENCES[-40:])]
    nothing = [None] * len(GENERAL)
    pair = clinical_pair(rows, REFERENCES, loops)
    general = guard_set(score_pair(GENERAL, nothing, GENERAL, GENERAL), nothing)
    clinical, limits = ServedRows("clinical", pair, rows), DecisionPolicy()
    assert verdict_breaks(clinical, general, known, limits, "canonical") == ["clinical_wer"]
    same = ServedRows("clinical", clinical_pair(rows, REFERENCES, REFERENCES), rows)
    assert verdict_breaks(same, None, known, limits, "canonical") == []


def test_a_guard_reports_how_many_rows_are_worse_and_how_many_may_be() -> None:
    held = ServedGuard("terms", 100, 2, 1, 4)
    assert not held.broke
    assert held.sentence.startswith("Guard terms held: 2 of 100 rows are worse and 1 better")
    noted = ServedGuard("critical_tokens_clinical", 100, 1, 0, 0, "In 1 of them it is a dose.")
    assert noted.sentence.endswith("at most 0 may be worse. In 1 of them it is a dose.")
