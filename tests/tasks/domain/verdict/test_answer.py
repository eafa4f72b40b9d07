"""The first sentence answers which system is better, and never without what it harms."""

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.answer import answer, heading, pair_notes, summary
from tasks.domain.verdict.systems import SystemComparison, compare_systems


def compared(misses: dict[str, int], text: str = "start {} now") -> SystemComparison:
    """Compare systems on 24 drugs in 6 voices; each misses the first rows, so many of 144."""
    rows = [
        ClinicalRow.model_construct(
            audio_filepath=f"{n}-{v}", text=text.format(f"drug{n}"), term=f"drug{n}", accepted=(),
            entity_category="drug" if n < 20 else "lab", voice_id=f"v{v}",
        )
        for v in range(6)
        for n in range(24)
    ]  # fmt: skip
    texts = {
        name: [
            row.text.replace("drug", "dr") if n < missed else row.text for n, row in enumerate(rows)
        ]
        for name, missed in misses.items()
    }
    return compare_systems(rows, texts, Policy())


def test_the_better_of_two_is_named_with_misses_interval_and_p_values() -> None:
    sentence = answer(compared({"A": 10, "B": 130}))
    assert sentence.startswith(
        "A is better: it misses 10 of 120 drug words, B 110 (91% fewer, 95 % "
    )
    assert sentence.endswith(" over 20 terms, p = 0.016 over 6 voices).")


def test_what_is_not_shown_is_answered_so() -> None:
    sentence = answer(compared({"A": 10, "B": 11}))
    assert sentence.startswith("Not shown which is better: A misses 10 of 120 drug words, B 11 (")
    assert "None" not in answer(compared({"A": 0, "B": 0}))


def test_a_better_system_that_harms_is_not_called_better_alone() -> None:
    rows = [
        ClinicalRow.model_construct(
            audio_filepath=f"{n}-{v}", text=f"no drug{n}, 5 mg on the left", term=f"drug{n}",
            accepted=(), entity_category="drug", voice_id=f"v{v}",
        )
        for v in range(6)
        for n in "abcdefghijklmnopqrst"
    ]  # fmt: skip
    missing = [row.text.replace("drug", "dr") for row in rows]
    harming = [row.text.replace("5 mg", "50 mg") for row in rows]
    found = compare_systems(rows, {"A": missing, "B": harming}, Policy())
    sentence = answer(found)
    assert sentence.startswith("B is better on drug words and worse on ")
    assert (
        "doses, numbers, negations and left/right words: it misses 0 of 120 drug words, A 120 ("
        in sentence
    )
    assert any(
        note.startswith("B in place of A: Guard critical_tokens_clinical broke: 0.000 → ")
        for note in pair_notes(found.pairs[0])
    )
    assert "broken" not in answer(compared({"A": 0, "B": 130, "C": 128}))
    several = compare_systems(rows, {"A": missing, "B": harming, "C": missing}, Policy())
    assert answer(several).startswith(
        "On drug words, B is better than every other (with a guard broken)"
    )


def test_several_systems_are_answered_by_pairs_and_not_ranked() -> None:
    found = compared({"A": 5, "B": 130, "C": 128, "D": 6})
    assert answer(found) == (
        "On drug words, A is better than B and C; D is better than B and C; not shown for 2 of 6 pairs."
    )
    assert answer(compared({"A": 0, "B": 130, "C": 128})).startswith(
        "On drug words, A is better than every other; not shown for 1 of 3 pairs."
    )
    none = answer(compared({"A": 5, "B": 6, "C": 7}))
    assert none.startswith("Not shown which is better: of 120 drug words, A 5, B 6, C 7 are missed")


def test_the_summary_has_each_system_and_pair_with_intervals() -> None:
    text = summary(compared({"A": 5, "B": 130}), ["Read from elsewhere."])
    assert text.startswith("# A is better: ")
    assert "- Read from elsewhere." in text
    head = "| System | Missed | KER canonical          | KER published          | WER canonical (corpus)"
    assert head in text
    assert "| A → B | 5 → 110 | -2100.0% (" in text


def test_the_heading_of_two_systems_has_its_figures_below() -> None:
    found = compared({"A": 10, "B": 130})
    first, figures = heading(found)
    assert first == "A is better: it misses 10 of 120 drug words, B 110."
    assert figures.startswith("91% fewer, 95 % interval ")
    assert heading(compared({"A": 5, "B": 6, "C": 7}))[1] == ""
