"""Write the JSON Schemas of all records, and of flywheel.yaml, to docs/schemas.

python -m tasks.records.schemas
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tasks.benchmark.audition_file import AuditionRecord
from tasks.domain.policy import Policy
from tasks.recordings.record_files import SpeakersRecord
from tasks.records.build import BuildRecord
from tasks.records.imported import ImportRecord
from tasks.records.ledger_line import LedgerLine
from tasks.records.rented import RentedRecord
from tasks.records.stages import (
    ApprovalRecord,
    Champion,
    DecisionRecord,
    GateRecord,
    HandOffRecord,
    SplitRecord,
    TrainingRecord,
)

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
POLICY_SCHEMA = "flywheel.schema.json"
FILES: dict[str, Any] = {
    "gate": GateRecord,
    "split": SplitRecord,
    "training_run_info": TrainingRecord,
    "decision": DecisionRecord,
    "champion": Champion,
    "ledger_line": LedgerLine,
    "approval": ApprovalRecord,
    "hand_off": HandOffRecord,
    "audition": AuditionRecord,
    "build": BuildRecord,
    "import": ImportRecord,
    "speakers": SpeakersRecord,
    "rented": RentedRecord,
}


def schemas() -> dict[str, str]:
    """Return every schema by its file name, as text."""
    records = {
        f"{name}.schema.json": _text(
            TypeAdapter(kind).json_schema(by_alias=True, mode="serialization")
        )
        for name, kind in FILES.items()
    }
    return records | {POLICY_SCHEMA: policy_schema()}


def policy_schema() -> str:
    """Return the JSON Schema of flywheel.yaml as text: every key, with its bounds and its default."""
    return _text(Policy.model_json_schema())


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
