"""The reference of the policy is that of the models that read it."""

from tasks.domain.policy_keys import policy_keys
from tasks.records.policy_reference import PAGE, UNITS, policy_page


def test_the_page_in_docs_is_that_of_the_models() -> None:
    """Write it again with `python -m tasks.records.policy_reference`."""
    assert PAGE.read_text(encoding="utf-8") == policy_page()


def test_every_key_has_its_line_and_every_number_its_unit() -> None:
    """A new number gets its unit in UNITS."""
    page = policy_page()
    numbers = set()
    for key in policy_keys():
        assert f"| `{key.name.rpartition('.')[2]}`" in page
        if "number" in key.kind and not key.name.endswith("seed"):
            numbers.add(key.name)
    assert numbers == set(UNITS)
