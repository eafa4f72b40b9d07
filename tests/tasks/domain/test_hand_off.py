"""What is handed on: the lines that serve a model, the scale of boosting, rows served differently."""

from __future__ import annotations

import pytest

from tasks.domain.decoding import GREEDY, Decoder, DecodingConfig
from tasks.domain.hand_off import (
    Served,
    ServedRow,
    boosting_note,
    compare_served,
    listing,
    riva_commands,
)
from tasks.domain.verdict.served import ServedGuard

BOOSTED = DecodingConfig(strategy="beam", boost_alpha=1.0, vocabulary="v.txt")


@pytest.mark.parametrize(
    ("decoder", "flag", "family"),
    [
        ("ctc", "greedy_ctc", "parakeet-*-ctc-*"),
        ("rnnt", "nemo", "parakeet-rnnt-*"),
        ("tdt", "nemo", "parakeet-tdt-*"),
    ],
)
def test_the_source_architecture_chooses_decoder_and_container(
    decoder: Decoder, flag: str, family: str
) -> None:
    lines = riva_commands("drugs", decoder, flag)
    assert [line.split()[0] for line in lines[:3]] == ["nemo2riva", "riva-build", "riva-deploy"]
    assert f"--decoder={flag}" in lines[1]
    assert lines[3].endswith(family)


def test_a_boosting_is_never_copied_into_the_scale_of_riva() -> None:
    assert boosting_note(GREEDY, "ctc").startswith("The verdict was taken without phrase boosting")
    for decoder, scale in (("ctc", "20 to 100"), ("tdt", "0.5 to 2")):
        note = boosting_note(BOOSTED, decoder)  # type: ignore[arg-type]
        assert f"another scale, {scale} for this architecture" in note
        assert "1 in NeMo's scale" in note


def names(rows: tuple[ServedRow, ...]) -> list[str]:
    return [row.audio_filepath for row in rows]


def test_rows_differ_by_their_words_alone() -> None:
    offline, served = ["Give aspirin.", "a b", ""], ["give aspirin", "a c", ""]
    assert names(compare_served(["0", "1", "2"], offline, served)) == ["1"]


def test_a_dose_that_is_served_ten_times_larger_is_found_and_comes_first_with_both_texts() -> None:
    offline = ["give aspirin", "Warfarin 1.5 mg."]
    served = ["give a spring", "warfarin 15 mg"]
    found = compare_served(["0.wav", "1.wav"], offline, served)
    assert names(found) == ["1.wav", "0.wav"]
    sentence = Served(2, found, 2, 0.0, 0.5).sentence(0.0)
    assert "1 with a dose, number, unit, negation or left/right word changed" in sentence
    assert sentence.endswith(": 1.wav, 0.wav.")
    assert "mg" not in sentence, "the sentence is logged"
    assert listing([row.fields for row in found]).splitlines() == [
        "- 1.wav (1.5 mg → 15 mg (×10)): offline “Warfarin 1.5 mg.”, served “warfarin 15 mg”",
        "- 0.wav: offline “give aspirin”, served “give a spring”",
    ]


def test_a_transcript_written_another_way_is_writing_alone() -> None:
    offline = ["fifteen mg", "pressure 120/80", "it doesn't hurt", "five"]
    served = ["15 mg", "pressure one twenty over eighty", "It does not hurt.", "five"]
    found = compare_served(["0", "1", "2", "3"], offline, served)
    assert found == ()
    assert Served(4, found, 3, 0.1, 0.1).sentence(0.0) == (
        "Served equals offline on all 4 rows (3 texts differ, 3 of them in writing alone); "
        "KER 0.100 offline, 0.100 served."
    )


def test_what_is_served_otherwise_is_named_up_to_a_limit() -> None:
    rows = tuple(ServedRow(f"audio/{n}.wav", "this", "that") for n in range(12))
    served = Served(100, rows, 15, 0.1, 0.2)
    sentence = served.sentence(0.01)
    assert sentence.startswith(
        "12 of 100 rows are served differently than they were decoded offline, 1.0% may be "
        "(15 texts differ, 3 of them in writing alone); 0 with a dose"
    )
    assert sentence.endswith("audio/9.wav and 2 more.")
    assert listing([row.fields for row in rows]).endswith(
        "- audio/9.wav: offline “this”, served “that” and 2 more"
    )
    assert served.share == 0.12
    same = Served(100, (), 0, 0.1, 0.1)
    assert same.share == 0
    assert same.sentence(0.0).startswith("Served equals offline on all 100 rows; KER 0.100")


def test_what_is_served_is_worse_where_a_guard_broke_and_its_outcome_has_no_transcript() -> None:
    rows = (ServedRow("1.wav", "give aspirin", "give a spring"),)
    held, broke = ServedGuard("clinical_wer", 100, 1, 0, 7), ServedGuard("terms", 100, 9, 0, 4)
    served = Served(
        100, rows, 1, 0.1, 0.2, (held, broke), ("terms", "general_wer"), ("general.jsonl",)
    )
    assert served.broke == ("terms", "general_wer")
    assert served.outcome == (
        "What is served is worse than it was offline: 1 of 100 rows are served differently; KER 0.100 "
        "offline, 0.200 served. Guard terms broke: 9 of 100 rows are worse and 0 better; at most 4 may be "
        "worse. Guard general_wer of a verdict broke. Not compared: general.jsonl."
    )
    same = Served(100, (), 0, 0.1, 0.1, (held,))
    assert same.outcome.startswith("What is served is no worse than it was offline: 0 of 100 rows")
    assert same.broke == ()
