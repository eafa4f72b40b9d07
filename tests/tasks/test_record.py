"""The desk of a recording: it lets read what nothing was trained on, and takes rows of just that."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.record import BODY_BYTES, RecordDesk, open_record_desk, served
from tasks.recordings.record_files import accepted_rows, read_speakers
from tests.conftest import write_workspace
from tests.flows.test_commands import contents
from tests.tasks.recordings.takes import take

USERS = "the speech team"
AGREED = {"name": "nurse-1", "accent": "Scots", "age_band": "30-44", "agreed": True}
Desk = Callable[..., RecordDesk]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose benchmark has two terms, and whose list of terms has one more."""
    rows: list[dict[str, Any]] = [
        {"term": "timolol", "text": f"Give timolol {when}."} for when in ("now", "later")
    ]
    rows.append({"term": "lactate", "text": "The lactate is back.", "entity_category": "lab"})
    root = write_workspace(tmp_path / "w", rows)
    (root / "terms.csv").write_text(
        "term,entity_category,accepted\ntimolol,drug,Timoptol\nheparin,drug,\n"
    )
    return root


@pytest.fixture
def desk(root: Path) -> Desk:
    def open_desk(per_term: int = 2, speaker: str = "", users: str = USERS) -> RecordDesk:
        return open_record_desk(root, per_term, users, speaker)

    return open_desk


def posted(work: dict[str, Any], wav: bytes, place: int = 0) -> dict[str, Any]:
    """What the page posts of a sentence that is left."""
    script = work["left"][place]
    return {
        "speaker": work["speaker"],
        "term": script["term"],
        "text": script["text"],
        "wav": base64.b64encode(wav).decode(),
    }


def test_a_speaker_reads_new_sentences_of_the_terms_of_the_benchmark(desk: Desk) -> None:
    work = desk().begin(AGREED)
    assert [one["term"] for one in work["left"]] == ["lactate", "timolol"] * 2
    assert not {one["text"] for one in work["left"]} & {"Give timolol now.", "The lactate is back."}
    assert {one["entity_category"] for one in work["left"]} == {"drug", "lab"}
    assert work["left"][1]["accepted"] == ("Timoptol",)


def test_without_a_benchmark_the_terms_are_those_of_the_list(desk: Desk, root: Path) -> None:
    (root / "cycle1/manifest.jsonl").unlink()
    assert {one["term"] for one in desk().begin(AGREED)["left"]} == {"timolol", "heparin"}
    (root / "terms.csv").unlink()
    with pytest.raises(InvalidInput, match="expected a list of terms"):
        desk()


def test_sentences_of_the_workspace_are_read_first_unless_the_benchmark_has_them(
    desk: Desk, root: Path
) -> None:
    own = "".join(f"timolol,handoff,{text}\n" for text in ("Give timolol now.", "Hold timolol."))
    (root / "sentences.csv").write_text(f"term,context_type,text\n{own}")
    texts = [one["text"] for one in desk().begin(AGREED)["left"] if one["term"] == "timolol"]
    assert texts[0] == "Hold timolol."
    assert len(texts) == 2


def test_a_term_without_a_sentence_is_named(desk: Desk, root: Path) -> None:
    path = root / "cycle1/manifest.jsonl"
    line = json.loads(path.read_text().splitlines()[0])
    scripts = [one for one in desk().scripts if one.term == "timolol"]
    rows = [
        line | {"text": one.text, "audio_filepath": f"audio/x{n}.wav"}
        for n, one in enumerate(scripts)
    ]
    path.write_text(
        path.read_text().splitlines()[2] + "\n" + "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    assert desk().without == ["timolol"]


def test_nothing_is_recorded_before_the_speaker_agrees_which_is_kept_with_its_time(
    desk: Desk, root: Path
) -> None:
    before = contents(root)
    with pytest.raises(InvalidInput, match="agrees to the text first"):
        desk().begin(AGREED | {"agreed": False})
    work = {"speaker": "nurse-1", "left": [{"term": "x", "text": "x"}]}
    with pytest.raises(InvalidInput, match="a speaker who agreed"):
        desk().keep(posted(work, take()))
    assert contents(root) == before
    desk().begin(AGREED)
    (speaker,) = read_speakers(root).speakers
    assert (speaker.name, speaker.accent, speaker.age_band) == ("nurse-1", "Scots", "30-44")
    assert USERS in speaker.agreements[0].text
    assert speaker.agreements[0].at.startswith("20")


def test_who_agreed_goes_on_at_once_and_agrees_again_where_others_may_use_it(desk: Desk) -> None:
    desk().begin(AGREED)
    assert desk().begin({"name": "nurse-1"})["speaker"] == "nurse-1"
    with pytest.raises(InvalidInput, match="agrees to the text first"):
        desk(users="everybody").begin({"name": "nurse-1"})


def test_what_is_kept_is_a_row_and_is_no_longer_left(desk: Desk, root: Path) -> None:
    work = desk().begin(AGREED)
    text = work["left"][0]["text"]
    after = desk().keep(posted(work, take()))
    assert text not in {one["text"] for one in after["left"]}
    assert len(after["left"]) == 3
    assert after["progress"]["speakers"] == [{"name": "nurse-1", "rows": 1}]
    (row,) = accepted_rows(root)
    assert (row.text, row.speaker, row.source) == (text, "nurse-1", "recorded")
    assert desk().begin({"name": "nurse-1"})["left"] == after["left"], "a further sitting"
    second = desk().begin(AGREED | {"name": "nurse-2"})
    desk().keep(posted(second, take(pitch=300)))
    assert desk().summary() == {"rows": 2, "speakers": 2, "terms": 1}


def test_a_sentence_that_a_benchmark_got_since_is_not_taken(desk: Desk, root: Path) -> None:
    opened = desk()
    work = opened.begin(AGREED)
    line = json.loads((root / "cycle1/manifest.jsonl").read_text().splitlines()[0])
    (root / "cycle2").mkdir()
    row = line | {"text": work["left"][1]["text"]}
    (root / "cycle2/manifest.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InvalidInput, match="load the page again"):
        opened.keep(posted(work, take(), 1))
    left = [one["text"] for one in opened.begin({"name": "nurse-1"})["left"]]
    assert row["text"] not in left
    assert accepted_rows(root) == ()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"speaker": "nurse-2"}, "a speaker who agreed"),
        ({"speaker": "../nurse"}, "speaker: expected a pseudonym"),
        ({"term": "heparin"}, "load the page again"),
        ({"text": "My patient Ana Bell is better."}, "load the page again"),
        ({"wav": "abc"}, "wav: "),
        ({"wav": base64.b64encode(b"no sound").decode()}, "expected a WAV file"),
        ({"wav": base64.b64encode(take(loudness=0.001)).decode()}, "the recording is silent"),
        ({"more": 1}, "more: "),
    ],
)
def test_a_take_that_cannot_be_is_refused_not_repeated_and_nothing_is_written(
    desk: Desk, root: Path, changes: dict[str, Any], sentence: str
) -> None:
    work = desk().begin(AGREED)
    before = contents(root)
    with pytest.raises(InvalidInput, match=sentence) as error:
        desk().keep(posted(work, take()) | changes)
    assert "Ana" not in str(error.value)
    assert contents(root) == before


def test_flags_that_cannot_be_and_a_damaged_row_are_faults_at_the_start(
    desk: Desk, root: Path
) -> None:
    with pytest.raises(InvalidInput, match="--speaker: expected a pseudonym"):
        desk(speaker="Ana Bell")
    with pytest.raises(InvalidInput, match="--used-by: expected plain text"):
        desk(users="the team\x07")
    (root / "acceptance.jsonl").write_text("{}\n")
    with pytest.raises(InvalidInput, match=r"acceptance.jsonl:1: text: expected a value"):
        desk()


@pytest.fixture
def post(desk: Desk) -> Iterator[Callable[..., tuple[int, str]]]:
    """Post to the page's server as the page does, unless it is changed; return status and answer."""
    with served(desk(), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        host = server.hosts[0]

        def send(path: str, body: object, token: str = "", **changed: str) -> tuple[int, str]:
            headers = {"Origin": f"http://{host}", "Content-Type": "application/json"}
            headers |= {name.replace("_", "-"): value for name, value in changed.items()}
            connection = http.client.HTTPConnection(host, timeout=300)
            content = json.dumps(body)
            connection.request("POST", f"/{token or server.token}/{path}", content, headers)
            answer = connection.getresponse()
            found = answer.status, answer.read().decode()
            connection.close()
            return found

        yield send
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"token": "wrong"}, 404),
        ({"Content_Type": "audio/wav"}, 415),
        ({"Content_Length": str(100_000_000)}, 413),
    ],
)
def test_what_another_page_posts_or_is_too_large_is_refused_and_nothing_is_written(
    post: Callable[..., tuple[int, str]], root: Path, changed: dict[str, str], status: int
) -> None:
    work = json.loads(post("begin", AGREED)[1])
    before = contents(root)
    assert post("keep", posted(work, take()), **changed)[0] == status
    assert contents(root) == before
    assert post("keep", posted(work, b"no sound"))[0] == 422
    assert contents(root) == before


def test_a_take_of_twenty_seconds_is_small_enough_to_be_posted(
    post: Callable[..., tuple[int, str]],
) -> None:
    work = json.loads(post("begin", AGREED)[1])
    longest = take(seconds=19.6)
    assert BODY_BYTES < 1_000_000
    assert post("keep", posted(work, longest))[0] == 200
