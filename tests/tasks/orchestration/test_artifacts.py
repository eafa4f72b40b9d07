"""What the Prefect UI shows of a decided cycle: tables, files, lineage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prefect import flow

from tasks.decide import decide_cycle
from tasks.orchestration.artifacts import publish_decision
from tasks.orchestration.names import artifact_key
from tasks.score import score_candidate
from tasks.workspace.cycle import Cycle, decision_of

ROWS = [
    {
        "term": f"term{n}",
        "text": f"start term{n} now",
        "entity_category": "drug" if n % 2 else "lab",
    }
    for n in range(12)
]
REFERENCES = [str(row["text"]) for row in ROWS]


@pytest.fixture
def decided(decoded: Callable[..., Cycle]) -> Cycle:
    """A decided cycle: of eight test rows one term is newly missed, six are fixed."""
    before = [REFERENCES[n] if n == 4 else "start it now" for n in range(12)]
    after = ["start it now" if n in (4, 5) else REFERENCES[n] for n in range(12)]
    return decoded(ROWS, before, after, held_out=8)


@pytest.mark.usefixtures("prefect_server")
def test_a_decision_is_shown_as_tables_with_its_files_and_lineage(
    decided: Cycle, artifacts: Callable[[str], list[Any]]
) -> None:
    @flow
    def show() -> None:
        score_candidate(decided)
        decide_cycle(decided)
        decision = decision_of(decided)
        assert decision is not None
        publish_decision(decided, decision)

    show()

    def shown(kind: str) -> Any:
        (found,) = artifacts(artifact_key(decided.root, decided.name, f"cycle-1-{kind}"))
        return found.data

    markdown = shown("decision")
    assert f"- Report: `{decided.next_folder / 'report.html'}`" in markdown
    assert f"- Ledger: `{decided.root / 'ledger.jsonl'}`" in markdown
    lineage = " ".join(shown("lineage").split())
    decision = decision_of(decided)
    assert decision is not None
    assert f"| `{str(decision.candidate.sha256)[:8]}` | verdict |" in lineage
    assert "| candidate, verdict |" in lineage
    assert "acceptance" not in lineage
    assert '"rows of test"' in shown("verdict")
    assert '"guard other_terms"' in shown("verdict")
    assert shown("leaderboard").index("term4") < shown("leaderboard").index("term0")


def test_outside_of_a_run_nothing_is_published_and_no_server_is_started(decided: Cycle) -> None:
    score_candidate.__wrapped__(decided)  # type: ignore[attr-defined]
    decide_cycle.__wrapped__(decided)  # type: ignore[attr-defined]
    decision = decision_of(decided)
    assert decision is not None
    publish_decision(decided, decision)
