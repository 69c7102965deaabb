# SPDX-License-Identifier: Apache-2.0
"""What an approval is bound to: a digest over all that the officers looked at. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from counterseal.judicial.requests.model import Approved, JudicialRequest

HOUR: Final = 60 * 60 * 1000
SECOND_WITHIN: Final = 4 * HOUR  # the second officer of an emergency
REVIEW_AFTER: Final = 48 * HOUR  # an emergency is looked at again
TWO: Final = 2


def digest_of(request: JudicialRequest) -> str:
    """SHA-256 (hex) over `digest_parts` in one spelling: names sorted, no spaces."""
    return hashlib.sha256(msgspec.json.encode(request.digest_parts, order="sorted")).hexdigest()


def standing(request: JudicialRequest, now: int) -> Approved | None:
    """The approval that counts at `now` (ms): of this very state of the request, not void, and, where one officer
    stands alone, while the second is still awaited."""
    last = request.approvals[-1] if request.approvals else None
    if last is None or last.void or last.digest != digest_of(request):
        return None
    if last.second_by is not None and len(last.officers) < TWO and now >= last.second_by:
        return None
    return last


def voided(request: JudicialRequest, why: str) -> JudicialRequest:
    """Every approval that is not void yet is void for this reason."""
    if all(each.void for each in request.approvals):
        return request
    kept = tuple(each if each.void else msgspec.structs.replace(each, void=why) for each in request.approvals)
    return msgspec.structs.replace(request, approvals=kept)
