"""Average models, weight by weight: a fine-tune with its base, or several fine-tunes with each other.

python average.py model='tuned.nemo' base='base.nemo' share='0.5' output='averaged.nemo'
python average.py model1='one.nemo' model2='other.nemo' model3='third.nemo' output='mean.nemo'

With its base, (1 − share) · fine-tune + share · base, a fine-tune forgets less of what that knew (Wortsman
et al. 2022, “Robust fine-tuning of zero-shot models”, arXiv 2109.01903); several fine-tunes vary less
together than each alone (Wortsman et al. 2022, “Model soups”, arXiv 2203.05482). Needs torch, but not
NeMo: the first archive is read and written with all its other files as they are.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from archives import add_weights, is_weights, opened, weights
from fetch import values


def main(parts: Mapping[Path, float], output: Path) -> None:
    """Write the first archive with the average of all; raise ValueError for unlike models.

    `parts` are the models, the first of them first, with their shares, which sum to 1.
    """
    averaged = average((weights(path), share) for path, share in parts.items())
    with opened(next(iter(parts))) as source, tarfile.open(output, "w") as target:
        for member in source:
            if is_weights(member):
                add_weights(target, member.name, averaged)
            else:
                target.addfile(member, source.extractfile(member))


def average(parts: Iterable[tuple[Mapping[str, Any], float]]) -> dict[str, Any]:
    """Average the floating-point tensors of state dictionaries; all else is that of the first.

    One model at a time is held beside the sum.
    """
    models = iter(parts)
    first, share = next(models)
    sums = {name: share * one.float() for name, one in first.items() if one.is_floating_point()}
    for other, share in models:
        unlike = [
            name for name in first if name not in other or first[name].shape != other[name].shape
        ]
        if unlike or first.keys() != other.keys():
            raise ValueError(
                f"the models differ in their layers, such as {[*unlike, 'more keys'][0]}"
            )
        for name in sums:
            sums[name] += share * other[name].float()
    return {name: sums[name].to(one.dtype) if name in sums else one for name, one in first.items()}


def asked(given: Mapping[str, str]) -> dict[Path, float]:
    """Read the models and their shares from the arguments."""
    if "base" in given:
        share = float(given["share"])
        return {Path(given["model"]): 1.0 - share, Path(given["base"]): share}
    models = [Path(path) for name, path in given.items() if name.startswith("model")]
    return dict.fromkeys(models, 1.0 / len(models))


if __name__ == "__main__":
    arguments = values(sys.argv[1:])
    main(asked(arguments), Path(arguments["output"]))
