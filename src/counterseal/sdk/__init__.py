# SPDX-License-Identifier: Apache-2.0
"""What a platform and its signers import. Nothing of the server is imported by it.

The clients are loaded when first named: a signer that only verifies, and the guard that signs with this
package's token code, load no HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from counterseal.sdk.destinations import Destination, canonical_destination
from counterseal.sdk.errors import SdkError, SealError
from counterseal.sdk.models import Payment, VerifiedReceipt, VerifiedSeal
from counterseal.sdk.trading import FairPrice, Market, PastTrade, Trade, UnfairPrice, check_trade
from counterseal.sdk.verifier import SealVerifier, UnsafeAcceptTestSeals

if TYPE_CHECKING:
    from counterseal.sdk.aio import AsyncCounterseal
    from counterseal.sdk.client import Counterseal

__all__ = [
    "AsyncCounterseal",
    "Counterseal",
    "Destination",
    "FairPrice",
    "Market",
    "PastTrade",
    "Payment",
    "SdkError",
    "SealError",
    "SealVerifier",
    "Trade",
    "UnfairPrice",
    "UnsafeAcceptTestSeals",
    "VerifiedReceipt",
    "VerifiedSeal",
    "canonical_destination",
    "check_trade",
]

_LATER = {"AsyncCounterseal": "counterseal.sdk.aio", "Counterseal": "counterseal.sdk.client"}


def __getattr__(name: str) -> object:
    """The clients, on first use (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    found: object = getattr(import_module(_LATER[name]), name)
    globals()[name] = found
    return found
