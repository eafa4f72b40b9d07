"""Stage check-served: transcripts of a served or exported model beside those that were decoded offline."""

from __future__ import annotations

import csv
import inspect
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks import check_served as module
from tasks.check_served import ServedSource, read_differences, served_cycle, served_source
from tasks.decide import decide_cycle
from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.domain.hand_off import Served
from tasks.records.ledger_line import ServedLine
from tasks.rollback import roll_back
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding
from tasks.workspace.ledger import chain_faults, raw_lines, read_ledger
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.tones import write_tone

check = inspect.unwrap(module.check_served)
decide = inspect.unwrap(decide_cycle)
ROWS = [
    {"term": f"term{n}", "text": f"start term{n} 1.5 mg now", "voice_id": f"v{n % 6}"}
    for n in range(60)
]
REFERENCES = [str(row["text"]) for row in ROWS]
CLIPS = [f"the book {n} was on the table" for n in range(40)]
KEPT = "decide: {open_guard: keep}\nboost: off\n"


@pytest.fixture
def kept(decoded: Callable[..., Cycle], tmp_path: Path) -> Cycle:
    """A cycle that kept its candidate, which transcribed every row and general clip right."""
    root = tmp_path / "w"
    lines = []
    for n, text in enumerate(CLIPS):
        write_tone(root / f"general/{n}.wav", seconds=1.0 + n / 1000)
        row = {
            "audio_filepath": f"general/{n}.wav",
            "duration": None,
            "text": text,
            "speaker": f"s{n % 8}",
        }
        lines.append(json.dumps(row))
    (root / "general.jsonl").write_text("\n".join(lines) + "\n")
    cycle = decoded(ROWS, ["nothing"] * 60 + CLIPS, REFERENCES + CLIPS, held_out=40, policy=KEPT)
    texts = Decoding(Run(cycle), candidate_system(Run(cycle))).read()
    offline = [
        {"audio_filepath": row.audio_filepath, "hyp": text}
        for row, text in zip(cycle.rows, texts, strict=True)
    ]
    cycle.next_folder.mkdir(exist_ok=True)
    (cycle.next_folder / "offline_hyps.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in offline)
    )
    decide(cycle)
    return open_cycle(root, 1)


def given(cycle: Cycle, clinical: Sequence[str], general: Sequence[str] = CLIPS) -> ServedSource:
    """Write hypotheses of all rows in one file, and name it as the source."""
    names = [row.audio_filepath for row in cycle.rows]
    names += [f"general/{n}.wav" for n in range(len(general))]
    path = cycle.root / "served.jsonl"
    rows = zip(names, [*clinical, *general], strict=True)
    path.write_text(
        "".join(json.dumps({"audio_filepath": n, "hyp": text}) + "\n" for n, text in rows)
    )
    return ServedSource("hypotheses", str(path))


def served_lines(cycle: Cycle) -> list[ServedLine]:
    return [line for line in read_ledger(cycle.root) if isinstance(line, ServedLine)]


def test_what_is_served_as_offline_is_a_line_of_the_ledger_that_follows_from_the_line_before(
    kept: Cycle,
) -> None:
    found = check(kept, given(kept, REFERENCES))
    assert (found.rows, found.differing, found.broke) == (100, (), ())
    (line,) = served_lines(kept)
    assert (line.worse, line.source, line.name, line.rows) == (
        False,
        "hypotheses",
        "served.jsonl",
        100,
    )
    assert {guard.name for guard in line.guards} >= {"terms", "clinical_wer", "general_wer"}
    assert chain_faults(raw_lines(kept.root / "ledger.jsonl")) == []
    assert read_differences(kept) == []


def test_a_dose_that_an_export_changes_is_found_and_its_row_is_left_with_both_transcripts(
    kept: Cycle,
) -> None:
    changed = [REFERENCES[0].replace("1.5", "15"), *REFERENCES[1:]]
    found = check(kept, given(kept, changed))
    assert found.broke == ("critical_tokens_clinical",)
    (row,) = read_differences(kept)
    assert row == {
        "audio_filepath": "audio/0.wav", "changed": "1.5 mg → 15 mg (×10)",
        "offline": REFERENCES[0], "served": changed[0],
    }  # fmt: skip
    (line,) = served_lines(kept)
    assert (line.worse, line.broke) == (True, found.broke)
    assert "term0" not in line.model_dump_json()
    check(kept, given(kept, REFERENCES))
    assert not (kept.next_folder / "served.csv").exists()


def test_hypotheses_with_twice_the_wrong_words_are_found(kept: Cycle) -> None:
    worse = [text.replace("start", "stat") if n % 2 else text for n, text in enumerate(REFERENCES)]
    assert "clinical_wer" in check(kept, given(kept, worse)).broke
    found = check(kept, given(kept, REFERENCES, [text.replace("book", "cook") for text in CLIPS]))
    assert found.broke == ("general_wer",)


def test_test_rows_alone_suffice_and_what_was_not_compared_is_named(kept: Cycle) -> None:
    path = kept.root / "served.csv"
    lines = [(row.audio_filepath, text) for row, text in zip(kept.rows, REFERENCES, strict=True)][
        20:
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("file", "hypothesis"), *lines])
    found = check(kept, ServedSource("hypotheses", str(path)))
    assert (found.rows, found.left_out) == (40, ("general.jsonl",))
    assert found.outcome.endswith("Not compared: general.jsonl.")


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        (range(59, 60), "every test row of manifest.jsonl; 1 are missing, the first audio/59.wav"),
        (range(99, 100), "every row of general.jsonl; 1 are missing, the first general/39.wav"),
    ],
)  # fmt: skip
def test_hypotheses_that_lack_rows_are_invalid_input_and_no_check(
    kept: Cycle, left_out: range, sentence: str
) -> None:
    source = given(kept, REFERENCES)
    lines = Path(source.value).read_text().splitlines(keepends=True)
    Path(source.value).write_text(
        "".join(line for n, line in enumerate(lines) if n not in left_out)
    )
    with pytest.raises(InvalidInput, match=sentence):
        check(kept, source)
    assert served_lines(kept) == []


def test_a_fault_in_a_file_of_hypotheses_repeats_no_transcript(kept: Cycle) -> None:
    path = kept.root / "served.trn"
    path.write_text("start term0 for Quentin\n")
    with pytest.raises(InvalidInput) as refused:
        check(kept, ServedSource("hypotheses", str(path)))
    assert "Quentin" not in str(refused.value)


def test_a_check_without_the_offline_transcripts_is_none(kept: Cycle) -> None:
    source = given(kept, REFERENCES)
    Decoding(Run(kept), candidate_system(Run(kept))).output.unlink()
    with pytest.raises(DamagedFile, match="is not there"):
        check(kept, source)


def test_the_cycle_is_that_of_the_champion_unless_one_is_named(kept: Cycle) -> None:
    assert served_cycle(kept.root, None) == 1
    assert served_cycle(kept.root, 3) == 3
    roll_back(kept.root, 0)
    with pytest.raises(InvalidInput, match=r"--cycle: expected a cycle; .* has no champion"):
        served_cycle(kept.root, None)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({}, "expected one of the three with --check"),
        ({"endpoint": "a:1", "model": Path("m.nemo")}, "expected one of the three with --check"),
        ({"endpoint": "localhost"}, "--endpoint: expected host:port; got 'localhost'"),
    ],
)
def test_a_check_has_one_source(
    named: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASR_ENDPOINT", raising=False)
    with pytest.raises(InvalidInput, match=sentence):
        served_source(**named)


def test_the_endpoint_of_the_environment_is_asked_where_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASR_ENDPOINT", "asr:50051")
    source = served_source()
    assert (source.kind, source.name) == ("endpoint", "asr:50051")
    assert served_source(hypotheses=Path("/x/int8.jsonl")).name == "int8.jsonl"


def test_an_interrupted_check_of_a_server_asks_for_the_missing_clips_alone_and_counts_once(
    kept: Cycle, riva: tuple[Any, str]
) -> None:
    server, endpoint = riva
    source = ServedSource("endpoint", endpoint)
    journal = module._journal(kept, source, module._offline_rows(kept))
    texts = [*REFERENCES, *CLIPS]
    lines = [json.dumps({"row": n, "hyp": text}) + "\n" for n, text in enumerate(texts)]
    journal.write_text("".join(lines[:98]))
    found: Served = check(kept, source)
    assert len(server.asked) == 2
    assert len(found.differing) == 2, "the fake server knows no clip, and is silent"
    assert not journal.exists()
    journal.write_text(
        "".join([*lines[:98], *(json.dumps({"row": n, "hyp": ""}) + "\n" for n in (98, 99))])
    )
    check(kept, source)  # killed after its line was written, before its answers were removed
    assert len(served_lines(kept)) == 1
    assert not journal.exists()
