"""The head of a report names what was compared, and by which digests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.domain.bases import REFERENCE_BASES
from tasks.domain.decoding import DecodingConfig
from tasks.domain.manifest import engine_of
from tasks.domain.split import Split
from tasks.domain.verdict.decide import decide
from tasks.records.files import file_sha256, write_record
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import TrainingRecord
from tasks.report.facts import (
    about_reference_base,
    model_name,
    report_facts,
    system_name,
)
from tasks.workspace.comparison import compare_models
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.tasks.records.test_build import build_record

REFERENCE = Path(__file__).parents[3] / "reference"
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


def test_rows_of_terms_that_nobody_recognized_are_counted(decoded: Callable[..., Cycle]) -> None:
    by = {"audition": "skipped", "audition_by": "Ana", "audition_reason": "rare"}
    cycle = decoded([ROWS[0] | by, ROWS[1] | {"audition": "heard"}, ROWS[2]], TEXTS, TEXTS)
    skipped = (
        "rows are of terms whose pronunciation nobody checked; 1 skipped by Ana: rare (metoprolol)"
    )
    assert facts_of(cycle, None)["Audition"] == f"1 of 3 {skipped}"
    write_record(cycle.folder / "build.json", build_record(engine_of(cycle.rows[2].voice_id)))
    assert facts_of(cycle, None)["Audition"] == (
        f"2 of 3 {skipped}; 1 neither checked nor skipped (metoprolol)"
    )


def test_a_candidate_that_was_not_trained_has_no_recipe(decoded: Callable[..., Cycle]) -> None:
    assert facts_of(decoded(ROWS, TEXTS, TEXTS), None)["Recipe"] == "nothing was trained"


def test_a_pretrained_name_keeps_its_publisher_and_a_file_loses_its_folder() -> None:
    pretrained = ModelRecord(name="nvidia/parakeet", path="", sha256=None)
    assert model_name(pretrained) == "nvidia/parakeet"
    boosted = DecodingConfig(strategy="beam", boost_alpha=1.0)
    file = ModelRecord(name="x", path="/a/b/c.nemo", sha256="0123456789", decoding=boosted)
    assert system_name(file) == "c.nemo 01234567, beam boosted 1"


def test_a_report_on_the_reference_base_reports_how_little_it_knows(
    decoded: Callable[..., Cycle], workspace: Callable[..., Path]
) -> None:
    assert about_reference_base(decoded(ROWS, TEXTS, TEXTS)) == ""
    root = workspace(ROWS, policy=f"base: {REFERENCE / 'base-ctc.nemo'}\n")
    about = about_reference_base(open_cycle(root, 1))
    assert "reference base (4.3 million parameters, espeak-ng voices)" in about
    assert {file_sha256(path) for path in REFERENCE.glob("*.nemo")} == set(REFERENCE_BASES)
