"""Words that a person gives: some, and not without end."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
