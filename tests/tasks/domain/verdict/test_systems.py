"""Systems differ where the tests of a verdict say so, by figures computed again from scratch."""

from __future__ import annotations

import itertools
import json
import os
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.systems import SystemComparison, compare_systems, decide_pairs

PRIMOCK57 = os.environ.get("FLYWHEEL_PRIMOCK57")  # a folder with rows.jsonl and a file a system
Rows = list[ClinicalRow]


def clinical(term: str, voice: str, category: str = "drug", text: str = "") -> ClinicalRow:
    return ClinicalRow.model_construct(
        audio_filepath=f"{term}-{voice}", text=text or f"start {term} now", term=term, accepted=(),
        entity_category=category, voice_id=voice,
    )  # fmt: skip


def made_rows(terms: int = 11, voices: int = 7) -> tuple[Rows, dict[str, list[str]]]:
    """Rows of drugs and labs; system B misses more drugs than A, and each invents some words."""
    draw = random.Random(7)
    rows = [
        clinical(f"{'drug' if n % 4 else 'lab'}{n:02}x", f"v{v}", "drug" if n % 4 else "lab")
        for n in range(terms)
        for v in range(voices)
    ]
    wrong = {"A": 0.2, "B": 0.5}
    texts = {
        name: [row.text.replace("x", "-y") if draw.random() < share else row.text for row in rows]
        for name, share in wrong.items()
    }
    return rows, texts


def primock_rows(folder: Path) -> tuple[Rows, dict[str, list[str]]]:
    def lines(name: str) -> list[dict[str, str]]:
        return [json.loads(line) for line in (folder / name).read_text().splitlines()]

    rows = [
        clinical(one["term"], one["voice_id"], one["entity_category"], one["text"])
        for one in lines("rows.jsonl")
    ]
    files = sorted({path.name for path in folder.glob("*.jsonl")} - {"rows.jsonl"})
    return rows, {name: [one["hyp"] for one in lines(name)] for name in files[:2]}


def plain_words(text: str) -> list[str]:
    """The published normalization, written once more."""
    small = unicodedata.normalize("NFKD", text).lower()
    kept = "".join(c if c.isalnum() or c == "_" or c == "-" or c.isspace() else "" for c in small)
    return kept.split()


def misses(rows: Rows, texts: Sequence[str]) -> list[int]:
    found = []
    for row, text in zip(rows, texts, strict=True):
        term, words = plain_words(row.term), plain_words(text)
        at = [words[n : n + len(term)] == term for n in range(len(words))]
        found.append(int(not any(at)))
    return found


def sign_flip_mid_p(keys: Sequence[str], before: Sequence[int], after: Sequence[int]) -> float:
    """The two-sided mid-p of sign flips, from the exact number of flips that give each sum."""
    nets: dict[str, int] = defaultdict(int)
    for key, one, other in zip(keys, before, after, strict=True):
        nets[key] += one - other
    moved = [net for net in nets.values() if net]
    if len(moved) <= 12:
        sums = Counter(map(sum, itertools.product(*((net, -net) for net in moved))))
    else:
        sums = Counter({0: 1})
        for net in moved:
            flipped: Counter[int] = Counter()
            for total, ways in sums.items():
                flipped[total + net] += ways
                flipped[total - net] += ways
            sums = flipped
    observed, flips = sum(moved), 2 ** len(moved)
    above = sum(ways for total, ways in sums.items() if total > observed)
    one_sided = (2 * above + sums[observed]) / (2 * flips)
    return 2 * min(one_sided, 1 - one_sided)


def test_rates_drop_and_p_values_equal_those_computed_from_scratch() -> None:
    """On PriMock57 where FLYWHEEL_PRIMOCK57 names its folder, else on rows made here."""
    rows, texts = primock_rows(Path(PRIMOCK57)) if PRIMOCK57 else made_rows()
    found = compare_systems(rows, texts, Policy(scoring="published"))
    drugs = [n for n, row in enumerate(rows) if row.entity_category == "drug"]
    terms = [" ".join(plain_words(rows[n].term)) for n in drugs]
    voices = [rows[n].voice_id for n in drugs]
    missed = {name: misses(rows, one) for name, one in texts.items()}
    judged = {name: [one[n] for n in drugs] for name, one in missed.items()}
    for system in found.systems:
        every, own = missed[system.name], judged[system.name]
        assert system.judged.rates.ker == pytest.approx(sum(own) / len(own), abs=1e-9)
        assert system.all.rates.ker == pytest.approx(sum(every) / len(every), abs=1e-9)
        assert (system.judged.rows, system.judged.terms) == (len(drugs), len(set(terms)))
    (pair,) = found.pairs
    a, b = judged[pair.a], judged[pair.b]
    assert pair.move.drop == pytest.approx((sum(a) - sum(b)) / sum(a), abs=1e-9)
    p_terms, p_voices = sign_flip_mid_p(terms, a, b), sign_flip_mid_p(voices, a, b)
    assert pair.tests.p_terms == pytest.approx(p_terms, abs=1e-9)
    assert pair.tests.p_voices == pytest.approx(p_voices, abs=1e-9)
    assert pair.tests.p_adjusted == pytest.approx(max(p_terms, p_voices), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("systems", [2, 5])
def test_equal_systems_are_called_different_in_five_of_a_hundred_at_most(systems: int) -> None:
    """300 draws of 36 terms; each system has the transcripts of one of two, term by term by chance."""
    draw, wrong, trials = random.Random(systems), 0, 300
    terms = [f"t{n}" for n in range(36) for _ in range(6)]
    voices = [f"v{n % 12}" for n in range(len(terms))]
    for _ in range(trials):
        rates = {term: (draw.random() ** 2, draw.random() ** 2) for term in dict.fromkeys(terms)}
        missed = {}
        for name in "ABCDE"[:systems]:
            swapped = {term: draw.random() < 0.5 for term in rates}
            missed[name] = [int(draw.random() < rates[t][swapped[t]]) for t in terms]
        wrong += any(one.differs for one in decide_pairs(terms, voices, missed).values())
    assert wrong <= 0.05 * trials + 2 * (0.05 * 0.95 * trials) ** 0.5


def compared(
    texts: dict[str, list[str]], rows: Rows, policy: Policy | None = None
) -> SystemComparison:
    return compare_systems(rows, texts, policy or Policy())


def drugs(terms: int = 12, voices: int = 6) -> Rows:
    return [clinical(f"drug{chr(97 + n)}", f"v{v}") for n in range(terms) for v in range(voices)]


def test_either_of_two_systems_may_be_the_better_one() -> None:
    rows = drugs()
    right, wrong = [row.text for row in rows], ["start it now"] * len(rows)
    (first,) = compared({"A": right, "B": wrong}, rows).pairs
    (second,) = compared({"A": wrong, "B": right}, rows).pairs
    assert (first.better, second.better) == ("a", "b")
    assert (first.move.drop, second.move.drop) == (None, 1.0)
    assert first.to_candidate.drop == 1.0
    for one, other in zip(astuple(first.tests), astuple(second.tests), strict=True):
        assert one == pytest.approx(other, abs=1e-12)


def test_a_better_system_that_harms_names_its_broken_guard() -> None:
    rows = [
        row.model_copy(update={"text": f"no {row.term}, 5 mg on the left"}) for row in drugs(20)
    ]
    worse = [row.text.replace("5 mg", "50 mg") for row in rows]
    missed = [row.text.replace(row.term, "it") for row in rows]
    (pair,) = compared({"A": missed, "B": worse}, rows).pairs
    assert pair.better == "b"
    assert [guard.name for guard in pair.harms] == ["clinical_wer", "critical_tokens_clinical"]


def test_terms_that_do_not_decide_are_guarded() -> None:
    rows = drugs(10) + [clinical(f"lab{n}", f"v{n % 6}", "lab") for n in range(60)]
    right, wrong = [row.text for row in rows], ["start it now"] * len(rows)
    found = compared({"A": [*wrong[:60], *right[60:]], "B": [*right[:60], *wrong[60:]]}, rows)
    (pair,) = found.pairs
    assert (found.judged, found.systems[0].judged.rows) == (("drug",), 60)
    assert pair.better == "b"
    assert "other_terms" in [guard.name for guard in pair.harms]


def test_all_rows_decide_where_none_is_of_a_priority_category() -> None:
    rows = [clinical(f"lab{n}", f"v{n % 6}", "lab") for n in range(60)]
    found = compared({"A": [row.text for row in rows], "B": [""] * 60}, rows)
    assert (found.judged, found.systems[0].judged.rows) == ((), 60)
    assert found.pairs[0].better == "a"


def test_one_voice_is_named_as_an_open_guard() -> None:
    rows = drugs(voices=1)
    (pair,) = compared({"A": [row.text for row in rows], "B": [""] * len(rows)}, rows).pairs
    assert pair.tests.p_voices is None
    assert [guard.name for guard in pair.guards if guard.state == "open"][-1] == "voices"


def test_the_same_transcripts_differ_in_nothing() -> None:
    rows = drugs()
    texts = [row.text for row in rows]
    (pair,) = compared({"A": texts, "B": list(texts)}, rows).pairs
    assert (pair.better, pair.move.drop, pair.tests.p_terms) == (None, None, 1.0)
