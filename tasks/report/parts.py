"""What a page is made of: templates, style sheets and scripts, which hold nothing of a workspace."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

FOLDER = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@cache
def part(name: str) -> Markup:
    """Read a style sheet or a script."""
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def source_digest(part: Markup) -> str:
    """Return the source expression by which a page's policy allows this part and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
