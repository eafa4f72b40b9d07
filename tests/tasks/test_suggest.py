"""Stage suggest: from corrections to proposed terms, and from accepted ones to terms.csv."""

from __future__ import annotations

import csv
import logging
import random
from pathlib import Path

import pytest

from tasks.benchmark.suggested_file import read_suggested
from tasks.domain.errors import InvalidInput
from tasks.suggest import suggest_terms
from tasks.workspace.models import DISTRACTORS

PRIVATE = [  # more than a correction: names, dates, numbers of records
    *(f"{transcript} for {name}" for transcript in ("war farin", "a pixa ban") for name in (
        "Mr Okonkwo", "john", "patient 7", "Lena Voss", "Dr Abernathy")),
    *(f"war farin {day}" for day in (
        "12/03/1961", "2024-01-31", "3 March 1990", "march third", "31.12.99", "on tuesday", "jan 4",
        "the fourth of july", "1/2/2020", "5th june")),
    *(f"war farin {number}" for number in (
        "4471902", "943 476 5919", "mrn 12", "record 00417", "nineteen sixty two", "acct 9",
        "four four seven one nine", "dob unknown", "nhs 77", "2 4 6 8 1")),
]  # fmt: skip


def forty_drugs() -> list[str]:
    words = [
        word
        for word in DISTRACTORS.read_text().split()
        if word.endswith(("pril", "statin", "olol", "mab"))
    ]
    return words[:40]


def misspelled(word: str, chance: random.Random) -> str:
    """What a system may write of a drug: in pieces, a letter changed, or one lost."""
    cut = chance.randrange(2, len(word) - 2)
    kind = chance.randrange(3)
    if kind == 0:
        return f"{word[:cut]} {word[cut:]}"
    return word[:cut] + ("w" if kind == 1 else "") + word[cut + 1 :]


def write_corrections(path: Path, chance: random.Random) -> dict[str, int]:
    """Write 500 lines: misspellings of 40 drugs, 20 of them with the drug written another way, and 30
    with more than a correction. Return how often each drug is meant."""
    drugs = forty_drugs()
    counts = dict.fromkeys(drugs, 0)
    lines = []
    for n in range(450):
        drug = drugs[n % 40]
        lines.append((misspelled(drug, chance), drug, ""))
        counts[drug] += 1
    for n, drug in enumerate(drugs[:20]):
        variant = (drug.capitalize(), drug.upper(), f"{drug}.", f"give {drug} 5 mg")[n % 4]
        transcript = misspelled(drug, chance)
        lines.append((f"give {transcript} 5 mg" if n % 4 == 3 else transcript, variant, "2"))
        counts[drug] += 2
    lines += [(text, "warfarin", "") for text in PRIVATE]
    chance.shuffle(lines)
    assert len(lines) == 500
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("heard", "meant", "count"), *lines])
    return counts


def test_five_hundred_corrections_propose_forty_terms_and_refuse_thirty_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root, path = tmp_path / "w", tmp_path / "corrections.csv"
    root.mkdir()
    counts = write_corrections(path, random.Random(11))
    with caplog.at_level(logging.INFO, logger="flywheel"):
        logging.getLogger("flywheel").addHandler(caplog.handler)
        found = suggest_terms(root, path)
        logging.getLogger("flywheel").removeHandler(caplog.handler)
    assert (found.lines, len(found.refused), found.new, found.without_category) == (500, 30, 40, 0)
    proposed = {one.term: one.count for one in read_suggested(root)}
    assert proposed == counts
    lines = path.read_text().splitlines()
    assert {lines[one.line - 1].partition(",")[0] for one in found.refused} == set(PRIVATE)
    assert "500 corrections, 30 refused, 40 new terms, 0 accepted" in caplog.text
    for word in (*counts, "Okonkwo", "4471902", "march", "Voss"):
        assert word not in caplog.text
        assert word not in found.text
    assert "refused, line " in found.text


def written(root: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts]
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    (tmp_path / "c.csv").write_text(
        "heard,meant\nwar farin,warfarin\ncrones disease,crohn's disease\nin are,INR\n"
    )
    return tmp_path / "w"


def test_the_same_input_twice_changes_nothing(root: Path) -> None:
    path = root.parent / "c.csv"
    suggest_terms(root, path)
    before = written(root)
    suggest_terms(root, path)
    assert written(root) == before
    assert suggest_terms(root, accept=True).accepted == 1
    after = written(root)
    assert suggest_terms(root, path, accept=True).accepted == 0
    assert written(root) == after


def test_terms_with_a_category_are_accepted_and_one_a_person_wrote_in_counts(root: Path) -> None:
    suggest_terms(root, root.parent / "c.csv")
    table = root / "suggested_terms.csv"
    table.write_text(table.read_text().replace("INR,,", "INR,lab,"))
    suggest_terms(root, root.parent / "c.csv")
    assert "INR,lab,1,in are (1),new" in table.read_text()
    assert suggest_terms(root, accept=True).accepted == 2
    assert (root / "terms.csv").read_text() == "term,entity_category\nINR,lab\nwarfarin,drug\n"
    assert [one.state for one in read_suggested(root)] == ["new", "listed", "listed"]


def test_named_terms_alone_are_accepted_and_one_without_a_category_is_a_fault(root: Path) -> None:
    found = suggest_terms(root, root.parent / "c.csv", accept=True, only=("Warfarin",))
    assert (found.accepted, found.new, found.listed) == (1, 2, 1)
    for name, sentence in {"INR": "expected a category for", "x": "expected a term of"}.items():
        with pytest.raises(InvalidInput, match=sentence):
            suggest_terms(root, accept=True, only=(name,))
    assert suggest_terms(root, accept=True, only=("warfarin",)).accepted == 0


def test_an_acceptance_that_was_killed_between_its_files_is_completed(root: Path) -> None:
    suggest_terms(root, root.parent / "c.csv")
    (root / "terms.csv").write_text("term,entity_category\nwarfarin,drug\n")  # killed right after
    assert suggest_terms(root, accept=True).accepted == 0
    assert (root / "terms.csv").read_text() == "term,entity_category\nwarfarin,drug\n"
    assert {one.term: one.state for one in read_suggested(root)}["warfarin"] == "listed"


def test_a_wrong_request_is_invalid_input(root: Path) -> None:
    with pytest.raises(InvalidInput, match="--corrections, --accept: expected one of the two"):
        suggest_terms(root)
    with pytest.raises(InvalidInput, match="--corrections: expected a file of corrections"):
        suggest_terms(root, root / "none.csv")
    with pytest.raises(InvalidInput, match="--workspace: expected a folder"):
        suggest_terms(root / "none", accept=True)
    assert list(root.iterdir()) in ([], [root / ".locks"])
