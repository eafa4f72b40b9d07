"""Settings of decoding, and of the systems that one fine-tune gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tasks.domain.decoding import DEPTH_SCALING, DecodingConfig, Strategy
from tasks.domain.policy.section import PolicySection


class DecodingPolicy(PolicySection):
    """The decoding of the base where it is in use, and the boosting that stage boost tries.

    A champion decodes as it was kept, and a candidate as the model it is compared with, unless
    `arms` sets something else.
    """

    batch_size: int | None = Field(
        None, ge=1, description="Clips decoded together, which moves last bits; by GPU memory"
    )
    strategy: Strategy = Field("greedy", description="How the base searches")
    beam_size: int | None = Field(
        None, ge=1, le=64, description="Hypotheses kept by a beam; 8 for CTC, 4 for RNNT and TDT"
    )
    boost_alpha: float | None = Field(
        None, gt=0, le=10, description="Weight of phrase boosting of the base; unset: none"
    )
    depth_scaling: float = Field(
        DEPTH_SCALING, gt=0, le=10, description="Growth of the boost along a phrase"
    )
    tried_alphas: tuple[Annotated[float, Field(gt=0, le=10)], ...] = Field(
        (0.5, 1.0), min_length=1, max_length=8, description="Weights that stage boost tries"
    )

    @property
    def of_base(self) -> DecodingConfig:
        """The decoding of the base; the phrases of a boosted one are named by the workspace."""
        return DecodingConfig(
            strategy=self.strategy,
            beam_size=self.beam_size if self.strategy == "beam" else None,
            boost_alpha=self.boost_alpha,
            depth_scaling=self.depth_scaling,
        )


class ArmsPolicy(PolicySection):
    """Several systems from one fine-tune, and the one that is expected to win.

    Expected is the fine-tune averaged by `sft.base_share`. Another replaces it only where the
    validation rows show, by the rule of the verdict, that it is better. One with less of the base is
    shown alone: what it forgets is not seen on general clips like those that it replays.
    """

    boosted: bool = Field(
        False, description="Whether the expected system has the boosting that stage boost chose"
    )
    base_shares: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field(
        (0.0,), max_length=8, description="Other shares of the base that are tried beside it"
    )
    describe: bool = Field(
        False, description="Decode the other arms on test rows too, once the verdict is written"
    )
