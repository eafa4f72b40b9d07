"""Stage record: people read sentences of the benchmark's terms, and acceptance.jsonl gets their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.benchmark.audition_file import read_terms_file
from tasks.benchmark.page_server import PageServer, page_server
from tasks.benchmark.plan import Sources, project_sentences
from tasks.benchmark.sentences import Sentence, read_sentences
from tasks.benchmark.terms import NamedTerms, Term, named_terms
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.manifest import MAX_SECONDS, RATE_HZ, ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.domain.words import not_words
from tasks.recordings.record import (
    FAULTS,
    LIMITS,
    Script,
    agreement,
    progress,
    pseudonym,
    scripts_left,
)
from tasks.recordings.record_files import (
    FOLDER,
    Agreement,
    Speaker,
    SpeakerPosted,
    TakePosted,
    accepted_rows,
    add_agreement,
    keep_take,
    known_sentences,
    read_posted,
    read_speakers,
)
from tasks.records.reading import LINES_BYTES, read_text
from tasks.report.parts import part
from tasks.report.record import record_page
from tasks.workspace.ledger import now
from tasks.workspace.lineage import sentence_ids
from tasks.workspace.locks import disk_named, remove_leftovers
from tasks.workspace.manifests import ACCEPTANCE, read_if_there, read_manifest
from tasks.workspace.open import POLICY_FILE, TERMS_FILE, read_policy

SENTENCES_FILE = "sentences.csv"
USERS = "the people who work with this benchmark, to test and compare speech recognition"
BODY_BYTES = 4 * (44 + round(MAX_SECONDS * RATE_HZ * 2)) // 3 + 10_000  # of a take, in base64


@dataclass(frozen=True)
class RecordDesk:
    """The recording of one workspace: what there is to read, and where rows go.

    `terms` are all that are to be recorded, `scripts` the sentences that nothing had when the page was
    opened, `base` the file of the base. `agreement` is the text that a speaker agrees to, `speaker` who
    begins at once; empty: who is named on the page.
    """

    root: Path
    name: str
    terms: tuple[str, ...]
    scripts: tuple[Script, ...]
    base: Path | None
    per_term: int
    agreement: str
    speaker: str = ""

    def page(self) -> str:
        """Write the page."""
        speakers = read_speakers(self.root).speakers
        return record_page(
            self.name,
            self.agreement,
            {
                "speaker": self.speaker,
                "speakers": [
                    {"name": one.name, "agreed": one.agreed(self.agreement)} for one in speakers
                ],
                "limits": LIMITS,
                "faults": FAULTS,
            },
        )

    def begin(self, body: Any) -> dict[str, Any]:
        """Return the sentences that a speaker has to read; a new speaker has to agree first."""
        posted = read_posted(SpeakerPosted, body)
        if not self._agreed(posted.name):
            if not posted.agreed:
                raise InvalidInput([Fault("expected that the speaker agrees to the text first")])
            agreed = Agreement(text=self.agreement, at=now())
            new = Speaker(**posted.model_dump(exclude={"agreed"}), agreements=(agreed,))
            with disk_named("record", self.root):
                add_agreement(self.root, new)
        return self._work_of(posted.name)

    def keep(self, body: Any) -> dict[str, Any]:
        """Write the row of a take; raise InvalidInput where it is not fit, or nobody asked for it."""
        posted = read_posted(TakePosted, body)
        if not self._agreed(posted.speaker):
            raise InvalidInput([Fault("expected a speaker who agreed to the text")])
        wanted = [one for one in self.scripts if (one.term, one.text) == (posted.term, posted.text)]
        if not wanted or self._is_known(posted.text):
            raise InvalidInput([Fault("expected a sentence that nothing has: load the page again")])
        with disk_named("record", self.root):
            keep_take(self.root, wanted[0], posted.speaker, posted.wav, now())
        return self._work_of(posted.speaker)

    def summary(self) -> dict[str, int]:
        """Count the recorded rows, who read them, and their terms."""
        rows = [row for row in accepted_rows(self.root) if row.source == "recorded"]
        return {
            "rows": len(rows),
            "speakers": len({row.speaker or row.voice_id for row in rows}),
            "terms": len({normalize(row.term) for row in rows}),
        }

    @property
    def without(self) -> list[str]:
        """The terms of which no sentence is left."""
        return sorted({*self.terms} - {one.term for one in self.scripts})

    def _agreed(self, speaker: str) -> bool:
        known = read_speakers(self.root).find(speaker)
        return known is not None and known.agreed(self.agreement)

    def _work_of(self, speaker: str) -> dict[str, Any]:
        rows, known = accepted_rows(self.root), known_sentences(self.root, self.base)
        left = [
            asdict(one) | {"words": one.words}
            for one in scripts_left(self.scripts, rows, speaker, self.per_term)
            if known.isdisjoint(sentence_ids(one.text))
        ]
        return {
            "speaker": speaker,
            "left": left,
            "progress": progress(self.terms, rows, speaker),
        }

    def _is_known(self, text: str) -> bool:
        """Whether a benchmark got this sentence since the page was opened."""
        return not known_sentences(self.root, self.base).isdisjoint(sentence_ids(text))


def open_record_desk(root: Path, per_term: int, users: str, speaker: str) -> RecordDesk:
    """Read what there is to record; raise InvalidInput with what is wrong in the workspace."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    try:
        name = pseudonym(speaker) if speaker else ""
    except ValueError as error:
        raise InvalidInput([Fault(str(error), "--speaker")]) from None
    if wrong := not_words(users):
        raise InvalidInput([Fault(wrong, "--used-by")])
    policy, listed = read_policy(root / POLICY_FILE), _listed_terms(root)
    read_if_there(root / ACCEPTANCE, ClinicalRow)  # with its clips: a fault is named before a take
    read_speakers(root).find(name)
    terms, path = _terms(root, listed), policy.starting_base
    base = (root / path).resolve() if path.endswith(".nemo") else None
    names, build = named_terms([*terms, *listed]), policy.build
    sources = Sources(build.contexts, (), (), _own_sentences(root, names), names, build.seed)
    scripts = tuple(_scripts(terms, sources, known_sentences(root, base)))
    if not scripts:
        raise InvalidInput([Fault("expected sentences that no benchmark has; none is left")])
    remove_leftovers(root, root / FOLDER)
    return RecordDesk(
        root,
        policy.name or root.name,
        tuple(one.term for one in terms),
        scripts,
        base,
        per_term,
        agreement(users),
        name,
    )


def served(desk: RecordDesk, port: int) -> AbstractContextManager[PageServer]:
    """Serve the page to this machine."""
    return page_server(
        desk.page,
        {"begin": desk.begin, "keep": desk.keep},
        port,
        scripts={"microphone.js": part("microphone.js")},
        body_bytes=BODY_BYTES,
    )


def _scripts(terms: Sequence[Term], sources: Sources, known: frozenset[str]) -> Iterator[Script]:
    """Yield the sentences of each term that are not known: those of sentences.csv, then the project's."""

    def is_known(text: str) -> bool:
        return not known.isdisjoint(sentence_ids(text))

    for term in terms:
        own = [
            (one.context_type, one.text)
            for one in sources.sentences
            if normalize(one.term) == normalize(term.term) and not is_known(one.text)
        ]
        for context, text in (*own, *project_sentences(term, sources, is_known)):
            yield Script(term.term, term.entity_category, context, text, term.accepted)


def _listed_terms(root: Path) -> list[Term]:
    return read_terms_file(root) if (root / TERMS_FILE).exists() else []


def _terms(root: Path, listed: Sequence[Term]) -> list[Term]:
    """Return the terms of the latest benchmark, with the spellings of terms.csv; without one, its terms."""
    numbers = [
        path.parent.name.removeprefix("cycle") for path in root.glob("cycle*/manifest.jsonl")
    ]
    latest = max((int(one) for one in numbers if one.isdecimal()), default=None)
    if latest is None:
        return list(listed) or read_terms_file(root)
    rows = read_manifest(root / f"cycle{latest}/manifest.jsonl", ClinicalRow, audio=False).rows
    spelled = {normalize(one.term): one.accepted for one in listed}
    found = {
        normalize(row.term): Term(
            row.term,
            row.entity_category,
            accepted=spelled.get(normalize(row.term), row.accepted),
        )
        for row in rows
    }
    return list(found.values())


def _own_sentences(root: Path, names: NamedTerms) -> list[Sentence]:
    """Read sentences.csv, where it is there; raise InvalidInput with every fault."""
    if not (root / SENTENCES_FILE).exists():
        return []
    text = read_text(root / SENTENCES_FILE, LINES_BYTES)
    sentences, faults = read_sentences(text, SENTENCES_FILE, names)
    if faults:
        raise InvalidInput(faults)
    return sentences
