"""Audits: what is reported beside the verdict, so that a reviewer can see what the figures rest on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.metrics import summarize
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses
from tasks.domain.verdict.confusions import Confusion, confusions
from tasks.domain.verdict.critical import critical_items
from tasks.domain.verdict.items import KINDS


@dataclass(frozen=True)
class SplitOverlap:
    """Test rows of which a part was also trained or validated on, and what the others scored.

    `unseen_rows` are test rows whose sentence no such row holds; their KER is None where there are
    none.
    """

    test_rows: int
    sentence: int
    sentence_and_voice: int
    audio: int
    unseen_rows: int
    unseen_ker_comparison: Annotated[float | None, Field(alias="unseen_ker_base")]
    unseen_ker_candidate: float | None

    @property
    def text(self) -> str:
        unseen = (
            f"; KER of the other {self.unseen_rows}: {self.unseen_ker_comparison:.3f} → "
            f"{self.unseen_ker_candidate:.3f}"
            if self.unseen_ker_comparison is not None and self.unseen_ker_candidate is not None
            else ""
        )
        return (
            f"Of {self.test_rows} test rows {self.sentence} have a sentence that was "
            f"trained, {self.sentence_and_voice} in the same voice, {self.audio} are the same "
            f"audio{unseen}."
        )


@dataclass(frozen=True)
class PronunciationGap:
    """KER of rows whose pronunciation was given, and of rows that g2p pronounced."""

    rows_hinted: int
    rows_g2p: int
    hinted_comparison: Annotated[float | None, Field(alias="hinted_base")]
    hinted_candidate: float | None
    g2p_comparison: Annotated[float | None, Field(alias="g2p_base")]
    g2p_candidate: float | None


@dataclass(frozen=True)
class CriticalTokens:
    """Critical items of one kind in the references, and what each model made of them.

    `lost` counts those of `words` that were left out or changed; `inserted` counts items that no
    reference has in their place, which are no part of `words`.
    """

    words: int
    lost_comparison: Annotated[int, Field(alias="lost_base")]
    lost_candidate: int
    inserted_comparison: Annotated[int, Field(alias="inserted_base")] = 0
    inserted_candidate: int = 0

    @property
    def text(self) -> str:
        """
        >>> CriticalTokens(12, 1, 0, 0, 2).text, CriticalTokens(0, 0, 0, 1, 0).text
        ('1 → 0 of 12 changed, 0 → 2 inserted', '1 → 0 inserted where the references have none')
        """
        inserted = f"{self.inserted_comparison} → {self.inserted_candidate} inserted"
        if not self.words:
            return f"{inserted} where the references have none"
        changed = f"{self.lost_comparison} → {self.lost_candidate} of {self.words} changed"
        any_inserted = self.inserted_comparison or self.inserted_candidate
        return f"{changed}, {inserted}" if any_inserted else changed


@dataclass(frozen=True)
class Audits:
    """Reported with the verdict; none of them decides."""

    split_overlap: Annotated[SplitOverlap, Field(alias="twins")]
    pronunciation_gap: PronunciationGap
    confusions: tuple[Confusion, ...]
    look_alikes_comparison: Annotated[int, Field(alias="look_alikes_base")]
    look_alikes_candidate: int
    critical_tokens: dict[str, CriticalTokens]
    advice: tuple[str, ...]


def audit(
    rows: Sequence[ClinicalRow],
    split: Split,
    audio: Sequence[str],
    pair: Pair,
    general: Pair | None,
    advice: Sequence[str] = (),
) -> Audits:
    """Audit test rows; `rows`, `audio` (digests) and `pair` run in manifest order.

    `advice` is what follows from the ledger and the training.
    """
    held_out = [rows[p] for p in split.test]
    before, after = pair.comparison.at(split.test), pair.candidate.at(split.test)
    confused_before = confusions(held_out, before, rows)
    confused_after = confusions(held_out, after, rows)
    return Audits(
        split_overlap=split_overlap(rows, split, audio, pair),
        pronunciation_gap=pronunciation_gap(held_out, before, after),
        confusions=tuple(confused_after),
        look_alikes_comparison=sum(one.rows for one in confused_before if one.look_alike),
        look_alikes_candidate=sum(one.rows for one in confused_after if one.look_alike),
        critical_tokens=critical_tokens([pair.at(split.test), *([general] if general else [])]),
        advice=tuple(advice),
    )


def split_overlap(
    rows: Sequence[ClinicalRow], split: Split, audio: Sequence[str], pair: Pair
) -> SplitOverlap:
    """Count test rows whose sentence, sentence and voice, or audio was also trained on."""
    sentences = [canonical(row.text) for row in rows]
    voiced = [(sentence, row.voice_id) for sentence, row in zip(sentences, rows, strict=True)]
    trained_rows = (*split.train, *split.validation)
    trained = {sentences[p] for p in trained_rows}
    trained_voiced = {voiced[p] for p in trained_rows}
    trained_audio = {audio[p] for p in trained_rows}
    unseen = [p for p in split.test if sentences[p] not in trained]
    return SplitOverlap(
        test_rows=len(split.test),
        sentence=len(split.test) - len(unseen),
        sentence_and_voice=sum(voiced[p] in trained_voiced for p in split.test),
        audio=sum(audio[p] in trained_audio for p in split.test),
        unseen_rows=len(unseen),
        unseen_ker_comparison=summarize(pair.comparison.scores.at(unseen)).ker,
        unseen_ker_candidate=summarize(pair.candidate.scores.at(unseen)).ker,
    )


def pronunciation_gap(
    rows: Sequence[ClinicalRow], before: ScoredHypotheses, after: ScoredHypotheses
) -> PronunciationGap:
    """Compare rows by where their pronunciation came from; all run in parallel."""

    def ker(hypotheses: ScoredHypotheses, *, hinted: bool) -> float | None:
        chosen = [position for position, row in enumerate(rows) if row.hinted is hinted]
        return summarize(hypotheses.scores.at(chosen)).ker

    hinted_rows = sum(row.hinted for row in rows)
    return PronunciationGap(
        rows_hinted=hinted_rows,
        rows_g2p=len(rows) - hinted_rows,
        hinted_comparison=ker(before, hinted=True),
        hinted_candidate=ker(after, hinted=True),
        g2p_comparison=ker(before, hinted=False),
        g2p_candidate=ker(after, hinted=False),
    )


def critical_tokens(pairs: Sequence[Pair]) -> dict[str, CriticalTokens]:
    """Critical items of the references by kind, and how many each model changed or inserted."""
    words: Counter[str] = Counter()
    lost: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    inserted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for pair in pairs:
        for items in critical_items(pair.references):
            words.update(items)
        for model, hypotheses in enumerate((pair.comparison, pair.candidate)):
            for changes in hypotheses.critical_changes(pair.references):
                lost[model].update(change.kind for change in changes if change.before)
                inserted[model].update(change.kind for change in changes if not change.before)
    return {
        kind: CriticalTokens(
            words[kind], lost[0][kind], lost[1][kind], inserted[0][kind], inserted[1][kind]
        )
        for kind in KINDS
        if any(count[kind] for count in (words, *lost, *inserted))
    }


def stop_advice(
    drops: Sequence[float | None],
    epochs: Sequence[dict[str, float]],
    unheard_above: float = 0.5,
    validation_words: int | None = None,
) -> list[str]:
    """Advise to stop tuning, from the drops of the latest decided cycles and the last training.

    `drops` run in time; `epochs` are the figures of each epoch: epoch, train_loss, val_wer. Where no
    epoch brought the validation WER below `unheard_above` their order means nothing, and a rise within
    two standard errors of a WER on so many `validation_words` is none.

    >>> stop_advice([0.3, 0.04, 0.01], [])
    ['Two cycles in a row moved priority KER by less than 5 %: stop tuning, change the benchmark.']
    """
    advice = []
    last = list(drops)[-2:]
    if len(last) == 2 and all(value is not None and value < 0.05 for value in last):
        advice.append(
            "Two cycles in a row moved priority KER by less than 5 %: stop tuning, change the benchmark."
        )
    measured = [e for e in epochs if "val_wer" in e and "train_loss" in e]
    if len(measured) >= 2:
        best = min(range(len(measured)), key=lambda n: measured[n]["val_wer"])
        lowest = measured[best]["val_wer"]
        if lowest > unheard_above:
            return [
                *advice,
                f"Validation WER never fell below {lowest:.3f}: the base cannot transcribe this speech, "
                "and another number of epochs does not change that.",
            ]
        if len(measured) - 1 - best >= 30:
            advice.append("Thirty epochs passed without a better validation WER: stop earlier.")
        noise = (
            2 * math.sqrt(2 * lowest * (1 - lowest) / validation_words) if validation_words else 0
        )
        rising = measured[-1]["val_wer"] > lowest + noise
        falling = measured[-1]["train_loss"] < measured[best]["train_loss"]
        if rising and falling:
            advice.append(
                f"Validation WER rose from {lowest:.3f} to {measured[-1]['val_wer']:.3f} "
                "while the training loss fell: train for fewer epochs."
            )
    return advice
