"""What is handed on: the lines that serve a model, the scale of boosting, rows that are served otherwise."""

from __future__ import annotations

import pytest

from tasks.domain.decoding import GREEDY, Decoder, DecodingConfig
from tasks.domain.hand_off import Served, boosting_note, differing_rows, riva_commands

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


def test_rows_differ_by_their_words_alone() -> None:
    assert differing_rows(["Give aspirin.", "a b", ""], ["give aspirin", "a c", ""]) == (1,)


def test_what_is_served_otherwise_is_named_up_to_a_limit() -> None:
    first = tuple(f"audio/{n}.wav" for n in range(10))
    said = Served(100, 12, first, 0.1, 0.2).sentence(0.01)
    assert said.startswith(
        "12 of 100 rows are served otherwise than they were decoded offline, 1.0%"
    )
    assert said.endswith("audio/9.wav and 2 more.")
    same = Served(100, 0, (), 0.1, 0.1)
    assert same.share == 0
    assert same.sentence(0.0).startswith("Served equals offline on all 100 rows; KER 0.100")
