"""Clips by the engines of a policy: each engine opened, and orders made by several threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tasks.domain.build.audition_plan import Speaker
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy.engines import EngineConfig
from tasks.domain.progress import Progress
from tasks.logs import report
from tasks.speech.clip import ClipOrder, ClipResult, make_clip
from tasks.speech.engine import NotSpoken, SpeechEngine
from tasks.speech.engines import open_engine
from tasks.workspace.clips import ClipStore

THREADS = 4  # espeak-ng speaks in forks of its own, and a service is mostly waited for


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
        if not voices:
            raise ServiceFailed(f"{config.label} lists no voice: name some as its voices")
        found.append(EngineInUse(engine, voices))
    return found


def make_clips(
    orders: Sequence[ClipOrder], configs: Sequence[EngineConfig], store: ClipStore
) -> list[ClipResult]:
    """Make every clip that is not there, several at a time; give what came of each, in order."""
    by_label = {config.label: config for config in configs}
    own = threading.local()  # an engine is used by one thread at a time

    def make(order: ClipOrder) -> ClipResult:
        engines: dict[str, SpeechEngine] = own.__dict__
        if order.engine not in engines:
            engines[order.engine] = open_engine(by_label[order.engine])
        return make_clip(order, engines[order.engine], store)

    results = []
    pool = ThreadPoolExecutor(THREADS)
    try:
        for result in pool.map(make, orders):
            results.append(result)
            report(Progress(done=len(results), total=len(orders), unit="clips"))
    finally:
        pool.shutdown(cancel_futures=True)
    return results
