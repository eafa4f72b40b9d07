"""The gate: is a fine-tune worth the GPU, and if not, what comes first?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tasks.domain.alphabet.spelling import BenchmarkSpelling
from tasks.domain.bases import Architecture
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.metrics import NO_TERM, RowScore, Scores, mean
from tasks.domain.split import Split, judged_positions, rows_per_category
from tasks.domain.verdict.power import Power, benchmark_power, certainly_open
from tasks.domain.verdict.statistics import alpha_of_look

WORTH_IT = " A fine-tune is worth it."  # added where the benchmark can show that it helped
UNTESTED = "No test row is of a priority category: add sentences for its terms."
UNWRITABLE = (
    "The base can write no row of a priority category that trains: write their text in its alphabet, or "
    "choose a base that has these characters."
)
MIN_TEST_TERMS = 6  # one of five could be unlike the others, and nothing would be significant
Route = Literal[
    "finetune", "build", "pronunciation", "harden", "evaluate", "unheard", "refused_base"
]
NEXT = {
    "finetune": "fine-tune",
    "build": "grow the benchmark, then run the cycle again",
    "pronunciation": "review the pronunciation of the synthesized terms, do not fine-tune",
    "harden": "do not tune; make the benchmark harder",
    "evaluate": "score the comparison model first",
    "unheard": "find out why: the voices, the format of the clips (16 kHz mono, level, cut ends), the "
    "language of the base; or choose a base that knows this speech",
    "refused_base": "choose another base",
}
UNNAMED = "the hypotheses given"  # of a system that no one named
UNCONFIRMED = "transcribe the comparison model, whose own figures decide whether to fine-tune"


@dataclass(frozen=True)
class Given:
    """Whose transcripts were given as a baseline, beside the comparison model that would be trained.

    `is_comparison`: they name that model itself, which another run transcribed with.

    >>> Given("pocketsphinx").words
    'of pocketsphinx, not of the base'
    """

    system: str = UNNAMED
    comparison: str = "the base"
    is_comparison: bool = False

    @property
    def words(self) -> str:
        other = "transcribed elsewhere" if self.is_comparison else f"not of {self.comparison}"
        return f"of {self.system}, {other}"


def transcripts_of(system: str) -> str:
    """Name the transcripts that were given of a system.

    >>> transcripts_of("pocketsphinx"), transcripts_of(UNNAMED)
    ('the transcripts of pocketsphinx', 'the hypotheses given')
    """
    return system if system == UNNAMED else f"the transcripts of {system}"


@dataclass(frozen=True)
class Opened:
    """The gate as another system's transcripts opened it, where the comparison model's own decided."""

    system: str
    priority_ker: float | None
    priority_ker_published: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """The result of the gate, and the route of the cycle; KER fields are None when undefined.

    The KER is that of the view which decides; `priority_ker_published` is the published one beside
    it, and `spelling_alone` counts the priority rows that it alone misses. `system` is the one that
    was given whose transcripts these are, empty where they are the comparison model's own.
    `stopped_by_given`: the transcripts of the comparison model may lead to another route.
    """

    passed: bool
    route: Route
    reasons: tuple[str, ...]
    rows: int
    rows_per_category: dict[str, int]
    priority_categories: tuple[str, ...]
    priority_ker: float | None
    hinted_ker: float | None
    g2p_ker: float | None
    power: Power | None
    priority_ker_published: float | None = None
    spelling_alone: int = 0
    spelling: BenchmarkSpelling | None = None
    system: str = ""
    stopped_by_given: bool = False
    opened_by: Opened | None = None

    @property
    def next(self) -> str:
        return UNCONFIRMED if self.passed and self.system else NEXT[self.route]


def check_gate(
    rows: Sequence[ClinicalRow] | None,
    scores: Sequence[RowScore] | None,
    architecture: Architecture,
    policy: Policy,
    *,
    first_evaluation: bool,
    split: Split | None = None,
    seen: frozenset[int] = frozenset(),
    look: int = 1,
    guards_alpha: float = 1.0,
    general_clips: int = 0,
    unheard: str = "",
    published: Sequence[RowScore] | None = None,
    spelling: BenchmarkSpelling | None = None,
    never_accepted: str = "",
    given: Given | None = None,
) -> Gate:
    """Choose the route; the first obstacle names it, every obstacle of its kind is a reason.

    `rows` is None without a manifest, `scores` (parallel to rows) is None before the baseline is
    scored. Nothing has to be loaded to refuse a base or a benchmark that is too small. `seen` are
    rows that an ancestor of a model was trained on: they do not measure how good it is. Guards have the
    level of this `look`, or `guards_alpha` where that is lower. `unheard`
    is why the speech cannot be transcribed at all, empty where it can (see `unheard_speech`).
    `published` are the published scores, where `scores` are those of another view.
    `spelling` is how the rows are written in the alphabet of the base. `never_accepted` is why
    acceptance.jsonl lets nothing be kept, and is empty where it can. `given` names the system that the
    scores are of, None where they are the comparison model's own: such a pass advises no fine-tune.
    """
    counts = rows_per_category(rows or ())
    priority = [
        row.entity_category in policy.priority_categories and position not in seen
        for position, row in enumerate(rows or ())
    ]
    kers = None if scores is None else _kers(scores)
    ker = _ker(kers, priority)
    hinted = _ker(kers, [ok and row.hinted for ok, row in zip(priority, rows or (), strict=True)])
    g2p = _ker(kers, [ok and not row.hinted for ok, row in zip(priority, rows or (), strict=True)])
    route, reasons = _route(
        rows,
        ker,
        hinted,
        g2p,
        architecture,
        policy,
        counts,
        scored=scores is not None,
        first_evaluation=first_evaluation,
        unheard=unheard,
        given=given,
    )
    stopped_by_given = bool(given and ker is not None) and (
        route in ("harden", "pronunciation")
        or (route == "build" and not too_small(len(rows or ()), counts, policy))
    )
    worth_it = WORTH_IT
    if given:
        worth_it = (
            f" Whether a fine-tune is worth it is decided by the transcripts of {given.comparison}."
        )
    test: Sequence[int] = ()
    if rows and split is not None:
        test = judged_positions(len(rows), split.test, seen, folds=policy.folds is not None)
        few = _few_groups(rows, test, policy)
        if route == "finetune" and few:
            route, reasons = "build", [few]
        untested = not set(policy.priority_positions(rows)) & set(test)
        if route == "finetune" and untested:
            route, reasons = "build", [UNTESTED]
        elif scores is None and untested:
            reasons = [*reasons, UNTESTED]
    published_kers = kers if published is None else _kers(published)
    spelling_alone = sum(
        chosen and before == 1 and now == 0
        for chosen, before, now in zip(priority, published_kers or (), kers or (), strict=False)
    )
    power = None
    if rows and kers is not None:
        missed = [value or 0 for value in kers]
        power = benchmark_power(
            rows,
            missed,
            test,
            policy,
            look=look,
            general_clips=general_clips,
            guards_alpha=guards_alpha,
            system=given.words if given else "",
        )
        if power is not None and never_accepted:
            power = replace(power, open_guards=(*power.open_guards, never_accepted))
    elif rows and test:
        alpha = min(alpha_of_look(look), guards_alpha)
        more = certainly_open([rows[p] for p in test], general_clips, policy, alpha)
        more = (*more, *([never_accepted] if never_accepted else []))
        if more:
            reasons = [
                *reasons,
                f"No improvement can be accepted on this benchmark yet: {'; '.join(more)}.",
            ]
    if route == "finetune" and power is not None:
        if policy.gate.power == "stop" and not power.enough:
            route, reasons, stopped_by_given = "build", [], given is not None
        elif power.enough or given:
            reasons[-1] += worth_it
        reasons = [*reasons, power.sentence]
    elif route == "finetune":
        reasons[-1] += worth_it
    published_ker = _ker(published_kers, priority)
    if spelling_alone and published_ker is not None:
        reasons = [*reasons, _spelling_sentence(published_ker, spelling_alone, given)]
    if spelling is not None and route != "refused_base":
        if route in ("finetune", "evaluate") and not spelling.spellable_priority:
            route, reasons = "build", [UNWRITABLE]
        reasons = [*reasons, *spelling.sentences]
    return Gate(
        passed=route == "finetune",
        route=route,
        reasons=tuple(reasons),
        rows=len(rows or ()),
        rows_per_category=counts,
        priority_categories=policy.priority_categories,
        priority_ker=ker,
        hinted_ker=hinted,
        g2p_ker=g2p,
        power=power,
        priority_ker_published=published_ker,
        spelling_alone=spelling_alone,
        spelling=spelling,
        system=given.system if given else "",
        stopped_by_given=stopped_by_given,
    )


def confirm_gate(opened: Gate, own: Gate) -> Gate:
    """Return the gate of the comparison model's own transcripts, with that of the given which opened it."""
    kers = [
        "undefined" if gate.priority_ker is None else f"{gate.priority_ker:.3f}"
        for gate in (opened, own)
    ]
    by = transcripts_of(opened.system)
    both = (
        f"{by[0].upper()}{by[1:]} opened the gate, with a priority KER of {kers[0]}; the comparison "
        f"model's own, decoded here, decide, with {kers[1]}."
    )
    first, *more = own.reasons
    return replace(
        own,
        reasons=(first, both, *more),
        opened_by=Opened(
            opened.system, opened.priority_ker, opened.priority_ker_published, opened.reasons
        ),
    )


def _few_groups(rows: Sequence[ClinicalRow], test: Sequence[int], policy: Policy) -> str:
    """Refuse a split by term or voice whose test rows are of too few terms; empty when it is fine."""
    chosen = set(policy.priority_positions(rows))
    terms = len({rows[p].term for p in test if p in chosen})
    if policy.split.group_by not in ("term", "voice") or terms >= MIN_TEST_TERMS:
        return ""
    return (
        f"Divided by {policy.split.group_by}, the test rows are of {terms} priority terms; a verdict "
        f"needs {MIN_TEST_TERMS}: add terms, or divide by text."
    )


def _kers(scores: Sequence[RowScore]) -> list[int | None]:
    return [None if missed == NO_TERM else missed for missed in Scores.of(scores).missed.tolist()]


def _spelling_sentence(published_ker: float, rows: int, given: Given | None) -> str:
    """Name the misses that another spelling explains."""
    misses = "miss is" if rows == 1 else "misses are"
    of = f" {given.words}," if given else ""
    return (
        f"By the published scoring the priority KER{of} is {published_ker:.3f}: {rows} {misses} "
        "another way of writing the term, which a fine-tune need not correct."
    )


def _ker(kers: Sequence[int | None] | None, chosen: Sequence[bool]) -> float | None:
    if kers is None:
        return None
    return mean(ker for ker, wanted in zip(kers, chosen, strict=True) if wanted)


def _route(
    rows: Sequence[ClinicalRow] | None,
    ker: float | None,
    hinted: float | None,
    g2p: float | None,
    architecture: Architecture,
    policy: Policy,
    counts: dict[str, int],
    *,
    scored: bool,
    first_evaluation: bool,
    unheard: str,
    given: Given | None,
) -> tuple[Route, list[str]]:
    limits = policy.gate
    figure = f"Priority KER ({', '.join(policy.priority_categories)})"
    figure += f" {given.words}," if given else ""
    refusal = architecture.refusal(policy.sft.method)
    if refusal:
        return "refused_base", [refusal]
    if rows is None:
        return "build", ["The cycle has no manifest.jsonl: build the benchmark first."]
    small = too_small(len(rows), counts, policy)
    if small:
        return "build", small
    if ker is None and scored:
        return "build", [
            "The champion was trained on every priority row: add rows of new sentences."
        ]
    if ker is None:
        return "evaluate", ["The cycle has no baseline: score the comparison model first."]
    if unheard:
        return "unheard", [unheard]
    if ker < limits.saturated_below:
        return "harden", [
            f"{figure} is {ker:.3f}, below {limits.saturated_below}: the benchmark is saturated"
            f"{' for this system' if given else ''}. Do not tune; make it harder."
        ]
    gap = _gap_sentence(rows, hinted, g2p, policy, given)
    if gap:
        return "pronunciation", [gap]
    if ker <= limits.ker_above and first_evaluation:
        return "build", [
            f"{figure} is {ker:.3f}, between {limits.saturated_below} and "
            f"{limits.ker_above}, at the first evaluation: expand the terms first."
        ]
    if ker <= limits.ker_above:
        return "finetune", [
            f"{figure} is {ker:.3f}, between {limits.saturated_below} and "
            f"{limits.ker_above}; the terms were evaluated before, so tuning is allowed."
        ]
    return "finetune", [f"{figure} is {ker:.3f}, above {limits.ker_above}, on {len(rows)} rows."]


def too_small(total: int, counts: dict[str, int], policy: Policy) -> list[str]:
    """Return the reasons that name the rows a benchmark lacks."""
    reasons = []
    if total < policy.gate.min_rows:
        reasons.append(
            f"The benchmark has {total} rows; a fine-tune needs {policy.gate.min_rows}: "
            f"add {policy.gate.min_rows - total}."
        )
    for category in policy.priority_categories:
        count = counts.get(category, 0)
        if count < policy.gate.min_priority_rows:
            reasons.append(
                f"Priority category {category} has {count} rows; it needs "
                f"{policy.gate.min_priority_rows}: add {policy.gate.min_priority_rows - count}."
            )
    return reasons


def _gap_sentence(
    rows: Sequence[ClinicalRow],
    hinted: float | None,
    g2p: float | None,
    policy: Policy,
    given: Given | None,
) -> str | None:
    """Describe a pronunciation gap: hinted rows good, g2p rows bad. None when there is none."""
    limits = policy.gate
    chosen = [rows[n] for n in policy.priority_positions(rows)]
    hinted_rows = sum(row.hinted for row in chosen)
    enough = min(hinted_rows, len(chosen) - hinted_rows) >= limits.min_rows_per_source
    if hinted is None or g2p is None or not enough:
        return None
    if hinted > limits.ker_above or g2p <= limits.ker_above:
        return None
    if g2p - hinted < limits.pronunciation_gap:
        return None
    rows_with = f"By the transcripts {given.words}, rows with" if given else "Rows with"
    return (
        f"{rows_with} a hinted pronunciation have KER {hinted:.3f}, rows pronounced by g2p {g2p:.3f}: "
        "the synthesis mispronounces the terms. Review the pronunciations; do not fine-tune."
    )
