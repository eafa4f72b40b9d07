"""What was decided is kept in order, and what was accepted is added to the overrides alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.benchmark.audition_file import (
    OVERRIDES_FILE,
    AuditionRecord,
    add_decision,
    apply_audition,
    audition_path,
    current_overrides,
    decisions_until,
    own_decisions,
    read_audition,
)
from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.terms import Term
from tasks.domain.errors import DamagedFile, InvalidInput

FIELDS: dict[str, Any] = {
    "term": "timolol", "ipa": "ˈtɪməlɒl", "ipa_source": "typed", "engine": "espeak",
    "engine_version": "1.52", "voices": ("en-us",), "decision": "heard", "reviewer": "Ana",
    "at": "2026-01-02T03:04:05Z",
}  # fmt: skip
ANY = {"espeak": None}  # an engine that speaks any symbol
HEAD = "term,ipa,verified_by,verified_at,notes\n"
LINE = 'timolol,ˈtɪməlɒl,Ana,2026-01-02T03:04:05Z,"audition of cycle 1, typed, espeak"\n'
ITEMS = [
    AuditionItem(
        term=term,
        ipa=None,
        ipa_source="tones_g2p",
        engine="tones",
        engine_version="1",
        voices=("v",),
    )
    for term in ("timolol", "heparin")
]


def decided(**changes: Any) -> AuditionDecision:
    return AuditionDecision.model_validate(FIELDS | changes)


def test_decisions_are_added_in_order_and_a_later_cycle_knows_those_before(tmp_path: Path) -> None:
    first, second, third = (decided(term=term) for term in ("a", "b", "c"))
    add_decision(tmp_path, 1, first)
    add_decision(tmp_path, 2, second)
    add_decision(tmp_path, 2, third)
    assert own_decisions(tmp_path, 2) == (second, third)
    assert decisions_until(tmp_path, 2) == (first, second, third)
    assert decisions_until(tmp_path, 1) == (first,)


def test_what_is_accepted_is_appended_and_the_lines_before_stay_to_the_byte(tmp_path: Path) -> None:
    before = "\ufefftitle,term , ipa,verified_by,verified_at\r\nx, INR,ɪ,Bo,2025\n,'a',ə,Bo,2025"
    (tmp_path / OVERRIDES_FILE).write_bytes(before.encode())
    add_decision(tmp_path, 1, decided())
    after = (tmp_path / OVERRIDES_FILE).read_bytes().decode()
    assert after == f"{before}\n,timolol,ˈtɪməlɒl,Ana,2026-01-02T03:04:05Z\n"
    assert current_overrides(tmp_path).ipa["timolol"] == "ˈtɪməlɒl"


def test_lines_are_appended_with_the_sign_that_parts_the_columns_of_the_file(
    tmp_path: Path,
) -> None:
    before = "\ufeffsep=;\r\nterm;ipa;verified_by;verified_at;notes\r\nINR;ɪ;Bo;2025;a, b\r\n"
    (tmp_path / OVERRIDES_FILE).write_bytes(before.encode())
    add_decision(tmp_path, 1, decided())
    after = (tmp_path / OVERRIDES_FILE).read_bytes().decode()
    assert after.startswith(f"{before}timolol;ˈtɪməlɒl;Ana;2026-01-02T03:04:05Z;")
    assert current_overrides(tmp_path).ipa.keys() == {"timolol", "inr"}


def test_a_record_that_a_page_saved_is_applied_once(tmp_path: Path) -> None:
    path = audition_path(tmp_path, 1)
    path.parent.mkdir()
    fields = {"schema_version": 1, "cycle": 1, "decisions": [decided().model_dump(mode="json")]}
    path.write_text(json.dumps(fields))
    for _ in range(2):
        apply_audition(tmp_path, 1, ANY)
    assert (tmp_path / OVERRIDES_FILE).read_text() == HEAD + LINE


def test_what_changes_no_pronunciation_makes_no_file(tmp_path: Path) -> None:
    add_decision(tmp_path, 1, decided(decision="skipped", reason="rare"))
    apply_audition(tmp_path, 2, ANY)
    assert not (tmp_path / OVERRIDES_FILE).exists()


def test_a_line_break_in_a_reason_makes_no_second_line(tmp_path: Path) -> None:
    add_decision(tmp_path, 1, decided(reason="so\nit is"))
    assert (tmp_path / OVERRIDES_FILE).read_text().count("\n") == 2


@pytest.mark.parametrize(
    "change", [{"schema_version": 2}, {"decisions": [{}]}, {"cycle": "one"}, {"more": 1}]
)
def test_a_record_that_is_none_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    path = audition_path(tmp_path, 1)
    path.parent.mkdir()
    record = AuditionRecord(cycle=1, decisions=(decided(),)).model_dump(mode="json")
    path.write_text(json.dumps(record | change))
    with pytest.raises(DamagedFile, match=r"audition\.json is damaged"):
        own_decisions(tmp_path, 1)


def test_overrides_that_cannot_be_read_are_a_fault_and_stay(tmp_path: Path) -> None:
    (tmp_path / OVERRIDES_FILE).write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=r"overrides\.csv:1: it is not UTF-8"):
        current_overrides(tmp_path)
    (tmp_path / OVERRIDES_FILE).write_text("word,sound\n")
    with pytest.raises(InvalidInput, match="expected the columns term,ipa"):
        add_decision(tmp_path, 1, decided())
    assert (tmp_path / OVERRIDES_FILE).read_text() == "word,sound\n"


@pytest.mark.parametrize("field", ["reviewer", "reason", "term", "engine", "at"])
@pytest.mark.parametrize("control", ["\0", "\a", "\x1c", "\x7f", "\x85"])
def test_a_name_that_the_overrides_could_not_be_read_with_is_no_decision(
    field: str, control: str
) -> None:
    with pytest.raises(ValidationError, match="expected plain text"):
        decided(**{field: f"A{control}na"})


def test_a_line_that_would_not_be_read_again_is_not_appended(tmp_path: Path) -> None:
    before = f"{HEAD}INR,ɪ,,2025,\n"
    (tmp_path / OVERRIDES_FILE).write_text(before)
    with pytest.raises(InvalidInput, match="verified_by: expected a value"):
        add_decision(tmp_path, 1, decided())
    assert (tmp_path / OVERRIDES_FILE).read_text() == before
    assert own_decisions(tmp_path, 1) == ()


def test_an_ipa_of_a_saved_page_that_no_engine_can_say_is_named_and_not_appended(
    tmp_path: Path,
) -> None:
    for one in (decided(ipa="ˈtχ"), decided(term="INR", ipa="ɪ")):
        add_decision(tmp_path, 1, one)
    (tmp_path / OVERRIDES_FILE).unlink()
    (sentence,) = apply_audition(tmp_path, 1, {"espeak": frozenset("tɪ"), "other": frozenset()})
    assert "the IPA 'ˈtχ' of timolol is not added" in sentence
    assert sentence.endswith("which Ana accepted: espeak cannot pronounce χ")
    assert current_overrides(tmp_path).ipa == {"inr": "ɪ"}
    assert apply_audition(tmp_path, 1, ANY) == []
    assert current_overrides(tmp_path).ipa.keys() == {"inr", "timolol"}


@pytest.mark.parametrize("ipa", ["ˈ", "ˈˌː", "ˈ ˌ", "tɪm ˈ", "ə" * 1001])
def test_an_ipa_without_a_vowel_or_a_consonant_is_no_decision(ipa: str) -> None:
    with pytest.raises(ValidationError):
        decided(ipa=ipa)
    with pytest.raises(ValidationError):
        decided(decision="rejected", instead=ipa)


def row(term: str) -> PlannedRow:
    text = f"Start {term} today."
    return PlannedRow(Term(term, "drug"), text, "order", Voice("tones", "v"), Condition())


def decide(root: Path, outcome: str) -> None:
    fields = ITEMS[0].model_dump() | {"reason": "as is", "at": "2026-01-01T00:00:00Z"}
    decision = AuditionDecision(**fields, decision=outcome, reviewer="Ana")  # type: ignore[arg-type]
    add_decision(root, 1, decision)


@pytest.mark.parametrize("outcome", ["heard", "skipped"])
def test_what_was_accepted_is_stamped_and_the_rest_advised(tmp_path: Path, outcome: str) -> None:
    decide(tmp_path, outcome)
    found = read_audition(tmp_path, 1, ITEMS, "advised")
    fields = {"audition": outcome, "audition_by": "Ana", "audition_reason": "as is"}
    assert [found.stamp(row(item.term)) for item in ITEMS] == [fields, {}]
    assert found.advice.startswith("1 term is not checked yet (heparin): run ")


def test_a_page_that_was_made_is_named(tmp_path: Path) -> None:
    page = tmp_path / "cycle1/audition.html"
    assert str(page) not in read_audition(tmp_path, 1, ITEMS, "advised").advice
    page.parent.mkdir()
    page.touch()
    assert f": open {page}, or run " in read_audition(tmp_path, 1, ITEMS, "advised").advice


def test_a_rejection_names_by_whom(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    found = read_audition(tmp_path, 1, ITEMS, "advised")
    assert found.rejected(row("timolol")) == "rejected by Ana on 2026-01-01: as is"
    assert found.rejected(row("heparin")) == ""


def test_a_required_audition_stops_and_one_that_is_off_asks_nothing(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    with pytest.raises(InvalidInput, match=r"not checked yet .* and 1 term is rejected"):
        read_audition(tmp_path, 1, ITEMS, "required")
    found = read_audition(tmp_path, 1, ITEMS, "off")
    assert (found.advice, found.rejected(row("timolol"))) == ("", "")


def test_of_others_it_is_known_what_was_decided_and_nobody_is_asked(tmp_path: Path) -> None:
    decide(tmp_path, "rejected")
    found = read_audition(tmp_path, 1, ITEMS[1:], "advised", ITEMS)
    assert "timolol" not in found.advice
    assert found.rejected(row("timolol")).startswith("rejected by Ana")
