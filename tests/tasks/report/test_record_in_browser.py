"""Recording in a real browser, whose microphone plays clips of espeak-ng: the keyboard alone suffices."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tasks.benchmark.engines.engine import SpeechRequest
from tasks.benchmark.engines.espeak import Espeak
from tasks.domain.manifest import RATE_HZ, ClinicalRow
from tasks.record import open_record_desk, served
from tasks.recordings.record import FAULTS
from tasks.workspace.audio import read_samples, wav_bytes
from tasks.workspace.manifests import read_manifest
from tests.tasks.recordings.test_record import TAKES
from tests.tasks.report.conftest import chromium

TERMS = ("timolol", "heparin", "warfarin", "digoxin")
BEFORE, BEHIND = 0.3, 4.0  # seconds of silence: a browser that is slow to listen misses some
SENTENCES = ("Give {}.", "Hold {}.", "Restart {}.")
INT16 = "letters => new Int16Array(Uint8Array.from(atob(letters), one => one.charCodeAt(0)).buffer)"


@dataclass
class Microphone:
    """The file that the browser plays as its microphone, from its beginning whenever that is opened."""

    path: Path
    engine: Espeak = field(default_factory=Espeak)

    def speak(self, text: str, loudness: float = 1.0) -> float:
        """Say a sentence from now on; return its seconds."""
        speech = self.engine.speak(SpeechRequest(text, text, (), "en-us", 1.3))
        self.play(np.clip(speech * loudness, -1, 1))
        return len(speech) / RATE_HZ

    def play(self, sound: np.ndarray) -> None:
        silence = [np.zeros(round(seconds * RATE_HZ)) for seconds in (BEFORE, BEHIND)]
        self.path.write_bytes(wav_bytes(np.concatenate([silence[0], sound, silence[1]])))


@pytest.fixture
def microphone(tmp_path: Path) -> Microphone:
    return Microphone(tmp_path / "microphone.wav")


@pytest.fixture
def browser(microphone: Microphone) -> Iterator[Browser]:
    """A browser with that microphone, which it may use without asking."""
    with chromium(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone.path}",
    ) as browser:
        yield browser


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of four terms with three short sentences each."""
    root = tmp_path / "w"
    root.mkdir()
    (root / "terms.csv").write_text(
        "term,entity_category\n" + "".join(f"{term},drug\n" for term in TERMS)
    )
    lines = [f"{term},order,{text.format(term)}\n" for term in TERMS for text in SENTENCES]
    (root / "sentences.csv").write_text("term,context_type,text\n" + "".join(lines))
    (root / "flywheel.yaml").write_text("build: {contexts: [order]}\n")
    return root


@contextmanager
def sitting(browser: Browser, root: Path) -> Iterator[Page]:
    """Serve the page of a workspace and open it; the console has to stay silent but for refusals."""
    complaints: list[str] = []

    def complain(text: str) -> None:
        if "status of 422" not in text:  # a refusal, which the page itself shows
            complaints.append(text)

    with served(open_record_desk(root, 3, "the speech team", ""), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("console", lambda message: complain(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(300_000)  # a busy machine is slow, and no failure
        page.goto(server.url)
        try:
            yield page
        finally:
            page.close()
            server.shutdown()
            thread.join()
    assert complaints == []


def in_state(page: Page, *states: str) -> str:
    """Wait until the page is in one of these states; return it."""
    condition = "names => names.includes(document.getElementById('reading').dataset.state)"
    page.wait_for_function(condition, arg=list(states))
    return str(page.locator("#reading").get_attribute("data-state"))


def record(page: Page, seconds: float) -> str:
    """Record so many seconds by the keyboard; return whether there is a take, else what is wrong."""
    page.keyboard.press("Space")
    in_state(page, "recording")
    page.wait_for_function(
        "seconds => Number(document.getElementById('reading').dataset.seconds) > seconds",
        arg=seconds,
    )
    page.keyboard.press("Space")
    found = in_state(page, "take", "ready")
    return "take" if found == "take" else page.get_by_role("alert").inner_text()


def read(page: Page, microphone: Microphone) -> str:
    """Read the sentence that is shown until it is taken: a slow browser may cut a recording off."""
    text = page.locator("#script").inner_text()
    seconds = microphone.speak(text) + BEFORE + 0.1
    while (found := record(page, seconds)) != "take":
        assert found in {sentence(name) for name in ("cut", "short")}
    return text


def sentence(fault: str) -> str:
    return f"{FAULTS[fault][0].upper()}{FAULTS[fault][1:]}."


def keep(page: Page) -> None:
    shown = page.locator("#progress").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "text => document.getElementById('progress').innerText !== text", arg=shown
    )


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Return the cosine of two sounds where they lie over each other best, 1 for the same."""
    size = len(first) + len(second)
    product = np.fft.irfft(np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size)), size)
    return float(product.max() / np.linalg.norm(first) / np.linalg.norm(second))


def test_twelve_sentences_are_recorded_in_two_sittings_by_the_keyboard_alone(
    browser: Browser, microphone: Microphone, root: Path
) -> None:
    spoken = []
    with sitting(browser, root) as page:
        assert Axe().run(page).violations_count == 0
        page.keyboard.type("nurse-1")
        page.keyboard.press("Enter")
        assert page.locator("#reading").is_hidden(), "nobody agreed yet: the box is in focus"
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        in_state(page, "ready")
        assert Axe().run(page).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        microphone.play(np.zeros(RATE_HZ))
        assert record(page, 0.3) == sentence("silent")
        microphone.speak(page.locator("#script").inner_text(), loudness=20)
        assert record(page, BEFORE + 1) == sentence("clipped")
        assert not (root / "acceptance.jsonl").exists()
        read(page, microphone)
        page.keyboard.press("Space")
        page.wait_for_function("() => document.getElementById('clip').currentTime > 0")
        first = page.evaluate("document.getElementById('clip').src")
        text = page.locator("#script").inner_text()
        page.keyboard.press("r")
        in_state(page, "recording")
        page.keyboard.press("Space")
        in_state(page, "ready", "take")
        spoken.append(read(page, microphone))
        assert page.evaluate("document.getElementById('clip').src") != first
        keep(page)
        assert spoken == [text]
        for _ in range(5):
            spoken.append(read(page, microphone))
            keep(page)
        for name, samples in TAKES.items():
            letters = base64.b64encode(samples.tobytes()).decode()
            found = page.evaluate(f"letters => faultOf(({INT16})(letters), 4)", letters)
            assert found == name, "by the rules of the command"
        page.keyboard.press("Space")
        in_state(page, "recording")
    with sitting(browser, root) as page:
        page.keyboard.type("nurse-1")
        page.keyboard.press("Enter")
        in_state(page, "ready")
        assert page.locator("#progress").inner_text() == "6 recorded by you, 6 left; 6 by all"
        for _ in range(6):
            spoken.append(read(page, microphone))
            keep(page)
        assert page.locator("#script").inner_text().startswith("Every sentence is recorded")
    manifest = read_manifest(root / "acceptance.jsonl", ClinicalRow)
    assert [row.text for row in manifest.rows] == spoken
    assert set(spoken) == {text.format(term) for term in TERMS for text in SENTENCES}
    assert {(row.source, row.speaker) for row in manifest.rows} == {("recorded", "nurse-1")}
    (speaker,) = json.loads((root / "recordings/speakers.json").read_text())["speakers"]
    assert "the speech team" in speaker["agreements"][0]["text"]
    sounds = [np.frombuffer(read_samples(clip), "<i2").astype(float) for clip in manifest.clips]
    microphone.speak(spoken[-1])
    spoken = np.frombuffer(read_samples(microphone.path), "<i2").astype(float)
    alike = [likeness(sound, spoken) for sound in sounds]  # a busy browser loses parts of a take
    assert alike.index(max(alike)) == len(sounds) - 1
