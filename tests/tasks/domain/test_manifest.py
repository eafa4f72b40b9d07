"""Every fault of a manifest is found, all at once, with its line."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tasks.domain.manifest import (
    AudioFacts,
    ClinicalRow,
    GeneralRow,
    clinical_faults,
    duplicate_faults,
    duration_fault,
    parse_rows,
)

Maker = Callable[..., ClinicalRow]


def faults_of(*lines: dict[str, Any] | bytes) -> list[str]:
    content = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    rows, faults = parse_rows(content, "manifest.jsonl", ClinicalRow)
    return [str(fault) for fault in faults + clinical_faults(rows, "manifest.jsonl")]


@pytest.fixture
def fields(row: Maker) -> dict[str, Any]:
    return row().model_dump()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"entity_category": "medication"},
            "manifest.jsonl:1: entity_category: expected one of drug, procedure, anatomy, condition, "
            "lab, role; got 'medication'",
        ),
        ({"text": "  "}, "manifest.jsonl:1: text: expected words; got '  '"),
        ({"term": "?"}, "manifest.jsonl:1: term: expected words; got '?'"),
        (
            {"term": "aspirin"},
            "manifest.jsonl:1: term: expected its words in the text; got 'aspirin'",
        ),
        (
            {"ipa_source": "guess"},
            "manifest.jsonl:1: ipa_source: expected override, merriam-webster or a name ending in "
            "_g2p; got 'guess'",
        ),
        (
            {"noise_level": "loud"},
            "manifest.jsonl:1: noise_level: expected clean or snr_<number>db; got 'loud'",
        ),
        (
            {"voice_id": ""},
            "manifest.jsonl:1: voice_id: expected text that is not empty; got ''",
        ),
        (
            {"duration": 20.5},
            "manifest.jsonl:1: duration: expected 0.1 to 20 seconds, the training limit, or null; "
            "got 20.5",
        ),
        (
            {"duration": "2"},
            "manifest.jsonl:1: duration: expected 0.1 to 20 seconds, the training limit, or null; "
            "got '2'",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    fields: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    assert faults_of(fields | changes) == [sentence]


@pytest.mark.parametrize(
    "name", [name for name, field in ClinicalRow.model_fields.items() if field.is_required()]
)
def test_a_missing_field_is_named(fields: dict[str, Any], name: str) -> None:
    del fields[name]
    assert faults_of(fields) == [
        f"manifest.jsonl:1: {name}: expected a value; the field is missing"
    ]


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"entity_category": "Drugs"}, "; got 'Drugs' (did you mean 'drug'?)"),
        ({"noise_level": "snr10dB"}, "; got 'snr10dB' (did you mean 'snr_10db'?)"),
        ({"noise_level": "Clean"}, "; got 'Clean' (did you mean 'clean'?)"),
        ({"ipa_source": "merriam webster"}, "(did you mean 'merriam-webster'?)"),
        ({"ipa_source": "espeak-g2p"}, "; got 'espeak-g2p' (did you mean 'espeak_g2p'?)"),
        ({"ipa_source": "g2p"}, "; got 'g2p'"),
    ],
)
def test_a_value_that_is_nearly_right_is_answered_with_the_right_one(
    fields: dict[str, Any], changes: dict[str, Any], end: str
) -> None:
    (fault,) = faults_of(fields | changes)
    assert fault.endswith(end)


def test_a_field_under_nearly_its_name_is_pointed_at(fields: dict[str, Any]) -> None:
    fields["entity_categry"] = fields.pop("entity_category")
    assert faults_of(fields) == [
        "manifest.jsonl:1: entity_category: expected a value; the field is missing (is it "
        "'entity_categry'?)"
    ]


@pytest.mark.parametrize("source", ["override", "merriam-webster", "espeak_g2p", "misaki_g2p"])
def test_known_pronunciation_sources_pass(fields: dict[str, Any], source: str) -> None:
    assert faults_of(fields | {"ipa_source": source}) == []


@pytest.mark.parametrize("stamp", ["heard", "skipped", None])
def test_a_row_may_name_the_decision_on_its_term(fields: dict[str, Any], stamp: Any) -> None:
    assert faults_of(fields | {"audition": stamp}) == []


def test_another_outcome_of_an_audition_is_a_fault_with_those_there_are(
    fields: dict[str, Any],
) -> None:
    assert faults_of(fields | {"audition": "skippe"}) == [
        "manifest.jsonl:1: audition: expected one of heard, "  # codespell:ignore heard
        "skipped; got 'skippe' (did you mean 'skipped'?)"
    ]


def test_a_null_or_absent_duration_passes(fields: dict[str, Any]) -> None:
    assert faults_of(fields | {"duration": None}) == []
    del fields["duration"]
    assert faults_of(fields) == []


def test_broken_lines_are_all_distinguished_and_none_hides_another(fields: dict[str, Any]) -> None:
    faults = faults_of(b"{oops", b"", b"[1]", b'"\xff"', fields | {"entity_category": "x"})
    assert [fault.split(":")[1] for fault in faults] == ["1", "2", "3", "4", "5"]
    assert "broken JSON" in faults[0]
    assert "a blank line" in faults[1]
    assert "got list" in faults[2]
    assert "UTF-8" in faults[3]


def test_a_byte_order_mark_is_passed_over(fields: dict[str, Any]) -> None:
    assert faults_of(b"\xef\xbb\xbf" + json.dumps(fields).encode()) == []


@pytest.mark.parametrize("offset", [0, 0.0, None])
def test_a_row_from_the_beginning_of_its_file_passes(fields: dict[str, Any], offset: Any) -> None:
    assert faults_of(fields | {"offset": offset}) == []


@pytest.mark.parametrize("offset", [1.5, -1, "0", True, False])
def test_a_row_that_is_a_part_of_its_file_is_refused(fields: dict[str, Any], offset: Any) -> None:
    """NeMo would read the file from there; here all of it would be scored."""
    (fault,) = faults_of(fields | {"offset": offset})
    assert fault.startswith(
        "manifest.jsonl:1: offset: expected 0, null or no such field: a row is a file of its own here; "
        f"got {offset!r}"
    )


def test_a_row_of_general_speech_that_is_a_part_of_its_file_is_refused() -> None:
    line = json.dumps({"audio_filepath": "a.wav", "text": "good day", "offset": 2.5}).encode()
    _, faults = parse_rows(line, "general.jsonl", GeneralRow)
    assert [fault.field for fault in faults] == ["offset"]


@pytest.mark.parametrize("accepted", [[], ["Lopressor", "metoprolol tartrate"]])
def test_a_row_may_list_accepted_spellings(fields: dict[str, Any], accepted: list[str]) -> None:
    assert faults_of(fields | {"accepted": accepted}) == []
    assert ClinicalRow.model_validate(fields | {"accepted": accepted}).accepted == tuple(accepted)


@pytest.mark.parametrize(
    ("accepted", "sentence"),
    [
        ("Lopressor", "accepted: expected a list of texts; got 'Lopressor'"),
        (None, "accepted: expected a list of texts; got None"),
        ([5], "accepted.0: expected text that is not empty; got 5"),
        (["Lopressor", ""], "accepted.1: expected words; got ''"),
        (["Metoprolol!"], "accepted: expected another spelling than the term; got 'Metoprolol!'"),
        (["a b", "A B"], "accepted: expected each spelling once; got 'A B' again"),
    ],
)
def test_an_accepted_spelling_that_is_none_is_named(
    fields: dict[str, Any], accepted: Any, sentence: str
) -> None:
    assert faults_of(fields | {"accepted": accepted}) == [f"manifest.jsonl:1: {sentence}"]


def test_a_row_whose_text_has_an_accepted_spelling_of_its_term_passes(
    fields: dict[str, Any],
) -> None:
    other = fields | {"text": "please start Lopressor today"}
    assert len(faults_of(other)) == 1
    assert faults_of(other | {"accepted": ["Lopressor"]}) == []


def test_a_row_whose_text_has_its_term_with_another_hyphen_passes(fields: dict[str, Any]) -> None:
    assert faults_of(fields | {"term": "beta-blocker", "text": "start a beta blocker"}) == []


def test_an_empty_manifest_is_one_fault() -> None:
    _, faults = parse_rows(b"\n", "manifest.jsonl", ClinicalRow)
    sentences = [str(fault) for fault in faults]
    assert sentences == ["manifest.jsonl: expected one JSON object a line; the file is empty"]


def test_a_second_row_on_the_same_clip_is_a_fault() -> None:
    faults = duplicate_faults({1: "/a.wav", 2: "/b.wav", 5: "/a.wav"}, "manifest.jsonl")
    assert [str(fault) for fault in faults] == [
        "manifest.jsonl:5: audio_filepath: expected a clip of its own; line 1 names the same file"
    ]


def test_rows_of_one_clip_have_a_term_each_and_all_else_of_it_in_common(row: Maker) -> None:
    text = "take metoprolol and aspirin"
    both = [row(text=text), row(text=text, term="aspirin")]
    others = [row(text=text), row(text=text, term="take", voice_id="b"), row(text=f"{text} now")]
    rows = dict(enumerate([*both, *others]))
    faults = duplicate_faults(dict.fromkeys(rows, "/a.wav"), "manifest.jsonl", rows)
    assert [fault.line for fault in faults] == [2, 3, 4]
    assert duplicate_faults({0: "/a.wav", 1: "/a.wav"}, "m", rows) == []


@pytest.mark.parametrize(
    ("declared", "held", "part"),
    [
        (2.0, 1.5, "duration: expected 1.500, the length of the file, or null; got 2.0"),
        (None, 21.0, "the training limit; the file holds 21.00 s"),
        (None, 0.05, "the training limit; the file holds 0.05 s"),
    ],
)
def test_a_duration_that_is_not_the_files_is_a_fault(
    declared: float | None, held: float, part: str
) -> None:
    assert part in str(duration_fault("manifest.jsonl", 3, declared, AudioFacts(held, "")))


def test_a_duration_within_rounding_passes() -> None:
    assert duration_fault("m", 1, 1.51, AudioFacts(1.5, "")) is None


def test_row_order_is_line_order(fields: dict[str, Any]) -> None:
    content = "".join(json.dumps(fields | {"voice_id": str(n)}) + "\n" for n in range(5))
    rows, _ = parse_rows(content.encode(), "m", ClinicalRow)
    assert [row.voice_id for row in rows.values()] == list("01234")
