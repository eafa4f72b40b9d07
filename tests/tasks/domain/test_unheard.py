"""A system that misses terms alone transcribes the words beside them; another misses those, too."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import Rate
from tasks.domain.unheard import rates_beside_terms, unheard_speech
from tasks.domain.verdict.comparison import score_clinical, score_general

Maker = Callable[..., ClinicalRow]
DATA = Path(__file__).parents[2] / "data"
SENTENCE = "please start cefazolin today"


@pytest.mark.parametrize(
    ("hypothesis", "errors"),
    [
        ("please start cefazolin today", 0),
        ("please start cefa zolin today", 0),
        ("please start today", 0),
        ("please stop cefazolin today", 1),
        ("please cefazolin today", 1),
        ("no please start cefazolin today", 1),
        ("please start cefazolin um um today", 2),
        ("", 3),
    ],
)
def test_errors_are_counted_outside_the_term(row: Maker, hypothesis: str, errors: int) -> None:
    assert rates_beside_terms([row(text=SENTENCE, term="cefazolin")], [hypothesis]) == [
        Rate(errors, 3)
    ]


def test_a_clip_of_the_term_alone_has_no_words_beside_it(row: Maker) -> None:
    rows = [row(text="Cefazolin", term="cefazolin")]
    assert rates_beside_terms(rows, ["sofa solving"]) == [Rate(0, 0)]


def sentence(
    rows: Sequence[ClinicalRow], texts: Sequence[str], general: Sequence[str] | None = None
) -> str:
    clips = ["we met at the house"] * len(general or ())
    return unheard_speech(
        rows,
        score_clinical(rows, texts),
        score_general(clips, general) if general else None,
        0.5,
    )


def test_speech_of_which_the_terms_alone_are_wrong_is_transcribed(row: Maker) -> None:
    """One word a clip: every word is wrong, and none of them is beside the term."""
    rows = [row(text="cefazolin", term="cefazolin")] * 10
    assert sentence(rows, ["sofa solving"] * 10) == ""
    rows = [row(text=SENTENCE, term="cefazolin")] * 10
    assert sentence(rows, ["please start sofa solving line today"] * 10) == ""


def test_speech_that_cannot_be_transcribed_is_reported_with_its_voices_worst_first(
    row: Maker,
) -> None:
    rows = [row(text=SENTENCE, term="cefazolin", voice_id=f"flite-{n % 2}") for n in range(10)]
    texts = ["we went far away to them" if n % 2 else "please stop a line now" for n in range(10)]
    reason = sentence(rows, texts)
    assert reason.startswith("The model cannot transcribe this speech: WER outside the terms is 1.")
    assert reason.index("flite-1 ") < reason.index("flite-0 ")


def test_general_speech_that_cannot_be_transcribed_is_reported_too(row: Maker) -> None:
    rows = [row(text=SENTENCE, term="cefazolin")]
    assert sentence(rows, [SENTENCE], ["we met at a house"] * 3) == ""
    assert "general WER is 1.00, above the limit of 0.5" in sentence(
        rows, [SENTENCE], ["nothing"] * 3
    )


def test_what_the_reference_base_made_of_another_synthesizer(row: Maker) -> None:
    """Every fifth row of the reference benchmark in four voices of flite 2.2, decoded by base-ctc.

    The same base transcribes the sentences of its own synthesizer: of the first edition's demo it gets the
    terms wrong and little else.
    """
    lines = [json.loads(line) for line in (DATA / "spoken_by_flite.jsonl").read_text().splitlines()]
    rows = [row(**{name: line[name] for name in ("text", "term", "voice_id")}) for line in lines]
    reason = sentence(rows, [line["hyp"] for line in lines])
    assert reason.startswith("The model cannot transcribe this speech: WER outside the terms is ")
    assert all(f"flite-{voice}" in reason for voice in ("slt", "rms", "awb", "kal16"))
    demo = (DATA / "first_edition_demo.jsonl").read_text().splitlines()
    with_terms = [line for line in map(json.loads, demo) if "term" in line]
    rows = [row(text=line["text"], term=line["term"]) for line in with_terms]
    assert sentence(rows, [line["base"] for line in with_terms]) == ""
