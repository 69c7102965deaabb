# SPDX-License-Identifier: Apache-2.0
"""Links, codes, calls, and how long an account counts."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.errors import InputError, ThrottledError
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules
from counterseal.judicial.portal.errors import PortalInvitationError, PortalLinkError
from counterseal.judicial.portal.text import letter
from counterseal.judicial.registry.model import WAIT, Authority, Contact, ContactKind, Source, Use

SECRET = b"s" * 32
NOW = 1_800_000_000_000
SIGNERS = ("st_a", "st_b")


def contact(name: str, value: str, kind: ContactKind, use: Use, entered: int = NOW - WAIT - m.DAY) -> Contact:
    """A contact that has waited unless `entered` says otherwise."""
    return Contact(name, kind, value, (use,), Source("directory", entered), entered, SIGNERS)


PHONE = contact("ct_1", "+12025550179", ContactKind.PHONE, Use.CALL_BACK)
MAIL = contact("ct_2", "registry@court.example", ContactKind.EMAIL, Use.MAIL)
COURT = Authority("nm-court", "District Court", "nm", "court", contacts=(PHONE, MAIL), entered=NOW - 100 * m.DAY)
CALL = m.Call("ct_1", NOW - m.HOUR, "st_c", "the clerk")
INVITATION = m.Invitation(
    *("pi1", "nm-court", "J. Doe", "en", CALL, "ct_2", MAIL.value, NOW, SIGNERS),
    epoch=3,
)
ACCOUNT = m.Account("pa_1", "nm-court", "J. Doe", NOW, CALL.at, CALL, "ct_2", SIGNERS, "pi1")


def court(*contacts: Contact, **more: object) -> Authority:
    """The court with these contacts in place of its own."""
    return msgspec.structs.replace(COURT, contacts=contacts or COURT.contacts, **more)


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=20), st.binary(min_size=16, max_size=32))
def test_a_code_is_taken_as_people_type_it_and_opens_one_invitation(name: str, secret: bytes) -> None:
    """In small letters, with blanks or a hyphen, O for 0; another invitation and another server have others."""
    code = rules.code_of(secret, name)
    assert len(code) == rules.CODE_LENGTH
    assert set(code) <= set(rules.CODE_SIGNS)
    for typed in (
        code,
        rules.spoken(code).lower(),
        f" {code[:2]} {code[2:]} ",
        code.replace("0", "O"),
        code.lower(),
    ):
        assert rules.right_code(secret, name, typed)
    assert rules.right_code(secret, name, code.replace("1", "l"))
    for wrong in ("", code[:-1], f"{code}0", rules.token_of(secret, name)):
        assert not rules.right_code(secret, name, wrong)
    assert rules.code_of(secret, f"{name}x") != code
    assert rules.code_of(secret + b"x", name) != code


@given(st.text(max_size=40))
def test_no_text_is_a_code_by_chance_or_breaks_it(text: str) -> None:
    """Letters of any alphabet, halves of surrogates included."""
    assert rules.right_code(SECRET, "pi1", text) == (rules.heard(text) == rules.code_of(SECRET, "pi1"))
    assert not rules.right_code(SECRET, "pi1", "\ud800")


def test_a_link_names_its_invitation_and_cannot_be_made_up() -> None:
    """One changed character, another invitation's MAC, no MAC: nothing."""
    token = rules.token_of(SECRET, "pi1")
    assert rules.invitation_in(SECRET, token) == "pi1"
    other = rules.token_of(SECRET, "pi2")
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for wrong in (
        flipped,
        "pi2-" + token.partition("-")[2],
        "pi1-",
        "pi1",
        "",
        "\ud800",
        other.replace("pi2", "pi1"),
    ):
        with pytest.raises(PortalLinkError):
            rules.invitation_in(SECRET, wrong)
    assert rules.code_of(SECRET, "pi1") not in token


def test_the_letter_has_the_link_and_no_code() -> None:
    """In both languages, whatever the names are made of."""
    for language in ("en", "zh"):
        held = msgspec.structs.replace(INVITATION, language=language, officer="J.\nDoe {link}")
        _, text = letter(held, "Court {officer}", "Exchange", "https://x.example/portal/enrol/T")
        assert "https://x.example/portal/enrol/T" in text
        assert rules.code_of(SECRET, "pi1") not in text
        assert "J.\nDoe" not in text


def test_what_a_call_must_be() -> None:
    """A counting number of the registry, within the last day, somebody spoken to, two who sign."""
    rules.check_call(COURT, CALL, SIGNERS, NOW)
    rules.check_call(COURT, msgspec.structs.replace(CALL, by="st_a"), SIGNERS, NOW)  # st_b had no part in it
    young = contact("ct_1", PHONE.value, ContactKind.PHONE, Use.CALL_BACK, NOW - WAIT + m.HOUR)
    clerk = contact("ct_1", PHONE.value, ContactKind.PHONE, Use.CLERK)
    gone = msgspec.structs.replace(PHONE, ended=NOW - 1)
    confirmed = msgspec.structs.replace(young, second_at=NOW - 1, second=Source("calendar", NOW))  # after the call
    for held in (young, clerk, gone, confirmed, MAIL):
        with pytest.raises(PortalInvitationError) as refused:
            rules.check_call(court(held), CALL, SIGNERS, NOW)
        assert refused.value.code == "portal_call_contact"
    for given_, code in [
        (msgspec.structs.replace(CALL, contact="ct_2"), "portal_call_contact"),
        (msgspec.structs.replace(CALL, at=NOW + 1), "portal_call_old"),
        (msgspec.structs.replace(CALL, at=NOW - m.CALL_WITHIN - 1), "portal_call_old"),
        (msgspec.structs.replace(CALL, spoke_to="\t"), "portal_call_nobody"),
    ]:
        with pytest.raises(PortalInvitationError) as refused:
            rules.check_call(COURT, given_, SIGNERS, NOW)
        assert refused.value.code == code
    for officers in ((), ("st_a",), ("st_a", "st_a")):
        with pytest.raises(PortalInvitationError):
            rules.check_call(COURT, CALL, officers, NOW)


def test_where_the_link_goes() -> None:
    """The address that is known longest; the one that was asked for; never a new, ended or silent one."""
    older = contact("ct_9", "old@court.example", ContactKind.EMAIL, Use.DELIVERY, NOW - 90 * m.DAY)
    new = contact("ct_8", "new@court.example", ContactKind.EMAIL, Use.MAIL, NOW - m.DAY)
    held = court(PHONE, MAIL, older, new)
    assert rules.mail_of(held, "", NOW).id == "ct_9"
    assert rules.mail_of(held, "ct_2", NOW).id == "ct_2"
    for name in ("ct_8", "ct_1", "ct_none"):
        with pytest.raises(PortalInvitationError):
            rules.mail_of(held, name, NOW)
    with pytest.raises(PortalInvitationError):
        rules.mail_of(court(PHONE, ended=NOW), "", NOW)


def test_a_link_lives_72_hours_and_five_tries() -> None:
    """To the millisecond; never in a restored store, and not before it was made."""
    assert rules.live(INVITATION, NOW, 3)
    assert rules.live(INVITATION, NOW + m.LINK_LIFE - 1, 3)
    for now, epoch in ((NOW + m.LINK_LIFE, 3), (NOW - 1, 3), (NOW, 4)):
        assert not rules.live(INVITATION, now, epoch)
    held = INVITATION
    for tries in range(1, m.TRIES + 1):
        held = rules.tried(held)
        assert (held.tries, rules.live(held, NOW, 3)) == (tries, tries < m.TRIES)
    assert held.ended == "code"
    assert not rules.live(msgspec.structs.replace(INVITATION, ended="revoked"), NOW, 3)


def test_what_ends_an_account() -> None:
    """An officer, the year, the authority, the number, the address; another contact's end does not."""
    assert rules.fault(ACCOUNT, COURT, NOW) == ""
    assert rules.fault(msgspec.structs.replace(ACCOUNT, ended=NOW), COURT, NOW) == "ended"
    assert rules.fault(ACCOUNT, COURT, rules.ends_at(ACCOUNT) - 1) == ""
    assert rules.fault(ACCOUNT, COURT, rules.ends_at(ACCOUNT)) == "year_over"
    assert rules.fault(ACCOUNT, COURT, CALL.at - 1) == "year_over"
    assert rules.fault(ACCOUNT, None, NOW) == "authority_ended"
    assert rules.fault(ACCOUNT, court(ended=NOW), NOW) == "authority_ended"
    assert rules.fault(ACCOUNT, court(ended=NOW + 1), NOW) == ""
    for one, other in ((PHONE, MAIL), (MAIL, PHONE)):
        ended = msgspec.structs.replace(one, ended=NOW)
        assert rules.fault(ACCOUNT, court(ended, other), NOW) == "contact_ended"
        assert rules.fault(ACCOUNT, court(other), NOW) == "contact_ended"
    more = msgspec.structs.replace(contact("ct_9", "x@y.example", ContactKind.EMAIL, Use.MAIL), ended=NOW)
    assert rules.fault(ACCOUNT, court(PHONE, MAIL, more), NOW) == ""


@given(st.lists(st.tuples(st.integers(0, 2 * m.HOUR), st.integers(0, m.BYTES_AN_HOUR // 3)), max_size=60))
def test_no_hour_takes_more_than_it_may(steps: list[tuple[int, int]]) -> None:
    """Whatever is handed in when: in no window of an hour more files, bytes or requests; a refusal says when."""
    held, now, taken, refused = ACCOUNT, NOW, list[tuple[int, int]](), list[int]()
    for later, size in steps:
        now += later // 30
        try:
            held = rules.taken(held, size, now)
        except ThrottledError as error:
            refused.append(error.retry_at - now)
            continue
        taken.append((now, size))
        hour = [kept for at, kept in taken if now - m.HOUR < at <= now]
        assert sum(1 for kept in hour if kept) <= m.FILES_AN_HOUR
        assert sum(hour) <= m.BYTES_AN_HOUR
        assert sum(1 for kept in hour if not kept) <= m.REQUESTS_AN_HOUR
        assert len(held.taken) <= m.FILES_AN_HOUR + m.REQUESTS_AN_HOUR
    assert all(0 < wait <= m.HOUR for wait in refused)


def test_names_of_people() -> None:
    """One line, no signs that turn the line around, not empty."""
    assert rules.check_officer("  J.   Doe ") == "J. Doe"
    for wrong in ("", " ", "a" * (rules.MOST_NAME + 1), "J\u202eDoe", "J\x00Doe"):
        with pytest.raises(InputError):
            rules.check_officer(wrong)


def test_an_index_lists_each_account_once() -> None:
    """From invitation to account to ended; the newest of those that ended are kept."""
    index = m.Accounts(invitations=("pi1", "pi2")).enrolled("pa_1", "pi1")
    assert (index.accounts, index.invitations, index.ended) == (("pa_1",), ("pi2",), ())
    index = index.without("pa_1")
    assert (index.accounts, index.ended) == ((), ("pa_1",))
    full = m.Accounts(ended=tuple(f"pa_{each}" for each in range(m.MOST_ENDED)))
    assert full.without("pa_new").ended[-1] == "pa_new"
    assert len(full.without("pa_new").ended) == m.MOST_ENDED
