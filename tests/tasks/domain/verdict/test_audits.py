"""Audits: twins, gap, critical words, advice."""

from collections.abc import Callable

from tasks.domain.manifest import ClinicalRow
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit, stop_advice
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.summary import audit_sentences

Maker = Callable[..., ClinicalRow]


def test_planted_twins_are_found_and_only_those(row: Maker) -> None:
    rows = [
        row(text="give metoprolol now", voice_id="a"),
        row(text="start metoprolol", voice_id="a"),
        row(text="Give metoprolol, now", voice_id="b"),  # a sentence that was trained
        row(text="start metoprolol", voice_id="a"),  # in its voice too, and the same audio
        row(text="stop metoprolol", voice_id="a"),
    ]
    texts = [one.text for one in rows]
    both = score_pair(texts, ["metoprolol"] * 5, ["" for _ in texts], [*texts[:4], "stop it"])
    twins = audit(rows, Split((0,), (2, 3, 4), (1,)), list("abcbd"), both, None).split_overlap
    assert (twins.test_rows, twins.sentence, twins.sentence_and_voice, twins.audio) == (
        3, 2, 1, 1,
    )  # fmt: skip
    assert (twins.unseen_rows, twins.unseen_ker_comparison, twins.unseen_ker_candidate) == (
        1,
        1.0,
        1.0,
    )
    assert "Of 3 test rows 2 have a sentence that was trained, 1 in the same voice" in twins.text


def test_without_an_unseen_sentence_its_ker_is_undefined(row: Maker) -> None:
    both = score_pair(["give metoprolol"] * 2, ["metoprolol"] * 2, ["", ""], ["", ""])
    rows = [row(text="give metoprolol")] * 2
    twins = audit(rows, Split((0,), (1,), ()), ["a", "b"], both, None).split_overlap
    assert twins.unseen_rows == 0
    assert twins.unseen_ker_comparison is None


def test_the_gap_tells_given_pronunciations_from_g2p(row: Maker) -> None:
    rows = [row(), row(ipa_source="espeak_g2p"), row(ipa_source="espeak_g2p")]
    texts = [one.text for one in rows]
    both = score_pair(texts, ["metoprolol"] * 3, ["", "", ""], [texts[0], "", texts[2]])
    gap = audit(rows, Split((), (0, 1, 2), ()), list("abc"), both, None).pronunciation_gap
    assert (gap.rows_hinted, gap.hinted_comparison, gap.hinted_candidate) == (1, 1.0, 0.0)
    assert (gap.rows_g2p, gap.g2p_comparison, gap.g2p_candidate) == (2, 1.0, 0.5)


def test_critical_words_of_general_speech_are_counted_too(row: Maker) -> None:
    both = score_pair([row().text], ["metoprolol"], [row().text], [row().text])
    general = score_pair(["no pain in the left arm"], [None], ["pain in the left arm"], ["no pain"])
    found = audit([row()], Split((), (0,), ()), ["a"], both, general).critical_tokens
    assert {
        kind: (one.words, one.lost_comparison, one.lost_candidate) for kind, one in found.items()
    } == {
        "laterality": (1, 0, 1),
        "negation": (1, 1, 0),
    }
    assert list(found) == ["negation", "laterality"]


def test_what_is_only_inserted_is_never_out_of_no_words(row: Maker) -> None:
    """The share of changed words has the references' words below it, insertions are their own count."""
    rows = [row(text=text) for text in ("start metoprolol", "start metoprolol 5 mg")]
    texts = [one.text for one in rows]
    before = ["start metoprolol percent", texts[1]]
    after = ["start no metoprolol", "start metoprolol 50 mg then 2 mg"]
    both = score_pair(texts, ["metoprolol"] * 2, before, after)
    audits = audit(rows, Split((), (0, 1), ()), ["a", "b"], both, None)
    assert {kind: one.text for kind, one in audits.critical_tokens.items()} == {
        "dose": "0 → 1 of 1 changed, 0 → 1 inserted",
        "unit": "1 → 0 inserted where the references have none",
        "negation": "0 → 1 inserted where the references have none",
    }
    (sentence,) = [one for one in audit_sentences(audits) if one.startswith("Critical words")]
    assert "unit 1 → 0 inserted where the references have none" in sentence
    assert "of 0" not in sentence


def test_two_small_drops_in_a_row_advise_to_stop() -> None:
    assert "stop tuning" in stop_advice([0.5, 0.04, -0.1], [])[0]
    assert stop_advice([0.04], []) == []
    assert stop_advice([0.04, 0.2], []) == []
    assert stop_advice([None, 0.01], []) == []


def test_a_validation_wer_that_rises_while_the_loss_falls_advises_fewer_epochs() -> None:
    epochs = [
        {"val_wer": 0.30, "train_loss": 2.0},
        {"val_wer": 0.20, "train_loss": 1.0},
        {"val_wer": 0.25, "train_loss": 0.5},
    ]
    assert stop_advice([], epochs) == [
        "Validation WER rose from 0.200 to 0.250 while the training loss fell: train for fewer epochs."
    ]
    assert stop_advice([], epochs[:2]) == []


def test_epochs_of_a_base_that_recognizes_nothing_advise_no_other_number_of_them() -> None:
    epochs = [
        {"val_wer": 0.79, "train_loss": 2.0},
        {"val_wer": 0.90, "train_loss": 1.0},
    ]
    assert stop_advice([], epochs) == [
        "Validation WER never fell below 0.790: the base cannot transcribe this speech, and another number "
        "of epochs does not change that."
    ]
    assert "fewer epochs" in stop_advice([], epochs, 0.8)[0]


def test_a_rise_of_one_word_in_two_hundred_advises_nothing() -> None:
    epochs = [{"val_wer": 0.062, "train_loss": 2.0}, {"val_wer": 0.068, "train_loss": 1.0}]
    assert stop_advice([], epochs, validation_words=200) == []
    assert "fewer epochs" in stop_advice([], epochs, validation_words=200_000)[0]


def test_thirty_epochs_without_a_better_one_advise_to_stop_earlier() -> None:
    flat = [{"val_wer": 0.2, "train_loss": 1.0}] * 31
    assert stop_advice([], flat) == [
        "Thirty epochs passed without a better validation WER: stop earlier."
    ]
