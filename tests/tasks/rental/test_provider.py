"""Every provider that the policy names has all that a provider has to have."""

from __future__ import annotations

import inspect
from typing import get_args

from tasks.domain.policy import RentPolicy
from tasks.rental.ending import PROVIDERS
from tasks.rental.provider import Provider


def test_the_providers_of_the_policy_have_the_methods_of_a_provider() -> None:
    named = get_args(RentPolicy.model_fields["provider"].annotation)
    assert set(named) == set(PROVIDERS)
    for name, kind in PROVIDERS.items():
        assert kind.name == name
        for method, wanted in inspect.getmembers(Provider, inspect.isfunction):
            if not method.startswith("_"):
                assert inspect.signature(getattr(kind, method)) == inspect.signature(wanted)
