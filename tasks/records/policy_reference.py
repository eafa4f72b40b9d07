"""Write docs/policy.md: every key of flywheel.yaml, from the models that read it.

python -m tasks.records.policy_reference
"""

from __future__ import annotations

import json
from pathlib import Path

from tasks.domain.policy import Policy
from tasks.domain.policy_keys import Key, policy_keys
from tasks.domain.scoring.leaderboard import table

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"
HEAD = ["Key", "What it may be", "Unit", "Default", "What it does"]
INTRODUCTION = """# The policy

Everything that a person sets for a flywheel, in `flywheel.yaml` of its workspace or in the file that
`--policy` names. Every key is optional except where *required* is written; a key that is not here is
refused. [workspace.md](workspace.md#settings) has examples, [VERDICT.md](../reference/VERDICT.md) what
the limits of `decide` cost. This page is written by `python -m tasks.records.policy_reference`.
"""
UNITS = {
    "build.rows_per_term": "rows",
    "build.rows_per_other_term": "rows",
    "build.first_terms": "terms",
    "build.attempts": "takes",
    "build.engines.timeout_seconds": "seconds",
    "build.engines.backoff_seconds": "seconds",
    "build.engines.retries": "attempts",
    "gate.ker_above": "KER",
    "gate.saturated_below": "KER",
    "gate.min_rows": "rows",
    "gate.min_priority_rows": "rows",
    "gate.pronunciation_gap": "KER",
    "gate.min_rows_per_source": "rows",
    "gate.unheard_above": "WER",
    "gate.power_drop": "share of the KER",
    "split.test_share": "share of groups",
    "split.validation_share": "share of groups",
    "sft.epochs": "epochs",
    "sft.lr": "rate",
    "sft.warmup_steps": "optimizer steps",
    "sft.batch_size": "rows",
    "sft.accumulate_grad_batches": "batches",
    "sft.gradient_clip_val": "norm",
    "sft.freq_masks": "masks",
    "sft.time_masks": "masks",
    "sft.base_share": "share of weights",
    "sft.patience": "epochs",
    "sft.devices": "GPUs",
    "sft.num_workers": "processes",
    "sft.seeds": "fine-tunes",
    "folds": "fine-tunes",
    "replay.ratio": "clips a row",
    "decoding.batch_size": "clips",
    "decoding.beam_size": "hypotheses",
    "decoding.boost_alpha": "weight",
    "decoding.depth_scaling": "factor",
    "decoding.tried_alphas": "weights",
    "arms.base_shares": "shares of weights",
    "decide.keep_drop": "share of the KER",
    "decide.general_wer_rise": "share of the WER",
    "decide.clinical_wer_rise": "WER",
    "decide.other_term_rise": "KER",
    "decide.final_model_rise": "KER",
    "decide.false_keyword_rise": "share of rows",
    "decide.empty_or_unknown_rise": "share of rows",
    "decide.critical_token_rise": "share of words",
    "decide.acceptance_rise": "KER",
    "decide.clinical_rise": "share of rows",
    "approval_hours": "hours",
    "advance.max_cycles": "cycles",
    "advance.max_hours": "hours",
    "advance.min_drop": "relative drop",
    "rent.price_per_hour": "US dollars",
    "rent.max_cost": "US dollars",
    "rent.max_hours": "hours",
    "cost.price_per_hour": "currency an hour",
    "cost.max_cost": "currency",
    "cost.max_hours": "hours",
    "report.embed_audio_mb": "MB of the page",
    "served_difference": "share of rows",
}


def policy_page() -> str:
    """Return the page: the keys at the top, then those of each section under its name."""
    keys = list(policy_keys(Policy))
    sections = [key for key in keys if key.section]
    parts = [INTRODUCTION, _table([key for key in keys if "." not in key.name])]
    for section in sections:
        inside = [key for key in keys if key.name.rpartition(".")[0] == section.name]
        optional = " Not in use unless it is given." if section.default is None else ""
        parts += [f"\n## {section.name}\n\n{section.description}{optional}\n", _table(inside)]
    return "\n".join(parts) + "\n"


def _table(keys: list[Key]) -> str:
    return table(HEAD, [_cells(key) for key in keys])


def _cells(key: Key) -> list[str]:
    name = key.name.rpartition(".")[2]
    if key.section:
        link = f"[section](#{key.name.replace('.', '')})"
        may_be = f"a list, each a {link}" if isinstance(key.default, tuple) else link
        return [f"`{name}`", may_be, "", "", key.description]
    may_be = ", ".join(part for part in (key.kind, key.bounds) if part)
    return [f"`{name}`", may_be, UNITS.get(key.name, ""), _default(key), key.description]


def _default(key: Key) -> str:
    if key.required:
        return "*required*"
    return "unset" if key.default is None else f"`{_yaml(key.default)}`"


def _yaml(value: object) -> str:
    """Write a default as it would be written in the policy."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    PAGE.write_text(policy_page(), encoding="utf-8")
