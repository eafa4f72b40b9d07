"""Transcribe clips in whole batches: read ahead, encoded once, decoded to tokens and words together.

The words are those of NeMo's `transcribe()` for the same batches, to the byte. It also makes an object
of each clip, with timestamps and the state of its decoder, and waits for the GPU several times a clip.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from nemo.collections.asr.models import EncDecCTCModel, EncDecHybridRNNTCTCModel, EncDecRNNTModel
from nemo.collections.asr.parts.preprocessing.segment import AudioSegment
from nemo.collections.asr.parts.submodules import (
    ctc_beam_decoding,
    ctc_greedy_decoding,
    rnnt_beam_decoding,
    rnnt_greedy_decoding,
    tdt_beam_decoding,
)
from nemo.collections.common.tokenizers import SentencePieceTokenizer
from nemo.core.classes.common import typecheck

RATE = 16_000  # hertz
FULL_SCALE = 32768.0
CLIPS = ((60, 256), (20, 128), (10, 64), (0, 32))  # from so many GiB of GPU on
Tokens = list[list[int]]
Find = Callable[[Any, torch.Tensor, torch.Tensor], Tokens]


def clips_a_batch(device: torch.device) -> int:
    """Return the number of clips of some 10 s that a device takes at once; more of them gain little."""
    cuda = device.type == "cuda"
    memory = torch.cuda.get_device_properties(device).total_memory if cuda else 0
    return next(clips for least, clips in CLIPS if memory >= least * 2**30)


def read(paths: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Read 16 kHz mono clips: samples (B, S) in int16, padded with silence, and their lengths (B,)."""
    clips = [samples(path) for path in paths]
    sizes = torch.tensor([clip.numel() for clip in clips])
    shape = (len(clips), int(sizes.max()))
    audio = torch.zeros(shape, dtype=torch.int16, pin_memory=torch.cuda.is_available())
    for row, clip in zip(audio, clips, strict=True):
        row[: clip.numel()] = clip
    return audio, sizes


def samples(path: str) -> torch.Tensor:
    """Read the samples of a clip; what Python's own reader does not know, NeMo's does."""
    try:
        with wave.open(path, "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2):
                frames = bytearray(file.readframes(file.getnframes()))
                return torch.frombuffer(frames, dtype=torch.int16)
    except (wave.Error, EOFError):
        pass
    clip = torch.from_numpy(AudioSegment.from_file(path, target_sr=RATE).samples)
    return (clip * FULL_SCALE).round().to(torch.int16)


def encode(model: Any, audio: torch.Tensor, sizes: torch.Tensor) -> tuple[Any, Any]:
    """Return the encoder's output and its lengths; the GPU may still be at work."""
    device = model.device
    signal = audio.to(device, non_blocking=True).float() / FULL_SCALE
    outputs, lengths, *_ = model(input_signal=signal, input_signal_length=sizes.to(device))
    return outputs, lengths


def greedy_transducer(decoder: Any, encoded: torch.Tensor, lengths: torch.Tensor) -> Tokens:
    """Decode an RNNT or a TDT greedily."""
    found, *_ = decoder.decoding_computer(x=encoded.transpose(1, 2), out_len=lengths)
    counts, tokens, *_ = found.get_data_without_blank()
    counts = counts[: len(lengths)].tolist()
    rows = tokens[: len(lengths), : max(counts)].tolist()
    return [row[:count] for row, count in zip(rows, counts, strict=True)]


def greedy_ctc(decoder: Any, scores: torch.Tensor, lengths: torch.Tensor) -> Tokens:
    """Decode a CTC greedily, boosted or not."""
    if decoder.fusion_models is None:
        labels = scores.max(dim=-1).indices
    else:
        for model in decoder.fusion_models:
            model.to(scores.device)
        graphs = decoder.cuda_graphs_mode is not None and scores.is_cuda
        way = "cuda_graphs" if graphs else "torch"
        boosted = getattr(decoder, f"_greedy_decode_logprobs_batched_fusion_models_{way}")
        labels, _ = boosted(logits=scores, out_len=lengths)
    frames = torch.arange(labels.shape[1], device=labels.device)
    spoken = (labels != decoder.blank_id) & (frames[None, :] < lengths[:, None])
    spoken[:, 1:] &= labels[:, 1:] != labels[:, :-1]
    return chosen(labels, spoken)


def beam_transducer(decoder: Any, encoded: torch.Tensor, lengths: torch.Tensor) -> Tokens:
    """Decode an RNNT or a TDT with a beam, boosted or not."""
    beams, *_ = decoder.decoding_computer(x=encoded.transpose(1, 2), out_len=lengths)
    scores = beams.scores
    if decoder.score_norm:
        scores = scores / (beams.current_lengths_nb.to(scores.dtype) + 1)
    labels = best_labels(beams, scores, len(lengths))
    return chosen(labels, (labels >= 0) & (labels != beams.blank_index))


def beam_ctc(decoder: Any, scores: torch.Tensor, lengths: torch.Tensor) -> Tokens:
    """Decode a CTC with a beam, boosted or not."""
    beams = decoder.search_algorithm(scores, lengths)
    labels = best_labels(beams, beams.scores, len(lengths))
    spoken = (labels >= 0) & (labels != beams.blank_index)
    spoken[:, 1:] &= labels[:, 1:] != labels[:, :-1]
    return chosen(labels, spoken)


def best_labels(beams: Any, scores: torch.Tensor, clips: int) -> torch.Tensor:
    """Follow the best hypothesis of each clip back to its beginning: labels (B, steps), on the CPU."""
    beam = torch.sort(scores, dim=-1, descending=True).indices[:clips, 0].cpu()
    steps = int(beams.current_lengths_wb.max())
    labels = beams.transcript_wb[:clips, :, :steps].cpu()
    origins = beams.transcript_wb_prev_ptr[:clips, :, :steps].cpu()
    rows, path = torch.arange(clips), torch.empty((clips, steps), dtype=labels.dtype)
    for step in range(steps - 1, -1, -1):
        path[:, step] = labels[rows, beam, step]
        beam = origins[rows, beam, step]
    return path


def chosen(labels: torch.Tensor, spoken: torch.Tensor) -> Tokens:
    """Return the labels of each clip that are words."""
    rows = zip(labels.cpu(), spoken.cpu(), strict=True)
    return [row[mask].tolist() for row, mask in rows]


ENCODERS = (EncDecCTCModel, EncDecRNNTModel, EncDecHybridRNNTCTCModel)  # that take audio alone
FINDERS: dict[type, Find] = {
    rnnt_greedy_decoding.GreedyBatchedRNNTInfer: greedy_transducer,
    rnnt_greedy_decoding.GreedyBatchedTDTInfer: greedy_transducer,
    rnnt_beam_decoding.BeamBatchedRNNTInfer: beam_transducer,
    tdt_beam_decoding.BeamBatchedTDTInfer: beam_transducer,
    ctc_greedy_decoding.GreedyBatchedCTCInfer: greedy_ctc,
    ctc_beam_decoding.BeamBatchedCTCInfer: beam_ctc,
}


@dataclass(frozen=True)
class Words:
    """One way to turn what the encoder gives into words."""

    decoding: Any
    find: Find

    def of(self, outputs: torch.Tensor, lengths: torch.Tensor) -> list[str]:
        """Return the words of each clip, once the GPU has them."""
        decoder = self.decoding.decoding
        try:
            tokens = self.find(decoder, outputs, lengths)
        except torch.cuda.OutOfMemoryError:
            raise
        except Exception as error:  # however CUDA, its compiler or NeMo name it
            if not decoder.disable_cuda_graphs():
                raise
            print(f"Decoded without CUDA graphs, which failed: {error!r}", flush=True)
            tokens = self.find(decoder, outputs, lengths)
        if not self._writes_batches:
            write = self.decoding.decode_tokens_to_str_with_strip_punctuation
            return [write(row) for row in tokens]
        texts: list[str] = self.decoding.tokenizer.tokenizer.decode(tokens)
        if self.decoding.supported_punctuation:
            pattern = self.decoding.space_before_punct_pattern
            texts = [pattern.sub(r"\2", text) for text in texts]
        return texts

    @property
    def _writes_batches(self) -> bool:
        tokenizer: Any = getattr(self.decoding, "tokenizer", None)
        plain = type(tokenizer) is SentencePieceTokenizer and not tokenizer.special_token_to_id
        return plain and not getattr(self.decoding, "strip_lang_tags", False)


def words_of(model: Any, decoding: Any) -> Words | None:
    """Return the way to decode whole batches; None where model or decoder is not one known here."""
    decoder, forward = decoding.decoding, type(model)._transcribe_forward
    find = FINDERS.get(type(decoder))
    known = (
        any(forward is encoder._transcribe_forward for encoder in ENCODERS)
        and model.preprocessor._sample_rate == RATE
        and not (decoding.compute_timestamps or decoding.preserve_alignments)
        and getattr(decoder, "decoding_computer", True) is not None
        and getattr(decoder, "return_best_hypothesis", True)
    )
    return Words(decoding, find) if find and known else None


def transcribed(
    model: Any, audio: torch.Tensor, sizes: torch.Tensor, ways: Sequence[Words]
) -> list[list[str]]:
    """Return the words of one batch by each way; what the GPU cannot hold is divided."""
    try:
        outputs = encode(model, audio, sizes)
        return [way.of(*outputs) for way in ways]
    except torch.cuda.OutOfMemoryError:
        if len(sizes) == 1:
            raise
    torch.cuda.empty_cache()
    print(f"A batch of {len(sizes)} clips does not fit the memory of the GPU: halved", flush=True)
    half = len(sizes) // 2
    parts = [(audio[:half], sizes[:half]), (audio[half:], sizes[half:])]
    halves = [transcribed(model, a[:, : int(s.max())], s, ways) for a, s in parts]
    return [first + second for first, second in zip(*halves, strict=True)]


@torch.inference_mode()
def transcribe(
    model: Any, paths: Sequence[str], size: int, ways: Sequence[Words], done: Callable[[int], None]
) -> list[list[str]]:
    """Return the words of clips by each way, in batches of `size` in this order.

    `done` receives how many clips a batch held, times the ways.
    """
    model.eval()  # NeMo's transcribe() leaves its layers as in training
    featurizer = model.preprocessor.featurizer
    featurizer.dither, featurizer.pad_to = 0.0, 0  # as in NeMo's transcribe()
    texts: list[list[str]] = [[] for _ in ways]
    typecheck.set_typecheck_enabled(False)  # of every layer, at every call
    try:
        for audio, sizes in read_ahead(paths, size):
            for known, words in zip(texts, transcribed(model, audio, sizes, ways), strict=True):
                known.extend(words)
            done(len(sizes) * len(ways))
    finally:
        typecheck.set_typecheck_enabled(True)
    return texts


def read_ahead(paths: Sequence[str], size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Read each batch while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        starts = range(0, len(paths), size)
        jobs = (reader.submit(read, paths[start : start + size]) for start in starts)
        following = next(jobs, None)
        while following is not None:
            present, following = following, next(jobs, None)
            yield present.result()
