"""report.html: what a reviewer reads, and that a benchmark cannot put markup into it."""

from __future__ import annotations

import html
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from flows.cycle import flywheel_cycle
from tasks.workspace.files import read_json

pytestmark = pytest.mark.usefixtures("prefect_server")
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


class Page(HTMLParser):
    """The tags of a page, the addresses it loads, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_says_what_the_decision_says_and_plays_what_is_missed(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(after=0.5)
    manifest = root / "cycle1/manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("please start", f"please {MARKUP} start"))
    flywheel_cycle(root)
    source = (root / "cycle2/report.html").read_text()
    page, decision = Page(source), read_json(root / "cycle2/decision.json")
    assert f"Cycle 1 {decision['verdict']}" in page.text
    for sentence in (*decision["reasons"], decision["next"]):
        assert sentence in page.text
    for guard in decision["guards"]:
        assert guard["name"] in page.text

    assert page.tags.isdisjoint({"script", "img", "iframe", "link"})
    assert html.escape(MARKUP, quote=False) in source

    missed = round(decision["scopes"]["validation"]["candidate"]["ker"] * 20)
    assert f"Held-out rows still missed: {missed}" in page.text
    assert len(page.addresses) == missed > 0
    assert all((root / "cycle2" / unquote(clip)).is_file() for clip in page.addresses)
