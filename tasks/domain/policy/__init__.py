"""The policy of a flywheel: everything a human sets, with units and bounds.

The same models read `flywheel.yaml`, check the command line and draw the form in the Prefect UI.
"""

from tasks.domain.policy.build import AdvancePolicy, BuildPolicy
from tasks.domain.policy.cost import CostPolicy
from tasks.domain.policy.deciding import DecisionPolicy, GatePolicy, ReportPolicy
from tasks.domain.policy.engines import EngineConfig
from tasks.domain.policy.flywheel import RECOMMENDED_BASE, Policy
from tasks.domain.policy.rent import RentPolicy
from tasks.domain.policy.section import PolicySection
from tasks.domain.policy.systems import ArmsPolicy, DecodingPolicy
from tasks.domain.policy.training import Recipe, Replay, SplitPolicy

__all__ = [
    "RECOMMENDED_BASE",
    "AdvancePolicy",
    "ArmsPolicy",
    "BuildPolicy",
    "CostPolicy",
    "DecisionPolicy",
    "DecodingPolicy",
    "EngineConfig",
    "GatePolicy",
    "Policy",
    "PolicySection",
    "Recipe",
    "RentPolicy",
    "Replay",
    "ReportPolicy",
    "SplitPolicy",
]
