"""The page on which people record sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from tasks.recordings.record import AgeBand
from tasks.report.parts import TEMPLATES, part, source_digest


def record_page(name: str, agreement: str, data: Mapping[str, object]) -> str:
    """Write the page; `data` is what its script reads."""
    return TEMPLATES.get_template("record.html.j2").render(
        name=name,
        agreement=agreement,
        age_bands=[band for band in get_args(AgeBand) if band],
        data=data,
        style=part("base.css") + part("audition.css") + part("record.css"),
        script=part("page.js") + part("record.js"),
        digest=source_digest,
    )
