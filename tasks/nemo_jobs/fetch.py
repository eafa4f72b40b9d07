"""Give the local file of a pretrained model, downloading it once.

python fetch.py name=nvidia/parakeet-tdt-0.6b-v2 answer=answer.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path


def main(name: str, answer: Path) -> None:
    """Write {"path": …} of the `.nemo` that NeMo's own cache holds."""
    from nemo.collections.asr.models import ASRModel

    path = ASRModel.from_pretrained(name, return_model_file=True)
    answer.write_text(json.dumps({"path": str(path)}), encoding="utf-8")


def values(overrides: Sequence[str]) -> dict[str, str]:
    """Read Hydra overrides as Hydra does, quotes and escapes included."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    parsed = OverridesParser.create().parse_overrides(list(overrides))
    return {one.key_or_group: OmegaConf.create([one.value()])[0] for one in parsed}


if __name__ == "__main__":
    given = values(sys.argv[1:])
    main(given["name"], Path(given["answer"]))
