"""Base models that can be fine-tuned, and those that are refused before anything is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.domain.decoding import Decoder
from tasks.domain.errors import did_you_mean
from tasks.domain.policy import RECOMMENDED_BASE

STREAMING_NAME = re.compile(
    r"streaming|cache[-_]?aware|fastconformer_hybrid.*_(80|480|1040)ms|multi$", re.I
)
PRETRAINED_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*|stt_\w+|parakeet-tdt_ctc-110m")  # of either hub
KNOWN_BASES = (
    RECOMMENDED_BASE,
    "nvidia/parakeet-tdt-0.6b-v3",
    "nvidia/parakeet-tdt-1.1b",
    "nvidia/parakeet-rnnt-0.6b",
    "nvidia/parakeet-rnnt-1.1b",
    "nvidia/parakeet-ctc-0.6b",
    "nvidia/parakeet-ctc-1.1b",
    "stt_en_conformer_ctc_large",
)
REFERENCE_BASES = {  # millions of parameters by the digest of the file, as reference/CARD.md has them
    "ae56466070be9159253b6b9ad76b675af68fb9a56ae5f06ca6a10206af44f016": 4.3,
    "00faf4a02895aed852f9885fba996fce8413e88f2e1fe7bcfc2285464e734106": 5.0,
}
REALTIME_DECODER = {"ctc": "greedy_ctc", "rnnt": "nemo", "tdt": "nemo", "unknown": "nemo"}


@dataclass(frozen=True)
class Architecture:
    """A base model as its name or its `.nemo` configuration describes it."""

    name: str
    decoder: Decoder
    streaming: bool

    def refusal(self, method: str) -> str | None:
        """Return why this base or method is refused; None when it is allowed."""
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

    def untrainable_on(self, accelerator: str) -> str | None:
        """Return why this base cannot be fine-tuned on a device; None where it can."""
        if (self.decoder, accelerator) != ("tdt", "cpu"):
            return None
        return (
            f"{base_in_words(self.name)} is a TDT model and its loss has no CPU path: "
            "fine-tune it on a GPU, or choose a CTC base"
        )

    @property
    def hand_off(self) -> dict[str, str]:
        """The settings that a deployment of the fine-tuned model needs."""
        return {"source_architecture": self.decoder, "decoder": REALTIME_DECODER[self.decoder]}


def base_in_words(name: str) -> str:
    """Name a base, and note where it is the one that a policy need not name.

    >>> base_in_words("nvidia/parakeet-tdt-0.6b-v2")
    'nvidia/parakeet-tdt-0.6b-v2, the base where the policy names none,'
    """
    return f"{name}, the base where the policy names none," if name == RECOMMENDED_BASE else name


def how_to_fetch(name: str) -> str:
    """Return the advice on getting a pretrained base onto a host that cannot reach its hub."""
    return (
        f"get it with `hf download {name}` where there is a network (`huggingface-cli download` "
        "before huggingface_hub 1.0), or set base to the path of a .nemo file"
    )


def unknown_base(name: str) -> str | None:
    """Return the fault of a base that is no file; None where its hub may have the name."""
    if PRETRAINED_NAME.fullmatch(name):
        return None
    near = did_you_mean(name, (*KNOWN_BASES, "champion", "pretrained"))
    return (
        f"expected a .nemo file or a pretrained name, such as {', '.join(KNOWN_BASES)}; "
        f"got {name!r}{near}"
    )


def not_fetched(name: str, reason: str) -> str:
    """Return the sentence for a pretrained base that could not be fetched: why, and how to get it."""
    near = "" if name in KNOWN_BASES else did_you_mean(name, KNOWN_BASES)
    return f"{base_in_words(name)}{near} cannot be fetched ({reason}): {how_to_fetch(name)}"


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
    """Return the tokenizer's pieces that a `.nemo` configuration lists; none where it lists none."""
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
