"""Clips by the engines of a policy: each engine opened, and orders made by several threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tasks.benchmark.audition_plan import Speaker
from tasks.benchmark.clip import ClipOrder, ClipResult, make_clip, standing_result
from tasks.benchmark.engines.configured import open_engine
from tasks.benchmark.engines.engine import NotSpoken, SpeechEngine
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy.engines import EngineConfig
from tasks.domain.progress import Progress
from tasks.domain.words import not_words
from tasks.logs import report
from tasks.workspace.audio import ClipStore

THREADS = 4  # espeak-ng speaks in forks of its own, and a service is mostly waited for
AWAY_CLIPS = 4  # in a row that nobody answered, before the others of an engine are not asked for


@dataclass(frozen=True)
class EngineInUse:
    """An engine, and the voices that a build uses of it."""

    engine: SpeechEngine
    voices: tuple[str, ...]

    @property
    def speaker(self) -> Speaker:
        """What a plan has to know of it."""
        engine = self.engine
        return Speaker(engine.name, engine.version, self.voices, engine.inventory)


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


def make_clips(
    orders: Sequence[ClipOrder], configs: Sequence[EngineConfig], store: ClipStore
) -> list[ClipResult]:
    """Make every clip that is not there, several at a time; give what came of each, in order.

    Where nobody answers for several clips in a row, the others of that engine are refused at once.
    """
    by_label = {config.label: config for config in configs}
    own = threading.local()  # an engine is used by one thread at a time
    unanswered: Counter[str] = Counter()  # clips in a row, by engine

    def make(order: ClipOrder) -> ClipResult:
        standing = standing_result(order, store)
        if standing is not None:
            return standing
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
            report(Progress(done=len(results), total=len(orders), unit="clips"))
    finally:
        pool.shutdown(cancel_futures=True)
    return results


def _as_asked(config: EngineConfig, order: ClipOrder) -> EngineConfig:
    """Name the version that an order was written for, so that its server is not asked again."""
    return config.model_copy(update={"version": order.engine_version})
