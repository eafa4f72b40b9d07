"""The inputs of a build from a workspace, checked before anything is made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tasks.benchmark.audition_file import OVERRIDES_FILE, current_overrides, read_terms_file
from tasks.benchmark.build_rows import (
    asked_for_harder,
    carried_clip_faults,
    long_names,
    read_acceptance,
    read_before,
    terms_of,
    was_hardened,
)
from tasks.benchmark.growth import Growth, GrowthLine, plan_growth, read_growth_plan
from tasks.benchmark.harden import condition_of
from tasks.benchmark.plan import PlannedRow, WantedRows, planned_as
from tasks.benchmark.pronunciation import GivenIpa, Overrides
from tasks.benchmark.sentences import Sentence, read_sentences
from tasks.benchmark.table import count_empty_rows
from tasks.benchmark.terms import NamedTerms, Term, named_terms
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.normalize import normalize
from tasks.records.build import is_as_built, pronunciations_of
from tasks.records.files import file_sha256, read_jsonl
from tasks.records.reading import read_optional_text
from tasks.workspace.manifests import ACCEPTANCE, Manifest
from tasks.workspace.open import POLICY_FILE, TERMS_FILE, collecting, read_policy

SENTENCES_FILE, PLAN_FILE = "sentences.csv", "growth_plan.csv"


@dataclass(frozen=True)
class BuildInputs:
    """The checked inputs of a build; `before` is the manifest of the cycle before.

    `hardened` is whether this or an earlier cycle was made harder; `reserved` are the sentences of
    acceptance.jsonl, normalized, `digests` those of the files that were read, and `empty_rows` how
    many rows without a value each of its tables has.
    """

    root: Path
    number: int
    policy: Policy
    terms: tuple[Term, ...]
    sentences: tuple[Sentence, ...]
    given: GivenIpa
    plan: tuple[GrowthLine, ...]
    before: Manifest[ClinicalRow] | None
    harder: bool
    hardened: bool
    reserved: frozenset[str]
    digests: Mapping[str, str]
    empty_rows: Mapping[str, int]

    @cached_property
    def names(self) -> NamedTerms:
        """The finder of listed terms, and of terms of carried rows, in a text."""
        listed = {normalize(one.term) for one in self.terms}
        others = {
            normalize(row.term): Term(row.term, row.entity_category, accepted=row.accepted)
            for row in self.carried
            if normalize(row.term) not in listed
        }
        return named_terms([*self.terms, *others.values()])

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

    @cached_property
    def carried_fields(self) -> Sequence[Mapping[str, Any]]:
        """The same as they are written, with fields that a cycle does not read."""
        return read_jsonl(self.before.path) if self.before else ()

    @cached_property
    def noted(self) -> Mapping[str, Mapping[str, str]] | None:
        """The IPA that terms of these rows were spoken with, by engine and term; None where not noted."""
        return pronunciations_of(self.root / f"cycle{self.number - 1}")

    @cached_property
    def carried_planned(self) -> Sequence[PlannedRow | None]:
        """The rows of the cycle before as a plan has them; None for one by no engine of the policy."""
        engines = [one.label for one in self.policy.build.engines]
        terms = terms_of(self.carried, self.terms, engines)
        return [
            planned_as(row, condition_of(one), term) if term else None
            for row, one, term in zip(self.carried, self.carried_fields, terms, strict=True)
        ]

    @property
    def growth(self) -> Growth:
        """The rows to add; after a gate that asked for harder speech, a set for each term."""
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
    before: Manifest[ClinicalRow] | None = None
    with collecting(faults):
        policy = read_policy(root / POLICY_FILE)
    with collecting(faults):
        terms = read_terms_file(root)
    with collecting(faults):
        overrides = current_overrides(root)
    with collecting(faults):
        before = read_before(root, number)
    acceptance: Manifest[ClinicalRow] | None = None
    with collecting(faults):
        acceptance = read_acceptance(root)
    plan = _csv(root / f"cycle{number}" / PLAN_FILE, faults)
    lines, found = read_growth_plan(plan, PLAN_FILE) if plan else ([], [])
    faults += found
    text = _csv(root / SENTENCES_FILE, faults)
    named = named_terms(terms)
    sentences, found = read_sentences(text, SENTENCES_FILE, named) if text else ([], [])
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
        was_hardened(root, number),
        frozenset(normalize(row.text) for row in acceptance.rows) if acceptance else frozenset(),
        _digests(root, number),
        _empty_rows(root, number),
    )
    faults += _category_faults(inputs) + _foreign_manifest(inputs)
    faults += long_names(before) + carried_clip_faults(before, inputs.folder)
    if number > 1 and not os.path.lexists(root / f"cycle{number - 1}" / "manifest.jsonl"):
        sentence = f"expected cycle{number - 1}/manifest.jsonl, whose rows this build carries over"
        faults.append(Fault(f"{sentence}; {root} has none", "--cycle"))
    if faults:
        raise InvalidInput(faults)
    return inputs


def _digests(root: Path, number: int) -> dict[str, str]:
    """Return the digest of each file that a build reads and that is there, by its path."""
    own = (POLICY_FILE, TERMS_FILE, SENTENCES_FILE, OVERRIDES_FILE, ACCEPTANCE)
    names = [*own, f"cycle{number}/{PLAN_FILE}", f"cycle{number - 1}/manifest.jsonl"]
    return {name: file_sha256(root / name) for name in names if (root / name).is_file()}


def _empty_rows(root: Path, number: int) -> dict[str, int]:
    """Count the rows without a value of each table that has some, by its path."""
    names = (TERMS_FILE, SENTENCES_FILE, OVERRIDES_FILE, f"cycle{number}/{PLAN_FILE}")
    texts = {name: _csv(root / name, []) for name in names}
    return {name: count for name, text in texts.items() if (count := count_empty_rows(text))}


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
        return read_optional_text(path) or ""
    except InvalidInput as error:
        faults += error.faults
    return ""
