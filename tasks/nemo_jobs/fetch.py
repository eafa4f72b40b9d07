"""Return the local file of a pretrained model, downloading it once.

python fetch.py name=nvidia/parakeet-tdt-0.6b-v2 answer=answer.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

REASON_CHARACTERS = 200
ESCAPED = re.compile(r"(\\+)('|\$\{|$)")  # backslashes that Hydra would halve


def main(name: str, answer: Path) -> None:
    """Write {"path": …} of the `.nemo` that NeMo's own cache holds; end with why there is none."""
    from nemo.collections.asr.models import ASRModel

    try:
        path = ASRModel.from_pretrained(name, return_model_file=True)
    except Exception as error:  # NeMo's, the hub's or the network's: the caller needs one line
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        sys.exit(f"FetchError: {name} {reason[:REASON_CHARACTERS]}")
    answer.write_text(json.dumps({"path": str(path)}), encoding="utf-8")


def values(overrides: Sequence[str]) -> dict[str, str]:
    """Read overrides as Hydra does: `key='value'`, with its escapes undone.

    >>> values(["name='it\\\\'s'"])
    {'name': "it's"}
    """
    pairs = (one.split("=", 1) for one in overrides)
    return {key: ESCAPED.sub(_unescaped, quoted[1:-1]) for key, quoted in pairs}


def _unescaped(found: re.Match[str]) -> str:
    return "\\" * (len(found[1]) // 2) + found[2]


if __name__ == "__main__":
    given = values(sys.argv[1:])
    main(given["name"], Path(given["answer"]))
