"""The versions in a record are those of what is installed here."""

import pytest

from tasks.domain.scoring import normalize
from tasks.workspace import versions


def test_the_normalizer_and_each_package_are_named_with_their_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(versions, "RECORDED_PACKAGES", ("jiwer", "no-such-package"))
    found = versions.installed_versions()
    assert found["normalizer"] == normalize.VERSION
    assert found["jiwer"].split(".")[0].isdigit()
    assert found["no-such-package"] == "not installed here"
