"""The two views that a transcript is scored in: as published, and as it was spoken."""

from __future__ import annotations

from typing import Literal

from tasks.domain.scoring import canonical, normalize

View = Literal["published", "canonical"]
VERSIONS: dict[View, str] = {"published": normalize.VERSION, "canonical": canonical.VERSION}


def scoring_id(view: View) -> str:
    """Name a view and the version of its rules, as records carry it.

    >>> scoring_id("published")
    'published 1'
    """
    return f"{view} {VERSIONS[view]}"
