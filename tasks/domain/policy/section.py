"""One section of a policy."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

METHOD_VERSION = (
    6  # raised by hand when the same policy gives other verdicts: cycles are decided again
)
TRAINING_VERSION = 2  # likewise when it gives other models: they are trained again, too


class PolicySection(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shown_only: ClassVar[frozenset[str]] = frozenset()  # fields that change no result
    names_fine_tunes: ClassVar[bool] = False  # its digest is in the name of a run, which it keeps

    @property
    def sha256(self) -> str:
        """The digest of what differs from the defaults, so that a new field changes no identity."""
        changed = self.model_dump(mode="json", exclude_defaults=True, exclude=set(self.shown_only))
        version = TRAINING_VERSION if self.names_fine_tunes else METHOD_VERSION
        text = json.dumps([version, changed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def off_in_yaml(value: object) -> object:
    """Return the word off back, which YAML reads as false."""
    return "off" if value is False else value
