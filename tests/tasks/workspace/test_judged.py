"""What a ledger line remembers of a decision: what was judged, and neither paths nor answers."""

from __future__ import annotations

from typing import Any

from tasks.workspace.judged import JUDGED, judged_sha256

MODEL = {"name": "m", "path": "/a/m.nemo", "sha256": "1", "decoding": {"vocabulary": "/a/v.txt"}}
FIELDS: dict[str, Any] = {
    **dict.fromkeys(JUDGED), "verdict": "grow", "base": MODEL, "candidate": MODEL,
    "trained_from": MODEL, "approval": None,
}  # fmt: skip


def test_a_verdict_a_figure_and_a_model_are_in_the_digest() -> None:
    before = judged_sha256(FIELDS)
    for change in (
        {"verdict": "keep"},
        {"scopes": {"test": 1}},
        {"candidate": MODEL | {"sha256": "2"}},
    ):
        assert judged_sha256(FIELDS | change) != before


def test_an_answer_and_a_path_are_not() -> None:
    moved = MODEL | {"path": "/b/m.nemo", "decoding": {"vocabulary": "/b/v.txt"}}
    changed = FIELDS | {"approval": "yes", "reasons": ["Approved"], "base": moved}
    assert judged_sha256(changed) == judged_sha256(FIELDS)
