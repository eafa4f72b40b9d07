"""The files that a new workspace starts with: settings with comments, their schema, a list of terms."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from tasks.domain.errors import Fault, InvalidInput
from tasks.records.files import write_atomic
from tasks.records.schemas import POLICY_SCHEMA, policy_schema
from tasks.workspace.open import POLICY_FILE, TERMS_FILE

TERMS = "term,entity_category\nsacubitril,drug\nthoracentesis,procedure\n"


def starter_files() -> dict[str, str]:
    """Return the text of each file of a new workspace, by its name.

    The schema lies beside the settings, so that an editor finds that of the installed version.
    """
    settings = resources.files("tasks").joinpath("starter.yaml")
    return {
        POLICY_FILE: settings.read_text(encoding="utf-8"),
        POLICY_SCHEMA: policy_schema(),
        TERMS_FILE: TERMS,
    }


def write_starter(root: Path) -> dict[Path, bool]:
    """Write each starter file that is absent; return every path and whether it was written.

    Raises InvalidInput where the folder cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        sentence = f"expected a folder, or the name of a new one; {root}: {reason}"
        raise InvalidInput([Fault(sentence, "--workspace")]) from None
    written = {}
    for name, text in starter_files().items():
        path = root / name
        written[path] = not os.path.lexists(path)
        if written[path]:
            write_atomic(path, text)
    return written
