# SPDX-License-Identifier: Apache-2.0
"""What holds for the whole platform and may change while it runs: the policy in force, and the brakes that are set.

One small subject of the store, loaded beside the account in every transaction of the guard. So all processes
change their policy in the same commit, and nothing is decided under a brake that was not seen.
"""

from __future__ import annotations

import msgspec

from counterseal.core.account import Payment, Request
from counterseal.core.destinations import DestinationError, canonical_destination
from counterseal.core.errors import UnavailableError
from counterseal.core.stops import BrakeKind, Stop

PLATFORM = "platform:now"


class Brake(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Stops one asset, destination or action on every account. Times in ms; `until` None = until it is lifted.

    `about`: the asset; the rule's name; or a destination: `address` on any chain, `chain|address` with any memo,
    `chain|address|memo` exactly (a `|` of an address is %7C). `officers`: the two who set it.
    """

    id: str
    kind: BrakeKind
    about: str
    since: int
    officers: tuple[str, ...]
    until: int | None = None
    reason: str = ""

    def stands(self, now: int) -> bool:
        """Whether it stops anything at `now` (ms)."""
        return self.since <= now and (self.until is None or now < self.until)


class Platform(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`policy`: digest of the version in force; "" = none was published, the settings name it. `switches`: how
    often one came into force: the same digest may be back, and look at other clocks than before.
    `seals_void_before` (ms): seals issued before are void, since the key that signed them is in wrong hands."""

    policy: str = ""
    brakes: tuple[Brake, ...] = ()
    seals_void_before: int = 0
    switches: int = 0


class PolicyChangedError(UnavailableError):
    """Another policy is in force than the one this process decided with: load it and decide again (HTTP 503)."""

    code = "policy_changed"

    def __init__(self, digest: str, switches: int) -> None:
        super().__init__("another policy came into force", hint="Send the request again.")
        self.digest, self.switches = digest, switches


def braked(platform: Platform, request: Request, now: int) -> Stop | None:
    """What stops this request at `now` (ms), or None; of several brakes the one that ends last."""
    found = [brake for brake in platform.brakes if brake.stands(now) and _meets(brake, request)]
    if not found:
        return None
    last = max(found, key=lambda brake: (brake.until is None, brake.until or 0))
    return Stop(last.id, last.kind, last.about, last.until)


def destination_of(chain: str, address: str, memo: str | None) -> str:
    """A destination as a brake names it; `chain` "": on any, `memo` None: with any. Raises DestinationError."""
    spot = canonical_destination(chain, address, memo or "")
    if not chain:
        if memo:
            raise DestinationError("a memo belongs to a chain")
        return plain(spot.address)
    return "|".join((chain, plain(spot.address), *([] if memo is None else [spot.memo])))


def plain(address: str) -> str:
    """An address without a `|`, which parts it from its chain and memo."""
    return address.replace("%", "%25").replace("|", "%7C")


def _meets(brake: Brake, request: Request) -> bool:
    if brake.kind == "action":
        return brake.about == request.rule
    payment = request.payment
    if payment is None:
        return False
    if brake.kind == "asset":  # more spellings than one name it: to stop one too many is safe
        return brake.about.casefold() == payment.asset.casefold()
    return bool(payment.destination) and _leads_to(brake.about, payment)


def _leads_to(about: str, payment: Payment) -> bool:
    parts = about.split("|", 2)
    if len(parts) == 1:
        address = parts[0].replace("%7C", "|").replace("%25", "%")
        return payment.destination in (address, _spelled(payment.chain, address))
    memo = parts[2] if len(parts) > 2 else payment.memo  # noqa: PLR2004 - chain, address, memo
    return (payment.chain, plain(payment.destination), payment.memo) == (parts[0], parts[1], memo)


def _spelled(chain: str, address: str) -> str:
    """The address as the payment's chain spells it; as it stands where it is none of that chain."""
    try:
        return canonical_destination(chain, address).address
    except DestinationError:
        return address
