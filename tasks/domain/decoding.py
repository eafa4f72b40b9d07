"""The decoding of a model: greedy or with a beam, boosted with a list of phrases or not.

A model and its decoding are one system: what is compared, kept and handed on. The overrides are
those of NeMo's `transcribe_speech.py` from version 2.5 on.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Strategy = Literal["greedy", "beam"]
Decoder = Literal["ctc", "rnnt", "tdt", "unknown"]
BEAM_SIZES: dict[Decoder, int] = {"ctc": 8, "rnnt": 4, "tdt": 4, "unknown": 4}
DEPTH_SCALING = 2.0  # the default of NeMo 2.6, 1.0, is for another kind of model


class DecodingConfig(BaseModel):
    """One way to decode. `boost_alpha` is the weight of phrase boosting, None without.

    Its scale is NeMo's; Riva's word boosting has another one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Strategy = "greedy"
    beam_size: int | None = Field(None, description="Hypotheses kept; None: 8 for CTC, else 4")
    boost_alpha: float | None = None
    depth_scaling: float = DEPTH_SCALING
    vocabulary: str = Field("", description="File of the boosted phrases")
    vocabulary_sha256: str | None = None

    @property
    def sha256(self) -> str:
        """The digest of all that changes a transcript; where the phrases lie does not."""
        changed = self.model_dump(mode="json", exclude_defaults=True, exclude={"vocabulary"})
        return hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()

    @property
    def name(self) -> str:
        """
        >>> DecodingConfig(strategy="beam", boost_alpha=0.5).name
        'beam boosted 0.5'
        """
        size = f" {self.beam_size}" if self.beam_size and self.strategy == "beam" else ""
        boosted = "" if self.boost_alpha is None else f" boosted {self.boost_alpha:g}"
        return f"{self.strategy}{size}{boosted}"

    @property
    def hand_off(self) -> dict[str, str]:
        """The decoding settings that a deployment needs beside the model; none for a greedy one."""
        if self == GREEDY:
            return {}
        settings = {"decoding": self.name}
        if self.boost_alpha is not None:
            settings["boosted_phrases"] = self.vocabulary
            settings["boosting_scale"] = "NeMo's; Riva's word boosting has another one"
        return settings


GREEDY = DecodingConfig()


def decoding_overrides(
    config: DecodingConfig, decoder: Decoder, phrases: PurePath | None, *, on_gpu: bool
) -> dict[str, object]:
    """Build what a decoding adds to the overrides of `transcribe_speech.py`; greedy adds nothing.

    `phrases` is the file of boosted phrases, one a line.
    """
    if config.strategy == "greedy" and config.boost_alpha is None:
        return {}
    family = "ctc_decoding" if decoder == "ctc" else "rnnt_decoding"
    section = f"{family}.{config.strategy}"
    strategy = {"ctc_decoding": "beam_batch", "rnnt_decoding": "malsd_batch"}[family]
    values: dict[str, object] = {
        f"{family}.strategy": strategy if config.strategy == "beam" else "greedy_batch"
    }
    if config.strategy == "beam":
        values[f"{section}.beam_size"] = config.beam_size or BEAM_SIZES[decoder]
        values[f"{section}.allow_cuda_graphs"] = False  # NeMo issues 15145, 15340: with boosting
    elif decoder != "ctc":
        values[f"{section}.use_cuda_graph_decoder"] = False  # likewise
    if family == "ctc_decoding" and config.strategy == "beam":
        values[f"{section}.beam_beta"] = 0.0  # stock: 1.0 for each token, which inserts words
    if config.boost_alpha is not None:
        tree = f"{section}.boosting_tree"
        values |= {
            f"{tree}.key_phrases_file": phrases,
            f"{tree}.context_score": 1.0,
            f"{tree}.depth_scaling": config.depth_scaling,
            f"{section}.boosting_tree_alpha": config.boost_alpha,
        }
        if not on_gpu:
            values[f"{tree}.use_triton"] = False
    return values
