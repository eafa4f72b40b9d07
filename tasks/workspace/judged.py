"""The digest of what a verdict judged, by which its ledger line and decision.json know each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tasks.records.files import text_sha256
from tasks.records.stages import DecisionRecord

JUDGED = (
    *("verdict", "rule", "scopes", "categories", "priority", "changes", "guards", "left_out"),
    *("manifest_sha256", "audio_sha256", "general_sha256", "replay_sha256", "acceptance_sha256"),
    *("recipe", "run", "folds", "split_sha256", "policy_sha256", "inputs_sha256", "scoring"),
)
LATER = ("limits_changed", "evidence")  # of records that have them: earlier digests stay valid
MODELS = ("base", "candidate", "trained_from")


def judged_sha256(fields: Mapping[str, Any]) -> str:
    """Return the digest of verdict, figures, inputs and models; `fields` are those of decision.json.

    What a person's answer changes is not in it, nor is a path.
    """
    models = {name: _content(fields[name]) for name in MODELS}
    judged = {name: fields.get(name) for name in JUDGED}
    later = {name: fields[name] for name in LATER if fields.get(name)}
    return text_sha256(json.dumps(judged | models | later, sort_keys=True))


def fields_of(record: DecisionRecord) -> dict[str, Any]:
    """Return the fields of a decision as its file has them."""
    fields: dict[str, Any] = json.loads(json.dumps(record.model_dump(mode="json", by_alias=True)))
    return fields


def _content(model: Mapping[str, Any]) -> dict[str, Any]:
    decoding = {key: value for key, value in model["decoding"].items() if key != "vocabulary"}
    return {"sha256": model["sha256"], "decoding": decoding}
