"""Every provider that the policy names has all that a provider has to have."""

from __future__ import annotations

import inspect
import sys
from typing import get_args

import pytest

from tasks.domain.errors import RentalFailed
from tasks.domain.policy import RentPolicy
from tasks.rental.ending import PROVIDERS
from tasks.rental.provider import Provider, output_of


def test_the_providers_of_the_policy_have_the_methods_of_a_provider() -> None:
    named = get_args(RentPolicy.model_fields["provider"].annotation)
    assert set(named) == set(PROVIDERS)
    for name, kind in PROVIDERS.items():
        assert kind.name == name
        for method, wanted in inspect.getmembers(Provider, inspect.isfunction):
            if not method.startswith("_"):
                assert inspect.signature(getattr(kind, method)) == inspect.signature(wanted)


def test_what_it_printed_is_given() -> None:
    assert output_of(["cat"], given="words") == "words"
    assert output_of(["cat"]) == "", "nothing to read, so nothing is waited for"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["no-such-program", "x"], "no-such-program is not installed on this machine"),
        (["sh", "-c", "echo one >&2; echo two >&2; exit 3"], "sh failed with exit code 3: two"),
        (["sh", "-c", "exit 4"], "sh failed with exit code 4: it printed nothing"),
    ],
)
def test_a_failure_is_one_sentence(command: list[str], sentence: str) -> None:
    with pytest.raises(RentalFailed) as failed:
        output_of(command)
    assert str(failed.value) == sentence


def test_a_program_that_does_not_answer_is_given_up() -> None:
    with pytest.raises(RentalFailed, match=f"{sys.executable} did not answer in 0 s"):
        output_of([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)
