"""Stage audition: a person listens to each term as it is spoken, and accepts or rejects its pronunciation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tasks.benchmark.audition import (
    AuditionDecision,
    AuditionItem,
    audition_advice,
    current_decision,
)
from tasks.benchmark.audition_file import (
    add_decision,
    audition_page_path,
    current_overrides,
    decisions_until,
    own_decisions,
    read_terms_file,
)
from tasks.benchmark.audition_plan import CARRIER, AuditionEntry
from tasks.benchmark.auditioning import entries_of, take_in_audition, terms_as_spoken
from tasks.benchmark.build_rows import long_names, read_before, terms_of
from tasks.benchmark.clip import EngineInUse, Voicing
from tasks.benchmark.engines.engine import NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.ipa import unknown_symbols
from tasks.benchmark.page_server import PageServer, page_server
from tasks.benchmark.pronunciation import DICTIONARY, OVERRIDE, GivenIpa, Pronunciation
from tasks.benchmark.rows import without_words
from tasks.benchmark.suggested_file import accept_posted, read_suggested
from tasks.benchmark.terms import Term
from tasks.benchmark.voicing import voicing_of_cycle
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.spoken.forms import spoken_form
from tasks.records.files import first_reason, write_atomic
from tasks.report.audition import Audition, Card, Choice, VoiceClip, audition_page
from tasks.workspace.audio import playable
from tasks.workspace.commands import audition_command
from tasks.workspace.ledger import now
from tasks.workspace.locks import disk_named
from tasks.workspace.open import POLICY_FILE, TERMS_FILE, read_policy


@dataclass(frozen=True)
class AuditionDesk:
    """The audition of one cycle: the clips that a person listens to, and where decisions go.

    Clips are kept while it lives, so that a page that is asked for again is made in no time.
    """

    root: Path
    cycle: int
    name: str
    terms: Sequence[Term]
    voicing: Voicing
    command: str
    _clips: dict[tuple[str, SpeechRequest], VoiceClip] = field(default_factory=dict)

    def entries(self) -> list[AuditionEntry]:
        """Return the terms to listen to, as a build would speak them now."""
        decisions = decisions_until(self.root, self.cycle)
        return entries_of(self._voicing(), self.terms, decisions)

    def items(self) -> list[AuditionItem]:
        """Return the items to decide on now."""
        return terms_as_spoken(self._voicing(), self.terms)

    def page(self, *, served: bool) -> str:
        """Return the page of the terms to listen to, with their clips."""
        decisions = decisions_until(self.root, self.cycle)
        cards = [self._card(entry, decisions) for entry in self.entries()]
        inventories = {
            one.engine.name: one.engine.inventory
            for one in self._engines
            if one.engine.inventory is not None
        }
        own = own_decisions(self.root, self.cycle)
        suggested = tuple(one for one in read_suggested(self.root) if one.state == "new")
        audition = Audition(
            self.name, self.cycle, tuple(cards), own, inventories, self.command, suggested
        )
        return audition_page(audition, served=served)

    def write_page(self) -> Path:
        """Leave audition.html, which is whole by itself."""
        path = audition_page_path(self.root, self.cycle)
        write_atomic(path, self.page(served=False))
        return path

    def left(self) -> str | None:
        """Return a sentence with the terms that are not decided yet; None where each is."""
        decisions = decisions_until(self.root, self.cycle)
        page = str(audition_page_path(self.root, self.cycle))
        return audition_advice(self.items(), decisions, page, self.command)

    def decide(self, body: Any) -> dict[str, Any]:
        """Write a decision that the page posts; raise InvalidInput where it is about nothing here."""
        try:
            decision = AuditionDecision.model_validate({**body, "at": now()})
        except (ValidationError, TypeError) as error:
            raise InvalidInput([Fault(_reason(error))]) from None
        for ipa in (decision.ipa, decision.instead):
            self._check_item(decision.item, ipa)
        if not decision.chosen and decision.identity not in {
            item.identity for item in self.items()
        }:
            sentence = f"{decision.term} has another pronunciation by now: load the page again"
            raise InvalidInput([Fault(sentence)])
        with disk_named("audition", self.root):
            add_decision(self.root, self.cycle, decision)
        return decision.model_dump(mode="json")

    def accept(self, body: Any) -> dict[str, Any]:
        """Take a suggested term, with the category that the page posts, into terms.csv."""
        with disk_named("audition", self.root):
            return {"added": accept_posted(self.root, body)}

    def clips(self, body: Any) -> dict[str, Any]:
        """Make the clips of an IPA that was typed, in each voice."""
        try:
            item = AuditionItem.model_validate(body)
        except ValidationError as error:
            raise InvalidInput([Fault(_reason(error))]) from None
        self._check_item(item, item.ipa)
        clips = self._spoken(item, CARRIER.format(item.term))
        faults = [Fault(f"{clip.voice}: {clip.fault}") for clip in clips if clip.fault]
        if faults:
            raise InvalidInput(faults)
        return {"clips": [{"voice": clip.voice, "url": clip.url} for clip in clips]}

    @property
    def _engines(self) -> Sequence[EngineInUse]:
        return tuple(self.voicing.engines.values())

    def _voicing(self) -> Voicing:
        """Return the voicing with the overrides of now."""
        given = replace(self.voicing.given, overrides=current_overrides(self.root))
        return replace(self.voicing, given=given)

    def _check_item(self, item: AuditionItem, ipa: str | None) -> None:
        """Raise InvalidInput unless a term and an engine of this audition are meant."""
        known = {one.term for one in self.terms}
        engine = self.voicing.engines.get(item.engine)
        if item.term not in known or engine is None or set(item.voices) != set(engine.voices):
            raise InvalidInput(
                [Fault("expected a term, an engine and the voices of this audition")]
            )
        unknown = unknown_symbols(ipa or "", engine.engine.inventory)
        if unknown:
            raise InvalidInput(
                [Fault(f"{item.engine} cannot pronounce {' '.join(unknown)} of {ipa!r}")]
            )

    def _card(self, entry: AuditionEntry, decisions: Sequence[AuditionDecision]) -> Card:
        item = entry.item
        clips = self._spoken(item, entry.sentence)
        in_use = Choice(item.ipa, item.ipa_source, self._origin(item), clips, entry.g2p)
        others = [
            Choice(
                one.ipa,
                one.source,
                one.why,
                self._spoken(item.model_copy(update={"ipa": one.ipa}), CARRIER.format(item.term)),
            )
            for one in entry.proposals
        ]
        decision = current_decision(item, decisions)
        return Card(item, entry.category, entry.sentence, (in_use, *others), decision)

    def _origin(self, item: AuditionItem) -> str:
        """Return the source of the pronunciation in use, a person or a program."""
        if item.ipa_source == OVERRIDE:
            return self._voicing().given.origin(item.term)
        if item.ipa_source == DICTIONARY:
            return "dictionary"
        others = ", ".join(word for word, _ in item.word_ipa)
        return f"by {item.engine} itself{f', but for {others}' if others else ''}"

    def _spoken(self, item: AuditionItem, sentence: str) -> tuple[VoiceClip, ...]:
        """Speak a sentence in each voice of an item, its term by its IPA."""
        refused = without_words(sentence)
        if refused:
            return tuple(VoiceClip(voice, fault=refused) for voice in item.voices)
        engine = self.voicing.engines[item.engine].engine
        spoken = spoken_form(sentence)
        pronunciation = Pronunciation(item.ipa, item.ipa_source, item.word_ipa)
        parts = self._voicing().parts(item.engine, spoken, item.term, pronunciation)
        requests = [SpeechRequest(sentence, spoken, parts, voice) for voice in item.voices]
        return tuple(self._clip(engine, request) for request in requests)

    def _clip(self, engine: SpeechEngine, request: SpeechRequest) -> VoiceClip:
        """Speak it once; what failed is tried again the next time."""
        key = engine.name, request
        if key not in self._clips:
            try:
                audio = playable(engine.speak(request))
            except NotSpoken as error:
                return VoiceClip(request.voice, fault=str(error))
            self._clips[key] = VoiceClip(request.voice, audio)
        return self._clips[key]


def open_desk(root: Path, number: int) -> AuditionDesk:
    """Read the terms to listen to, and take in what a page saved; raise InvalidInput with every fault."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    terms, policy = read_terms_file(root), read_policy(root / POLICY_FILE)
    before = read_before(root, number)
    if faults := long_names(before):
        raise InvalidInput(faults)
    carried = before.rows if before else ()
    engines = [one.label for one in policy.build.engines]
    terms = list(dict.fromkeys([*terms, *filter(None, terms_of(carried, terms, engines))]))
    given = GivenIpa(TERMS_FILE, terms, current_overrides(root))
    voicing = voicing_of_cycle(root, number, policy.build, given, terms, carried)
    take_in_audition(root, number)
    return AuditionDesk(
        root, number, policy.name or root.name, terms, voicing, audition_command(root, number)
    )


@contextmanager
def served(desk: AuditionDesk, port: int) -> Iterator[PageServer]:
    """Serve the page to this machine; the one on the disk is written too, and again at the end.

    So that it never saves less than what was decided.
    """
    current = desk
    answers = {"decide": desk.decide, "clips": desk.clips}

    def accept(body: Any) -> dict[str, Any]:
        nonlocal current
        found = current.accept(body)
        current = replace(open_desk(current.root, current.cycle), _clips=current._clips)
        answers.update(decide=current.decide, clips=current.clips)
        return found

    answers["accept"] = accept
    with page_server(lambda: current.page(served=True), answers, port) as server:
        try:
            current.write_page()
            yield server
        finally:
            current.write_page()


def _reason(error: Exception) -> str:
    return first_reason(error) if isinstance(error, ValidationError) else "expected a JSON object"
