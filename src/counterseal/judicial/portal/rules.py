# SPDX-License-Identifier: Apache-2.0
"""Who gets an account, how long it counts, and for which requests. Pure; times are ms since the epoch.

An account takes two channels that one hacked mailbox does not give:
 1. an officer of ours calls the office on a number of the registry that counts, and hears who is to have it;
 2. two officers sign within a day of that call, one of whom had no part in it;
 3. the link goes by mail to an address of the same authority in the registry, never to one that somebody typed;
 4. the code is read out on the call, and is in no letter.
It ends when one officer says so, a year after the last call, and with its authority, the number that was called or
the address that the link went to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

import msgspec

from counterseal.core.errors import InputError, ThrottledError
from counterseal.judicial.letters.text import is_plain
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal.errors import PortalInvitationError, PortalLinkError
from counterseal.judicial.registry.model import Authority, Contact, ContactKind, Use
from counterseal.judicial.registry.rules import usable

CODE_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: none is taken for another
CODE_LENGTH: Final = 8
TOKEN_BYTES: Final = 24
CALLED: Final = frozenset({Use.CALL_BACK, Use.DUTY})
WRITTEN: Final = frozenset({Use.MAIL, Use.DELIVERY})
MOST_NAME: Final = 100
TWO: Final = 2
_MISREAD: Final = str.maketrans("OIL", "011")


def code_of(secret: bytes, invitation: str) -> str:
    """The 8 characters (40 bits) that are read out; with five tries one in 2^37 is guessed."""
    made = hmac.digest(secret, f"portal code|{invitation}".encode(), "sha256")
    number = int.from_bytes(made[:5])
    return "".join(CODE_SIGNS[number >> (5 * at) & 31] for at in reversed(range(CODE_LENGTH)))


def spoken(code: str) -> str:
    """A code as it is shown and read out: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def heard(text: str) -> str:
    """A code as somebody types it: case, blanks and hyphens do not matter, nor what is misread for a digit."""
    return "".join(text.upper().replace("-", " ").split()).translate(_MISREAD)


def right_code(secret: bytes, invitation: str, text: str) -> bool:
    """Whether this is the code of the invitation; compared in constant time."""
    return hmac.compare_digest(code_of(secret, invitation).encode(), heard(text).encode("utf-8", "surrogatepass"))


def token_of(secret: bytes, invitation: str) -> str:
    """What stands in the link: the invitation's id and its MAC."""
    made = hmac.digest(secret, f"portal link|{invitation}".encode(), "sha256")[:TOKEN_BYTES]
    return f"{invitation}-{base64.urlsafe_b64encode(made).decode()}"


def name_of(secret: bytes, invitation: str) -> str:
    """What names the account that comes of an invitation: 18 hex digits."""
    return hmac.digest(secret, f"portal account|{invitation}".encode(), "sha256").hex()[:18]


def invitation_in(secret: bytes, token: str) -> str:
    """The invitation that a link names. Raises PortalLinkError."""
    name = token.partition("-")[0]
    if not token.isascii() or not hmac.compare_digest(token_of(secret, name), token):
        raise over()
    return name


def over() -> PortalLinkError:
    """One sentence for every cause."""
    return PortalLinkError("this link opens nothing", hint="ring the desk")


def check_officer(name: str) -> str:
    """The name of an account's person, in one line. Raises InputError."""
    text = " ".join(name.split())
    if not text or not is_plain(text, MOST_NAME):
        raise InputError(f"a name has 1 to {MOST_NAME} characters on one line", code="portal_officer_invalid")
    return text


def check_call(authority: Authority, call: m.Call, officers: tuple[str, ...], now: int) -> None:
    """Raise PortalInvitationError unless this call carries an invitation that these two sign."""
    held = next((each for each in authority.contacts if each.id == call.contact), None)
    if held is None or held.kind is not ContactKind.PHONE or not CALLED.intersection(held.uses):
        raise PortalInvitationError("call a number of the registry", code="portal_call_contact")
    if not now - m.CALL_WITHIN <= call.at <= now:
        raise PortalInvitationError("the call was not within the last day", code="portal_call_old")
    for at in (call.at, now):  # what counts since may have been changed for this very call
        if not (state := usable(authority, held, at)).counts:
            raise PortalInvitationError(f"this number does not count: {state.sentence}", code="portal_call_contact")
    if not call.spoke_to.strip():
        raise PortalInvitationError("say whom you spoke to", code="portal_call_nobody")
    if len(set(officers)) < TWO or not set(officers) - {call.by}:
        raise PortalInvitationError("one of the two must have had no part in the call", code="portal_call_officers")


def mail_of(authority: Authority, contact: str, now: int) -> Contact:
    """Where the link goes: this contact, or the longest known that counts. Raises PortalInvitationError."""
    found = [
        each
        for each in sorted(authority.contacts, key=lambda each: (each.entered, each.id))
        if each.kind is ContactKind.EMAIL
        and WRITTEN.intersection(each.uses)
        and contact in {"", each.id}
        and usable(authority, each, now).counts
    ]
    if not found:
        hint = "a contact counts 30 days after it was entered, or once a second source confirms it"
        raise PortalInvitationError(
            "the registry has no such mail address that counts", code="portal_mail", hint=hint
        )
    return found[0]


def live(invitation: m.Invitation, now: int, epoch: int) -> bool:
    """Whether its link may be used."""
    fresh = invitation.made <= now < invitation.made + m.LINK_LIFE
    return fresh and not invitation.ended and invitation.epoch == epoch and invitation.tries < m.TRIES


def tried(invitation: m.Invitation) -> m.Invitation:
    """One wrong code more; the last one ends it."""
    tries = invitation.tries + 1
    return msgspec.structs.replace(invitation, tries=tries, ended="code" if tries >= m.TRIES else "")


def fault(account: m.Account, authority: Authority | None, now: int) -> str:
    """Why an account counts for nothing now; "" = it counts."""
    if account.ended is not None:
        return "ended"
    if not account.call.at <= now < account.call.at + m.YEAR:
        return "year_over"
    if authority is None or (authority.ended is not None and authority.ended <= now):
        return "authority_ended"
    standing = {each.id for each in authority.contacts if each.ended is None or each.ended > now}
    return "" if {account.call.contact, account.mail} <= standing else "contact_ended"


def ends_at(account: m.Account) -> int:
    """When it ends by itself unless the office is called again (ms)."""
    return account.call.at + m.YEAR


def digest_of(secret: str) -> bytes:
    """What is stored of a cookie's secret of 32 random bytes."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def alias_of(credential: bytes) -> str:
    """The alias that leads from a passkey to its account."""
    return f"portal_passkey:{hashlib.sha256(credential).hexdigest()}"


def taken(account: m.Account, size: int, now: int) -> m.Account:
    """One file (`size` bytes) or request (0) more. Raises ThrottledError beyond what an hour allows."""
    held = tuple(each for each in account.taken if now - m.HOUR < each.at <= now)
    files = [each for each in held if each.size]
    full = (
        (len(files) >= m.FILES_AN_HOUR or sum(each.size for each in files) + size > m.BYTES_AN_HOUR)
        if size
        else len(held) - len(files) >= m.REQUESTS_AN_HOUR
    )
    if full:
        raise ThrottledError("too much within an hour", retry_at=held[0].at + m.HOUR)
    return msgspec.structs.replace(account, taken=(*held, m.Taken(now, size)))
