"""The policy of one run: what was set for it, over what the workspace says."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.policy import Policy
from tasks.logs import log
from tasks.workspace.open import policy_over_file, read_policy


def policy_of_run(root: Path, given: Policy | None) -> Policy | None:
    """Put settings of a run over flywheel.yaml, and log what they change; None leaves the file."""
    policy, changes = policy_over_file(root, given)
    if changes:
        log().info("policy, for this run: %s", "; ".join(changes))
    return policy


def given_policy(path: Path | None) -> Policy | None:
    """Read the policy a command names; None leaves the choice to the workspace."""
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput([Fault(f"expected a YAML file; {path} does not exist", "--policy")])
    return read_policy(path)
