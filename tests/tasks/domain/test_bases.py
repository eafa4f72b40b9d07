"""Which bases and methods are refused, in the words the user reads."""

import pytest

from tasks.domain.bases import (
    KNOWN_BASES,
    architecture_from_config,
    architecture_from_name,
    not_fetched,
    unknown_base,
)


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


@pytest.mark.parametrize(
    "name", [*KNOWN_BASES, "someone/of-their-own", "parakeet-tdt_ctc-110m", "stt_de_citrinet_1024"]
)
def test_a_name_that_a_hub_may_have_is_not_judged(name: str) -> None:
    assert unknown_base(name) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("parakeet-tdt-0.6b-v2", " (did you mean 'nvidia/parakeet-tdt-0.6b-v2'?)"),
        ("stt-en-conformer-ctc-large", " (did you mean 'stt_en_conformer_ctc_large'?)"),
        ("champoin", " (did you mean 'champion'?)"),
        ("/models/base", ""),
    ],
)
def test_a_name_that_no_hub_has_is_answered_with_the_known_ones(name: str, near: str) -> None:
    found = unknown_base(name)
    assert found is not None
    assert found.startswith("expected a .nemo file or a pretrained name, such as nvidia/parakeet-")
    assert found.endswith(f"; got {name!r}{near}")


def test_a_base_that_cannot_be_fetched_is_named_with_how_to_get_it() -> None:
    how = (
        "with `hf download nvidia/parakeet-tdt-0.6-v2` where there is a network (`huggingface-cli "
        "download` before huggingface_hub 1.0), or set base to the path of a .nemo file"
    )
    assert not_fetched("nvidia/parakeet-tdt-0.6-v2", "no network") == (
        "nvidia/parakeet-tdt-0.6-v2 (did you mean 'nvidia/parakeet-tdt-0.6b-v2'?) cannot be fetched "
        f"(no network): get it {how}"
    )
    assert not_fetched("nvidia/parakeet-tdt-0.6b-v2", "no network").startswith(
        "nvidia/parakeet-tdt-0.6b-v2, the base where the policy names none, cannot be fetched (no"
    )


def test_a_tdt_base_cannot_be_trained_on_a_cpu() -> None:
    tdt, ctc = architecture_from_name("own-tdt"), architecture_from_name("own-ctc")
    assert tdt.untrainable_on("cpu") == (
        "own-tdt is a TDT model and its loss has no CPU path: fine-tune it on a GPU, or choose a CTC "
        "base"
    )
    assert tdt.untrainable_on("gpu") is None
    assert ctc.untrainable_on("cpu") is None


def test_the_hand_off_names_decoder_and_source_architecture() -> None:
    assert architecture_from_name("nvidia/parakeet-ctc-1.1b").hand_off == {
        "source_architecture": "ctc",
        "decoder": "greedy_ctc",
    }
    assert architecture_from_name("nvidia/parakeet-tdt-0.6b-v2").hand_off["decoder"] == "nemo"
