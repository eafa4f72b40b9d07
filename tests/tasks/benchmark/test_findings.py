"""What a dictionary says and nobody uses is named with its reason."""

from __future__ import annotations

from tasks.benchmark.findings import Findings

ENGINES = {"magpie": frozenset("lɑktɪm"), "kokoro": frozenset[str]()}


def test_an_ipa_that_can_be_said_is_no_fault() -> None:
    assert Findings(ipa={"timil": "tɪmɪl"}).faults("dictionary.jsonl", ENGINES) == []


def test_what_cannot_be_said_or_read_and_what_was_not_answered_is_named() -> None:
    found = Findings(
        ipa={"loch": "lɑχ"},
        unreadable={"tim": "'q' is not in the key"},
        not_answered={"lock": "no network"},
    )
    assert [str(one) for one in found.faults("dictionary.jsonl", ENGINES)] == [
        "dictionary.jsonl: ipa: magpie cannot say χ of 'lɑχ', loch",
        "dictionary.jsonl: respellings: tim: 'q' is not in the key",
        "dictionary.jsonl: lock was not looked up: no network",
    ]
