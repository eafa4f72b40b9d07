"""What the documents hold, as tests read them: commands, blocks, sections, headings."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from flows.cli import main
from tests.conftest import write_tone

ROOT = Path(__file__).parents[1]
PROGRAM = r"(?:\.venv/bin/)?flywheel "
DOCUMENTS = [
    path
    for pattern in (
        "*.md", ".github/*.md", "benchmarks/*.md", "deployments/*.md", "docs/*.md", "reference/*.md",
    )
    for path in sorted(ROOT.glob(pattern))
]  # fmt: skip


def page(name: str) -> str:
    """Return the text of a document, by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what is under a heading, up to the next one of its level.

    >>> section("# a\\n## b\\none\\n## c\\ntwo", "## b")
    'one\\n'
    """
    level = heading.split()[0]
    return f"\n{text}".split(f"\n{heading}\n")[1].split(f"\n{level} ")[0] + "\n"


def block(text: str, language: str) -> str:
    """Return the first fenced block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    assert found
    return found[1]


def shell_lines(text: str) -> list[str]:
    """Return the indented lines, which are typed in a shell, in their order."""
    return re.findall(r"^    (\S.*)$", text, re.M)


def commands(text: str) -> list[str]:
    """Return the words after `flywheel` of every line that is typed.

    >>> commands("Run\\n\\n    .venv/bin/flywheel status w\\n")
    ['status w']
    """
    return re.findall(rf"^(?:    )?{PROGRAM}(\S.*)$", text, re.M)


def run_line(line: str) -> None:
    """Run a command with its flags; it has to exit with 0."""
    assert main(shlex.split(line)) == 0, line


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a document have on GitHub.

    >>> sorted(anchors("# A base: file, or name\\n## `x` y\\n## `x` y\\n"))
    ['a-base-file-or-name', 'x-y', 'x-y-1']
    """
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose, re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        number = sum(
            one == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", one) is not None for one in found
        )
        found.add(f"{slug}-{number}" if number else slug)
    return found


def write_general(root: Path, clips: int = 20) -> None:
    """Write a guard set and a replay set, which `flywheel general` would take half a minute to make."""
    for name in ("general", "replay"):
        rows: list[dict[str, Any]] = []
        for number in range(clips):
            clip = f"{name}/{name}{number}.wav"
            write_tone(root / clip)
            rows.append(
                {"audio_filepath": clip, "duration": 1.0, "text": f"hello {clip}", "voice_id": "a"}
            )
        (root / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
