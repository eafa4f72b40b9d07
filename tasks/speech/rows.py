"""The clips of planned rows: each made or refused with its reason, and no audio twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tasks.domain.build.plan import PlannedRow
from tasks.domain.policy import BuildPolicy
from tasks.speech.clip import ClipOrder, ClipResult
from tasks.speech.synthesis import make_clips
from tasks.speech.voicing import Voicing
from tasks.workspace.clips import ClipStore
from tasks.workspace.files import file_sha256


@dataclass(frozen=True)
class MadeRow:
    """A planned row, and its clip or why it has none."""

    row: PlannedRow
    result: ClipResult
    refused: str = ""


def make_rows(
    planned: Sequence[PlannedRow],
    voicing: Voicing,
    policy: BuildPolicy,
    store: ClipStore,
    rejected: Callable[[PlannedRow], str],
    audio: Collection[str],
) -> list[MadeRow]:
    """Make the clips of all rows but those of rejected terms and those that another row has.

    `rejected` says why the term of a row is not said, `audio` are digests of clips that stand.
    """
    refusals = list(map(rejected, planned))
    orders = [voicing.order(row, policy) for row in planned]
    first: dict[ClipOrder, int] = {}
    for place, order in enumerate(orders):
        first.setdefault(order, place)
    wanted = [
        place for place, order in enumerate(orders) if not refusals[place] and first[order] == place
    ]
    results = make_clips([orders[one] for one in wanted], policy.engines, store)
    made = dict(zip(wanted, results, strict=True))
    heard = set(audio)
    found = []
    for place, row in enumerate(planned):
        result = made.get(place, ClipResult(None))
        refused = refusals[place] or "; ".join(result.faults)
        if place in made and result.sha256:
            sha256 = file_sha256(store.clip(result.sha256))
            refused = "another row has the same audio" if sha256 in heard else ""
            heard.add(sha256)
        found.append(
            MadeRow(row, result, refused or ("" if place in made else "another row has it"))
        )
    return found
