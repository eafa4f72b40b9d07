"""Restore models from `.nemo` archives as fast as their weights can be read."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from archives import is_weights, weights
from nemo.core.connectors.save_restore_connector import SaveRestoreConnector


class FromArchive(SaveRestoreConnector):  # type: ignore[misc]
    """Restores one model: built on its device, while its weights are read where they lie in the archive.

    All else is unpacked as ever. A NeMo that unpacks by other methods unpacks the weights too; they are
    then read from there.
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
                del self._weights  # this object outlives the restore: NeMo saves by it

    def _filtered_tar_info(
        self, tar_path: str, filter_fn: Callable[[str], bool] | None = None
    ) -> list[tarfile.TarInfo]:
        members: list[tarfile.TarInfo] = super()._filtered_tar_info(tar_path, filter_fn)
        return [member for member in members if not is_weights(member)]

    def _load_state_dict_from_disk(self, model_weights: str, map_location: Any = "cpu") -> Any:
        if Path(model_weights).exists():
            return super()._load_state_dict_from_disk(model_weights, map_location)
        return self._weights.result()
