"""A benchmark of several engines, whose servers fail in every way, has each row made or refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.benchmark.engines.engine import NotSpoken, SpeechRequest
from tasks.benchmark.engines.http_tts import HttpTts
from tasks.build import build_benchmark
from tasks.domain.policy.engines import EngineConfig
from tasks.records.build import BuildRecord
from tasks.workspace.open import open_cycle
from tests.faults.hostile_speech import BEHAVIORS, serving

TERMS = {"timolol": "drug", "heparin": "drug", "metoprolol": "drug", "lactate": "lab", "INR": "lab"}
PASSING = {3: "busy", 5: "empty", 7: "silent"}  # by the last digit of a request's number
ROWS = 12


def started(root: Path, riva: str, http: str) -> Path:
    """Make a workspace whose rows are spoken by espeak-ng and by two servers."""
    (root / "terms.csv").write_text(
        "term,entity_category\n" + "".join(f"{term},{kind}\n" for term, kind in TERMS.items())
    )
    patience = {"timeout_seconds": 2, "backoff_seconds": 0.0005, "retries": 10}
    engines = [
        {"voices": ["en-us", "en-029"]},
        {"engine": "riva", "name": "magpie", "url": riva, "voices": ["Sofia", "nobody"]} | patience,
        {"engine": "http", "name": "kokoro", "url": http, "voices": ["a", "b"]} | patience,
    ]
    build = {"rows_per_term": ROWS, "audition": "off", "engines": engines}
    (root / "flywheel.yaml").write_text(json.dumps({"build": build}))
    return root


def unruly(server: Any, always: Callable[[str, str], str | None]) -> Callable[[int], str | None]:
    """Let a server fail now and then by the number of a request, and always by text and voice."""

    def fate(number: int) -> str | None:
        asked = server.asked[-1]
        text, voice = (
            (asked["input"], asked["voice"])
            if isinstance(asked, dict)
            else (asked.text, asked.voice_name)
        )
        late = "late" if number % 20 == 9 else None
        return always(text, voice) or PASSING.get(number % 10, late)

    return fate


def of_riva(text: str, voice: str) -> str | None:
    return "refused" if voice == "nobody" else "invalid" if "timolol" in text else None


def of_http(text: str, voice: str) -> str | None:
    return "refused" if "heparin" in text else "broken" if voice == "b" else None


def reasons(record: BuildRecord) -> Counter[str]:
    """Count refusals by the answer of their server."""
    messages = ("no such voice", "invalid SSML", "400: refused", "503: broken")
    return Counter(
        next((one for one in messages if one in refused.reason), refused.reason)
        for refused in record.refused
        for _ in range(refused.rows)
    )


def test_each_row_of_three_engines_is_made_or_refused_with_its_reason(
    tmp_path: Path, riva_speech: tuple[Any, str], http_speech: Any
) -> None:
    from speech_server import tone_of

    riva, url = riva_speech
    root = started(tmp_path, url, http_speech.url)
    for server, always, rate in ((riva, of_riva, 22_050), (http_speech, of_http, 24_000)):
        server.rate = rate  # of its own, and not what is asked for
        server.answers = lambda text, voice, rate=rate: tone_of(text, voice, rate)
        server.script = unruly(server, always)

    record = build_benchmark(root, 1)
    refused, rows = reasons(record), open_cycle(root, 1).rows
    assert record.asked == ROWS * len(TERMS) == record.made + refused.total()
    assert len(rows) == record.rows == record.made
    assert refused.keys() == {"no such voice", "invalid SSML", "400: refused", "503: broken"}
    assert refused["no such voice"] == 10, "a sixth of the rows are this voice's"
    by_engine = Counter(row.voice_id.split(":")[0] for row in rows)
    assert by_engine["espeak"] == 20, "what servers do is nothing to it"
    assert min(by_engine["magpie"], by_engine["kokoro"]) > 0
    for one in record.refused:
        assert one.again == ("503: broken" in one.reason), (
            "what a server finds invalid it will again"
        )

    http_speech.script = lambda _: None
    second = build_benchmark(root, 1)
    assert second.reused == record.made
    assert second.made == record.made + refused["503: broken"]
    assert reasons(second).keys() == refused.keys() - {"503: broken"}


def overwritten(at: int, value: bytes) -> Callable[[bytes], bytes]:
    """Make a change of a WAV's header."""
    return lambda content: content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize(
    ("sends", "reason"),
    [
        (overwritten(4, bytes(4)), ""),
        (overwritten(4, b"\xff" * 4), ""),
        (overwritten(40, b"\xff" * 4), ""),
        (overwritten(24, bytes(4)), "its rate is 0 Hz"),
        (overwritten(24, b"\1\0\0\0"), "its rate is 1 Hz"),
        (overwritten(22, bytes(2)), "it has 0 channels"),
        (lambda content: content[:-100], "bytes of samples, and no more"),
        (lambda content: content[:20], "cannot be read"),
        (lambda content: content + b"\1\2\3\4garbage", "behind its samples belong to no chunk"),
    ],
)
def test_a_server_with_a_damaged_wav_costs_its_own_rows_and_no_others(
    tmp_path: Path, http_speech: Any, sends: Callable[[bytes], bytes], reason: str
) -> None:
    from speech_server import tone_of

    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\nheparin,drug\n")
    http = {"engine": "http", "name": "kokoro", "url": http_speech.url, "voices": ["a"]}
    http |= {"retries": 1, "backoff_seconds": 0.0005}
    engines = [{"voices": ["en-us"]}, http]
    build = {"rows_per_term": 4, "audition": "off", "engines": engines}
    (tmp_path / "flywheel.yaml").write_text(json.dumps({"build": build}))
    http_speech.answers = lambda text, voice: tone_of(text, voice, http_speech.rate)
    http_speech.sends = sends
    record = build_benchmark(tmp_path, 1)
    assert record.made == (4 if reason else 8)
    assert len(record.refused) == 8 - record.made
    assert all(reason in one.reason for one in record.refused)


def refusal(url: str, text: str, seconds: float = 60) -> str:
    """Have a text spoken; return why it was not, empty where it was."""
    fields = {"url": url, "voices": ("a",), "retries": 0, "timeout_seconds": seconds}
    engine = HttpTts(EngineConfig.model_validate({"engine": "http"} | fields))
    try:
        engine.speak(SpeechRequest(text, text, (), "a"))
    except NotSpoken as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", BEHAVIORS)
def test_a_hostile_server_costs_one_sentence_and_no_more_than_the_time_of_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that drips or goes on ends by itself after minutes, and with another reason."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "fakes"))
    waits = (
        "drip" in name or "Continue" in name or name in ("it never answers", "a body that stops")
    )
    with serving(BEHAVIORS[name]) as server:
        reason = refusal(server.url, "start timolol today", 0.5 if waits else 60)
        assert bool(reason) == (name != "half a minute of 96 kHz"), reason
        assert "no answer within 0.5 s" in reason or not waits, reason
        assert refusal(server.url, "stop heparin today") == ""
