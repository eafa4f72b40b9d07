"""The clips of a benchmark: ordered, spoken by the engines of a policy, checked, brought to the common
level, and put under their condition; several at a time.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from itertools import chain, cycle, islice

import numpy as np

from tasks.benchmark.conditions import Condition, apply, below_full_scale, level, quality_faults
from tasks.benchmark.engines.configured import open_engine
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.engines.espeak import VOICES, Espeak
from tasks.benchmark.ipa import can_pronounce
from tasks.benchmark.plan import PlannedRow, Voice, in_turn
from tasks.benchmark.pronunciation import GivenIpa, Pronunciation, parts_to_pronounce, pronounce
from tasks.benchmark.sentences import fill, own_sentences
from tasks.domain.errors import ServiceFailed
from tasks.domain.manifest import MAX_SECONDS
from tasks.domain.policy import BuildPolicy, EngineConfig
from tasks.domain.spoken.forms import spoken_form
from tasks.domain.words import not_words
from tasks.logs import report_count
from tasks.workspace.audio import ClipStore, wav_bytes

SECONDS = MAX_SECONDS + 5.0
WORDS = "results"  # in the place of a term
METHOD_VERSION = 1  # raised by hand when the same order gives another clip
THREADS = 4  # espeak-ng speaks in forks of its own, and a service is mostly waited for
AWAY_CLIPS = 4  # in a row that nobody answered, before the others of an engine are not asked for


@cache
def babble() -> np.ndarray:
    """Return SECONDS of six voices at one level, each with other sentences; raise NotSpoken."""
    engine = Espeak()
    texts = [
        fill(template, WORDS)
        for contexts in own_sentences().values()
        for template in chain(*contexts.values())
    ]
    size = int(SECONDS * RATE_HZ)
    mixed = np.zeros(size, dtype=np.float32)
    for number, voice in enumerate(VOICES):
        spoken: list[np.ndarray] = []
        for text in islice(cycle(texts), number * len(texts) // len(VOICES), None):
            spoken.append(level(engine.speak(SpeechRequest(text, text, (), voice))))
            if sum(map(len, spoken)) >= size:
                break
        mixed += np.concatenate(spoken)[:size]
    return mixed


@dataclass(frozen=True)
class ClipOrder:
    """A clip to make: by which engine of which version, its text, and its acoustic condition."""

    engine: str
    engine_version: str
    spoken: str
    pronunciations: tuple[tuple[str, str], ...]
    voice: str
    condition: Condition
    seed: int
    attempts: int

    def sha256(self, take: int) -> str:
        """Return the identity of a take: a clip that has it is this one."""
        parts = asdict(self) | {"attempts": None, "take": take, "method": METHOD_VERSION}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def alone_sha256(self) -> str:
        """The identity of a word that is spoken by itself, to find out whether its engine is silent."""
        return hashlib.sha256(json.dumps(["alone", self.sha256(0)]).encode()).hexdigest()


@dataclass(frozen=True)
class ClipResult:
    """The result of an order: a clip of this identity, or why there is none.

    `takes` were made now; `transient`: another try may succeed; `away`: the service did not answer.
    """

    sha256: str | None
    faults: tuple[str, ...] = ()
    takes: int = 0
    transient: bool = False
    away: bool = False


def stored_result(order: ClipOrder, store: ClipStore) -> ClipResult | None:
    """Return the stored result of an order; None where a take has to be made."""
    faults: tuple[str, ...] = ()
    for take in range(order.attempts):
        sha256 = order.sha256(take)
        if store.has(sha256):
            return ClipResult(sha256)
        faults = store.faults(sha256)
        if not faults:
            return None
    return ClipResult(None, faults)


def make_clip(order: ClipOrder, engine: SpeechEngine, store: ClipStore) -> ClipResult:
    """Make a clip, with another take where one is found faulty; takes that are known stay as they are."""
    takes = 0
    while (stored := stored_result(order, store)) is None:
        take = next(n for n in range(order.attempts) if not store.faults(order.sha256(n)))
        takes += 1
        try:
            _make_take(order, take, engine, store)
        except NotSpoken as error:
            if error.retry:
                return ClipResult(None, (str(error),), takes, transient=True, away=error.away)
            store.refuse(order.sha256(take), (str(error),))
    return ClipResult(stored.sha256, stored.faults, takes)


def _make_take(order: ClipOrder, take: int, engine: SpeechEngine, store: ClipStore) -> None:
    """Make a take and keep it, or note what is wrong with it; raise NotSpoken."""
    sha256, condition = order.sha256(take), order.condition
    speech = engine.speak(
        SpeechRequest(
            text=order.spoken,
            spoken=order.spoken,
            pronunciations=order.pronunciations,
            voice=order.voice,
            rate=condition.rate,
            seed=take,
        )
    )
    faults = quality_faults(speech, len(order.spoken.split()))
    if faults:
        store.refuse(sha256, tuple(faults))
        return
    rng = np.random.default_rng(int(sha256[:16], 16))
    others = babble() if condition.noise == "babble" else None
    recorded = apply(level(speech), condition, rng, others)
    spoken = hashlib.sha256(speech.tobytes()).hexdigest()
    store.keep(sha256, wav_bytes(below_full_scale(recorded)), spoken)


@dataclass(frozen=True)
class EngineInUse:
    """An engine, and the voices that a build uses of it."""

    engine: SpeechEngine
    voices: tuple[str, ...]


def open_engines(configs: Sequence[EngineConfig]) -> list[EngineInUse]:
    """Open each engine and name its voices; raise ServiceFailed where one cannot be asked."""
    found = []
    for config in configs:
        engine = open_engine(config)
        try:
            voices = config.voices or tuple(engine.voices())
        except NotSpoken as error:
            raise ServiceFailed(f"{config.label}: {error}") from None
        for name, text in [("version", engine.version), *(("voice", one) for one in voices)]:
            if fault := not_words(text):
                raise ServiceFailed(f"{config.label}: its {name}: {fault}")
        if not voices:
            raise ServiceFailed(f"{config.label} lists no voice: name some as its voices")
        found.append(EngineInUse(engine, voices))
    return found


@dataclass(frozen=True)
class Voicing:
    """Engines by their name, IPA by word: what people gave, and what a dictionary has.

    `not_used` is what an engine does not use of it, and why.
    """

    engines: Mapping[str, EngineInUse]
    given: GivenIpa
    dictionary: Mapping[str, str]
    not_used: tuple[str, ...] = ()

    @property
    def voices(self) -> list[Voice]:
        """The voices that speak, of each engine in turn."""
        return in_turn({name: one.voices for name, one in self.engines.items()})

    def pronunciation(self, row: PlannedRow) -> Pronunciation:
        """Return the pronunciation of a row's term."""
        engine = self.engines[row.voice.engine].engine
        given = self.given.ipa
        return pronounce(row.term.term, given, self.dictionary, engine.name, engine.inventory)

    def parts(
        self, engine: str, spoken: str, term: str, pronunciation: Pronunciation
    ) -> tuple[tuple[str, str], ...]:
        """Return the parts of a spoken sentence that have an IPA which its engine can pronounce."""
        return parts_to_pronounce(spoken, term, pronunciation, self._sayable[engine])

    @cached_property
    def _sayable(self) -> dict[str, dict[str, str]]:
        """The IPA given by people that each engine can pronounce, by the words as spoken."""
        given = self.given.by_spoken_form.items()
        return {
            name: {word: ipa for word, ipa in given if can_pronounce(ipa, one.engine.inventory)}
            for name, one in self.engines.items()
        }

    def order(self, row: PlannedRow, policy: BuildPolicy) -> ClipOrder:
        """Return the order for the clip of a row: its text, voice and acoustic condition."""
        spoken = spoken_form(row.text)
        pronunciation = self.pronunciation(row)
        parts = self.parts(row.voice.engine, spoken, row.term.term, pronunciation)
        return ClipOrder(
            engine=row.voice.engine,
            engine_version=self.engines[row.voice.engine].engine.version,
            spoken=spoken,
            pronunciations=tuple(sorted(parts)),
            voice=row.voice.name,
            condition=row.condition,
            seed=policy.seed,
            attempts=policy.attempts,
        )


def make_clips(
    orders: Sequence[ClipOrder], configs: Sequence[EngineConfig], store: ClipStore
) -> list[ClipResult]:
    """Make every clip that is not there, several at a time; return what came of each, in order.

    Where nobody answers for several clips in a row, the others of that engine are refused at once.
    """
    by_label = {config.label: config for config in configs}
    own = threading.local()  # an engine is used by one thread at a time
    unanswered: Counter[str] = Counter()  # clips in a row, by engine

    def make(order: ClipOrder) -> ClipResult:
        stored = stored_result(order, store)
        if stored is not None:
            return stored
        if unanswered[order.engine] >= AWAY_CLIPS:
            reason = f"{order.engine} is not reachable: {AWAY_CLIPS} clips in a row had no answer"
            return ClipResult(None, (reason,), transient=True, away=True)
        engines: dict[str, SpeechEngine] = own.__dict__
        if order.engine not in engines:
            engines[order.engine] = open_engine(_as_asked(by_label[order.engine], order))
        result = make_clip(order, engines[order.engine], store)
        unanswered[order.engine] = unanswered[order.engine] + 1 if result.away else 0
        return result

    results = []
    pool = ThreadPoolExecutor(THREADS)
    try:
        for result in pool.map(make, orders):
            results.append(result)
            report_count(len(results), len(orders), "clips")
    finally:
        pool.shutdown(cancel_futures=True)
    return results


def _as_asked(config: EngineConfig, order: ClipOrder) -> EngineConfig:
    """Name the version that an order was written for, so that its server is not asked again."""
    return config.model_copy(update={"version": order.engine_version})
