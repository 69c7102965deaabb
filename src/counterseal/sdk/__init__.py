# SPDX-License-Identifier: Apache-2.0
"""What a platform and its signers import. Nothing of the server is imported by it."""

from counterseal.sdk.destinations import Destination, canonical_destination
from counterseal.sdk.errors import SdkError, SealError
from counterseal.sdk.models import Payment, VerifiedReceipt, VerifiedSeal
from counterseal.sdk.trading import FairPrice, Market, PastTrade, Trade, UnfairPrice, check_trade
from counterseal.sdk.verifier import SealVerifier, UnsafeAcceptTestSeals

__all__ = [
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
