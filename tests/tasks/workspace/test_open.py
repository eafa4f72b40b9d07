"""Input is checked whole before anything is written."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import InputsChanged, InvalidInput
from tasks.domain.policy import Policy
from tasks.records.files import file_sha256
from tasks.workspace import manifests
from tasks.workspace.open import check_unchanged, open_cycle, read_policy

Workspace = Callable[..., Path]
Tone = Callable[..., None]


def faults_of(root: Path, policy: Policy | None = None) -> tuple[str, ...]:
    with pytest.raises(InvalidInput) as raised:
        open_cycle(root, 1, policy)
    return tuple(map(str, raised.value.faults))


def test_every_fault_of_every_file_is_listed_at_once(workspace: Workspace, tone: Tone) -> None:
    root = workspace([{}, {}, {"entity_category": "x"}, {}, {}, {"duration": 2.0}, {}])
    audio = root / "cycle1" / "audio"
    (audio / "0.wav").unlink()
    (audio / "1.wav").write_bytes(b"")
    (audio / "3.wav").write_bytes(b"RIFF not audio")
    tone(audio / "4.wav", rate=8_000)
    content = (audio / "6.wav").read_bytes()
    (audio / "6.wav").write_bytes(content[:-2_000])
    (root / "flywheel.yaml").write_text("base: no.nemo\nsft: {lr: high}\nfold: 3\n")
    faults = faults_of(root)
    text = "\n".join(faults)
    assert "flywheel.yaml: sft.lr: " in text
    assert "flywheel.yaml: fold: " in text
    assert "manifest.jsonl:1: audio_filepath: expected a readable file;" in text
    assert "manifest.jsonl:2: audio_filepath: expected audio;" in text
    assert "manifest.jsonl:3: entity_category: expected one of drug" in text
    assert "manifest.jsonl:4: audio_filepath: expected a WAV file;" in text
    assert "manifest.jsonl:5: audio_filepath: expected 16000 Hz, 1 channel, 16 bit;" in text
    assert (
        "manifest.jsonl:6: duration: expected 1.000, the length of the file, or null; got 2.0"
        in text
    )
    assert "manifest.jsonl:7: audio_filepath: expected 16000 samples, as in its header;" in text
    assert len(faults) == 9


def test_two_channels_and_too_long_audio_are_faults(workspace: Workspace, tone: Tone) -> None:
    root = workspace([{}, {"duration": None}])
    tone(root / "cycle1/audio/0.wav", channels=2)
    tone(root / "cycle1/audio/1.wav", seconds=20.1)
    stereo, long = faults_of(root)
    assert "2 channels" in stereo
    assert "the training limit; the file holds 20.10 s" in long


def test_a_missing_base_file_is_a_fault(workspace: Workspace) -> None:
    (fault,) = faults_of(workspace([{}]), Policy(base="no.nemo"))
    assert fault.startswith("base: expected a .nemo file or a pretrained name;")


def test_a_cycle_without_a_folder_is_a_fault_that_names_the_cycles_there_are(
    workspace: Workspace,
) -> None:
    root = workspace([{}])
    for name in ("cycle10", "cycle2", "cycles"):
        (root / name).mkdir()
    with pytest.raises(InvalidInput) as raised:
        open_cycle(root, 11)
    assert str(raised.value) == (
        f"--cycle: expected a folder; {root}/cycle11 does not exist, the cycles there are 1, 2, 10"
    )
    assert not (root / "cycle11").exists()
    assert open_cycle(root, 2).benchmark is None


@pytest.mark.parametrize("name", ["at ${oc.env:HOME}", "at $HOME"])
def test_a_path_that_nemo_would_read_as_a_variable_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    with pytest.raises(InvalidInput, match="expected a path without"):
        open_cycle(root, 1)
    assert not list(root.iterdir())


def test_a_workspace_without_any_cycle_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"/cycle1 does not exist, there is no cycle$"):
        open_cycle(tmp_path, 1)


def test_a_base_that_is_no_archive_is_a_fault(workspace: Workspace) -> None:
    root = workspace([{}])
    (root / "odd.nemo").write_bytes(b"zip?")
    (fault,) = faults_of(root, Policy(base="odd.nemo"))
    assert "expected a .nemo archive" in fault


def test_guard_and_replay_may_share_neither_audio_nor_text(
    workspace: Workspace, tone: Tone
) -> None:
    root = workspace([{}])
    for name in ("g0", "g1", "r1", "r2"):
        tone(root / f"{name}.wav", seconds=0.5 + 0.1 * int(name[1]) + (name[0] == "r"))
    (root / "r0.wav").write_bytes((root / "g0.wav").read_bytes())
    general = [("g0", "one thing"), ("g1", "another thing")]
    replay = [("r0", "something else"), ("r1", "Another thing!"), ("r2", "a third")]
    for name, rows in (("general", general), ("replay", replay)):
        lines = [json.dumps({"audio_filepath": f"{clip}.wav", "text": text}) for clip, text in rows]
        (root / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    faults = faults_of(root, Policy.model_validate({"replay": {"manifest": "replay.jsonl"}}))
    assert faults == (
        "replay:1: expected a clip apart from the guard set; its audio is in general.jsonl",
        "replay:2: expected a clip apart from the guard set; its text is in general.jsonl",
    )


def test_relative_and_absolute_paths_and_null_durations_pass(
    workspace: Workspace, tmp_path: Path, tone: Tone
) -> None:
    tone(tmp_path / "far.wav")
    root = workspace([{"duration": None}, {"audio_filepath": str(tmp_path / "far.wav")}])
    cycle = open_cycle(root, 1)
    assert cycle.manifest_sha256 is not None
    assert cycle.audio_sha256 is not None


def test_one_clip_under_two_spellings_is_a_duplicate(workspace: Workspace) -> None:
    root = workspace([{}, {"audio_filepath": "audio/../audio/0.wav"}])
    assert "line 1 names the same file" in faults_of(root)[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "expected YAML;"),
        (b"[]", "policy: "),
        (b"false", "policy: "),
        (b"- base: x", "policy: "),
        (b"split: {seed: 4294967296}", "split.seed: "),
    ],
)
def test_a_policy_that_is_none_is_a_fault(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "flywheel.yaml").write_bytes(content)
    with pytest.raises(InvalidInput) as raised:
        read_policy(tmp_path / "flywheel.yaml")
    assert str(raised.value.faults[0]).startswith(f"flywheel.yaml: {sentence}")


def test_a_policy_that_is_no_yaml_is_named_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "flywheel.yaml").write_text("folds: 5\nbase: a: b\n")
    with pytest.raises(InvalidInput) as raised:
        read_policy(tmp_path / "flywheel.yaml")
    assert str(raised.value) == (
        "flywheel.yaml:2: expected YAML; mapping values are not allowed here, column 8"
    )


def test_no_policy_and_an_empty_one_are_the_default(tmp_path: Path) -> None:
    assert read_policy(tmp_path / "flywheel.yaml") == Policy()
    (tmp_path / "flywheel.yaml").write_text("# nothing yet\n")
    assert read_policy(tmp_path / "flywheel.yaml") == Policy()


@pytest.mark.parametrize("name", ["flywheel.yaml", "general.jsonl"])
def test_a_link_that_leads_nowhere_is_a_fault_and_not_an_absent_file(
    workspace: Workspace, name: str
) -> None:
    root = workspace([{}])
    (root / name).unlink(missing_ok=True)
    (root / name).symlink_to(root / "nowhere")
    assert faults_of(root)[0].startswith(f"{name}: expected a ")


def test_paths_that_no_file_can_have_are_faults_beside_the_others(workspace: Workspace) -> None:
    root = workspace([{}, {}])
    manifest = root / "cycle1/manifest.jsonl"
    first, second = manifest.read_text().splitlines()
    lines = [first.replace("audio/0.wav", "a\\u0000b"), second.replace("1.0", "7.0")]
    manifest.write_text("\n".join(lines) + "\n")
    path, duration = faults_of(root)
    assert path.startswith("manifest.jsonl:1: audio_filepath: expected the path of a file; got")
    assert duration.startswith("manifest.jsonl:2: duration: expected 1.000")


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("cycle1/manifest.jsonl", "the manifest changed"),
        ("cycle1/audio/3.wav", "the audio changed"),
        ("base.nemo", "the base and the comparison model changed"),
    ],
)
def test_what_changes_while_a_cycle_runs_is_named(
    flywheel: Callable[..., Path],
    fake_model: Callable[..., Path],
    file: str,
    named: str,
) -> None:
    root = flywheel()
    cycle = open_cycle(root, 1)
    check_unchanged(cycle)
    path = root / file
    if path.suffix == ".wav":
        content = path.read_bytes()
        path.write_bytes(content[:-2] + b"\x01\x02")
    elif path.suffix == ".nemo":
        fake_model(path, 0.1)
    else:
        path.write_text(path.read_text().replace("number 7", "number seven"))
    with pytest.raises(InputsChanged, match=f"^{named} while the cycle ran"):
        check_unchanged(cycle)


def test_a_clip_that_changes_while_a_cycle_runs_is_named_though_it_was_remembered(
    flywheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "TICK_NS", -manifests.TICK_NS)  # nothing is too young
    root = flywheel()
    open_cycle(root, 1)
    manifests.remember_clips(root)
    cycle = open_cycle(root, 1)
    clip = root / "cycle1/audio/3.wav"
    status = clip.stat()
    clip.write_bytes(clip.read_bytes()[:-2] + b"\x01\x02")
    os.utime(clip, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(InputsChanged, match=r"^the audio changed while the cycle ran"):
        check_unchanged(cycle)


def test_inputs_that_became_invalid_while_a_cycle_ran_say_what_is_wrong(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    cycle = open_cycle(root, 1)
    (root / "cycle1/audio/3.wav").unlink()
    with pytest.raises(InputsChanged, match=r"nothing is decided; now manifest.jsonl:4: "):
        check_unchanged(cycle)


def test_acceptance_rows_are_of_another_source_than_the_benchmark(flywheel: Workspace) -> None:
    root = flywheel(rows=12)
    lines = (root / "cycle1/manifest.jsonl").read_text().splitlines()
    row = json.loads(lines[3])
    row["audio_filepath"] = f"cycle1/{row['audio_filepath']}"
    (root / "acceptance.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InvalidInput) as refused:
        open_cycle(root, 1)
    assert str(refused.value) == (
        "acceptance.jsonl:1: audio_filepath: expected a clip of another source; it is in the "
        "benchmark"
    )


def test_acceptance_rows_have_another_sentence_or_voice_than_the_benchmark(
    flywheel: Workspace,
) -> None:
    root = flywheel(rows=12)
    row = json.loads((root / "cycle1/manifest.jsonl").read_text().splitlines()[3])
    content = (root / "cycle1" / row["audio_filepath"]).read_bytes()
    (root / "other.wav").write_bytes(content[:-2] + b"\x07\x07")
    row["audio_filepath"] = "other.wav"
    (root / "acceptance.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InvalidInput, match=r"acceptance\.jsonl:1: text: expected another sentence"):
        open_cycle(root, 1)
    (root / "acceptance.jsonl").write_text(json.dumps(row | {"voice_id": "of nobody else"}) + "\n")
    assert open_cycle(root, 1).acceptance is not None


def test_a_base_of_another_digest_than_is_expected_is_refused_before_it_is_loaded(
    workspace: Callable[..., Path], fake_model: Callable[..., Path]
) -> None:
    root = workspace([{}])
    sha256 = file_sha256(fake_model(root / "base.nemo", 0.5))
    policy = Policy.model_validate({"base": "base.nemo", "base_sha256": sha256})
    assert open_cycle(root, 1, policy).base.sha256 == sha256
    other = policy.model_copy(update={"base_sha256": "0" * 64})
    with pytest.raises(InvalidInput, match=r"base_sha256: expected a base of digest 0+; .* has "):
        open_cycle(root, 1, other)


def test_a_digest_is_expected_of_a_file_and_not_of_a_name(workspace: Callable[..., Path]) -> None:
    policy = Policy.model_validate({"base_sha256": "0" * 64})
    with pytest.raises(InvalidInput, match=r"nvidia/parakeet-tdt-0\.6b-v2 is no file"):
        open_cycle(workspace([{}]), 1, policy)
