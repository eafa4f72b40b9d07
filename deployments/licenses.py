"""List the licenses of this project's dependencies, of each extra with everything that it pulls in.

    .venv/bin/python deployments/licenses.py > docs/licenses.md

They are read from what is installed here, as each package names its license; an extra that is not
installed is named as such.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
UNNAMED = "not named by the package"
BUNDLED = {  # what a wheel holds beside its own code, and does not name
    "espeakng-loader": "not named by the package; it holds espeak-ng: GPL-3.0-or-later",
    "soundfile": "BSD 3-Clause License; its wheel holds libsndfile, mpg123 and LAME: LGPL",
}
HEAD = """# Licenses of the dependencies

Made by `deployments/licenses.py` from what was installed; each package's own words. `core` is what every
installation has. [NOTICE](../NOTICE) has what the license of espeak-ng asks of those who pass it on.

| extra | package | version | license |
|---|---|---|---|
"""


def extras() -> dict[str, list[str]]:
    """Return the requirements of the core and of each extra but those for development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return {"core": project["dependencies"]} | {
        name: needs for name, needs in optional.items() if name not in ("dev", "parity")
    }


def closure(needs: list[str]) -> dict[str, metadata.Distribution | None]:
    """Return the packages that requirements pull in, by name; None for one that is not installed."""
    found: dict[str, metadata.Distribution | None] = {}
    seen: set[tuple[str, str]] = set()  # a package, and the extra of it that was asked for
    left = [(Requirement(need), "") for need in needs]
    while left:
        need, extra = left.pop()
        if need.marker and not need.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(need.name)
        wanted = [one for one in ("", *sorted(need.extras)) if (name, one) not in seen]
        seen |= {(name, one) for one in wanted}
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found[name] = None
            continue
        for line in metadata.requires(name) or []:
            left += [(Requirement(line), one) for one in wanted]
    return found


def license_of(name: str, distribution: metadata.Distribution | None) -> str:
    """Return the license of a package in a few words.

    >>> license_of("no-such-package", None)
    'not installed here'
    """
    if name in BUNDLED:
        return BUNDLED[name]
    if distribution is None:
        return "not installed here"
    fields = distribution.metadata
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in fields.get_all("Classifier") or []
        if one.startswith("License ::")
    ]
    text = (fields.get("License-Expression") or fields.get("License") or "").strip()
    if "\n" in text or len(text) > 70 or text.upper() in ("", "UNKNOWN", "LICENSE"):
        text = ", ".join(classifiers)  # or else the whole text of the license, or its file
    named = "in its file LICENSE" if fields.get_all("License-File") else UNNAMED
    return text.replace("|", "/") or named


def lines() -> Iterator[str]:
    """Write a line a package, under the first extra that pulls it in."""
    listed: set[str] = set()
    for extra, needs in extras().items():
        for name, distribution in sorted(closure(needs).items()):
            if name not in listed:
                version = distribution.version if distribution else "–"
                yield f"| {extra} | {name} | {version} | {license_of(name, distribution)} |"
            listed.add(name)


if __name__ == "__main__":
    sys.stdout.write(HEAD + "\n".join(lines()) + "\n")
