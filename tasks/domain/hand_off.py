"""The facts for the team that serves a model: its decoder, its boosting, its limits.

Riva's tools cannot read the decoder of a `.nemo` from its file, and the wrong flag or the wrong
container builds a pipeline that fails without a clear error. So the source architecture is always
passed on. Source of flags and families: the published method; they were not run here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.decoding import Decoder, DecodingConfig
from tasks.domain.progress import StageSummary
from tasks.domain.scoring.canonical import canonical_words
from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.critical import Change, critical_changes, severity
from tasks.domain.verdict.items import CRITICAL_ITEM
from tasks.domain.verdict.served import ServedGuard

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
    def changed(self) -> str:
        """
        >>> ServedRow("1.wav", "two", "ten", (Change("number", "2", "10", 5.0),)).changed
        '2 → 10 (×5)'
        """
        return "; ".join(change.text_with_factor for change in self.changes)

    @property
    def fields(self) -> dict[str, str]:
        """The row as a line of a table, with both transcripts."""
        row = {"audio_filepath": self.audio_filepath, "changed": self.changed}
        return row | {"offline": self.offline, "served": self.served}


@dataclass(frozen=True)
class Served(StageSummary):
    """A served model's transcripts compared with those that were decoded offline.

    `differing` are the rows whose canonical words differ, those with a critical change first.
    `differing_texts` counts rows whose text differs in any way, writing alone included. `guards` say
    which harms were found, `verdict_breaks` which guards of a verdict would break. `left_out` names the
    sets of rows that were not compared.
    """

    rows: int
    differing: tuple[ServedRow, ...]
    differing_texts: int
    ker_offline: float | None
    ker_served: float | None
    guards: tuple[ServedGuard, ...] = ()
    verdict_breaks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def broke(self) -> tuple[str, ...]:
        """The guards that broke, each once: what is served is worse."""
        named = (*(guard.name for guard in self.guards if guard.broke), *self.verdict_breaks)
        return tuple(dict.fromkeys(named))

    @property
    def outcome(self) -> str:
        """Return whether what is served is worse, and by which guards, in figures alone."""
        found = [guard.sentence for guard in self.guards if guard.broke]
        others = [
            name for name in self.broke if not any(g.name == name and g.broke for g in self.guards)
        ]
        found += [f"Guard {name} of a verdict broke." for name in others]
        head = "What is served is worse" if found else "What is served is no worse"
        ker = f"KER {rate(self.ker_offline)} offline, {rate(self.ker_served)} served"
        left = f" Not compared: {', '.join(self.left_out)}." if self.left_out else ""
        return " ".join([f"{head} than it was offline: {self.words}; {ker}.", *found]) + left

    @property
    def share(self) -> float:
        return len(self.differing) / self.rows if self.rows else 0.0

    def sentence(self, allowed: float) -> str:
        """Return whether what is served is what was decoded offline, and which rows are not.

        It holds no transcript, as it is logged.
        """
        ker = f"KER {rate(self.ker_offline)} offline, {rate(self.ker_served)} served"
        writing = self._writing
        if not self.differing:
            return f"Served equals offline on all {self.rows} rows{writing}; {ker}."
        critical = sum(bool(row.changes) for row in self.differing)
        named = ", ".join(row.audio_filepath for row in self.differing[:SHOWN_ROWS])
        return (
            f"{self.words} than they were decoded offline, {allowed:.1%} may be{writing}; {critical} "
            f"with {CRITICAL_ITEM} changed; {ker}: {named}{more_than_shown(self.differing)}."
        )

    @property
    def words(self) -> str:
        return f"{len(self.differing)} of {self.rows} rows are served differently"

    @property
    def _writing(self) -> str:
        """The number of rows that differ in writing alone, in words; empty where none does."""
        alone = self.differing_texts - len(self.differing)
        if not alone:
            return ""
        return f" ({self.differing_texts} texts differ, {alone} of them in writing alone)"


def listing(rows: Sequence[Mapping[str, str]]) -> str:
    """List rows that are served otherwise in markdown, with both transcripts; empty where none is.

    >>> row = ServedRow("2.wav", "warfarin 1.5 mg", "warfarin 15 mg")
    >>> listing([row.fields])
    '- 2.wav: offline “warfarin 1.5 mg”, served “warfarin 15 mg”'
    """
    lines = [
        f"- {row['audio_filepath']}{' (' + row['changed'] + ')' if row['changed'] else ''}: "
        f"offline “{row['offline']}”, served “{row['served']}”"
        for row in rows[:SHOWN_ROWS]
    ]
    return "\n".join(lines) + more_than_shown(rows)


def more_than_shown(rows: Sequence[object]) -> str:
    """Return the number of rows beyond those shown, in words; empty where none is.

    >>> more_than_shown(range(12)), more_than_shown(range(10))
    (' and 2 more', '')
    """
    more = len(rows) - SHOWN_ROWS
    return f" and {more} more" if more > 0 else ""


def compare_served(
    names: Sequence[str], offline: Sequence[str], served: Sequence[str]
) -> tuple[ServedRow, ...]:
    """Return the rows that do not have the same canonical words, those with a critical change first.

    Case, punctuation and another way of writing a number do not count; all sequences run in parallel.

    >>> offline, served = ["fifteen mg", "warfarin 1.5 mg"], ["15 mg", "warfarin 15 mg"]
    >>> [row.changed for row in compare_served(["1.wav", "2.wav"], offline, served)]
    ['1.5 mg → 15 mg (×10)']
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
    """Return the boosting that a served model needs, in the scale of the server."""
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
