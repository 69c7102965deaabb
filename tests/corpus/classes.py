# SPDX-License-Identifier: Apache-2.0
"""Imports every module that enters forged classes."""

from tests.corpus import forged_raw, forged_signers
from tests.corpus.forged import FORGED

MODULES = (forged_raw, forged_signers)
__all__ = ["FORGED", "MODULES"]
