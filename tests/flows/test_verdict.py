"""What makes a verdict trustworthy, through the flow: folds, power, growth plan, rollback."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.baseline import score_baseline
from flows.cycle import flywheel_cycle
from flows.hand_off import hand_off_model
from flows.ledger import show_ledger
from flows.rollback import rollback_champion
from tasks.domain.errors import InvalidInput
from tasks.orchestration.names import artifact_key
from tasks.orchestration.summaries import terminal_summary
from tasks.records.files import read_json
from tasks.workspace.ledger import read_ledger
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import ledger_faults
from tests.tones import write_tone

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
TESTED = 24  # priority rows of 40 that are tested, of 100


def names(manifest: Path) -> set[str]:
    lines = manifest.read_text().splitlines()
    return {Path(json.loads(line)["audio_filepath"]).name for line in lines}


def judged_in(folder: Path) -> set[str]:
    split = read_json(folder / "split.json")
    assert split is not None
    return {Path(name).name for name in split["test"]}


def test_every_row_is_judged_once_by_a_model_that_did_not_train_on_it(flywheel: Flywheel) -> None:
    root = flywheel(policy="folds: 3\n")
    assert turn(root).name == "Kept"
    decision = read_json(root / "cycle2/decision.json")
    assert decision["scopes"]["folds"]["rows"] == 100
    assert decision["priority"]["rows"] == 60
    folds = sorted(root.glob("cycle1/models/*/fold*-of-3"))
    judged = [judged_in(fold) for fold in folds]
    assert len(folds) == 3
    assert len(set.union(*judged)) == sum(map(len, judged)) == 100
    for fold, held_out in zip(folds, judged, strict=True):
        assert not names(fold / "train.jsonl") & held_out
        assert names(fold / "validation.jsonl")
        assert not names(fold / "validation.jsonl") & (held_out | names(fold / "train.jsonl"))
        (decoded,) = fold.glob("decoded/*.jsonl")
        assert names(decoded) == held_out
    assert ledger_faults(root) == []
    assert decision["candidate"]["path"] == str(folds[0].parent / "adapted_model.nemo")


def test_folds_that_are_done_are_not_trained_again(flywheel: Flywheel) -> None:
    root = flywheel(policy="folds: 2\n")
    turn(root, stop_after="sft")
    first, second = sorted(root.glob("cycle1/models/*/fold*/training_run_info.json"))
    written = first.stat().st_mtime_ns
    second.unlink()  # as a kill in the second fold leaves it
    turn(root, stop_after="sft")
    assert second.exists()
    assert first.stat().st_mtime_ns == written


def test_folds_whose_final_model_is_bad_are_not_kept(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fold models recognize most terms of the rows they judge, the final model none of any."""
    root = flywheel(policy="folds: 2\n")
    turn(root, stop_after="sft")
    (final,) = root.glob("cycle1/models/*/training_run_info.json")
    final.unlink()
    monkeypatch.setenv("FAKE_MISSES", "1.0")
    state = turn(root)
    assert state.name == "Rejected"
    assert str(state.message).startswith(
        "Do not use the new model: the final model misses more terms than the models that were tested for "
    )
    assert "Guard final_model broke: " in str(state.message)
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    priority = decision["priority"]
    assert priority["relative_drop"] > 0.2
    assert priority["p_value"] < priority["alpha"]
    broken = [guard["name"] for guard in decision["guards"] if guard["state"] == "broke"]
    assert broken == ["final_model"]
    assert not (root / "champion.json").exists()


def with_second_engine(root: Path) -> None:
    """Let one voice of a second engine speak every third pair of rows, seven of a first the others."""
    path, lines = root / "cycle1/manifest.jsonl", []
    for number, line in enumerate(path.read_text().splitlines()):
        name, voice = f"audio/{number}.wav", f"first:v{number % 7}"
        if number // 2 % 3 == 0:
            name, voice = f"audio/second/{number}.wav", "second:v0"
            write_tone(root / "cycle1" / name)
        lines.append(json.dumps(json.loads(line) | {"audio_filepath": name, "voice_id": voice}))
    path.write_text("\n".join(lines) + "\n")


def test_a_candidate_that_is_worse_with_a_second_engine_is_not_kept(flywheel: Flywheel) -> None:
    root = flywheel(before="0.8 second=0.5", after="0.05 second=0.6", rows=200)
    with_second_engine(root)
    state = turn(root)
    assert state.name == "Grow"
    priority = read_json(root / "cycle2/decision.json")["priority"]
    assert priority["relative_drop"] > 0.2
    assert max(priority["p_value"], priority["p_value_voices"]) < priority["alpha"]
    second, first = priority["engines"]
    assert (second["engine"], first["engine"]) == ("second", "first")
    assert second["relative_drop"] < 0 < 0.8 < first["relative_drop"]
    shown = f"the {second['rows']} rows of engine second show no drop (p = "
    assert f"at least 20% and significant, but {shown}" in str(state.message)
    assert str(state.message).endswith("Evidence: synthetic (2 engines, 8 voices).")
    assert not (root / "champion.json").exists()


def test_a_benchmark_that_cannot_show_the_drop_is_reported_before_the_gpu_and_stops_by_policy(
    flywheel: Flywheel, artifacts: Callable[[str], list[Any]]
) -> None:
    root = flywheel()
    turn(root, stop_after="gate")
    gate = read_json(root / "cycle1/gate.json")
    assert gate["passed"]
    assert (gate["power"]["test_rows"], gate["power"]["terms"]) == (TESTED, 24)
    assert gate["reasons"][-1].startswith(f"Power: {TESTED} test rows of 24 terms at KER ")
    (shown,) = artifacts(artifact_key(root, root.name, "cycle-1-gate"))
    assert f"Power: {TESTED} test rows" in str(shown.data)
    (root / "flywheel.yaml").write_text("base: base.nemo\ngate: {power: stop}\n")
    assert turn(root).name == "Gated"
    assert read_json(root / "cycle1/gate.json")["route"] == "build"


def test_a_verdict_that_asks_for_rows_leaves_a_plan_a_builder_can_read(flywheel: Flywheel) -> None:
    root = flywheel(after=0.7)
    assert turn(root).name == "Grow"
    with (root / "cycle2/growth_plan.csv").open(newline="") as file:
        plan = list(csv.DictReader(file))
    assert {"term", "entity_category", "rows_to_add", "context_types", "noise_levels"} <= set(
        plan[0]
    )
    assert all(int(line["rows_to_add"]) > 0 for line in plan)
    assert any(line["term"] == "" and int(line["new_terms"]) > 0 for line in plan)
    assert int(plan[0]["missed"]) > 0


@pytest.mark.parametrize("group_by", ["text", "term"])
def test_a_sentence_is_never_on_two_sides_unless_the_policy_divides_rows(
    flywheel: Flywheel, group_by: str
) -> None:
    root = flywheel(policy=f"split: {{group_by: {group_by}}}\n")
    turn(root)
    split = read_json(next(root.glob("cycle1/models/*/split.json")))
    assert split is not None
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    group = {row["audio_filepath"]: row[group_by] for row in rows}
    sides = [{group[p] for p in split[side]} for side in ("train", "validation", "test")]
    assert all(sides)
    assert sum(map(len, sides)) == len(set.union(*sides))
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    assert decision["audits"]["twins"]["sentence"] == 0


def test_production_chooses_its_checkpoint_without_a_test_row(flywheel: Flywheel) -> None:
    """By the files that NeMo was given: no test row is in either manifest."""
    root = flywheel(policy="sft: {preset: production}\n")
    assert turn(root).name == "Kept"
    (run,) = (root / "cycle1/models").iterdir()
    info = read_json(run / "training_run_info.json")
    assert info is not None
    given = dict(part.lstrip("+").split("=", 1) for part in info["overrides"])
    manifests = [
        Path(given[f"model.{name}.manifest_filepath"].strip("'"))
        for name in ("train_ds", "validation_ds")
    ]
    assert manifests == [run / "train.jsonl", run / "validation.jsonl"]
    train, validation = map(names, manifests)
    assert validation
    assert not train & validation
    assert not (train | validation) & judged_in(run)
    assert len(train | validation | judged_in(run)) == 100


def test_the_published_mode_is_labelled_on_every_output(flywheel: Flywheel) -> None:
    root = flywheel(policy="split: {group_by: row}\ndecide: {rule: published}\n")
    state = turn(root)
    assert state.name == "Kept"
    assert str(state.message).startswith("Use the new model: of 60 phrases with drug names")
    assert "; by the published rule, which counts trained phrases" in str(state.message)
    (run,) = (root / "cycle1/models").iterdir()
    assert names(run / "validation.jsonl") == judged_in(run)
    assert len(names(run / "train.jsonl")) == 80
    assert "Kept" not in (root / "cycle2/report.html").read_text()
    assert "by the published rule</h2>" in (root / "cycle2/report.html").read_text()
    assert "by the published rule" in show_ledger(root)
    shown = terminal_summary(open_cycle(root, 1), 0, None)
    assert "# Cycle 1: keep the new model (by the published rule)" in shown
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    assert decision["rule"] == "published"
    assert decision["summary"].startswith("# Cycle 1: keep the new model (by the published rule)")
    assert decision["priority"]["rows"] == 60


def test_rows_that_the_champion_was_trained_on_never_judge_its_successor(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second cycle divides by row, so that rows its champion knows are on test."""
    root = flywheel()
    turn(root)
    first = next(root.glob("cycle1/models/*"))
    shutil.copytree(root / "cycle1/audio", root / "cycle2/audio")
    shutil.copy(root / "cycle1/manifest.jsonl", root / "cycle2/manifest.jsonl")
    text = (root / "flywheel.yaml").read_text().replace("base: base.nemo", "base: champion")
    (root / "flywheel.yaml").write_text(
        f"{text}split: {{group_by: row}}\ngate: {{ker_above: 0.05, saturated_below: 0.01}}\n"
    )
    monkeypatch.setenv("FAKE_MISSES", "0.01")
    turn(root, cycle=2)
    decision = read_json(root / "cycle3/decision.json")
    assert decision is not None
    second = next(root.glob("cycle2/models/*"))
    known = names(first / "train.jsonl") | names(first / "validation.jsonl")
    assert decision["left_out"] >= len(judged_in(second) & known) > 0
    assert decision["priority"]["look"] >= 1
    assert "an ancestor of a model was trained on them" in " ".join(decision["reasons"])


def with_acceptance(
    root: Path, tone: Callable[..., None], texts: Sequence[str] = (), **fields: Any
) -> None:
    """Forty rows of another voice, a term each, numbered from 100 on; or of these texts' last words."""
    lines = []
    for number, text in enumerate(texts or [f"please give t{n}" for n in range(100, 140)], 100):
        tone(root / f"people/{number}.wav", seconds=0.5 + number / 1000)
        row = {
            "audio_filepath": f"people/{number}.wav", "text": text, "term": text.split()[-1],
            "entity_category": "drug", "ipa_source": "override",
            "voice_id": "reader", "noise_level": "clean", "context_type": "order",
        }  # fmt: skip
        lines.append(json.dumps(row | fields) + "\n")
    (root / "acceptance.jsonl").write_text("".join(lines))


@pytest.mark.parametrize(("after", "decodings", "state"), [(0.2, 4, "Kept"), (0.75, 2, "Grow")])
def test_rows_of_another_source_are_transcribed_only_for_a_candidate_that_would_be_kept(
    flywheel: Flywheel,
    tone: Callable[..., None],
    tmp_path: Path,
    after: float,
    decodings: int,
    state: str,
) -> None:
    root = flywheel(after=after)
    with_acceptance(root, tone)
    assert turn(root).name == state
    assert len((tmp_path / "decodings").read_text().splitlines()) == decodings
    decision = read_json(root / "cycle2/decision.json")
    assert decision is not None
    guards = {guard["name"]: guard for guard in decision["guards"]}
    assert ("acceptance" in guards) is (state == "Kept")
    if state == "Kept":
        assert (guards["acceptance"]["rows"], guards["acceptance"]["units"]) == (40, 40)
        assert guards["acceptance"]["state"] == "held"
    for side in ("train", "validation"):
        (manifest,) = root.glob(f"cycle1/models/*/{side}.jsonl")
        assert not any(int(Path(name).stem) >= 100 for name in names(manifest))


def test_another_split_seed_is_a_second_look_at_the_same_terms(flywheel: Flywheel) -> None:
    root = flywheel(after=0.75)
    turn(root)
    text = (root / "flywheel.yaml").read_text()
    (root / "flywheel.yaml").write_text(f"{text}split: {{seed: 7}}\n")
    assert turn(root).name == "Grow"
    looks = [line.priority.look for line in read_ledger(root) if line.outcome == "grow"]
    assert looks == [1, 2]
    assert ledger_faults(root) == []


def test_limits_that_changed_after_a_look_are_stamped_or_refused_where_they_are_preregistered(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(after=0.7, policy="decide: {keep_drop: 0.97, open_guard: keep}\n")
    assert turn(root).name == "Grow"
    decodings = (tmp_path / "decodings").read_text()
    text = (root / "flywheel.yaml").read_text().replace("keep_drop: 0.97", "keep_drop: 0.05")
    changed = "imits changed after look 1: keep_drop 0.97 → 0.05"
    (root / "flywheel.yaml").write_text(f"{text}preregister: true\nsft: {{epochs: 2}}\n")
    with pytest.raises(InvalidInput, match=f"as preregister asks; l{changed}"):
        flywheel_cycle(root)
    assert (tmp_path / "decodings").read_text() == decodings, "before any GPU work"
    assert len(list(root.glob("cycle1/models/*"))) == 1
    (root / "flywheel.yaml").write_text(text)
    state = turn(root)
    assert f"L{changed}." in str(state.message)
    assert f"l{changed}" in show_ledger(root)
    assert f"L{changed}." in (root / "cycle2/report.html").read_text()
    assert f"L{changed}." in terminal_summary(open_cycle(root, 1), 0, None)
    assert ledger_faults(root) == []


def test_evidence_is_named_on_state_terminal_ledger_and_model_card(
    flywheel: Flywheel, tone: Callable[..., None], tmp_path: Path
) -> None:
    root = flywheel()
    with_acceptance(root, tone, source="recorded")
    state = turn(root)
    named = "synthetic (1 engine, 1 voice) + recorded people (1 speaker)"
    assert str(state.message).endswith(f"Evidence: {named}.")
    assert "Shown on recorded speech: priority KER " in str(state.message)
    assert named in show_ledger(root)
    assert f"Evidence: {named}." in terminal_summary(open_cycle(root, 1), 0, None)
    hand_off_model(root, 1, tmp_path / "out", None)
    assert named in (tmp_path / "out/MODEL_CARD.md").read_text()


def test_a_sentence_that_trains_is_refused_in_acceptance_rows_before_anything_runs(
    flywheel: Flywheel, tone: Callable[..., None], tmp_path: Path
) -> None:
    root = flywheel()
    turn(root, stop_after="split")
    (split,) = root.glob("cycle1/models/*/split.json")
    sides = read_json(split)
    assert sides is not None
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    texts = {row["audio_filepath"]: row["text"] for row in rows}
    with_acceptance(root, tone, texts=[texts[sides["test"][0]], texts[sides["train"][0]]])
    decodings = (tmp_path / "decodings").read_text()
    with pytest.raises(InvalidInput) as error:
        flywheel_cycle(root)
    (fault,) = error.value.faults
    assert (fault.file, fault.line, fault.field) == ("acceptance.jsonl", 2, "text")
    assert "a sentence that no model is trained on" in fault.sentence
    assert (tmp_path / "decodings").read_text() == decodings


def test_a_champion_is_rolled_back_and_the_ledger_shows_it(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root)
    assert rollback_champion(root, 0, return_state=True).name == "Completed"
    assert [line.outcome for line in read_ledger(root)] == ["keep", "rollback"]
    assert ledger_faults(root) == []
    assert "No champion." in show_ledger(root)
    assert turn(root).name == "Kept"  # decided as it was, and no champion comes of it
    assert not (root / "champion.json").exists()


def test_a_server_with_other_numbers_opens_the_gate_and_never_decides(
    flywheel: Flywheel, riva: tuple[Any, str], tmp_path: Path
) -> None:
    """The server recognizes nothing; the comparison model misses half the rows, as the candidate does."""
    root = flywheel(before=0.5, after=0.5)
    score_baseline(root / "cycle1/manifest.jsonl", tmp_path / "scored", endpoint=riva[1])
    shutil.copy(tmp_path / "scored/per_sample.json", root / "cycle1/per_sample.json")
    assert turn(root).name == "Grow"
    opened = read_json(root / "cycle1/gate.json")["opened_by"]
    assert (opened["system"], opened["priority_ker"]) == (riva[1], 1.0)
    decision = read_json(root / "cycle2/decision.json")
    assert decision["scopes"]["all"]["base"]["ker"] == pytest.approx(0.5)
    assert decision["priority"]["relative_drop"] == 0.0
