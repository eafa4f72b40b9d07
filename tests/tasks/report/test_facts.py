"""The head of a report names what was compared, and by which digests."""

from __future__ import annotations

from collections.abc import Callable

from tasks.domain.decoding import DecodingConfig
from tasks.domain.split import Split
from tasks.domain.verdict.decide import decide
from tasks.report.facts import model_name, report_facts, system_name
from tasks.workspace.comparison import compare_models
from tasks.workspace.models import candidate_system
from tasks.workspace.paths import Cycle, Run
from tasks.workspace.record import ModelRecord, read_record
from tasks.workspace.records import TrainingRecord

ROWS = [{"text": f"start metoprolol {number}"} for number in range(3)]
TEXTS = [row["text"] for row in ROWS]


def facts_of(cycle: Cycle, training: TrainingRecord | None) -> dict[str, str]:
    compared = compare_models(cycle, candidate_system(Run(cycle)))
    split = Split((0, 1), (2,))
    decision = decide(compared.rows, split, compared.pair, None, cycle.policy, seen=frozenset({2}))
    return report_facts(cycle, decision, training, rows=1)


def test_the_facts_name_workspace_models_recipe_and_digests(decoded: Callable[..., Cycle]) -> None:
    cycle = decoded(ROWS, TEXTS, TEXTS)
    facts = facts_of(cycle, read_record(Run(cycle).training_info, TrainingRecord))
    assert (facts["Workspace"], facts["Cycle"]) == ("w", "1")
    assert facts["Base"] == f"base.nemo {str(cycle.base.sha256)[:8]}"
    assert facts["Compared with"] == f"{facts['Base']}, greedy"
    assert facts["Candidate"].startswith("adapted_model.nemo ")
    assert facts["Recipe"].startswith("smoke: 3 epochs on 2 rows, learning rate 0.0003")
    assert facts["Rows that decide"] == "1 of 3; 1 more were trained on before"
    assert f"manifest {str(cycle.manifest_sha256)[:12]}" in facts["Digests"]
    assert "guard set none" in facts["Digests"]
    assert "Audition" not in facts


def test_rows_of_terms_that_nobody_heard_are_counted(decoded: Callable[..., Cycle]) -> None:
    rows = [ROWS[0] | {"audition": "skipped"}, ROWS[1] | {"audition": "heard"}, ROWS[2]]
    assert facts_of(decoded(rows, TEXTS, TEXTS), None)["Audition"] == (
        "1 of 3 rows are of terms whose pronunciation nobody heard: their audition was skipped"
    )


def test_a_candidate_that_was_not_trained_has_no_recipe(decoded: Callable[..., Cycle]) -> None:
    assert facts_of(decoded(ROWS, TEXTS, TEXTS), None)["Recipe"] == "nothing was trained"


def test_a_pretrained_name_keeps_its_publisher_and_a_file_loses_its_folder() -> None:
    pretrained = ModelRecord(name="nvidia/parakeet", path="", sha256=None)
    assert model_name(pretrained) == "nvidia/parakeet"
    boosted = DecodingConfig(strategy="beam", boost_alpha=1.0)
    file = ModelRecord(name="x", path="/a/b/c.nemo", sha256="0123456789", decoding=boosted)
    assert system_name(file) == "c.nemo 01234567, beam boosted 1"
