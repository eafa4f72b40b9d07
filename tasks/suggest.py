"""Stage suggest: propose terms for the benchmark from corrections, and take accepted ones into terms.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.benchmark.corrections import RefusedLine, WordLists, read_corrections
from tasks.benchmark.suggested_file import (
    SUGGESTED_FILE,
    accept_suggested,
    given_names,
    known_terms_of,
    medical_words,
    ordinary_words,
    read_suggested,
    shipped_categories,
    write_suggested,
)
from tasks.benchmark.suggestions import Suggestion, suggest, with_categories
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.scoring.finding import term_forms
from tasks.logs import at_stage, log
from tasks.records.reading import LINES_BYTES, read_text
from tasks.workspace.locks import disk_named, locked

SHOWN_LINES = 10


@dataclass(frozen=True)
class Suggested:
    """The result of a list of corrections, in figures: lines used and refused, terms by state.

    `refused` are the lines that were not used, with their reasons; neither they nor any figure repeat
    what the file has.
    """

    file: str
    lines: int
    refused: tuple[RefusedLine, ...]
    new: int
    listed: int
    without_category: int
    accepted: int

    @property
    def text(self) -> str:
        """Return a line for each fact."""
        lines = []
        if self.file:
            used = self.lines - len(self.refused)
            lines.append(
                f"{self.file}: {self.lines} corrections, {used} used, {len(self.refused)} refused"
            )
            lines += self.reasons
        lines.append(
            f"{SUGGESTED_FILE}: {self.new} new terms, {self.without_category} of them without a category; "
            f"{self.listed} that are listed"
        )
        if self.accepted:
            lines.append(
                f"terms.csv: {self.accepted} terms added; the next build makes rows of them"
            )
        return "\n".join(lines)

    @property
    def reasons(self) -> list[str]:
        """Name each reason with its lines."""
        found = []
        for reason, count in Counter(one.reason for one in self.refused).most_common():
            numbers = [str(one.line) for one in self.refused if one.reason == reason]
            more = f" and {count - SHOWN_LINES} more" if count > SHOWN_LINES else ""
            found.append(f"refused, line {', '.join(numbers[:SHOWN_LINES])}{more}: {reason}")
        return found


def suggest_terms(
    root: Path,
    corrections: Path | None = None,
    *,
    accept: bool = False,
    only: Collection[str] = (),
) -> Suggested:
    """Write suggested_terms.csv from a list of corrections, and accept what has a category if asked to.

    With `only` these terms alone are accepted. The same input a second time changes nothing. Raises
    InvalidInput, and DiskFull or DiskFailed where the disk takes no more.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    if corrections is None and not accept:
        raise InvalidInput([Fault("expected one of the two", "--corrections, --accept")])
    root = root.resolve()
    with at_stage("suggest"), disk_named("suggest", root), locked(root, "suggest"):
        suggested, lines, refused = read_suggested(root), 0, list[RefusedLine]()
        if corrections is not None:
            suggested, lines, refused = _proposed(root, corrections, suggested)
        accepted = 0
        if accept:
            chosen = [(one.term, one.category) for one in _chosen(suggested, only)]
            accepted = accept_suggested(root, suggested, chosen)
            suggested = read_suggested(root)
        else:
            write_suggested(root, suggested)
    new = [one for one in suggested if one.state == "new"]
    found = Suggested(
        file=corrections.name if corrections else "",
        lines=lines,
        refused=tuple(refused),
        new=len(new),
        listed=len(suggested) - len(new),
        without_category=sum(not one.category for one in new),
        accepted=accepted,
    )
    log().info(
        "suggest: %d corrections, %d refused, %d new terms, %d accepted",
        lines, len(refused), found.new, found.accepted,
    )  # fmt: skip
    return found


def _proposed(
    root: Path, corrections: Path, before: Sequence[Suggestion]
) -> tuple[list[Suggestion], int, list[RefusedLine]]:
    """Return the suggestions of a file beside those that were there, its lines, and those refused."""
    try:
        text = read_text(corrections, LINES_BYTES)
    except OSError as error:
        sentence = f"expected a file of corrections; {corrections}: {error.strerror}"
        raise InvalidInput([Fault(sentence, "--corrections")]) from None
    known = known_terms_of(root)
    own = {word.lower() for one in known for word in one.term.split()}
    words = WordLists(medical_words() | own, given_names(), ordinary_words())
    read, refused = read_corrections(text, corrections.name, words)
    found, idle = suggest(read, shipped_categories(), known, ordinary_words())
    lines = sorted([*refused, *idle], key=lambda one: one.line)
    return with_categories(found, before), len(read) + len(refused), lines


def _chosen(suggested: Sequence[Suggestion], only: Collection[str]) -> list[Suggestion]:
    """Return the new terms with a category, or those that are named; raise InvalidInput."""
    new = {
        form: one for one in suggested if one.state == "new" for form in term_forms(one.term).forms
    }
    if not only:
        return [one for one in suggested if one.state == "new" and one.category]
    faults, chosen = [], []
    for name in only:
        one = next((new[form] for form in term_forms(name).forms if form in new), None)
        if one is None:
            listed = any(
                not term_forms(name).forms.isdisjoint(term_forms(s.term).forms) for s in suggested
            )
            if not listed:
                faults.append(Fault(f"expected a term of {SUGGESTED_FILE}; got {name!r}", "--only"))
        elif not one.category:
            faults.append(Fault(f"expected a category for {name!r} in {SUGGESTED_FILE}", "--only"))
        else:
            chosen.append(one)
    if faults:
        raise InvalidInput(faults)
    return chosen
