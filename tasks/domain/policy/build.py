"""Settings of a build: engines, sound, contexts, and rows of a term."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tasks.domain.policy.engines import EngineConfig
from tasks.domain.policy.section import PolicySection, off_in_yaml

MOST_ROWS_PER_TERM = 200
NOISE_LEVEL = re.compile(r"clean|snr_-?\d+db")


class BuildPolicy(PolicySection):
    """Settings of flywheel-build, which makes the rows of a benchmark."""

    engines: tuple[EngineConfig, ...] = Field(
        (EngineConfig(),), min_length=1, max_length=8, description="Speech engines, taken in turn"
    )
    rows_per_term: int = Field(8, ge=1, le=MOST_ROWS_PER_TERM, description="Rows of each term")
    rows_per_other_term: int | None = Field(
        None,
        ge=1,
        le=MOST_ROWS_PER_TERM,
        description="Rows of each term outside the priority categories; unset: as of the others",
    )
    first_terms: int | None = Field(
        None,
        ge=1,
        description="Terms of the first cycle, from the top of terms.csv; the others wait until a "
        "growth plan asks for them. Unset: all",
    )
    contexts: tuple[str, ...] = Field(
        ("dictation", "handoff", "chart_note", "history"),
        min_length=1,
        max_length=20,
        description="Kinds of sentences, taken in turn",
    )
    noise_levels: tuple[str, ...] = Field(
        ("clean", "snr_15db", "snr_5db"),
        min_length=1,
        max_length=20,
        description="clean, or snr_<number>db of pink noise, taken in turn",
    )
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of what is taken where, and of noise")
    attempts: int = Field(
        2, ge=1, le=5, description="Takes of a clip that is found faulty, before its row is refused"
    )
    audition: Literal["off", "advised", "required"] = Field(
        "advised",
        description="Whether a person has to check or skip each pronunciation before rows are made",
    )

    @field_validator("audition", mode="before")
    @classmethod
    def _off_in_yaml(cls, value: object) -> object:
        return off_in_yaml(value)

    @model_validator(mode="after")
    def _names_each_once(self) -> BuildPolicy:
        wrong = [level for level in self.noise_levels if not NOISE_LEVEL.fullmatch(level)]
        if wrong:
            raise ValueError(f"noise_levels: expected clean or snr_<number>db; got {wrong[0]!r}")
        labels = [engine.label for engine in self.engines]
        for name, values in (
            ("engines", labels),
            ("contexts", self.contexts),
            ("noise_levels", self.noise_levels),
        ):
            twice = next((one for one in values if list(values).count(one) > 1), None)
            if twice is not None:
                raise ValueError(f"{name}: expected each once; got {twice!r} again")
        return self

    def rows_of(self, priority: bool) -> int:
        """Return the number of rows of a term, in a priority category or in another."""
        return self.rows_per_term if priority else self.rows_per_other_term or self.rows_per_term


class AdvancePolicy(PolicySection):
    """When a sweep that builds the next cycle by itself stops doing so."""

    max_cycles: int = Field(10, ge=1, le=1000, description="Last cycle that a sweep builds")
    max_hours: float | None = Field(
        None, gt=0, le=8760, description="Hours that the jobs of all cycles may take; unset: any"
    )
    min_drop: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="Relative drop of the priority KER; two cycles in a row below it are the last",
    )
