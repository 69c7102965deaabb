# SPDX-License-Identifier: Apache-2.0
"""Imports every module that enters forged classes."""

from tests.corpus import forged_catalog, forged_raw, forged_signers, forged_structure, forged_updates
from tests.corpus.forged import FORGED

MODULES = (forged_catalog, forged_raw, forged_signers, forged_structure, forged_updates)
__all__ = ["FORGED", "MODULES"]
