"""The notations of clinical writing, in the order in which they are looked for, and how each is spoken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tasks.domain.spoken.notations import (
    allele,
    clock,
    compound_unit,
    date,
    decade,
    dose,
    every_so_often,
    lengths,
    letter_by_letter,
    numbered,
    of_so_many,
    power_of_ten,
    pressure,
    range_of,
    roman_of_so_many,
    roman_words,
)
from tasks.domain.spoken.numerals import (
    ABBREVIATIONS,
    AMOUNT,
    FRACTION,
    GREEK,
    NUMBER,
    SYMBOLS,
    UNITS,
    amount_words,
    number_words,
    ordinal_words,
    plain_number,
)

NUMBERED = (
    "type|stage|grade|class|factor|phase|nerve|bipolar|mobitz|NYHA|ASA|CN|CCS|Killip|Mallampati|"
    "angiotensin|Fitzpatrick|Rutherford|Fontaine|Gustilo|Harris|Le Fort"
)
SCORES = (  # before a number of so many, which is no fraction
    "grade|murmur|reflexes|strength|power|score|apgar|pain"
)
AGES = "his|her|mid|our|the"  # three letters, before "50s" that is no time of 50 seconds
RATIOS = "titers?|ratio|dilution|diluted|epinephrine|adrenaline"  # what "1:40" is no time after
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _rule(pattern: str, as_words: Callable[[re.Match[str]], str]) -> Rule:
    """Write down what is looked for, and how it is spoken."""
    return re.compile(pattern), as_words


def _listed(table: Iterable[str]) -> str:
    """Match any of these, the longest first."""
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True))


UNIT = _listed(UNITS)
PER = rf"(?:/(?:(?:{NUMBER})\s?)?(?:{UNIT}))"
LONG_UNIT = _listed(unit for unit in UNITS if len(unit) > 1 and unit.isalpha())
START = r"(?<![\w.^])(?<!\d[,:/])"  # of a number that is no part of another
END = r"(?![\w^/]|[.,:]\d)"
CODE = r"[A-Za-z]{0,5}(?:-?\d+[A-Za-z]{0,4})+"  # letters and digits, as B12, IL-6 and CYP3A4
RULES: tuple[Rule, ...] = (  # in this order: what holds several signs comes before its parts
    _rule(
        rf"(?<!\w)(?:{_listed(ABBREVIATIONS)})(?!\w|-\d)",
        lambda found: ABBREVIATIONS[found.group()],
    ),
    _rule(r"(?<=\w)\*(\d\d):(\d\d)(?![\w:])", allele),
    _rule(r"(?<=\w)\*(?=\d)", lambda _: " star "),
    _rule(r"\b(\d\d?),(\d\d?)(?=\s(?:and|or)\s\d)", lambda found: f"{found[1]}, {found[2]}"),
    _rule(
        r"\b[qQ]\s?(?P<low>\d+)(?:\s?[-–]\s?(?P<high>\d+))?\s?"
        r"(?P<unit>(?i:hours?|hrs?|h|days?|d|minutes?|min|weeks?|wks?|months?|mo))\b",
        every_so_often,
    ),
    _rule(
        rf"{START}(?P<first>\d\d?)([/.-])(?P<second>\d\d?)\2(?P<year>\d{{4}}|\d\d)(?![\w/-]|\.\d)",
        date,
    ),
    _rule(
        rf"{START}(?P<year>\d{{4}})-(?P<first>\d\d)-(?P<second>\d\d)(?![\w/-])",
        date,
    ),
    _rule(
        rf"(?<![\w.])(?:(?P<amount>{NUMBER})\s?[x×*]?\s?)?(?P<times>[x×]\s?)?10\^(?P<power>-?\d+)"
        rf"(?P<units>(?:/(?:{UNIT}))*){END}",
        power_of_ten,
    ),
    _rule(
        rf"(?<![\w.^/])(?P<sizes>(?:{NUMBER})(?:\s?[x×]\s?(?:{NUMBER})){{1,2}})(?:\s?(?P<unit>{UNIT}))?{END}",
        lengths,
    ),
    _rule(r"(?<!\w)[xX×]\s?(?=\d)", lambda _: "times "),
    _rule(
        rf"\b((?i:type|stage|class|phase)\s)(\d)/(\d){END}",
        lambda found: f"{found[1]}{number_words(found[2])} {number_words(found[3])}",
    ),
    _rule(
        rf"\b((?i:{SCORES})(?:\s(?:is|was|of|at))?\s)(\d)/(\d\d?){END}",
        lambda found: f"{found[1]}{number_words(found[2])} over {number_words(found[3])}",
    ),
    _rule(rf"{START}([1-9]\d{{1,2}})/([1-9]\d{{1,2}})(\s?mmHg\b)?{END}", pressure),
    _rule(
        rf"{START}((?:{AMOUNT})\s?)({UNIT})(\s?[-–]\s?(?:{AMOUNT})\s?)(?=\2(?![\w/^]))",
        lambda found: f"{found[1].strip()}{found[3]}",  # a range that has its unit twice
    ),
    _rule(r"(?:(?<=[\s(=<>≤≥±~≈])|^)(?<!\d\s)[-–](?=\.?\d)", lambda _: "minus "),
    _rule(r"\b(1[89]|20)([2-9]0)['’]?s(?!\w)", decade),
    _rule(rf"(?<=\b(?:{AGES})\s)()([2-9]0)['’]?s(?!\w)", decade),
    _rule(
        rf"{START}(?P<low>{AMOUNT})(?:\s?[-–]\s?(?P<high>{AMOUNT}))?(?:\s?|(?P<hyphen>-))"
        rf"(?P<units>(?:{UNIT}){PER}*)(?![\w/^])",
        dose,
    ),
    _rule(rf"(?<![\w/])(?:{LONG_UNIT})(?:/(?:{UNIT}))+(?![\w/])", compound_unit),
    _rule(rf"\b((?i:{NUMBERED})) ([IVX]+)(?:\s?([-–/])\s?([IVX]+))?([ABCab])?\b", numbered),
    _rule(r"\b([IVX]+)/([IVX]+)\b", roman_of_so_many),
    _rule(r"\b(?:II|III|VII|VIII|IX|XI|XII)\b", lambda found: roman_words(found.group())),
    _rule(
        rf"\b((?i:{RATIOS})(?:\s[a-z]+){{0,2}}\s)(\d+):({NUMBER}){END}",
        lambda found: f"{found[1]}{number_words(found[2])} to {number_words(found[3])}",
    ),
    _rule(r"(?<![\w:.])(\d{1,2}):(\d\d)(?![\w:]|\.\d)", clock),
    _rule(
        rf"{START}({NUMBER}):({NUMBER}){END}",
        lambda found: f"{number_words(found[1])} to {number_words(found[2])}",
    ),
    _rule(
        r"\b([4-7])['’′]\s?(\d\d?)(?:[\"”″]|''|\b)",
        lambda found: f"{number_words(found[1])} foot {number_words(found[2])}",
    ),
    _rule(r"\b(\d+)(?:st|[nr]d|th)\b", lambda found: ordinal_words(found[1])),
    _rule(rf"{START}({NUMBER})[x×](?!\w)", lambda found: f"{number_words(found[1])} times"),
    _rule(r"\b(\d{1,2})-0\b(?![.\d])", lambda found: f"{number_words(found[1])} oh"),  # of sutures
    _rule(rf"{START}({AMOUNT})\s?[-–]\s?({AMOUNT})(?![\w.]\w|\s?[-–/^:]\d|,\d)", range_of),
    _rule(rf"{START}({FRACTION}){END}", lambda found: amount_words(found[1])),
    _rule(rf"{START}(?P<one>\d{{1,2}})/(?P<other>\d{{1,2}}){END}", of_so_many),
    _rule(f"(?<=\\w)[{''.join(GREEK)}]", lambda found: f" {GREEK[found.group()]}"),
    _rule(f"[{''.join(GREEK)}](?=\\w)", lambda found: f"{GREEK[found.group()]} "),
    _rule(f"[{''.join(GREEK)}]", lambda found: GREEK[found.group()]),
    _rule(rf"\b(?=\w*[A-Z])(?=[\w-]*\d){CODE}(?:-{CODE})?\b|\b\d+-[A-Z]+\d*\b", letter_by_letter),
    _rule(r"\b[a-z]+(?:\d+[a-z]{0,4})+\b", letter_by_letter),
    _rule(r"\b[a-z]?[A-Z]{2,5}s?\b|\b[a-z][A-Z]\b", letter_by_letter),
    _rule(
        r"(?<![\w.,])\d\d?(?:,\d\d?){2,}(?![\w,]|\.\d)", lambda at: at.group().replace(",", ", ")
    ),
    _rule(
        rf"\$({NUMBER}){END}",
        lambda at: f"{number_words(at[1])} dollar{'' if plain_number(at[1]) == '1' else 's'}",
    ),
    _rule(r"#(?=\d)", lambda _: "number "),
    _rule(rf"{START}(?<!\d[-–])({NUMBER}){END}(?!\s?[-–]\d)", lambda at: number_words(at[1])),
    _rule(r"(?<=[^\W\d])/(?=[^\W\d])", lambda _: " "),
    _rule(r"(?<=\w)&(?=\w)", lambda _: " and "),
    _rule(f"[{''.join(SYMBOLS)}]", lambda found: f" {SYMBOLS[found.group()]} "),
)
