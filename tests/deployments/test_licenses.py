"""The licenses of the dependencies, as they are installed and as the page has them."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement

from deployments.licenses import closure, extras, license_of, lines

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/licenses.md").read_text(encoding="utf-8")


def test_the_license_of_espeak_ng_is_named_with_how_it_is_run() -> None:
    notice = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())
    for words in ("espeak-ng", "GPL-3.0-or-later", "as a process of its own", "offer its source"):
        assert words in notice
    (line,) = (line for line in lines() if "espeakng-loader" in line)
    assert line.startswith("| speech | ")
    assert "GPL-3.0-or-later" in line
    assert line in PAGE


def test_every_requirement_of_an_extra_is_on_the_page() -> None:
    named = set(re.findall(r"^\| [\w-]+ \| ([\w.-]+) \|", PAGE, re.M))
    for needs in extras().values():
        assert {Requirement(need).name.lower().replace("_", "-") for need in needs} <= named


def test_a_license_is_what_the_package_names_and_one_that_is_absent_is_reported() -> None:
    assert license_of("no-such-package", None) == "not installed here"
    found = closure(["httpx>=0.27", "no-such-package"])
    assert found["no-such-package"] is None
    assert license_of("httpx", found["httpx"]).startswith("BSD")
    assert "certifi" in found, "what it pulls in is listed too"
