"""Whole batches give the words of NeMo's `transcribe()`, with the reference bases on a CPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reference.corpus import speak
from tasks.workspace.audio import wav_bytes
from tests.with_nemo import needs_nemo, run_code_with_nemo

pytestmark = [pytest.mark.real, needs_nemo]
ROOT = Path(__file__).parents[3]
BATCH = 4
TEXTS = [
    "take the tablet with water every morning before breakfast", "no", "the scan of the chest was clear",
    "please call the ward", "check the blood pressure again in the evening and write it down", "yes",
]  # fmt: skip
PHRASES = "tablet\nblood pressure\ncefazolin\n"
WORDS = """
import json, sys, tempfile
from pathlib import Path
root, folder = map(Path, sys.argv[1:3])
sys.path[:0] = [str(root), str(root / "tasks/nemo_jobs")]
import torch
from types import SimpleNamespace
import batches
from nemo.collections.asr.models import EncDecRNNTBPEModel
from omegaconf import OmegaConf
from reference.fastconformer import Shape, tdt_config, write_tokenizer
from restoring import Loaded
from transcribe import by_nemo, composed

SILENT = SimpleNamespace(add=lambda clips: None)
SHAPE = Shape(
    layers=1, width=32, heads=2, channels=8, hidden=16, pieces=64, features=80, positions=500,
    prediction_layers=1, bias=True, dropout=0.0, decoder_dropout=0.0, time_masks=0, freq_width=1,
)
paths = sorted(map(str, folder.glob("*.wav")))

def overrides(family, strategy, boosted):
    section = "greedy" if strategy.startswith("greedy") else "beam"
    given = [f"{family}.strategy={strategy}"]
    if section == "beam":
        given += [f"{family}.beam.beam_size=4"]
    if boosted:
        tree = f"{family}.{section}.boosting_tree"
        phrases = folder / "phrases.txt"
        given += [f"{tree}.key_phrases_file={phrases}", f"{tree}.use_triton=false", f"{tree}_alpha=0.5"]
    return given

def compared(name, loaded, model_path, family, beam):
    for strategy in ("greedy_batch", beam):
        for boosted in (False, True):
            given = overrides(family, strategy, boosted)
            config = composed([f"model_path={model_path}", "cuda=-1", *given])
            model = loaded.model_of(config)
            decoding = loaded.decoding_of(config)
            way = batches.words_of(model, decoding)
            ours = batches.transcribe(model, paths, SIZE, [way], lambda clips: None)[0]
            nemos = by_nemo(model, paths, [decoding], SIZE, SILENT)[0]
            print("WORDS", json.dumps([name, strategy, boosted, ours, nemos]))
    return model, way

def rnnt():
    torch.manual_seed(5)
    tokenizer = Path(tempfile.mkdtemp())
    write_tokenizer(tokenizer, (root / "reference/lexicon.txt").read_text().split(), SHAPE.pieces)
    config = tdt_config(SHAPE, tokenizer) | {"loss": {"loss_name": "default"}}
    config["joint"].pop("num_extra_outputs")
    config["decoding"] = {"strategy": "greedy_batch", "greedy": {"max_symbols": 2}}
    config["model_defaults"] = {"enc_hidden": 32, "pred_hidden": 16, "joint_hidden": 16}
    EncDecRNNTBPEModel(cfg=OmegaConf.create(config)).save_to(str(tokenizer / "rnnt.nemo"))
    return tokenizer / "rnnt.nemo"

SIZE = int(sys.argv[3])
compared("rnnt", Loaded(), rnnt(), "rnnt_decoding", "malsd_batch")
compared("tdt", Loaded(), root / "reference/base-tdt.nemo", "rnnt_decoding", "malsd_batch")
model, way = compared("ctc", Loaded(), root / "reference/base-ctc.nemo", "ctc_decoding", "beam_batch")

class SmallGpu:
    '''A model that holds two clips at once.'''
    device, sizes = model.device, []
    def __call__(self, input_signal, input_signal_length):
        if len(input_signal) > 2:
            raise torch.cuda.OutOfMemoryError
        self.sizes.append(list(input_signal.shape))
        return model(input_signal=input_signal, input_signal_length=input_signal_length)

model.eval()
with torch.inference_mode():
    audio, sizes = batches.read(paths[:5])
    halved = batches.transcribed(SmallGpu(), audio, sizes, [way])[0]
    parts = [slice(0, 2), slice(2, 3), slice(3, 5)]
    alone = [way.of(*batches.encode(model, *batches.read(paths[part]))) for part in parts]
shapes = [[len(sizes[part]), int(sizes[part].max())] for part in parts]
print("HALVED", json.dumps([SmallGpu.sizes == shapes, halved == sum(alone, [])]))

class Graphs:
    '''A decoder whose CUDA graph cannot be compiled.'''
    allowed = True
    def disable_cuda_graphs(self):
        was, self.allowed = self.allowed, False
        return was

def find(decoder, outputs, lengths):
    if decoder.allowed:
        raise RuntimeError("CUDA failure! 35")
    return [[1], [1, 2]]

decoding = SimpleNamespace(decoding=Graphs(), decode_tokens_to_str_with_strip_punctuation=str)
print("GRAPHS", json.dumps(batches.Words(decoding, find).of(None, None)))

timed = composed(["ctc_decoding.compute_timestamps=true"]).ctc_decoding
model.change_decoding_strategy(timed, verbose=False)
print("UNKNOWN", json.dumps(batches.words_of(model, model.decoding) is None))
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What one process with NeMo prints of all of it."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "phrases.txt").write_text(PHRASES)
    for number, speech in enumerate(speak(TEXTS, 1)):
        (folder / f"{number}.wav").write_bytes(wav_bytes(speech / 32768))
    return run_code_with_nemo(folder, WORDS, ROOT, folder, BATCH)


def printed(lines: list[str], kind: str) -> list[object]:
    return [json.loads(line.partition(" ")[2]) for line in lines if line.startswith(f"{kind} ")]


def test_every_decoder_gives_the_words_of_transcribe_in_equal_batches(lines: list[str]) -> None:
    compared = printed(lines, "WORDS")
    assert len(compared) == 3 * 4
    for base, strategy, boosted, ours, nemos in compared:  # type: ignore[misc]
        assert ours == nemos, (base, strategy, boosted)
        assert len(ours) == len(TEXTS)
        assert base == "rnnt" or all(ours[:1]), (base, strategy, boosted)
        assert any(ours)


def test_a_batch_that_the_gpu_cannot_hold_is_halved_until_it_can(lines: list[str]) -> None:
    assert printed(lines, "HALVED") == [[True, True]]


def test_a_decoder_whose_cuda_graph_fails_goes_on_without_it(lines: list[str]) -> None:
    assert printed(lines, "GRAPHS") == [["[1]", "[1, 2]"]]
    assert any("without CUDA graphs" in line and "failure! 35" in line for line in lines)


def test_a_decoder_that_computes_more_than_words_is_left_to_nemo(lines: list[str]) -> None:
    assert printed(lines, "UNKNOWN") == [True]
