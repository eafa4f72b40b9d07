"""The clips of an audition: each term as each engine would speak it, and proposals beside it.

A clinical word with a known ending is proposed as such words are likely pronounced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.benchmark.audition import AuditionDecision, AuditionItem, current_decision
from tasks.benchmark.ipa import Inventories, can_pronounce, normal
from tasks.benchmark.pronunciation import pronounce
from tasks.benchmark.terms import Term

CARRIER = "The next word is {}."  # proposals are compared in a short sentence; one word may be cut
ENDINGS: dict[str, tuple[str, ...]] = {  # the likeliest first; ˈ where the ending takes the stress
    "mycin": ("ˈmaɪsɪn",), "micin": ("ˈmaɪsɪn",), "prazole": ("pɹəˌzoʊl",), "statin": ("ˈstætɪn",),
    "sartan": ("ˈsɑːɹtæn",), "conazole": ("ˈkɑːnəˌzoʊl",), "nidazole": ("ˈnaɪdəˌzoʊl",),
    "azole": ("əˌzoʊl",), "cillin": ("ˈsɪlɪn",), "parin": ("ˈpæɹɪn", "pəɹɪn"), "pril": ("pɹɪl",),
    "olol": ("əˌlɔːl", "əˌlɑːl"), "mab": ("mæb",), "tinib": ("tɪnɪb",), "gliptin": ("ˈɡlɪptɪn",),
    "gliflozin": ("ɡlɪˈfloʊzɪn",), "vir": ("ˌvɪɹ",), "dipine": ("dɪˌpiːn",), "cycline": ("ˈsaɪkliːn",),
    "floxacin": ("ˈflɑːksəsɪn",), "setron": ("sɪˌtɹɑːn",), "xaban": ("ksəˌbæn",),
    "gatran": ("ˈɡætɹən",), "lukast": ("ˈluːkæst",), "oxetine": ("ˈɑːksəˌtiːn",),
    "triptan": ("ˈtɹɪptæn",), "dronate": ("ˈdɹoʊneɪt",), "thiazide": ("ˈθaɪəˌzaɪd",),
    "semide": ("səˌmaɪd",), "afil": ("əˌfɪl",), "tidine": ("tɪˌdiːn",), "profen": ("ˈpɹoʊfən",),
    "caine": ("ˌkeɪn",), "azepam": ("ˈæzəˌpæm",), "zolam": ("zəˌlæm",), "sone": ("ˌsoʊn",),
    "solone": ("səˌloʊn",), "glitazone": ("ˈɡlɪtəˌzoʊn",), "glutide": ("ˈɡluːtaɪd",),
    "barbital": ("ˈbɑːɹbɪˌtɔːl",), "itis": ("ˈaɪtɪs",), "ectomy": ("ˈɛktəmi",), "oma": ("ˈoʊmə",),
    "otomy": ("ˈɑːtəmi",), "ostomy": ("ˈɑːstəmi",), "oscopy": ("ˈɑːskəpi",), "emia": ("ˈiːmiə",),
    "osis": ("ˈoʊsɪs",), "plasty": ("ˌplæsti",), "ology": ("ˈɑːlədʒi",), "uria": ("ˈjʊɹiə",),
}  # fmt: skip
OPEN = "(?=[b-df-hj-np-tv-z]?[aeiouy]|[b-df-hj-np-tv-z]?$)"  # a vowel that no consonant closes
LETTERS = [  # a rough reading of a stem, the first that fits
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"), ("th", "θ"), ("sh", "ʃ"), ("ch|ck|qu?(?![aeiou])|c(?![eiy])", "k"), ("qu", "kw"),
        ("^x", "z"), ("x", "ks"), ("c", "s"), ("g(?=[eiy])|j", "dʒ"), ("g", "ɡ"),
        ("y(?=[aeiou])", "j"), ("oo|ou|eu", "uː"), ("ee|ea|ae", "iː"), ("ai|ay|ei", "eɪ"),
        ("au|aw", "ɔː"), ("oi|oy", "ɔɪ"), ("ar(?![aeiouy])", "ɑːɹ"), ("or(?![aeiouy])", "ɔːɹ"),
        ("[eiu]r(?![aeiouy])", "ɚ"), ("a$", "ə"), ("e$", "ə"), (f"o{OPEN}", "oʊ"), (f"u{OPEN}", "uː"),
        ("a", "æ"), ("e", "ɛ"), ("[iy]", "ɪ"), ("o", "ɑː"), ("u", "ʌ"), ("r", "ɹ"),
        ("([bdfhklmnpstvwz])", r"\1"),
    )
]  # fmt: skip
VOWEL = re.compile(r"(?:aɪɚ|aɪ|aʊ|eɪ|oʊ|ɔɪ|[aæɐɑɒeɛəɚɜiɪᵻoɔʊuʌ])ː?")
REDUCED = ("ə", "ɐ")
CONSONANT = re.compile(r"(?:tʃ|dʒ|[bdfɡhjklmnpsɹtvwzðŋɾʃʒθ])$")


@dataclass(frozen=True)
class Speaker:
    """The facts about an engine that an audition needs: name, version, voices, and its IPA symbols."""

    engine: str
    version: str
    voices: tuple[str, ...]
    inventory: frozenset[str] | None


@dataclass(frozen=True)
class TermToAudition:
    """A term, its category, and the first sentence that a build would make of it."""

    term: str
    category: str
    sentence: str


@dataclass(frozen=True)
class Proposal:
    """Another IPA for a term: who or what proposes it."""

    ipa: str
    source: str
    why: str


@dataclass(frozen=True)
class AuditionEntry:
    """One item of an audition, with its sentence and its proposals, the likeliest first.

    `g2p` is how the engine reads the term, where no IPA is given and the engine reports it; else empty.
    """

    item: AuditionItem
    category: str
    sentence: str
    proposals: tuple[Proposal, ...]
    g2p: str = ""


def first_sentence(term: Term) -> str:
    """Return the sentence in which a term is played: its own first, else a plain one."""
    return term.sentences[0] if term.sentences else CARRIER.format(term.term)


def audition_items(
    terms: Sequence[Term],
    speakers: Sequence[Speaker],
    overrides: Mapping[str, str],
    dictionary: Mapping[str, str],
) -> list[AuditionItem]:
    """Return every term as every engine speaks it, in their order."""
    return [_item(term, speaker, overrides, dictionary) for term in terms for speaker in speakers]


def plan_audition(
    terms: Sequence[TermToAudition],
    items: Sequence[AuditionItem],
    inventories: Inventories,
    dictionary: Mapping[str, str],
    g2p: Mapping[tuple[object, ...], str],
    decisions: Sequence[AuditionDecision],
) -> list[AuditionEntry]:
    """Return the entry of each item; `g2p` is how its engine reads it, by its identity."""
    to_audition = {one.term: one for one in terms}
    entries = []
    for item in items:
        term, read = to_audition[item.term], g2p.get(item.identity, "")
        sayable = tuple(
            one
            for one in _proposals(item, read, dictionary, decisions)
            if can_pronounce(one.ipa, inventories[item.engine])
        )
        entries.append(AuditionEntry(item, term.category, term.sentence, sayable, read))
    return entries


def _item(
    term: Term, speaker: Speaker, overrides: Mapping[str, str], dictionary: Mapping[str, str]
) -> AuditionItem:
    pronounced = pronounce(term.term, overrides, dictionary, speaker.engine, speaker.inventory)
    return AuditionItem(
        term=term.term,
        ipa=pronounced.ipa,
        ipa_source=pronounced.source,
        engine=speaker.engine,
        engine_version=speaker.version,
        voices=speaker.voices,
        word_ipa=pronounced.word_ipa,
        accepted=term.accepted,
    )


def _proposals(
    item: AuditionItem,
    g2p: str,
    dictionary: Mapping[str, str],
    decisions: Sequence[AuditionDecision],
) -> list[Proposal]:
    """Return the proposals: IPA that a person asked for, of the dictionary, and of the word's ending."""
    found = []
    asked = current_decision(item, decisions)
    if asked and asked.instead:
        found.append(Proposal(asked.instead, "typed", f"asked for by {asked.reviewer}"))
    known = dictionary.get(item.term.lower())
    if known:
        found.append(Proposal(known, "proposal", "dictionary"))
    by_ending = proposals(item.term, item.ipa or g2p)
    found += [Proposal(ipa, "proposal", "by its ending") for ipa in by_ending]
    unique: dict[str, Proposal] = {}
    for one in found:
        unique.setdefault(one.ipa, one)
    return [one for one in unique.values() if one.ipa != item.ipa]


def proposals(term: str, g2p: str | None = None) -> list[str]:
    """Return IPA that a term with a known ending may have, the likeliest first; none for others.

    The stem before the ending is read from its letters, and first from `g2p` where that is given,
    what an engine makes of the term. The engine's own pronunciation is not proposed.

    >>> proposals("gentamicin", "dʒˈɛntɐmˌɪsɪn")
    ['ˌdʒɛntɐˈmaɪsɪn', 'ˌdʒɛntəˈmaɪsɪn']
    """
    words = term.lower().split()
    pronounced = normal(g2p).split() if g2p else []
    by_word = len(pronounced) == len(words)
    known: Sequence[str | None] = pronounced if by_word else [None] * len(words)
    choices = [_word_proposals(word, ipa) for word, ipa in zip(words, known, strict=True)]
    others = [ipa or _read_letters(word) for word, ipa in zip(words, known, strict=True)]
    proposed = [
        " ".join(
            choice[min(rank, len(choice) - 1)] if choice else other
            for choice, other in zip(choices, others, strict=True)
        )
        for rank in range(max(map(len, choices), default=0))
    ]
    return [ipa for ipa in dict.fromkeys(proposed) if ipa != " ".join(pronounced)]


def _word_proposals(word: str, g2p: str | None) -> list[str]:
    """Return the proposals for one word; none where its ending is not known."""
    found = [ending for ending in ENDINGS if word.endswith(ending) and word != ending]
    if not found:
        return []
    ending = max(found, key=len)
    read = _read_letters(word.removesuffix(ending))
    return [
        _with_stress(stem, normal(pronounced))
        for pronounced in ENDINGS[ending]
        for stem in ([_stem(g2p, pronounced), read] if g2p else [read])
    ]


def _stem(g2p: str, ending: str) -> str:
    """Return the part of a g2p before an ending of as many vowels, and its first consonants."""
    plain = re.sub("[ˈˌ]", "", ending)
    first = VOWEL.search(plain)
    vowels = list(VOWEL.finditer(g2p))
    count = len(VOWEL.findall(plain))
    if first is None or len(vowels) <= count:
        return g2p
    stem = re.sub("[ˈˌ]+$", "", g2p[: vowels[-count].start()])
    for _ in re.findall("tʃ|dʒ|.", plain[: first.start()]):
        stem = re.sub("[ˈˌ]+$", "", CONSONANT.sub("", stem))
    return stem


def _with_stress(stem: str, ending: str) -> str:
    """Join them; the last full vowel of the stem takes the stress where the ending does not."""
    bare = re.sub("[ˈˌ]", "", stem)
    vowels = list(VOWEL.finditer(bare))
    full = [vowel for vowel in vowels if vowel.group() not in REDUCED] or vowels
    if not vowels:
        return bare + (ending if "ˈ" in ending else f"ˈ{ending.lstrip('ˌ')}")
    if "ˈ" not in ending:
        at, mark = full[-1].start(), "ˈ"
    elif len(vowels) > 1:
        at, mark = full[0].start(), "ˌ"
    else:
        return bare + ending
    onset = CONSONANT.search(bare[:at])
    at = onset.start() if onset else at
    return bare[:at] + mark + bare[at:] + ending


def _read_letters(letters: str) -> str:
    """Read a word from its letters, roughly."""
    text = re.sub(r"([b-df-hj-np-tv-z])\1", r"\1", letters)
    ipa, at = "", 0
    while at < len(text):
        for pattern, sound in LETTERS:
            match = pattern.match(text, at)
            if match:
                ipa += match.expand(sound)
                at = match.end()
                break
        else:
            at += 1
    return ipa
