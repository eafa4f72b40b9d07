"""Look words up in Merriam-Webster's medical dictionary, over its API, and read its respelling as IPA.

Its answers are kept.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from tasks.benchmark.engines.http_tts import BoundedHttp
from tasks.benchmark.pronunciation import Findings
from tasks.logs import log
from tasks.records.files import write_atomic
from tasks.settings import Settings

API = "https://www.dictionaryapi.com/api/v3/references/medical/json"
REQUESTS_A_DAY = 1_000  # that a free key may make
TIMEOUT_SECONDS = 20.0  # of a whole answer
ANSWER_BYTES = 5_000_000
# Every symbol of the dictionary's pronunciation key. What depends on stress is in `_sound`.
SOUNDS = {
    "a": "æ", "ā": "eɪ", "ä": "ɑː", "ȧ": "a", "au̇": "aʊ", "b": "b", "ch": "tʃ", "d": "d", "e": "ɛ",
    "f": "f", "g": "ɡ", "h": "h", "i": "ɪ", "ī": "aɪ", "j": "dʒ", "k": "k", "ḵ": "x", "l": "l",
    "m": "m", "n": "n", "ŋ": "ŋ", "ō": "oʊ", "ȯ": "ɔː", "ȯi": "ɔɪ", "œ": "œ", "œ̄": "ø", "p": "p",
    "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "t͟h": "ð", "u̇": "ʊ", "ü": "uː",
    "ᵫ": "ʏ", "ᵫ̄": "yː", "v": "v", "w": "w", "y": "j", "yü": "juː", "yu̇": "jʊ", "z": "z",
    "zh": "ʒ", "ᵊ": "ə", "ʸ": "ʲ", "ⁿ": "\u0303",
}  # fmt: skip
BY_STRESS = {"ə": ("ʌ", "ə"), "ər": ("ɜː", "ɚ"), "ē": ("iː", "i")}  # stressed, unstressed
ONE_SPELLING = {"ūē": "ᵫ̄", "uē": "ᵫ̄", "ue": "ᵫ", "t̲h̲": "t͟h", "'": "ˈ"}  # after its accents
VARIANTS = re.compile(r"[,;]")
OPTIONAL_STRESS = re.compile(r"\([ˈˌ]\)")
SYMBOL = re.compile("|".join(sorted([*SOUNDS, *BY_STRESS], key=len, reverse=True)))
VOWEL = re.compile(r"[aeiouyæøœɑɔəɚɛɜɪʊʌʏ]")


class NotAnswered(Exception):
    """A dictionary that could not be asked, and why. It is no answer on any word."""


class PronouncingDictionary(Protocol):
    """A source of the pronunciation of a word."""

    def respellings(self, word: str) -> Sequence[str]:
        """Return the respellings of a word, the commonest first; raise NotAnswered."""
        ...


class MerriamWebster:
    """The dictionary's API. The key goes along as part of the address, which is never shown."""

    def __init__(self, key: str, api: str = API) -> None:
        self._key, self._api = key, api
        self._client = BoundedHttp(TIMEOUT_SECONDS, ANSWER_BYTES)
        self._announced = False
        logging.getLogger("httpx").addFilter(self._is_without_key)  # it logs every address

    def respellings(self, word: str) -> Sequence[str]:
        """Return the respellings of the entry whose headword is this one; none where it has none."""
        if not self._announced:
            log().warning("words to look up leave this machine for %s", self._api)
            self._announced = True
        try:
            address = f"{self._api}/{quote(word, safe='')}"
            answer = self._client.ask("GET", address, params={"key": self._key})
        except httpx.HTTPError as error:
            raise NotAnswered(f"{self._api}: {type(error).__name__}") from None
        if answer.status != httpx.codes.OK:
            raise NotAnswered(f"{self._api}: {answer.status}")
        try:
            entries = json.loads(answer.content)
        except (ValueError, RecursionError):  # a refused key comes as plain text
            shown = answer.content.decode(errors="replace").replace(self._key, "…")[:80]
            raise NotAnswered(f"{self._api}: {shown}") from None
        return list(_respellings(entries, word))

    def _is_without_key(self, record: logging.LogRecord) -> bool:
        return self._key not in record.getMessage()


class WithoutKey:
    """A dictionary that nobody has a key for: what was answered before is all there is."""

    def respellings(self, word: str) -> Sequence[str]:  # noqa: ARG002 (no word has one)
        """Raise NotAnswered."""
        raise NotAnswered("FLYWHEEL_MERRIAM_WEBSTER_KEY is not set")


def open_dictionary(settings: Settings) -> PronouncingDictionary:
    """Return the dictionary that the settings have a key for."""
    key = settings.merriam_webster_key
    return MerriamWebster(key.get_secret_value()) if key else WithoutKey()


def look_up(
    words: Sequence[str],
    dictionary: PronouncingDictionary,
    cache: Path,
    today: Callable[[], str] = lambda: datetime.now(UTC).date().isoformat(),
) -> Findings:
    """Return the IPA of each word that a dictionary has; ask it only for words never answered.

    `cache` has a line an answer, those that a word is not listed included. A dictionary that cannot
    be asked, or was asked REQUESTS_A_DAY times today, leaves its words open: they are asked for the
    next time.
    """
    lines = _answers(cache)
    known = {line["word"]: line["respellings"] for line in lines}
    left = REQUESTS_A_DAY - sum(line["day"] == today() for line in lines)
    findings, silent = Findings(), ""  # why nothing more is asked
    for word in dict.fromkeys(word.lower() for word in words):
        if word not in known and not silent:
            silent = _ask(word, dictionary, known, left)
            if not silent:
                left -= 1
                _append(cache, {"word": word, "respellings": known[word], "day": today()})
        if word in known:
            _read(word, known[word], findings)
        else:
            findings.not_answered[word] = silent
    return findings


def _ask(
    word: str, dictionary: PronouncingDictionary, known: dict[str, list[str]], left: int
) -> str:
    """Ask for one word and note the answer; return why there is none."""
    if left <= 0:
        return f"{REQUESTS_A_DAY} words were asked for today, which is all that a day allows"
    try:
        known[word] = list(dictionary.respellings(word))
    except NotAnswered as error:
        log().info("the dictionary does not answer: %s", error)
        return str(error)
    return ""


def _respellings(entries: Any, word: str) -> Iterator[str]:
    """Yield the respellings of a headword; an answer of mere suggestions has none."""
    for entry in entries if isinstance(entries, list) else []:
        headword = entry.get("hwi") if isinstance(entry, dict) else None
        if not isinstance(headword, dict):
            continue
        sounds = headword.get("prs")
        if str(headword.get("hw", "")).replace("*", "").lower() == word.lower():
            for sound in sounds if isinstance(sounds, list) else []:
                if isinstance(sound, dict) and sound.get("mw"):
                    yield str(sound["mw"])


def _read(word: str, respellings: Sequence[str], findings: Findings) -> None:
    """Note the first respelling of a word that can be read, else why the first cannot."""
    reasons = []
    for respelling in respellings:
        try:
            findings.ipa[word] = respelling_to_ipa(respelling)
            return
        except ValueError as error:
            reasons.append(str(error))
    if reasons:
        findings.unreadable[word] = reasons[0]


def _answers(cache: Path) -> list[dict[str, Any]]:
    """Read earlier answers; a line that a kill cut short is taken off the file."""
    if not cache.exists():
        return []
    content = cache.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        write_atomic(cache, whole)
    return [json.loads(line) for line in whole.splitlines()]


def _append(cache: Path, answer: dict[str, Any]) -> None:
    """Add an answer."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.open("a", encoding="utf-8") as file:
        file.write(json.dumps(answer, ensure_ascii=False) + "\n")


def respelling_to_ipa(respelling: str) -> str:
    """Write the first variant of a respelling as IPA, with its optional sounds.

    A syllable goes to the next hyphen or accent, and is stressed if it begins with one. An accent
    in parentheses is a secondary one. Raises ValueError at what is not in the key, and where the
    first variant is not a whole word.

    >>> respelling_to_ipa("ˌjen-tə-ˈmī-sᵊn")
    'ˌdʒɛntəˈmaɪsən'
    >>> respelling_to_ipa("ˈfī(-ə)r, ˈfīr")
    'ˈfaɪɚ'
    """
    variant = VARIANTS.split(_one_spelling(respelling))[0].strip(" \\÷")
    if not variant or variant.startswith("-") or variant.endswith("-"):
        raise ValueError(f"expected a whole word in Merriam-Webster's key; got {respelling!r}")
    plain = re.sub(r"[()]", "", OPTIONAL_STRESS.sub("ˌ", variant))
    ipa = ""
    for part in re.split(r"([-ˈˌ\s])", plain):
        if part.isspace() or part in ("ˈ", "ˌ"):
            ipa += part
        elif part not in ("-", ""):
            stressed = ipa.endswith(("ˈ", "ˌ"))
            ipa = _with_r(ipa, _syllable(part, stressed, respelling))
    return unicodedata.normalize("NFC", ipa)


def _one_spelling(respelling: str) -> str:
    """Write each symbol as the table has it; the same one comes composed, combined and ligated."""
    text = unicodedata.normalize(
        "NFC", respelling.replace("\u0305", "\u0304")
    )  # a line for a macron
    for other, ours in ONE_SPELLING.items():
        text = text.replace(other, ours)
    return text


def _syllable(part: str, stressed: bool, respelling: str) -> str:
    """Read one syllable, the longest symbol first."""
    ipa = ""
    while part:
        symbol = SYMBOL.match(part)
        if symbol is None:
            raise ValueError(f"{part[0]!r} is not in Merriam-Webster's key; got {respelling!r}")
        found = symbol.group()
        ipa += BY_STRESS[found][not stressed] if found in BY_STRESS else SOUNDS[found]
        part = part[symbol.end() :]
    return ipa


def _with_r(before: str, syllable: str) -> str:
    """Join a syllable; a vowel after ɜː or ɚ brings its r."""
    bare = before.rstrip("ˈˌ")
    stress = before[len(bare) :]
    linked = bare.endswith(("ɜː", "ɚ")) and VOWEL.match(syllable)
    return f"{bare}{'ɹ' if linked else ''}{stress}{syllable}"
