"""What several systems transcribed of the rows that arms are compared on."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.verdict.arms import ArmRows, Heard
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import SIDES, Decoding, RowSet, sides
from tasks.workspace.models import arm_model
from tasks.workspace.replay import untrained_replay
from tasks.workspace.vocabulary import boosted_phrases, write_vocabulary

NAMES: dict[RowSet, str] = {
    "boost": "train and validation rows",
    "arms": "validation rows",
    "test": "test rows",
}
Named = tuple[str, float | None, System]  # name, share of the base in a fine-tune, system


def arm_rows(cycle: Cycle, rows: RowSet, compared: Sequence[Named] = ()) -> ArmRows:
    """Give the rows of a set, with the general clips that no fine-tune and no guard has, and with the
    phrases that one of the `compared` systems boosts."""
    side, wanted = sides(Run(cycle)), SIDES[rows]
    clinical = [row for row in cycle.rows if side[row.audio_filepath] in wanted]
    general = (
        [cycle.replay.rows[position] for position in untrained_replay(Run(cycle))]
        if cycle.replay
        else []
    )
    voices = [row.speaker or row.voice_id for row in general]
    texts = [row.text for row in general]
    boosted = _boosted(cycle, [system.decoding for _, _, system in compared])
    return ArmRows(clinical, texts, voices, NAMES[rows], cycle.policy.view, boosted)


def _boosted(cycle: Cycle, ways: Sequence[DecodingConfig]) -> tuple[str, ...]:
    """Return the phrases of these decodings, each list once."""
    lists = {way.vocabulary_sha256: way for way in ways if way.boost_alpha is not None}
    for way in lists.values():
        write_vocabulary(cycle, way)
    return boosted_phrases(*(System(cycle.comparison.model, way) for way in lists.values()))


def boost_systems(cycle: Cycle) -> list[Named]:
    """The comparison model as it is, with a beam alone, and boosted at each weight of the policy."""
    comparison, policy = cycle.comparison, cycle.policy.decoding
    beam = DecodingConfig(strategy="beam", beam_size=policy.beam_size)
    others = [beam]
    for alpha in policy.tried_alphas:
        changes = {"boost_alpha": alpha, "depth_scaling": policy.depth_scaling}
        others.append(cycle.boosted(beam.model_copy(update=changes)))
    ways = [comparison.decoding, *(way for way in others if way != comparison.decoding)]
    name = "base" if comparison.model == cycle.base else "champion"
    return [(f"{name}, {way.name}", None, System(comparison.model, way)) for way in ways]


def tuned_ways(cycle: Cycle, boosting: DecodingConfig | None) -> list[tuple[float, DecodingConfig]]:
    """Return the shares of the base that a fine-tune is averaged with, each with its decodings: that of
    the comparison model and the boosting that was chosen; the expected winner comes first."""
    plain = cycle.comparison.decoding
    if plain.boost_alpha is not None:
        plain = GREEDY
    ways = [plain, *([boosting] if boosting else [])]
    if cycle.policy.arms and cycle.policy.arms.boosted:
        ways.reverse()
    return [(share, way) for share in cycle.policy.shares for way in ways]


def tuned_systems(cycle: Cycle, boosting: DecodingConfig | None) -> list[Named]:
    """Return the systems of a fine-tune, in the order of `tuned_ways`."""
    return [
        (f"{_tuned(share)}, {way.name}", share, System(arm_model(Run(cycle), share), way))
        for share, way in tuned_ways(cycle, boosting)
    ]


def _tuned(share: float) -> str:
    return f"fine-tune with {share:.0%} of its base" if share else "fine-tune"


def decodings_of(cycle: Cycle, named: Sequence[Named], rows: RowSet) -> list[Decoding]:
    return [Decoding(Run(cycle), system, rows) for _, _, system in named]


def read_heard(
    cycle: Cycle, given: ArmRows, named: Sequence[Named], decoded: RowSet, wanted: RowSet
) -> list[Heard]:
    """Score what each system transcribed; of a larger set of `decoded` rows the `wanted` ones."""
    side = sides(Run(cycle))
    there = [
        side[row.audio_filepath] for row in cycle.rows if side[row.audio_filepath] in SIDES[decoded]
    ]
    heard = []
    for (name, share, system), decoding in zip(
        named, decodings_of(cycle, named, decoded), strict=True
    ):
        texts = zip(there, decoding.read(), strict=True)
        chosen = [text for of, text in texts if of in SIDES[wanted]]
        general = decoding.read("general")
        heard.append(given.heard(name, share, system.decoding, chosen, general))
    return heard
