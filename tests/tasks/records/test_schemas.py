"""The published JSON Schemas are those of the records, and records fit them."""

import json
from pathlib import Path

from tasks.records.schemas import FOLDER, schemas


def test_the_schemas_in_docs_are_those_of_the_records() -> None:
    """Write them again with `python -m tasks.records.schemas`."""
    published = {path.name: path.read_text() for path in Path(FOLDER).glob("*.json")}
    assert published == schemas()


def test_the_schemas_name_the_keys_of_the_contract() -> None:
    decision = json.loads(schemas()["decision.schema.json"])
    contract = {
        "cycle", "verdict", "reasons", "next", "scopes", "priority", "guards", "base", "candidate",
        "manifest_sha256", "recipe", "policy_sha256", "schema_version",
    }  # fmt: skip
    assert contract <= set(decision["properties"])
    assert {"rows", "base", "candidate"} == set(decision["$defs"]["Scope"]["properties"])
    gate = json.loads(schemas()["gate.schema.json"])
    assert {"passed", "route", "rows_per_category", "priority_ker"} <= set(gate["properties"])
