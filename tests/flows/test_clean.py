"""The command shows what it would free, and removes it only where it is asked to."""

from __future__ import annotations

from pathlib import Path

from flows.commands.clean import CleanFlags, run
from tasks.workspace.audio import clip_store


def test_what_would_be_freed_is_shown_and_removed_on_request(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep("c3", bytes(2_000_000), "s")
    shown = run(CleanFlags(workspace=tmp_path))
    assert "     2.0 MB       1  clips that no manifest names" in shown.text
    assert shown.text.endswith("2.0 MB  would be freed; --remove removes it")
    assert store.has("c3")
    done = run(CleanFlags(workspace=tmp_path, remove=True))
    assert done.text.endswith("2.0 MB  was freed")
    assert done.record == {
        "removed": True, "bytes": 2_000_000, "paths": [str(store.clip("c3"))],
    }  # fmt: skip
    assert not store.has("c3")
    assert run(CleanFlags(workspace=tmp_path)).text == "     0.0 MB  would be freed"
