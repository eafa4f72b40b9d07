"""Restore models from `.nemo` archives as fast as their weights are read, save them likewise; decoders."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nemo
import torch
from archives import WEIGHTS, add_weights, differ_in_weights_alone, is_weights, weights
from nemo.collections.asr.models import ASRModel
from nemo.collections.asr.parts.context_biasing.boosting_graph_batched import GPUBoostingTreeModel
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
from omegaconf import DictConfig, OmegaConf
from torch.overrides import TorchFunctionMode

PLACEMENT = ("cuda", "compute_dtype", "matmul_precision")
GRAPHS_SINCE = (
    3  # NeMo's version: before, CUDA graphs of boosted decoders fail to compile (15145, 15340)
)


class InArchive(SaveRestoreConnector):  # type: ignore[misc]
    """Restores one model: built on its device, while its weights are read where they lie in the archive.

    All else is unpacked as ever. A NeMo that unpacks by other methods unpacks the weights too; they are
    then read from there. The model saves by it too, with its weights written where they go in the archive.
    """

    def restore_from(
        self,
        calling_cls: type,
        restore_path: str,
        override_config_path: Any = None,
        map_location: Any = "cpu",
        *more: Any,
        **named: Any,
    ) -> Any:
        device = torch.device(map_location)
        with ThreadPoolExecutor(1) as reader, device:
            self._weights = reader.submit(weights, Path(restore_path), device)
            try:
                return super().restore_from(
                    calling_cls, restore_path, override_config_path, device, *more, **named
                )
            finally:
                del self._weights  # the model keeps this object, to save by it

    def save_to(self, model: Any, save_path: str) -> Any:
        self._state: Any = None
        try:
            return super().save_to(model, save_path)
        finally:
            del self._state

    def _save_state_dict_to_disk(self, state_dict: Any, _: str) -> None:
        self._state = state_dict

    def _make_nemo_file_from_folder(self, filename: str, source_dir: str) -> None:
        Path(filename).parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(filename, "w:") as archive:
            archive.add(source_dir, arcname=".")
            if self._state is not None:
                add_weights(archive, f"./{WEIGHTS}", self._state)

    def _filtered_tar_info(
        self, tar_path: str, filter_fn: Callable[[str], bool] | None = None
    ) -> list[tarfile.TarInfo]:
        members: list[tarfile.TarInfo] = super()._filtered_tar_info(tar_path, filter_fn)
        return [member for member in members if not is_weights(member)]

    def _load_state_dict_from_disk(self, model_weights: str, map_location: Any = "cpu") -> Any:
        if Path(model_weights).exists():
            return super()._load_state_dict_from_disk(model_weights, map_location)
        return self._weights.result()


def restore_the_space() -> None:
    """Write the space back into the one object that is `b" "` in all of Python.

    NeMo's `run_nvrtc` has CUDA write an empty log, a NUL, into `b" " * 1`, which is that object where
    NeMo was not compiled to bytecode before. Each 0x20 that is read one byte at a time is then a NUL,
    and the next model cannot be unpickled.
    """
    ctypes.memset(id(bytes([32])) + bytes.__basicsize__ - 1, 32, 1)


class WithoutRandomWeights(TorchFunctionMode):
    """While inside, new layers keep what their memory holds, for weights that are read next.

    Of a model of 0.6B parameters, random numbers take two seconds on a CPU. A training keeps them there,
    since they move on the generator that its order of rows and its dropout come from.
    """

    def __torch_function__(
        self, function: Any, _types: Any, given: Any = (), named: Any = None
    ) -> Any:
        named = named or {}
        if getattr(function, "__module__", "") == "torch.nn.init":
            return named["tensor"] if "tensor" in named else given[0]
        return function(*given, **named)


def load_model(config: DictConfig) -> Any:
    """Restore the model in evaluation mode on its device: bf16 where CUDA has it, else fp32."""
    restore_the_space()
    torch.set_float32_matmul_precision(config.matmul_precision)
    cuda = torch.cuda.is_available() and (config.cuda is None or config.cuda >= 0)
    device = torch.device(f"cuda:{config.cuda or 0}" if cuda else "cpu")
    with WithoutRandomWeights():  # a weight that the archive does not have is an error
        if config.model_path:
            model = ASRModel.restore_from(
                config.model_path, map_location=device, save_restore_connector=InArchive()
            )
        else:
            model = ASRModel.from_pretrained(config.pretrained_name, map_location=device)
    bf16 = cuda and torch.cuda.is_bf16_supported()
    dtype = config.compute_dtype or ("bfloat16" if bf16 else "float32")
    return model.to(getattr(torch, dtype)).eval()


class Loaded:
    """The model of the decoding at hand, and the decoders made for it.

    `graphs` allows CUDA graphs of transducers also where the overrides, which serve every version of
    NeMo, do not. They change no word; those of a CTC's beam do, in bf16: 9 rows of 1,880.
    """

    def __init__(self, graphs: bool = int(nemo.__version__.split(".")[0]) >= GRAPHS_SINCE) -> None:
        self.graphs = graphs
        self._model: Any = None
        self._config: DictConfig | None = None
        self._decodings: dict[str, Any] = {}
        self._trees: dict[str, Any] = {}

    def model_of(self, config: DictConfig) -> Any:
        """Keep the model where it is the same, and all but its weights where no more differs."""
        before, self._config = self._config, config
        if before is None or not self._take_weights(config, before):
            self._decodings.clear()
            self._trees.clear()
            self._model = None
            gc.collect()  # gone before the next takes its memory
            self._model = load_model(config)
        return self._model

    def decoding_of(self, config: DictConfig) -> Any:
        """Return the decoder that a configuration asks for, made once: a CUDA graph takes seconds."""
        transducer = hasattr(self._model, "joint")
        family = config.rnnt_decoding if transducer else config.ctc_decoding
        if self.graphs and transducer and self._model.device.type == "cuda":
            family.beam.allow_cuda_graphs = family.greedy.use_cuda_graph_decoder = True
        key = described(family)
        if key not in self._decodings:
            with self._shared_trees():
                self._model.change_decoding_strategy(family, verbose=False)
            self._decodings[key] = self._model.decoding
        return self._decodings[key]

    def _take_weights(self, config: DictConfig, before: DictConfig) -> bool:
        if any(config[key] != before[key] for key in PLACEMENT):
            return False
        path, loaded = config.model_path, before.model_path
        if (path, config.pretrained_name) == (loaded, before.pretrained_name):
            return True
        if not path or not loaded or not differ_in_weights_alone(Path(path), Path(loaded)):
            return False
        restore_the_space()
        self._decodings.clear()  # a CUDA graph begins with an output of the weights it was made with
        self._model.load_state_dict(weights(Path(path), self._model.device))
        return True

    @contextmanager
    def _shared_trees(self) -> Iterator[None]:
        """While inside, decoders that boost the same phrases, whatever the weight, share their tree."""
        build = GPUBoostingTreeModel.from_config

        def from_config(config: Any, tokenizer: Any) -> Any:
            key = described(config)
            if key not in self._trees:
                self._trees[key] = build(config, tokenizer=tokenizer)
            return self._trees[key]

        GPUBoostingTreeModel.from_config = from_config
        try:
            yield
        finally:
            GPUBoostingTreeModel.from_config = build


def described(config: Any) -> str:
    """Return all values of a configuration; for the phrases the content of their file, not its path."""

    def with_phrases(part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        read = {key: with_phrases(value) for key, value in part.items()}
        if path := read.get("key_phrases_file"):
            read["key_phrases_file"] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        return read

    return json.dumps(with_phrases(OmegaConf.to_container(config)), sort_keys=True, default=str)
