# SPDX-License-Identifier: Apache-2.0
"""How what staff is and does is stored: a codec for each kind of subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.core.transaction import Codec, StructCodec
from counterseal.staff.approvals import Approval, Queue
from counterseal.staff.model import Roster, Staff
from counterseal.staff.views import Looks

CODECS: Final[Mapping[str, Codec]] = {
    "staff": StructCodec(Staff),
    "roster": StructCodec(Roster),
    "approval": StructCodec(Approval),
    "queue": StructCodec(Queue),
    "account_view": StructCodec(Looks),
    "staff_watch": StructCodec(Looks),
    "desk_view": StructCodec(Looks),
    "incident_view": StructCodec(Looks),
}
