"""A term that an IPA makes silent is refused; an IPA without any sound is not read at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.build import build_benchmark
from tasks.domain.errors import InvalidInput
from tests.tasks.builds import TERMS, override, rows_of, started


@pytest.mark.parametrize("ipa", ["ˈ", "ˌˈ", "ː", "ˈtɪm ˈ"])
def test_an_override_of_stress_marks_alone_is_refused_by_its_line(tmp_path: Path, ipa: str) -> None:
    root = started(tmp_path / "w", TERMS)
    override(root, "timolol", ipa)
    with pytest.raises(InvalidInput) as refused:
        build_benchmark(root, 1)
    assert str(refused.value) == (
        "pronunciation_overrides.csv:2: ipa: "
        f"expected a vowel or a consonant in each word; got {ipa!r}"
    )


def test_rows_whose_override_is_spoken_as_silence_are_refused(tmp_path: Path) -> None:
    root = started(tmp_path / "w", TERMS)
    override(root, "timolol", "ʔ")
    record = build_benchmark(root, 1)
    assert {one.reason for one in record.refused} == {
        "espeak makes no sound for 'ʔ', the IPA of timolol"
    }
    assert {row["term"] for row in rows_of(root)} == {"heparin", "lactate"}
    assert build_benchmark(root, 1).takes == 0


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"{'o' * 1001},drug,", "terms.csv:2: term: expected at most 1,000 characters; got 1,001"),
        (f"timolol,drug,{'o' * 1001}", "terms.csv:2: ipa: expected at most 1,000 characters"),
        ("timolol,drug,//", "terms.csv:2: ipa: expected a vowel or a consonant in each word"),
    ],
)
def test_terms_and_ipa_without_end_are_faults_of_their_line(
    tmp_path: Path, line: str, fault: str
) -> None:
    root = started(tmp_path / "w", TERMS)
    (root / "terms.csv").write_text(f"term,entity_category,ipa\n{line}\n")
    with pytest.raises(InvalidInput) as refused:
        build_benchmark(root, 1)
    assert str(refused.value).startswith(fault)
