"""Stage rent: run a cycle on a rented machine, fetch what it made, and always end the machine."""

from __future__ import annotations

import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.errors import CycleBusy, Fault, FlywheelError, InvalidInput, RentalFailed
from tasks.domain.progress import Progress, StageSummary
from tasks.logs import log, report
from tasks.orchestration.stage import stage
from tasks.orchestration.terminal import can_ask, typed
from tasks.records.rented import FILE, LOCK, Rental, left_rentals, read_rentals, write_rental
from tasks.rental.caretaker import IN_USE, Caretaker
from tasks.rental.carried import carried_files, fetched_patterns, fine_tunes_on_gpus, sent
from tasks.rental.cost import Offer, disclosure, dollars, estimate_hours, work_of
from tasks.rental.ending import PROVIDERS, end_rental
from tasks.rental.machine import Machine, folders_of
from tasks.rental.provider import Provider
from tasks.rental.remote import (
    LOOK,
    machine_name,
    make_folders,
    read_look,
    set_up,
    shut_down_after,
    start_cycle,
    startup_script,
)
from tasks.settings import Settings
from tasks.workspace.cycle import Cycle, gate_of, is_finished
from tasks.workspace.ledger import now
from tasks.workspace.locks import locked, running

REACHED_TRIES = 30
LOST_LOOKS = 60  # in a row without an answer; the cycle there goes on meanwhile
SET_UP_SECONDS = 1800.0


@dataclass(frozen=True)
class RentSummary(StageSummary):
    """The machine that was rented, the hours it was, and what that cost by its price."""

    machine: str
    state: str
    hours: float
    cost: float

    @property
    def words(self) -> str:
        return f"{self.machine} is {self.state} after {self.hours:.2f} hours, {dollars(self.cost)}"


def make_offer(cycle: Cycle) -> Offer:
    """Find out what a machine for this cycle costs, and what it would be sent; rent nothing.

    Raises InvalidInput for what the policy forbids, whoever is asked.
    """
    rent, general = cycle.policy.rent, cycle.general
    price = PROVIDERS[rent.provider]().price_per_hour(rent.instance)
    clips = len(general.rows) if general else 0
    offer = Offer(
        rent=rent,
        price_per_hour=price or rent.price_per_hour,
        price_source=f"price of {rent.provider}" if price else "price of the policy",
        estimate=estimate_hours(
            work_of(cycle.policy, len(cycle.rows), clips), fine_tunes_on_gpus(cycle.root)
        ),
        disclosure=disclosure(sent(carried_files(cycle)), rent.provider),
    )
    if offer.refusal:
        raise InvalidInput([Fault(offer.refusal, "flywheel.yaml", field="rent")])
    return offer


def agree(offer: Offer) -> None:
    """Let a person answer; where none can be asked, the policy's max_cost does.

    Raises InvalidInput without either.
    """
    answer = typed(offer.text, "YES")
    if answer is None:
        log().info("rent: %s", offer.disclosure)
        _check_covered(offer)
    if answer is False:
        raise InvalidInput([Fault("expected YES; nothing was rented")])


def check_rental(cycle: Cycle) -> None:
    """Raise what an offer or the agreement to it would, where it is sure that a machine is needed.

    Where the gate was not checked for these inputs, only the flow finds out.
    """
    gate = gate_of(cycle)
    if is_finished(cycle) or (cycle.baseline_sha256 and not (gate and gate.passed)):
        return
    offer = make_offer(cycle)
    if not can_ask():
        _check_covered(offer)


def _check_covered(offer: Offer) -> None:
    """Raise InvalidInput unless the policy's max_cost answers for a person."""
    if offer.rent.max_cost is None:
        sentence = (
            f"expected a terminal, to type YES to about {dollars(offer.cost)}, or a limit that covers "
            "it; nothing was rented"
        )
        raise InvalidInput([Fault(sentence, "flywheel.yaml", field="rent.max_cost")])


def end_left_machines(root: Path) -> list[Rental]:
    """End the machines that an earlier command left, log each, and return them."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    left = left_rentals(root)
    if not left:
        return []
    try:
        with locked(root, LOCK, wait=False):
            ended = [end_rental(path, one.name, Settings().rent_pause) for path, one in left]
    except CycleBusy:
        raise CycleBusy(IN_USE.format(root)) from None
    for one in ended:
        log().warning("rent: %s was left by an earlier command; it is %s now", one.name, one.state)
    return ended


@stage("rent", timed=False)
def run_on_rented_machine(cycle: Cycle, offer: Offer) -> RentSummary:
    """Rent, send, run the cycle, fetch; whatever happens, the machine is ended."""
    path, pause = cycle.folder / FILE, Settings().rent_pause
    rental = Rental(
        name=machine_name(cycle.name, cycle.number, secrets.token_hex(3)),
        provider=offer.rent.provider,
        instance=offer.rent.instance,
        price_per_hour=offer.price_per_hour,
        price_source=offer.price_source,
        estimated_cost=round(offer.cost, 4),
        max_hours=offer.life_hours,
        after=offer.rent.after,
        created_at=now(),
    )
    provider = PROVIDERS[rental.provider]()
    provider.state(rental.name)  # nothing is rented where the end of it could not be asked for
    with running(cycle):
        write_rental(path, rental)
        with Caretaker(path, rental.name):
            try:
                _run_there(cycle, path, _create(provider, path, rental, pause))
            except FlywheelError as error:
                _record(path, rental.name, outcome=str(error))
                raise
    ended = _read(path, rental.name)
    return RentSummary(ended.name, ended.state, (ended.seconds or 0) / 3600, ended.cost or 0)


def _create(provider: Provider, path: Path, rental: Rental, pause: float) -> Machine:
    """Make a machine that shuts itself down, and wait until ssh reaches it."""
    _show(f"{rental.provider} makes {rental.name}, {rental.instance}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder) / "startup.sh"
        startup.write_text(startup_script(rental.max_hours), encoding="utf-8")
        provider.create(rental.name, rental.instance, startup)
    _record(path, rental.name, state="on")
    machine = Machine(provider.address(rental.name), pause)
    machine.wait_until_reached(REACHED_TRIES)
    left = rental.max_hours - (time.monotonic() - began) / 3600
    machine.run(shut_down_after(left))  # again, should the startup script not have been run
    return machine


def _run_there(cycle: Cycle, path: Path, machine: Machine) -> None:
    """Run the cycle on the machine; fetch what stages finished, also of a cycle that failed."""
    files = [one for several in carried_files(cycle).values() for one in several]
    _show(f"{len(files)} files are sent to {machine.host}")
    machine.run(make_folders(folders_of(cycle.root, files)))
    machine.send_project()
    machine.send(files)
    _show(f"{machine.host} is set up")
    gpu = machine.run(set_up(), SET_UP_SECONDS).strip()
    _record(path, machine.host, gpu=gpu)
    began = time.monotonic()
    machine.run(start_cycle(str(cycle.root), cycle.number, Settings().image))
    exit_code, words = _follow(machine)
    _record(path, machine.host, work_seconds=round(time.monotonic() - began, 1))
    _show(f"results are fetched from {machine.host}")
    machine.fetch(cycle.root, cycle.folder.name, fetched_patterns(cycle))
    if exit_code:
        raise RentalFailed(f"the cycle ended on {machine.host} with exit code {exit_code}: {words}")
    _record(path, machine.host, outcome="run there, and fetched")


def _follow(machine: Machine) -> tuple[int, str]:
    """Wait for the end of the cycle; return its exit code and its last words.

    A connection may be lost for a while; the cycle on the machine goes on.
    """
    lost = 0
    while lost < LOST_LOOKS:
        try:
            look = read_look(machine.run(LOOK))
        except RentalFailed as error:
            lost += 1
            log().warning("rent: %s", error)
        else:
            lost = 0
            if look.exit_code is not None:
                return look.exit_code, look.line
            report(Progress(note=f"there: {look.line or 'it starts'}"))
        time.sleep(machine.pause)
    raise RentalFailed(f"{machine.host} did not answer any more")


def _show(words: str) -> None:
    log().info("rent: %s", words)
    report(Progress(note=words))


def _read(path: Path, name: str) -> Rental:
    return next(one for one in read_rentals(path) if one.name == name)


def _record(path: Path, name: str, **news: object) -> None:
    write_rental(path, _read(path, name).model_copy(update=news))
