"""The page of a recording is one file with its own script, and runs nothing that a name holds."""

from __future__ import annotations

import json
import re

from tasks.recordings.record import FAULTS, LIMITS, agreement
from tasks.report.record import record_page
from tests.tasks.report.conftest import Page

DATA = {"speaker": "", "speakers": [], "limits": LIMITS, "faults": FAULTS}


def page_of(name: str = "w", users: str = "the team") -> Page:
    return Page(record_page(name, agreement(users), DATA | {"speakers": [{"name": name}]}))


def test_the_page_shows_the_text_to_agree_to_and_every_key() -> None:
    text = page_of().text
    assert "I say nothing about any patient." in text
    assert "may be used by the team" in text
    for key in ("Space", "Enter", "r", "s"):
        assert f"{key} " in text
    for band in ("18-29", "60 or over"):
        assert band in text


def test_the_script_reads_the_limits_that_the_server_checks_by() -> None:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page_of().html)
    assert found
    assert json.loads(found[1])["limits"] == LIMITS


def test_the_page_allows_its_own_scripts_alone_and_asks_nobody_else() -> None:
    page = page_of()
    (policy,) = (str(value) for _, value in page.attributes if value and "-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not {"link", "img", "iframe", "object", "base"} & set(page.elements)
    assert "style" not in {name for name, _ in page.attributes}
    assert "://" not in page.html


def test_markup_in_a_name_is_shown_as_it_is() -> None:
    odd = "'\"><b onclick=x>bold</b></script>"
    plain, page = page_of("plain", "plain"), page_of(odd, odd)
    assert page.elements == plain.elements
    assert [key for key, _ in page.attributes] == [key for key, _ in plain.attributes]
    assert odd in page.text
