# SPDX-License-Identifier: Apache-2.0
"""What holds for the whole platform and may change while it runs: the policy in force, and the brakes that are set.

One small subject of the store, loaded beside the account in every transaction of the guard. So all processes
change their policy in the same commit, and nothing is decided under a brake that was not seen.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from counterseal.core.account import Request
from counterseal.core.errors import UnavailableError

PLATFORM = "platform:now"

BrakeKind = Literal["asset", "destination", "action"]


class Brake(msgspec.Struct, frozen=True, omit_defaults=True):
    """Stops one asset, destination or action on every account. Times in ms; `until` None = until it is lifted.

    `about`: the asset, the canonical destination, or the rule's name. `officers`: the two who set it.
    """

    id: str
    kind: BrakeKind
    about: str
    since: int
    officers: tuple[str, ...]
    until: int | None = None
    reason: str = ""


class Platform(msgspec.Struct, frozen=True, omit_defaults=True):
    """`policy`: digest of the version in force; "" = none was published, the settings name it."""

    policy: str = ""
    brakes: tuple[Brake, ...] = ()


class PolicyChangedError(UnavailableError):
    """Another policy is in force than the one this process decided with: load it and decide again (HTTP 503)."""

    code = "policy_changed"

    def __init__(self, digest: str) -> None:
        super().__init__("another policy came into force", hint="Send the request again.")
        self.digest = digest


def braked(platform: Platform, request: Request, now: int) -> Brake | None:
    """The first brake that stops this request at `now`, or None."""
    payment = request.payment
    named = {"action": request.rule}
    if payment is not None:
        named |= {"asset": payment.asset, "destination": payment.destination}
    for brake in platform.brakes:
        stands = brake.since <= now and (brake.until is None or now < brake.until)
        if stands and named.get(brake.kind) == brake.about:
            return brake
    return None
