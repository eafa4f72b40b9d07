"""Which base models can be fine-tuned, and which are refused before anything is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.domain.decoding import Decoder
from tasks.domain.policy import RECOMMENDED_BASE

STREAMING_NAME = re.compile(
    r"streaming|cache[-_]?aware|fastconformer_hybrid.*_(80|480|1040)ms|multi$", re.I
)
REALTIME_DECODER = {"ctc": "greedy_ctc", "rnnt": "nemo", "tdt": "nemo", "unknown": "nemo"}


@dataclass(frozen=True)
class Architecture:
    """A base model as its name or its `.nemo` configuration describes it."""

    name: str
    decoder: Decoder
    streaming: bool

    def refusal(self, method: str) -> str | None:
        """Say why this base or method is refused; None when it is allowed."""
        if self.streaming:
            return (
                f"{self.name} is a cache-aware streaming model: fine-tuning it collapses to UNK "
                f"after the first step. Use {RECOMMENDED_BASE} as the base."
            )
        if method == "adapter" and self.decoder in ("tdt", "rnnt"):
            return (
                f"Adapters are refused on {self.decoder.upper()} decoders: they give 72 NaN tensors "
                f"at any learning rate. Set sft.method to full ({self.name})."
            )
        if method == "adapter":
            return "Adapters are not part of the stock fine-tune. Set sft.method to full."
        return None

    @property
    def hand_off(self) -> dict[str, str]:
        """What a deployment of the fine-tuned model has to be told."""
        return {"source_architecture": self.decoder, "decoder": REALTIME_DECODER[self.decoder]}


def architecture_from_name(name: str) -> Architecture:
    """Describe a pretrained model by its name.

    >>> architecture_from_name("nvidia/parakeet-tdt-0.6b-v2").decoder
    'tdt'
    >>> architecture_from_name("nvidia/nemotron-speech-streaming-en-0.6b").streaming
    True
    """
    kinds: tuple[Decoder, ...] = ("tdt", "rnnt", "ctc")
    decoder: Decoder = next((kind for kind in kinds if kind in name.lower()), "unknown")
    return Architecture(name, decoder, bool(STREAMING_NAME.search(name)))


def pieces_from_config(config: Mapping[str, Any]) -> list[str]:
    """Give the tokenizer's pieces that a `.nemo` configuration lists; none where it lists none."""
    joint, decoder = config.get("joint"), config.get("decoder")
    for found in (joint, decoder):
        if isinstance(found, Mapping) and isinstance(found.get("vocabulary"), list):
            return [str(piece) for piece in found["vocabulary"]]
    labels = config.get("labels")
    return [str(piece) for piece in labels] if isinstance(labels, list) else []


def architecture_from_config(name: str, config: Mapping[str, Any]) -> Architecture:
    """Describe a `.nemo` by the configuration stored in it."""
    encoder = config.get("encoder") or {}
    streaming = (
        encoder.get("att_context_style") == "chunked_limited"
        or encoder.get("conv_context_size") == "causal"
        or bool(encoder.get("causal_downsampling"))
    )
    decoder: Decoder = "ctc"
    if "joint" in config:
        loss = config.get("loss") or {}
        decoder = "tdt" if loss.get("loss_name") in ("tdt", "tdt_pytorch") else "rnnt"
    return Architecture(name, decoder, streaming)
