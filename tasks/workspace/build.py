"""What a build reads from a workspace, and the record that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from tasks.domain.build.given import GivenIpa
from tasks.domain.build.growth import Growth, GrowthLine, WantedRows, plan_growth, read_growth_plan
from tasks.domain.build.pronunciation import Overrides
from tasks.domain.build.sentence_file import Sentence, read_sentences
from tasks.domain.build.terms import Term
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.normalize import normalize
from tasks.workspace.audition import TERMS_FILE, read_terms_file, standing_overrides
from tasks.workspace.files import file_sha256
from tasks.workspace.inputs import POLICY_FILE, collecting, read_policy
from tasks.workspace.manifests import Manifest, read_manifest
from tasks.workspace.reading import LINES_BYTES, read_text
from tasks.workspace.record import Part, Record, Sha256, Timestamp, read_record
from tasks.workspace.records import GateRecord

SENTENCES_FILE, PLAN_FILE = "sentences.csv", "growth_plan.csv"


class BuiltWith(Part):
    """An engine that spoke: its name in rows, its version, its voices."""

    engine: str
    version: str
    voices: tuple[str, ...]


class RefusedRows(Part):
    """Rows that were asked for and not made, and why."""

    term: str
    rows: int = 1
    text: str = ""
    voice_id: str = ""
    reason: str
    again: bool = Field(False, description="Whether the same command may make it another time")


class BuildRecord(Record):
    """build.json: how a cycle's manifest was made; it is written after the manifest."""

    way_out: ClassVar[str] = "remove it and the manifest beside it, and build again"
    cycle: int
    rows: int = Field(description="Rows of the manifest: carried and made")
    carried: int = Field(description="Rows of the cycle before, unchanged")
    asked: int = Field(description="Rows asked for beside them: made and refused")
    made: int
    reused: int = Field(description="Clips of the made rows that were there already")
    retried: int = Field(description="Clips that took more than one take now")
    other_voice: int = Field(
        0, description="Rows made in another voice than planned, whose audio would not be their own"
    )
    takes: int = Field(description="Takes that were synthesized now")
    refused: tuple[RefusedRows, ...]
    lacking: dict[str, int] = Field(
        description="Terms that the growth plan asks for and terms.csv has not, by category"
    )
    harder: bool = Field(description="Whether harder conditions were asked for by the gate before")
    engines: tuple[BuiltWith, ...]
    ipa_not_used: tuple[str, ...] = Field(
        (), description="IPA of people or the dictionary that was not used or not found, and why"
    )
    audition: str = Field(description="What was left to hear; empty where every term was settled")
    too_small: tuple[str, ...] = Field((), description="What the gate will find too small")
    needs: str = Field("", description="What makes a further build large enough for the gate")
    manifest_sha256: Sha256
    seconds: float
    built_at: Timestamp

    @property
    def sentence(self) -> str:
        """Say what was built."""
        refused = self.asked - self.made
        parts = [f"{self.rows} rows", f"{self.carried} carried over" if self.carried else ""]
        parts += [f"{self.made} made", f"{self.reused} of them from clips that were there"]
        parts += [f"{refused} refused" if refused else ""]
        return f"{', '.join(filter(None, parts))}, in {self.seconds:.0f} s"


@dataclass(frozen=True)
class BuildInputs:
    """What was checked of a workspace before anything is made; `before` is the cycle before's."""

    root: Path
    number: int
    policy: Policy
    terms: tuple[Term, ...]
    sentences: tuple[Sentence, ...]
    given: GivenIpa
    plan: tuple[GrowthLine, ...]
    before: Manifest[ClinicalRow] | None
    harder: bool

    @property
    def folder(self) -> Path:
        return self.root / f"cycle{self.number}"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.jsonl"

    @property
    def record(self) -> Path:
        return self.folder / "build.json"

    @property
    def carried(self) -> Sequence[ClinicalRow]:
        """The rows of the cycle before."""
        return self.before.rows if self.before else ()

    @property
    def growth(self) -> Growth:
        """Which rows are added; after a gate that asked for harder speech, a set for each term."""
        policy, priority = self.policy.build, self.policy.priority_categories
        growth = plan_growth(self.terms, self.plan, self.carried, policy, priority)
        if not self.harder:
            return growth
        terms = {normalize(one.term.term): one.term for one in growth.wanted}
        terms |= {normalize(one.term): one for one in self.terms if policy.first_terms is None}
        known = {normalize(row.term) for row in self.carried}
        terms |= {normalize(one.term): one for one in self.terms if normalize(one.term) in known}
        wanted = [
            WantedRows(one, policy.rows_of(one.entity_category in priority))
            for one in terms.values()
        ]
        return Growth(tuple(wanted), growth.lacking)


def read_build_inputs(root: Path, number: int) -> BuildInputs:
    """Check everything that a build reads; raise InvalidInput with every fault. Writes nothing."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root, faults = root.resolve(), list[Fault]()
    policy, terms, overrides = Policy(), list[Term](), Overrides("")
    before, earlier = None, root / f"cycle{number - 1}"
    with collecting(faults):
        policy = read_policy(root / POLICY_FILE)
    with collecting(faults):
        terms = read_terms_file(root)
    with collecting(faults):
        overrides = standing_overrides(root)
    if (earlier / "manifest.jsonl").exists():
        with collecting(faults):
            before = read_manifest(earlier / "manifest.jsonl", ClinicalRow)
    plan = _csv(root / f"cycle{number}" / PLAN_FILE, faults)
    lines, found = read_growth_plan(plan, PLAN_FILE) if plan else ([], [])
    faults += found
    text = _csv(root / SENTENCES_FILE, faults)
    names = [one.term for one in terms]
    sentences, found = read_sentences(text, SENTENCES_FILE, names) if text else ([], [])
    faults += found if terms else []
    inputs = BuildInputs(
        root,
        number,
        policy,
        tuple(terms),
        tuple(sentences),
        GivenIpa(TERMS_FILE, terms, overrides),
        tuple(lines),
        before,
        asked_for_harder(root, number),
    )
    faults += _category_faults(inputs) + _foreign_manifest(inputs)
    if faults:
        raise InvalidInput(faults)
    return inputs


def asked_for_harder(root: Path, number: int) -> bool:
    """Whether the gate of the cycle before found its benchmark too easy."""
    gate = read_record(root / f"cycle{number - 1}" / "gate.json", GateRecord)
    return gate is not None and gate.route == "harden"


def is_as_built(folder: Path) -> bool:
    """Whether the manifest of a cycle is just what a build left."""
    record = read_record(folder / "build.json", BuildRecord)
    return record is not None and record.manifest_sha256 == file_sha256(folder / "manifest.jsonl")


def _category_faults(inputs: BuildInputs) -> list[Fault]:
    """Terms of the cycle before that terms.csv has under another category."""
    listed = {normalize(one.term): one for one in inputs.terms}
    other = {
        row.term: listed[normalize(row.term)].entity_category
        for row in inputs.carried
        if normalize(row.term) in listed
        and listed[normalize(row.term)].entity_category != row.entity_category
    }
    return [
        Fault(
            f"{term!r} is another category in the cycle before; here it is {category}", TERMS_FILE
        )
        for term, category in other.items()
    ]


def _foreign_manifest(inputs: BuildInputs) -> list[Fault]:
    """Refuse to write over a manifest that no build has left as it is."""
    if not inputs.manifest.exists() or is_as_built(inputs.folder):
        return []
    found = "changed since" if inputs.record.exists() else "was not made by a build"
    return [Fault(f"expected none, or what a build left; {inputs.manifest} {found}", "--cycle")]


def _csv(path: Path, faults: list[Fault]) -> str:
    """Read a file that may be there; what is wrong with it is one more fault."""
    try:
        return read_text(path, LINES_BYTES)
    except FileNotFoundError:
        return ""
    except InvalidInput as error:
        faults += error.faults
    except OSError as error:
        faults.append(Fault(f"expected a text file; {error}", path.name))
    return ""
