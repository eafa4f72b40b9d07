"""Words that a person gives: some, of a bounded length, and no control characters."""

from __future__ import annotations

from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, StringConstraints

MOST_CHARACTERS = 1000


def controls(text: str) -> str:
    """Return the control characters of a text, each once; line breaks and tabs are white space.

    >>> controls("Ana\\tB.\\n"), controls("A\\x00na\\x07")
    ('', '\\x00\\x07')
    """
    found = (char for char in text if category(char) == "Cc" and char not in "\t\n\r")
    return "".join(dict.fromkeys(found))


def too_long(text: str) -> str:
    """Return a fault where a text has more characters than are read of one; else an empty string.

    >>> too_long("timolol"), too_long("o" * 1234)
    ('', 'expected at most 1,000 characters; got 1,234')
    """
    if len(text) <= MOST_CHARACTERS:
        return ""
    return f"expected at most {MOST_CHARACTERS:,} characters; got {len(text):,}"


def not_words(text: str) -> str:
    """Return the fault of words; empty where they have none.

    >>> not_words("Ana"), not_words(" "), not_words("A\\x00na")
    ('', "expected words; got ' '", "expected plain text; got 'A\\\\x00na'")
    """
    if not text.strip():
        return f"expected words; got {text!r}"
    return f"expected plain text; got {text!r}" if controls(text) else too_long(text)


def _plain(text: str) -> str:
    if found := controls(text):
        raise ValueError(f"expected plain text; got {found!r} in it")
    return text


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_CHARACTERS),
    AfterValidator(_plain),
]
Remark = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS),
    AfterValidator(_plain),
]
