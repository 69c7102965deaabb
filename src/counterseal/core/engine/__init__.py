# SPDX-License-Identifier: Apache-2.0
"""The engine: `step` decides, `fold` remembers. The guard, the prover, replay and investigations run this."""

from counterseal.core.engine.assess import assess
from counterseal.core.engine.fold import fold, fold_all
from counterseal.core.engine.step import Step, advance, step

__all__ = ["Step", "advance", "assess", "fold", "fold_all", "step"]
