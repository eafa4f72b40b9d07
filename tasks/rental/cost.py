"""The cost of a rented machine: an hour, this run, a day left idle, a month stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.policy import Policy, RentPolicy
from tasks.domain.recipe import PRESET_EPOCHS
from tasks.domain.scoring.leaderboard import table

SETUP_SECONDS = 1500.0  # boot, this project's environment, the NeMo image of some 20 GB
JOB_SECONDS = 60.0  # import NeMo, restore and write a model of 0.6B
DECODED_SECONDS = 0.1  # a clip
ASSUMED_SECONDS = 0.3  # a row and epoch; 0.07 were measured with a model of 0.6B on an H200
IDLE_HOURS = 24.0
DISK_A_MONTH = 20.0


@dataclass(frozen=True)
class Trained:
    """A fine-tune that was measured on a GPU: its rows, its epochs, and the seconds it took."""

    rows: int
    epochs: int
    seconds: float


@dataclass(frozen=True)
class Work:
    """The work of a cycle for a GPU: rows times epochs trained, clips decoded, NeMo jobs."""

    row_epochs: int
    clips: int
    jobs: int


@dataclass(frozen=True)
class Estimate:
    """The hours that a cycle is expected to keep a machine, and what that rests on."""

    hours: float
    basis: str


@dataclass(frozen=True)
class Offer:
    """A machine for one cycle, before it is rented: its price, what it may cost, what it is sent."""

    rent: RentPolicy
    price_per_hour: float
    price_source: str
    estimate: Estimate
    disclosure: str

    @property
    def cost(self) -> float:
        """The expected cost of this run."""
        return self.estimate.hours * self.price_per_hour

    @property
    def life_hours(self) -> float:
        """The hours after which the machine shuts itself down: never more than max_cost pays."""
        paid = (self.rent.max_cost or float("inf")) / self.price_per_hour
        return min(self.rent.max_hours, paid)

    @property
    def refusal(self) -> str | None:
        """Return why this machine is not rented, whoever is asked; None where it may be."""
        hours, limit = self.estimate.hours, self.rent.max_cost
        if limit is not None and self.cost > limit:
            return f"expected a rental of at most {dollars(limit)}; it is estimated at {dollars(self.cost)}"
        if hours > self.rent.max_hours:
            return f"expected at most {self.rent.max_hours:g} hours; {hours:.1f} are estimated"
        return None

    @property
    def text(self) -> str:
        """Write the costs and the disclosure, for the person who answers."""
        price, rent = self.price_per_hour, self.rent
        rows = [
            ["an hour", dollars(price), f"{rent.instance} of {rent.provider}, {self.price_source}"],
            ["this run, estimated", dollars(self.cost), self.estimate.basis],
            ["this run, at most", dollars(self.life_hours * price), self._life],
            ["left idle until tomorrow", dollars(IDLE_HOURS * price), f"{IDLE_HOURS:g} hours"],
            ["disk, a month", f"about {dollars(DISK_A_MONTH)}", "when stopped and not deleted"],
        ]
        costs = table(["Cost", "", ""], rows)
        ending = "deleted" if rent.after == "delete" else "stopped; its disk still costs money"
        return f"{costs}\n\n{self.disclosure}\n\nAt the end the machine is {ending}."

    @property
    def _life(self) -> str:
        return f"after {self.life_hours:.1f} h the machine shuts itself down"


def dollars(amount: float) -> str:
    """Write an amount of money.

    >>> dollars(1234.5)
    '$1,234.50'
    """
    return f"${amount:,.2f}"


def work_of(policy: Policy, rows: int, general_clips: int) -> Work:
    """Count what a cycle of this policy trains and decodes, rounded up: a gate may stop it before.

    >>> work_of(Policy(), rows=100, general_clips=50)
    Work(row_epochs=300, clips=750, jobs=6)
    """
    epochs = policy.sft.epochs or PRESET_EPOCHS[policy.sft.preset]
    ratio = policy.replay.ratio if policy.replay else 0.0
    models = 1 + (policy.folds or 0)
    fine_tunes = models * policy.sft.seeds
    boosted = 0 if policy.boost == "off" else 1 + len(policy.decoding.tried_alphas)
    decodings = 1 + models + boosted + 2 * len(policy.shares)
    return Work(
        row_epochs=round(rows * (1 + ratio)) * epochs * fine_tunes,
        clips=(rows + general_clips) * decodings,
        jobs=fine_tunes + decodings,
    )


def estimate_hours(work: Work, measured: Sequence[Trained]) -> Estimate:
    """Estimate from the speed of earlier fine-tunes on a GPU, else from an assumed one.

    >>> estimate_hours(Work(30_000, 0, 0), []).hours
    2.9166666666666665
    """
    row_epochs = sum(one.rows * one.epochs for one in measured)
    if row_epochs:
        speed = sum(one.seconds for one in measured) / row_epochs
        known = f"measured in {len(measured)} fine-tune{'s' if len(measured) > 1 else ''} on a GPU"
    else:
        speed, known = ASSUMED_SECONDS, "assumed, as no fine-tune of this workspace was on a GPU"
    trained = work.row_epochs * speed
    others = SETUP_SECONDS + work.jobs * JOB_SECONDS + work.clips * DECODED_SECONDS
    basis = (
        f"{(trained + others) / 3600:.1f} h: {work.row_epochs:,} rows × epochs at {speed:.2f} s, "
        f"{known}; {others / 60:.0f} minutes for set-up and decodings, assumed"
    )
    return Estimate((trained + others) / 3600, basis)


@dataclass(frozen=True)
class Sent:
    """Files of one kind that leave the machine."""

    kind: str
    files: int
    size_bytes: int


def disclosure(sent: Sequence[Sent], provider: str) -> str:
    """Return a sentence on the data that leaves this machine.

    >>> disclosure([Sent("clips", 2, 3_000_000)], "brev").partition(": ")[2]
    '2 files, 3.0 MB (clips: 2, 3.0 MB), and the code of this project.'
    """
    parts = "; ".join(f"{one.kind}: {one.files:,}, {_megabytes(one.size_bytes)}" for one in sent)
    files, size_bytes = sum(one.files for one in sent), sum(one.size_bytes for one in sent)
    return (
        f"Data leaves this machine for one that {provider} rents out: {files:,} files, "
        f"{_megabytes(size_bytes)} ({parts}), and the code of this project."
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
