"""Average a fine-tuned model with its base: (1 − share) · fine-tune + share · base, weight by weight.

python average.py model='tuned.nemo' base='base.nemo' share='0.5' output='averaged.nemo'

An average of the two forgets less of what the base knew (Wortsman et al. 2022, “Robust fine-tuning
of zero-shot models”, arXiv 2109.01903). Needs torch, but not NeMo: an archive is read and written
with all its other files as they are.
"""

from __future__ import annotations

import io
import sys
import tarfile
from pathlib import Path
from typing import Any

from archives import is_weights, opened, weights
from fetch import values


def main(model: Path, base: Path, share: float, output: Path) -> None:
    """Write the archive of `model` with averaged weights; raise ValueError for unlike models."""
    import torch

    averaged = average(weights(model), weights(base), share)
    buffer = io.BytesIO()
    torch.save(averaged, buffer)
    with opened(model) as source, tarfile.open(output, "w") as target:
        for member in source:
            content = source.extractfile(member)
            if is_weights(member):
                member.size, content = buffer.tell(), io.BytesIO(buffer.getvalue())
            target.addfile(member, content)


def average(tuned: dict[str, Any], base: dict[str, Any], share: float) -> dict[str, Any]:
    """Average the floating-point tensors of two state dictionaries; all else is that of `tuned`."""
    unlike = [name for name in tuned if name not in base or tuned[name].shape != base[name].shape]
    if unlike or tuned.keys() != base.keys():
        raise ValueError(f"the models differ in their layers, such as {[*unlike, 'more keys'][0]}")
    return {
        name: (
            ((1.0 - share) * value.float() + share * base[name].float()).to(value.dtype)
            if value.is_floating_point()
            else value
        )
        for name, value in tuned.items()
    }


if __name__ == "__main__":
    given = values(sys.argv[1:])
    main(Path(given["model"]), Path(given["base"]), float(given["share"]), Path(given["output"]))
