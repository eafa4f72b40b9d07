"""What the team that serves a model has to be told: its decoder, its boosting, its limits.

The decoder of a `.nemo` cannot be told from its file by Riva's tools, and the wrong flag or the wrong
container builds a pipeline that fails without a clear error. So the source architecture is always
passed on. Source of flags and families: the published method; they were not run here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.decoding import Decoder, DecodingConfig
from tasks.domain.scoring.leaderboard import rate
from tasks.domain.scoring.normalize import normalize

FAMILIES: dict[Decoder, str] = {
    "ctc": "parakeet-*-ctc-*",
    "rnnt": "parakeet-rnnt-*",
    "tdt": "parakeet-tdt-*",
}
SHOWN_ROWS = 10
RIVA_SCALES: dict[Decoder, str] = {"ctc": "20 to 100", "rnnt": "0.5 to 2", "tdt": "0.5 to 2"}


@dataclass(frozen=True)
class Served:
    """How a served model's transcripts compare with those that were decoded offline.

    `differing` counts rows whose normalized words differ; `first` names some of their clips.
    """

    rows: int
    differing: int
    first: tuple[str, ...]
    ker_offline: float | None
    ker_served: float | None

    @property
    def share(self) -> float:
        return self.differing / self.rows if self.rows else 0.0

    def sentence(self, allowed: float) -> str:
        """Say whether what is served is what was decoded offline, and which rows are not."""
        ker = f"KER {rate(self.ker_offline)} offline, {rate(self.ker_served)} served"
        if not self.differing:
            return f"Served equals offline on all {self.rows} rows; {ker}."
        more = self.differing - len(self.first)
        named = ", ".join(self.first) + (f" and {more} more" if more else "")
        return (
            f"{self.differing} of {self.rows} rows are served otherwise than they were decoded offline, "
            f"{allowed:.1%} may be; {ker}: {named}."
        )

    @property
    def words(self) -> str:
        return f"{self.differing} of {self.rows} rows are served otherwise"


def differing_rows(offline: Sequence[str], served: Sequence[str]) -> tuple[int, ...]:
    """Give the positions of rows that do not say the same words; case and punctuation do not count.

    >>> differing_rows(["Give aspirin.", "stop it"], ["give aspirin", "stop that"])
    (1,)
    """
    pairs = enumerate(zip(offline, served, strict=True))
    return tuple(n for n, (one, other) in pairs if normalize(one) != normalize(other))


def riva_commands(name: str, decoder: Decoder, realtime_decoder: str) -> list[str]:
    """Give the lines that make a served pipeline of `adapted_model.nemo`; run inside a NIM image."""
    return [
        f"nemo2riva --out {name}.riva adapted_model.nemo",
        f"riva-build speech_recognition {name}.rmir {name}.riva --name={name} "
        f"--language_code=en-US --decoder={realtime_decoder}",
        f"riva-deploy {name}.rmir /data/models",
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
