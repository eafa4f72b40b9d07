"""Power: what the benchmark can show before the GPU is spent."""

import numpy as np
import pytest
from simulation import cycles

from tasks.domain.verdict.power import power
from tasks.domain.verdict.statistics import ALPHA, sign_flip_p


def seen(terms: int, rows: int, held_out: int, ker: float = 0.5) -> float | None:
    missed = (np.random.default_rng(1).random(terms * rows) < ker).astype(int).tolist()
    found = power([f"t{n % terms}" for n in range(terms * rows)], missed, held_out, 0.2)
    assert found is not None
    return found.minimum_detectable_drop


def test_more_rows_show_smaller_drops() -> None:
    visible = [seen(100, 10, held_out) for held_out in (30, 100, 1000)]
    assert all(value is not None for value in visible)
    assert visible == sorted(visible, reverse=True)  # type: ignore[type-var]
    assert visible[2] <= 0.2  # type: ignore[operator]


def test_a_handful_of_rows_shows_nothing_and_says_so() -> None:
    found = power(["a", "b", "c", "d"], [1, 1, 1, 0], 3, 0.2)
    assert found is not None
    assert found.minimum_detectable_drop is None
    assert not found.enough
    assert "would not show even a drop to zero; to see 20% takes about" in found.sentence


def test_rows_of_few_terms_show_less_than_rows_of_many() -> None:
    assert (seen(10, 20, 100) or 1.0) > (seen(200, 1, 100) or 1.0)


def test_the_rows_it_asks_for_are_enough() -> None:
    missed = (np.random.default_rng(2).random(100) < 0.5).astype(int).tolist()
    first = power([f"t{n}" for n in range(100)], missed, 20, 0.3)
    assert first is not None
    needed = first.rows_needed
    again = power([f"t{n}" for n in range(needed)], (missed * needed)[:needed], needed // 5, 0.3)
    assert again is not None
    assert again.minimum_detectable_drop == pytest.approx(0.3, abs=0.051)


def test_the_drop_it_promises_is_found_by_the_exact_test() -> None:
    """One row a term, as the simulation of the verdict draws them."""
    promised = seen(500, 1, 100)
    assert promised is not None
    done = cycles(400, 100, promised, clustered=False)
    found = np.mean([sign_flip_p(nets) < ALPHA for nets in done.fixed])
    assert found > 0.75


def test_nothing_missed_or_nothing_held_out_has_no_power() -> None:
    assert power(["a"], [0], 1, 0.2) is None
    assert power(["a"], [1], 0, 0.2) is None
