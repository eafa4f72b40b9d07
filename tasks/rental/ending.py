"""End a rented machine, and believe it only when the provider confirms it."""

from __future__ import annotations

import time
from pathlib import Path

from tasks.domain.errors import RentalFailed
from tasks.records.rented import Rental, RentalState, read_rentals, write_rental
from tasks.rental.brev import Brev
from tasks.rental.provider import Provider
from tasks.workspace.ledger import now

PROVIDERS: dict[str, type[Provider]] = {"brev": Brev}
TRIES = 90  # a quarter of an hour with the usual pause
ABSENT = 6  # looks that must not see a machine whose making was cut short
STOPS = 3  # refusals of a stop, before the machine is deleted instead


def end_rental(path: Path, name: str, pause: float) -> Rental:
    """Stop or delete the machine that a cycle's rented.json names, and record its end there.

    Raises RentalFailed where the provider does not confirm it in TRIES looks.
    """
    rental = next(one for one in read_rentals(path) if one.name == name)
    if rental.ended:
        return rental
    provider = PROVIDERS[rental.provider]()
    absent = ABSENT if rental.state == "creating" else 1
    stops, refusal = STOPS if rental.after == "stop" else 0, ""
    for _ in range(TRIES):
        try:
            state = provider.state(name)
            if state == "gone":
                absent -= 1
                if not absent:
                    return _recorded(path, rental, "deleted")
            elif state == "stopped" and rental.after == "stop":
                return _recorded(path, rental, "stopped")
            elif stops:
                stops -= 1
                provider.stop(name)
            else:
                provider.delete(name)
        except RentalFailed as error:
            refusal = f" ({error})"
        time.sleep(pause)
    raise RentalFailed(
        f"{name} could not be ended{refusal}: end it at {rental.provider}, until "
        f"then it costs ${rental.price_per_hour:.2f} an hour; rerun to try again"
    )


def _recorded(path: Path, rental: Rental, state: RentalState) -> Rental:
    ended = rental.ended_as(state, now())
    write_rental(path, ended)
    return ended
