"""Give the local file of a pretrained model, downloading it once.

python fetch.py name=nvidia/parakeet-tdt-0.6b-v2 answer=answer.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(name: str, answer: Path) -> None:
    """Write {"path": …} of the `.nemo` that NeMo's own cache holds."""
    from nemo.collections.asr.models import ASRModel

    path = ASRModel.from_pretrained(name, return_model_file=True)
    answer.write_text(json.dumps({"path": str(path)}), encoding="utf-8")


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    main(given["name"].strip("'"), Path(given["answer"].strip("'")))
