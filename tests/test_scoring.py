"""Scoring against other programs: apart from the pure tests because it takes seconds."""

import random
import re
import shutil
import subprocess
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import jiwer
import kaldialign
import pytest
from rapidfuzz.distance import Levenshtein

from benchmarks.scale import edit_distance
from tasks.domain.scoring.canonical import View
from tasks.domain.scoring.metrics import score_rows, summarize
from tasks.domain.scoring.normalize import normalize
from tests.skips import missing

WORDS = [
    "the",
    "heart",
    "rate",
    "of",
    "this",
    "patient",
    "is",
    "high",
    "Give",
    "5",
    "mg",
    "metoprolol,",
    "now.",
    "café",
    "beta-blocker",
]


def generated_pairs(count: int) -> tuple[list[str], list[str]]:
    rng = random.Random(7)
    references, hypotheses = [], []
    for _ in range(count):
        words = rng.choices(WORDS, k=rng.randint(1, 9))
        transcribed = [rng.choice(WORDS) if rng.random() < 0.2 else word for word in words]
        if rng.random() < 0.3:
            transcribed.insert(rng.randint(0, len(transcribed)), rng.choice(WORDS))
        if rng.random() < 0.3:
            del transcribed[rng.randint(0, len(transcribed) - 1)]
        references.append(" ".join(words))
        hypotheses.append(" ".join(transcribed))
    return references, hypotheses


def test_wer_and_cer_equal_jiwers_on_ten_thousand_pairs() -> None:
    references, hypotheses = generated_pairs(10_000)
    scores = score_rows(references, hypotheses, [None] * len(references))
    spoken = [normalize(text) for text in references]
    transcribed = [normalize(text) for text in hypotheses]
    assert [score.wer for score in scores] == [
        jiwer.wer(r, h) for r, h in zip(spoken, transcribed, strict=True)
    ]
    assert [score.cer for score in scores] == [
        jiwer.cer(r, h) for r, h in zip(spoken, transcribed, strict=True)
    ]
    summary = summarize(scores)
    assert summary.wer_corpus == pytest.approx(jiwer.wer(spoken, transcribed))
    assert summary.cer_corpus == pytest.approx(jiwer.cer(spoken, transcribed))


def random_pairs(count: int) -> list[tuple[str, str]]:
    """Normalized pairs whose reference has words."""
    pairs = zip(*generated_pairs(count), strict=True)
    return [(normalize(reference), normalize(hypothesis)) for reference, hypothesis in pairs]


def as_published(reference: str, hypothesis: str, term: str) -> tuple[float, float, int, int]:
    """Score a row as the method describes it: its steps written here again, in Python alone."""
    texts = []
    for text in (reference, hypothesis, term):
        letters = unicodedata.normalize("NFKD", text).lower()
        kept = [
            one if one.isalnum() or one.isspace() or one in "-\N{HYPHEN}" else "" for one in letters
        ]
        texts.append("".join(kept).replace("\N{HYPHEN}", "-").split())
    words, recognized, looked_for = texts
    missed = not any(
        recognized[start : start + len(looked_for)] == looked_for
        for start in range(len(recognized) - len(looked_for) + 1)
    )
    expected, predicted = " ".join(words), " ".join(recognized)
    wer = edit_distance(words, recognized) / len(words)
    cer = edit_distance(expected, predicted) / len(expected)
    return wer, cer, int(missed), int(expected != predicted)


def test_the_published_view_equals_pure_python_on_twelve_hundred_rows() -> None:
    references, hypotheses = generated_pairs(1_200)
    terms = [WORDS[number % len(WORDS)] for number in range(1_200)]
    scores = score_rows(references, hypotheses, terms)
    expected = [as_published(*row) for row in zip(references, hypotheses, terms, strict=True)]
    assert [(one.wer, one.cer, one.ker, one.ser) for one in scores] == expected


def errors(pairs: list[tuple[str, str]]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Count word errors and words, character errors and characters, of each pair."""
    references, hypotheses = zip(*pairs, strict=True)
    columns = score_rows(references, hypotheses, [None] * len(pairs)).counts[:, :4].tolist()
    return [(row[0], row[1]) for row in columns], [(row[2], row[3]) for row in columns]


def test_word_and_character_errors_equal_meeteval_s() -> None:
    if find_spec("meeteval") is None:
        missing("meeteval is not installed", ".venv/bin/pip install -c constraints.txt '.[parity]'")
    from meeteval.wer import siso_word_error_rate

    pairs = random_pairs(2_000)
    words, characters = errors(pairs)
    for units, ours in ((str.split, words), (list, characters)):
        theirs = [
            siso_word_error_rate(" ".join(map(visible, units(r))), " ".join(map(visible, units(h))))
            for r, h in pairs
        ]
        assert [(one.errors, one.length) for one in theirs] == ours


def test_word_and_character_errors_equal_kaldialign_s() -> None:
    pairs = random_pairs(2_000)
    words, characters = errors(pairs)
    for units, ours in ((str.split, words), (list, characters)):
        theirs = [(kaldialign.edit_distance(units(r), units(h)), len(units(r))) for r, h in pairs]
        assert [(one["total"], length) for one, length in theirs] == ours


def visible(unit: str) -> str:
    """Write a space as a unit that programs which part at spaces keep."""
    return unit.replace(" ", "_")


def sclite(pairs: list[tuple[str, str]], folder: Path) -> list[tuple[int, int, int, int]]:
    """Return correct, substituted, deleted and inserted words of each pair by NIST's sclite."""
    if shutil.which("sctk") is None:
        missing("NIST's sclite is not installed", "apt-get install sctk")
    for name, texts in zip(("reference", "hypothesis"), zip(*pairs, strict=True), strict=True):
        lines = [f"{text} (s_{number:05d})\n" for number, text in enumerate(texts)]
        (folder / name).write_text("".join(lines), encoding="utf-8")
    command = "sctk sclite -r reference trn -h hypothesis trn -i swb -e utf-8 -o pra stdout"
    done = subprocess.run(
        command.split(), cwd=folder, capture_output=True, encoding="utf-8", check=True
    )
    lines = re.findall(r"^Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)", done.stdout, re.M)
    return [tuple(map(int, line)) for line in lines]  # type: ignore[misc]


def test_word_errors_equal_sclite_s(tmp_path: Path) -> None:
    pairs = random_pairs(2_000)
    counts = sclite(pairs, tmp_path)
    assert [(s + d + i, c + s + d) for c, s, d, i in counts] == errors(pairs)[0]


def test_character_errors_equal_sclite_s_where_its_weights_decide_nothing(tmp_path: Path) -> None:
    """sclite weights a substitution 4, a deletion or insertion 3: it may find a cheaper alignment
    that has more errors. Its cost is the least by these weights, and its errors are never fewer."""
    pairs = random_pairs(2_000)
    units = [(" ".join(map(visible, r)), " ".join(map(visible, h))) for r, h in pairs]
    counts = sclite(units, tmp_path)
    for (reference, hypothesis), (c, s, d, i), (ours, length) in zip(
        pairs, counts, errors(pairs)[1], strict=True
    ):
        weighted = Levenshtein.distance(reference, hypothesis, weights=(3, 3, 4))
        assert (4 * s + 3 * (d + i), c + s + d) == (weighted, length)
        assert s + d + i >= ours
        assert s + d + i == ours or weighted < 4 * ours
    equal = sum(
        s + d + i == ours for (_, s, d, i), (ours, _) in zip(counts, errors(pairs)[1], strict=True)
    )
    assert equal > 1_900


def test_the_canonical_view_of_plain_text_has_the_errors_of_the_published_one() -> None:
    plain = [word for word in WORDS if word.isascii() and word.isalpha() and word != "mg"]
    rng = random.Random(3)
    rows = [[" ".join(rng.choices(plain, k=6)) for _ in range(2)] for _ in range(500)]
    references, hypotheses = zip(*rows, strict=True)
    terms = ["heart"] * len(rows)
    views = [
        score_rows(references, hypotheses, terms, view=view).counts.tolist()
        for view in ("published", "canonical")
    ]
    assert views[0] == views[1]


def test_accepted_spellings_count_in_the_canonical_view_alone() -> None:
    row = (["take paracetamol"], ["take Tylenol™"], ["paracetamol"])
    views: list[tuple[View, int]] = [("published", 1), ("canonical", 0)]
    for view, missed in views:
        assert score_rows(*row, accepted=[["Tylenol"]], view=view)[0].ker == missed


def test_a_lost_decimal_point_is_an_error_of_the_canonical_view_alone() -> None:
    row = (["warfarin 1.5 mg"], ["warfarin 15 mg"], ["warfarin"])
    assert score_rows(*row)[0].ser == 0
    assert score_rows(*row, view="canonical")[0].words.errors == 1
