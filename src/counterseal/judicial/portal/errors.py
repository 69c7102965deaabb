# SPDX-License-Identifier: Apache-2.0
"""What the officers' portal refuses.

ForbiddenError
    PortalInvitationError   nobody may be invited on this call
ConflictError
    PortalAccountError      the account or invitation does not allow this
CountersealError
    PortalSignedOutError    there is no live session
    PortalRefusedError      a passkey was not taken; the sentence does not say why
    PortalLinkError         a link opens nothing, whatever the cause
    PortalCodeError         not the code that was read out
"""

from __future__ import annotations

from typing import Final

from counterseal.core.errors import ConflictError, CountersealError, ForbiddenError, InputError


class PortalInvitationError(ForbiddenError):
    """Nobody may be invited on this call."""

    code = "portal_invitation"


class PortalAccountError(ConflictError):
    """The account or the invitation does not allow this."""

    code = "portal_account"


class PortalSignedOutError(CountersealError):
    """There is no live session behind this cookie."""

    code = "portal_signed_out"


class PortalRefusedError(CountersealError):
    """A sign-in or a passkey was refused; nothing says why, or whether somebody is known."""

    code = "portal_refused"


class PortalLinkError(CountersealError):
    """The link opens nothing: unknown, used, ended or expired alike."""

    code = "portal_link"


class PortalCodeError(CountersealError):
    """Not the code that was read out. `left`: tries that are left."""

    code = "portal_code"

    def __init__(self, left: int) -> None:
        super().__init__("this is not the code that was read out")
        self.left = left


FAILURES: Final = (PortalRefusedError, PortalLinkError, PortalCodeError, InputError)
"""What whoever guesses meets: it uses up the budget of its source."""
