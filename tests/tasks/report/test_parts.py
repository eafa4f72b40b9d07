"""A page's policy names its own parts by what they hold."""

from __future__ import annotations

import base64
import hashlib

from tasks.report.parts import FOLDER, part, source_digest


def test_the_digest_of_a_part_is_that_of_its_file() -> None:
    content = (FOLDER / "report.js").read_bytes()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert source_digest(part("report.js")) == f"sha256-{digest}"


def test_parts_joined_are_one_part_with_a_digest_of_its_own() -> None:
    both = part("base.css") + part("report.css")
    assert source_digest(both) not in {
        source_digest(part("base.css")), source_digest(part("report.css")),
    }  # fmt: skip
