"""Which bases and methods are refused, in the words the user reads."""

import pytest

from tasks.domain.bases import architecture_from_config, architecture_from_name


@pytest.mark.parametrize(
    "name",
    [
        "nvidia/parakeet-tdt-0.6b-v2",
        "nvidia/parakeet-tdt-1.1b",
        "nvidia/parakeet-ctc-1.1b",
        "nvidia/parakeet-rnnt-1.1b",
        "stt_en_conformer_ctc_large",
    ],
)
def test_offline_bases_are_allowed(name: str) -> None:
    assert architecture_from_name(name).refusal("full") is None


@pytest.mark.parametrize(
    "name",
    ["nvidia/nemotron-speech-streaming-en-0.6b", "nvidia/stt_en_fastconformer_cache_aware"],
)
def test_a_streaming_base_is_refused_and_the_recommended_one_named(name: str) -> None:
    assert architecture_from_name(name).refusal("full") == (
        f"{name} is a cache-aware streaming model: fine-tuning it collapses to UNK after the first "
        "step. Use nvidia/parakeet-tdt-0.6b-v2 as the base."
    )


def test_a_streaming_configuration_inside_a_file_is_refused_too() -> None:
    base = architecture_from_config(
        "own.nemo", {"encoder": {"att_context_style": "chunked_limited"}}
    )
    assert "cache-aware streaming" in str(base.refusal("full"))


@pytest.mark.parametrize("kind", ["tdt", "rnnt"])
def test_adapters_on_transducers_are_refused(kind: str) -> None:
    assert architecture_from_name(f"nvidia/parakeet-{kind}-1.1b").refusal("adapter") == (
        f"Adapters are refused on {kind.upper()} decoders: they give 72 NaN tensors at any learning "
        f"rate. Set sft.method to full (nvidia/parakeet-{kind}-1.1b)."
    )


@pytest.mark.parametrize(
    ("config", "decoder"),
    [
        ({"decoder": {}}, "ctc"),
        ({"joint": {}, "loss": {"loss_name": "tdt"}}, "tdt"),
        ({"joint": {}, "loss": {"loss_name": "default"}}, "rnnt"),
        ({"joint": {}}, "rnnt"),
    ],
)
def test_the_architecture_is_read_from_the_stored_configuration(config: dict, decoder: str) -> None:
    assert architecture_from_config("own.nemo", config).decoder == decoder


def test_the_hand_off_names_decoder_and_source_architecture() -> None:
    assert architecture_from_name("nvidia/parakeet-ctc-1.1b").hand_off == {
        "source_architecture": "ctc",
        "decoder": "greedy_ctc",
    }
    assert architecture_from_name("nvidia/parakeet-tdt-0.6b-v2").hand_off["decoder"] == "nemo"
