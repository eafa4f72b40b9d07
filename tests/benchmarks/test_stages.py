"""A job's time is divided by what its lines tell."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType


def test_a_job_of_two_models_loads_and_works_twice(script: Callable[[str], ModuleType]) -> None:
    parts = script("stages").Parts(since=0.0)
    parts.end("import", 10.0)
    restored = "[NeMo I save_restore_connector:286] Model A was successfully restored from a.nemo."
    lines = {
        11.0: restored,
        14.0: "Decoded 50 of 200 clips, 9 s left",
        17.0: "Decoded 100 of 200 clips, 6 s left",
        18.5: "[NeMo W] a tokenizer is added",
        19.0: restored,
        25.0: "Decoded 200 of 200 clips, 0 s left",
    }
    for now, line in lines.items():
        parts.read(line, now)
    parts.end("work", 26.0)
    assert parts.seconds == {"import": 10.0, "load": 3.0, "work": 13.0}
