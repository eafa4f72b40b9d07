"""The policy of one run: what was set for it, over what the workspace says."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.policy import Policy
from tasks.logs import log
from tasks.workspace.inputs import policy_over_file


def policy_of_run(root: Path, given: Policy | None) -> Policy | None:
    """Put settings of a run over flywheel.yaml, and log what they change; None leaves the file."""
    policy, changes = policy_over_file(root, given)
    if changes:
        log().info("policy, for this run: %s", "; ".join(changes))
    return policy
