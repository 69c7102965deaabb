# SPDX-License-Identifier: Apache-2.0
"""How what staff is and does is stored: a codec for each kind of subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.core.transaction import Codec
from counterseal.staff.approvals import Approval, Queue
from counterseal.staff.model import Roster, Staff, StaffCodec
from counterseal.staff.views import Looks

CODECS: Final[Mapping[str, Codec]] = {
    "staff": StaffCodec(Staff),
    "roster": StaffCodec(Roster),
    "approval": StaffCodec(Approval),
    "queue": StaffCodec(Queue),
    "account_view": StaffCodec(Looks),
    "staff_watch": StaffCodec(Looks),
}
