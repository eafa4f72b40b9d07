"""The versions that a record names."""

from __future__ import annotations

from importlib import metadata

from tasks.domain.scoring import canonical, normalize

RECORDED_PACKAGES = ("nemo_toolkit", "torch", "lightning", "prefect", "jiwer")


def installed_versions() -> dict[str, str]:
    """Give the versions of what trains and scores; NeMo's are those of this host's installation."""
    found = {"normalizer": normalize.VERSION, "canonical": canonical.VERSION}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed here"
    return found
