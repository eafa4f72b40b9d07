"""What the team that serves a model has to be told: its decoder, its boosting, its limits.

The decoder of a `.nemo` cannot be told from its file by Riva's tools, and the wrong flag or the wrong
container builds a pipeline that fails without a clear error. So the source architecture is always
passed on. Source of flags and families: the published method; they were not run here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.decoding import Decoder, DecodingConfig
from tasks.domain.progress import StageSummary
from tasks.domain.scoring.canonical import canonical_words
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.critical import Change, critical_changes, severity
from tasks.domain.verdict.items import CRITICAL_ITEM

FAMILIES: dict[Decoder, str] = {
    "ctc": "parakeet-*-ctc-*",
    "rnnt": "parakeet-rnnt-*",
    "tdt": "parakeet-tdt-*",
}
SHOWN_ROWS = 10
RIVA_SCALES: dict[Decoder, str] = {"ctc": "20 to 100", "rnnt": "0.5 to 2", "tdt": "0.5 to 2"}


@dataclass(frozen=True)
class ServedRow:
    """A row whose served words differ from those decoded offline, with both texts as they are.

    `changes` are the critical items that differ, doses among them.
    """

    audio_filepath: str
    offline: str
    served: str
    changes: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """
        >>> ServedRow("1.wav", "two", "ten", (Change("number", "2", "10", 5.0),)).text
        '1.wav (2 → 10 (×5))'
        """
        changed = "; ".join(change.text_with_factor for change in self.changes)
        return f"{self.audio_filepath} ({changed})" if changed else self.audio_filepath

    @property
    def transcripts(self) -> str:
        return f"{self.text}: offline “{self.offline}”, served “{self.served}”"


@dataclass(frozen=True)
class Served(StageSummary):
    """How a served model's transcripts compare with those that were decoded offline.

    `differing` are the rows whose canonical words differ, those with a critical change first.
    `differing_texts` counts rows whose text differs in any way, writing alone included.
    """

    rows: int
    differing: tuple[ServedRow, ...]
    differing_texts: int
    ker_offline: float | None
    ker_served: float | None

    @property
    def share(self) -> float:
        return len(self.differing) / self.rows if self.rows else 0.0

    def sentence(self, allowed: float) -> str:
        """Say whether what is served is what was decoded offline, and which rows are not.

        It holds no transcript, as it is logged.
        """
        ker = f"KER {rate(self.ker_offline)} offline, {rate(self.ker_served)} served"
        writing = self._writing
        if not self.differing:
            return f"Served equals offline on all {self.rows} rows{writing}; {ker}."
        critical = sum(bool(row.changes) for row in self.differing)
        named = ", ".join(row.text for row in self.differing[:SHOWN_ROWS])
        return (
            f"{self.words} than they were decoded offline, {allowed:.1%} may be{writing}; {critical} "
            f"with {CRITICAL_ITEM} changed; {ker}: {named}{self._more}."
        )

    @property
    def listing(self) -> str:
        """List rows that are served otherwise in markdown, with both texts; empty where none is."""
        lines = [f"- {row.transcripts}" for row in self.differing[:SHOWN_ROWS]]
        return "\n".join(lines) + self._more

    @property
    def words(self) -> str:
        return f"{len(self.differing)} of {self.rows} rows are served otherwise"

    @property
    def _more(self) -> str:
        more = len(self.differing) - SHOWN_ROWS
        return f" and {more} more" if more > 0 else ""

    @property
    def _writing(self) -> str:
        """How many rows differ in writing alone; empty where none does."""
        alone = self.differing_texts - len(self.differing)
        if not alone:
            return ""
        return f" ({self.differing_texts} texts differ, {alone} of them in writing alone)"


def compare_served(
    names: Sequence[str], offline: Sequence[str], served: Sequence[str]
) -> tuple[ServedRow, ...]:
    """Return the rows that do not have the same canonical words, those with a critical change first.

    Case, punctuation and another way of writing a number do not count; all sequences run in parallel.

    >>> offline, served = ["fifteen mg", "warfarin 1.5 mg"], ["15 mg", "warfarin 15 mg"]
    >>> [row.transcripts for row in compare_served(["1.wav", "2.wav"], offline, served)]
    ['2.wav (1.5 mg → 15 mg (×10)): offline “warfarin 1.5 mg”, served “warfarin 15 mg”']
    """
    words = zip(canonical_words(offline), canonical_words(served), strict=True)
    differing = [n for n, (one, other) in enumerate(words) if one != other]
    changes = critical_changes([offline[n] for n in differing], [served[n] for n in differing])
    rows = [
        ServedRow(names[n], offline[n], served[n], found)
        for n, found in zip(differing, changes, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: severity(row.changes)))


def pipeline_name(flywheel: str, cycle: int) -> str:
    """Return a name for a served pipeline that shells, files and Riva, which splits at `:`, take.

    >>> pipeline_name("Cardio (2026)", 1), pipeline_name("$(id)", 2), pipeline_name("--", 3)
    ('Cardio-2026-cycle-1', 'id-cycle-2', 'cycle-3')
    """
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", flywheel).strip("-.")
    return "-".join(part for part in (slug, f"cycle-{cycle}") if part)


def riva_commands(name: str, decoder: Decoder, realtime_decoder: str) -> list[str]:
    """Return the shell lines that serve `adapted_model.nemo`, to be run inside a NIM image.

    >>> riva_commands("a b", "ctc", "greedy_ctc")[2]
    "riva-deploy 'a b.rmir' /data/models"
    """
    pipeline = ["speech_recognition", f"{name}.rmir", f"{name}.riva", f"--name={name}"]
    flags = ["--language_code=en-US", f"--decoder={realtime_decoder}"]
    return [
        shlex.join(["nemo2riva", "--out", f"{name}.riva", "adapted_model.nemo"]),
        shlex.join(["riva-build", *pipeline, *flags]),
        shlex.join(["riva-deploy", f"{name}.rmir", "/data/models"]),
        f"# in an image of the family nvcr.io/nim/nvidia/{FAMILIES[decoder]}",
    ]


def boosting_note(decoding: DecodingConfig, decoder: Decoder) -> str:
    """Say what a served model has to be boosted with, in the scale of the server."""
    if decoding.boost_alpha is None:
        return "The verdict was taken without phrase boosting: none belongs to this model."
    return (
        f"The verdict was taken with phrase boosting: the phrases of vocabulary.txt at "
        f"{decoding.boost_alpha:g} in NeMo's scale, by a {decoding.strategy} search. Riva has another "
        f"scale, {RIVA_SCALES[decoder]} for this architecture, and none of the two can be computed from "
        "the other: choose a score on validation rows (`flows.baseline --endpoint --boost "
        "vocabulary.txt --boost-score N`), then check the served model. Without boosting this is not "
        "the system that was kept."
    )
