"""One notation as it is spoken: a dose, a range, a date, a blood pressure, each from its match.

Where what was matched is none after all, as a range that falls, it is left as it is written.
"""

from __future__ import annotations

import re

from tasks.domain.spoken.numerals import (
    NUMBER,
    UNITS,
    amount_value,
    amount_words,
    date_words,
    is_roman,
    number_words,
    pair_words,
    roman_value,
    unit_words,
)


def dose(match: re.Match[str]) -> str:
    """Write out a number, or a range of two, and what it counts."""
    low, high, units = match["low"], match["high"], match["units"].split("/")
    if high and amount_value(low) >= amount_value(high):
        return match.group()
    amount = amount_words(low) + (f" to {amount_words(high)}" if high else "")
    alone = amount_value(low) == 1 or ("/" in low and amount_value(low) < 1)
    several = bool(high) or not (alone or match["hyphen"])
    words = [unit_words(units[0], several=several), *map(per_unit, units[1:])]
    return f"{amount} {' '.join(words)}"


def per_unit(unit: str) -> str:
    """Return the unit after "per", or a number of units."""
    number, name = re.fullmatch(rf"({NUMBER})?\s?(.+)", unit).groups()  # type: ignore[union-attr]
    count = f"{number_words(number)} " if number else ""
    return f"per {count}{unit_words(name, several=bool(number) and number != '1')}"


def compound_unit(match: re.Match[str]) -> str:
    """Write out a compound unit that no number is before."""
    first, *others = match.group().split("/")
    return " ".join([unit_words(first, several=True), *map(per_unit, others)])


def every_so_often(match: re.Match[str]) -> str:
    """Return a frequency as words: every so many hours."""
    low, high, unit = match["low"], match["high"], match["unit"].lower()
    count = number_words(low) + (f" to {number_words(high)}" if high else "")
    one = UNITS.get(unit, unit.removesuffix("s"))
    return f"every {count} {one}{'' if low == '1' and not high else 's'}"


def power_of_ten(match: re.Match[str]) -> str:
    """Write out a power of ten, what it is times and what it is for."""
    amount = f"{number_words(match['amount'])} times " if match["amount"] else ""
    times = "times " if match["times"] and not amount else ""
    minus = "minus " if match["power"].startswith("-") else ""
    power = f"{amount}{times}ten to the {minus}{number_words(match['power'].lstrip('-'))}"
    return " ".join([power, *map(per_unit, match["units"].split("/")[1:])])


def date(match: re.Match[str]) -> str:
    """Write out a date; what is none stays as it is."""
    return date_words(match["first"], match["second"], match["year"]) or match.group()


def decade(match: re.Match[str]) -> str:
    """Write out the years of a decade, of a person or of a century."""
    years = f"{number_words(match[2]).removesuffix('y')}ies"
    return f"{number_words(match[1])} {years}" if match[1] else years


def of_so_many(match: re.Match[str]) -> str:
    """Write out a score, of so many; a day and month where one begins with a zero."""
    one, other = match["one"], match["other"]
    if "0" in (one[0], other[0]) and (one, other) != ("0", other):
        return date_words(one, other) or match.group()
    return f"{number_words(one)} over {number_words(other)}"


def lengths(match: re.Match[str]) -> str:
    """Write out two or three lengths of one thing."""
    numbers, unit = re.findall(NUMBER, match["sizes"]), match["unit"]
    words = " by ".join(map(number_words, numbers))
    return f"{words} {unit_words(unit, several=True)}" if unit else words


def letter_by_letter(match: re.Match[str]) -> str:
    """Write out letters one by one and numbers whole, as in B12 and H1N1; a plural s stays apart.

    Four letters or more that are no capitals are a word, as in Omega-3.
    """
    parts = re.findall(r"\d+|[^\W\d_]+", match.group())
    words: list[str] = []
    for part in parts:
        if part.isdigit():
            words.append(number_words(part))
        elif len(part) > 3 and part[1:].islower():
            words.append(part)
        else:
            words += part.lower()
    return " ".join(words)


def pressure(match: re.Match[str]) -> str:
    """Write out a blood pressure."""
    unit = f" {unit_words('mmHg', several=True)}" if match[3] else ""
    return f"{pair_words(match[1])} over {pair_words(match[2])}{unit}"


def roman_words(numeral: str) -> str:
    return number_words(str(roman_value(numeral)))


def numbered(match: re.Match[str]) -> str:
    """Write out a stage or type that has a Roman numeral, or two of them."""
    before, low, mark, high, letter = match.groups()
    if not all(map(is_roman, filter(None, (low, high)))):
        return match.group()
    between = " to " if mark != "/" else " over " if before.lower() == "grade" else " "
    to = f"{between}{roman_words(high)}" if high else ""
    return f"{before} {roman_words(low)}{to}{f' {letter.lower()}' if letter else ''}"


def roman_of_so_many(match: re.Match[str]) -> str:
    """Write out a grade of so many in Roman numerals."""
    if not (is_roman(match[1]) and is_roman(match[2])):
        return match.group()
    return f"{roman_words(match[1])} over {roman_words(match[2])}"


def allele(match: re.Match[str]) -> str:
    """Write out the number of an allele in its two fields."""
    return (
        f" star {number_words(match[1])} {'oh ' if match[2] < '10' else ''}{number_words(match[2])}"
    )


def clock(match: re.Match[str]) -> str:
    """Write out a time of day."""
    hours, minutes = match[1], match[2]
    if int(hours) > 24 or minutes > "59":
        return match.group()
    if minutes == "00":
        return f"{number_words(hours)} o'clock"
    return f"{number_words(hours)} {'oh ' if minutes < '10' else ''}{number_words(minutes)}"


def range_of(match: re.Match[str]) -> str:
    """Write out two numbers and what lies between; two that do not rise are none."""
    if amount_value(match[1]) >= amount_value(match[2]):
        return match.group()
    return f"{amount_words(match[1])} to {amount_words(match[2])}"
