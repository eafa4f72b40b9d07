"""A decoding is part of a system: its digest tells it apart, its overrides are NeMo's."""

from pathlib import PurePath

import pytest

from tasks.domain.decoding import GREEDY, Decoder, DecodingConfig, decoding_overrides

BOOSTED = DecodingConfig(strategy="beam", boost_alpha=0.5, vocabulary_sha256="v")
FILE = PurePath("/phrases.txt")


def test_greedy_adds_nothing() -> None:
    assert decoding_overrides(GREEDY, "ctc", None, on_gpu=True) == {}


@pytest.mark.parametrize(
    ("decoder", "family", "strategy", "size"),
    [
        ("ctc", "ctc_decoding", "beam_batch", 8),
        ("tdt", "rnnt_decoding", "malsd_batch", 4),
        ("rnnt", "rnnt_decoding", "malsd_batch", 4),
    ],
)
def test_a_boosted_beam_names_the_list_and_its_weight(
    decoder: Decoder, family: str, strategy: str, size: int
) -> None:
    found = decoding_overrides(BOOSTED, decoder, FILE, on_gpu=False)
    beam = f"{family}.beam"
    assert found.pop(f"{beam}.beam_beta", 0.0) == 0.0
    assert found == {
        f"{family}.strategy": strategy,
        f"{beam}.beam_size": size,
        f"{beam}.allow_cuda_graphs": False,
        f"{beam}.boosting_tree.key_phrases_file": FILE,
        f"{beam}.boosting_tree.context_score": 1.0,
        f"{beam}.boosting_tree.depth_scaling": 2.0,
        f"{beam}.boosting_tree.use_triton": False,
        f"{beam}.boosting_tree_alpha": 0.5,
    }


def test_the_token_bonus_of_nemos_ctc_beam_is_turned_off() -> None:
    beam = DecodingConfig(strategy="beam")
    assert decoding_overrides(beam, "ctc", None, on_gpu=True)["ctc_decoding.beam.beam_beta"] == 0.0


def test_a_greedy_search_is_boosted_in_its_own_section_and_without_cuda_graphs() -> None:
    greedy = DecodingConfig(boost_alpha=1.0)
    found = decoding_overrides(greedy, "tdt", FILE, on_gpu=True)
    assert found["rnnt_decoding.strategy"] == "greedy_batch"
    assert found["rnnt_decoding.greedy.boosting_tree_alpha"] == 1.0
    assert found["rnnt_decoding.greedy.use_cuda_graph_decoder"] is False
    assert not any("triton" in key for key in found)


def test_the_digest_knows_the_phrases_and_not_where_they_lie() -> None:
    moved = BOOSTED.model_copy(update={"vocabulary": "/elsewhere.txt"})
    other = BOOSTED.model_copy(update={"vocabulary_sha256": "w"})
    assert BOOSTED.sha256 == moved.sha256
    assert len({GREEDY.sha256, BOOSTED.sha256, other.sha256}) == 3


def test_a_deployment_is_given_the_phrases_and_that_the_scale_is_not_rivas() -> None:
    found = BOOSTED.model_copy(update={"vocabulary": "/v.txt"}).hand_off
    assert found == {
        "decoding": "beam boosted 0.5",
        "boosted_phrases": "/v.txt",
        "boosting_scale": "NeMo's; Riva's word boosting has another one",
    }
    assert GREEDY.hand_off == {}


def test_a_decoding_has_a_name() -> None:
    names = [GREEDY.name, DecodingConfig(strategy="beam", beam_size=4).name, BOOSTED.name]
    assert names == ["greedy", "beam 4", "beam boosted 0.5"]
