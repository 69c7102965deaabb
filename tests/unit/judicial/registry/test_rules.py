# SPDX-License-Identifier: Apache-2.0
"""Which contact counts for which request: the four times that matter, at their edges and by chance."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from counterseal.judicial.registry.model import (
    DAY,
    NEAR,
    RECHECK,
    WAIT,
    Authority,
    Contact,
    ContactKind,
    Former,
    Source,
    Use,
)
from counterseal.judicial.registry.rules import (
    Reason,
    counting,
    registered,
    usable,
)

T0 = 1_717_891_200_000
SOURCE = Source("directory", T0)
COURT = Authority("nm-court", "District Court", "nm", "court", entered=T0)
days = st.integers(-500, 900).map(lambda number: T0 + number * DAY // 2)


def phone(**more: object) -> Contact:
    """A number entered at T0."""
    made = Contact("ct_1", ContactKind.PHONE, "+12025550179", (Use.CALL_BACK,), SOURCE, T0, ("a", "b"))
    return msgspec.structs.replace(made, **more)


def reason(contact: Contact, at: int, received: int | None = None) -> Reason:
    """Why it counts or not."""
    return usable(COURT, contact, at, received).reason


def test_the_wait_ends_after_30_days_to_the_millisecond() -> None:
    assert reason(phone(), T0 + WAIT - 1) is Reason.WAITING
    assert usable(COURT, phone(), T0 + DAY).when == T0 + WAIT
    assert reason(phone(), T0 + WAIT) is Reason.USABLE
    assert reason(phone(), T0 - 1) is Reason.NOT_YET


def test_a_change_within_14_days_before_the_request_or_after_it_never_counts_for_it() -> None:
    late = T0 + 300 * DAY
    assert reason(phone(), late, T0 + NEAR) is Reason.USABLE
    assert reason(phone(), late, T0 + NEAR - 1) is Reason.NEAR_REQUEST
    assert reason(phone(), late, T0 - DAY) is Reason.NEAR_REQUEST
    assert usable(COURT, phone(), late, T0 - DAY).when is None


def test_a_confirmation_near_the_request_leaves_the_wait() -> None:
    confirmed = phone(second=Source("calendar", T0), second_at=T0 + 10 * DAY, second_by=("b", "c"))
    at = T0 + 25 * DAY
    assert reason(confirmed, at) is Reason.CONFIRMED
    assert reason(confirmed, at, T0 + 24 * DAY) is Reason.CONFIRMED
    assert reason(confirmed, at, T0 + 24 * DAY - 1) is Reason.NEAR_REQUEST
    assert reason(confirmed, T0 + WAIT, T0 + 24 * DAY - 1) is Reason.USABLE
    assert reason(confirmed, T0 + 10 * DAY - 1) is Reason.WAITING


def test_what_a_request_brought_along_counts_by_a_second_source_alone() -> None:
    planted = phone(accepted=("in_request:req_1",))
    assert usable(COURT, planted, T0 + 300 * DAY).reason is Reason.SECOND_NEEDED
    confirmed = msgspec.structs.replace(planted, second_at=T0 + 20 * DAY)
    assert reason(confirmed, T0 + 21 * DAY) is Reason.CONFIRMED
    assert reason(confirmed, T0 + 300 * DAY, T0 + 30 * DAY) is Reason.NEAR_REQUEST
    assert usable(COURT, confirmed, T0 + 300 * DAY, T0 + 30 * DAY).when is None
    assert reason(phone(accepted=("shared:ct_2",)), T0 + WAIT) is Reason.USABLE


def test_a_year_without_a_look_is_too_long_and_a_check_starts_another() -> None:
    assert reason(phone(), T0 + RECHECK - 1) is Reason.USABLE
    assert reason(phone(), T0 + RECHECK) is Reason.RECHECK_OVERDUE
    checked = phone(checked=T0 + 200 * DAY)
    assert reason(checked, T0 + 200 * DAY + RECHECK - 1) is Reason.USABLE
    assert reason(checked, T0 + 200 * DAY + RECHECK) is Reason.RECHECK_OVERDUE


def test_an_end_counts_at_once_even_near_a_request() -> None:
    ended = phone(ended=T0 + 100 * DAY)
    assert reason(ended, T0 + 100 * DAY - 1, T0 + 99 * DAY) is Reason.USABLE
    assert reason(ended, T0 + 100 * DAY, T0 + 99 * DAY) is Reason.ENDED
    gone = msgspec.structs.replace(COURT, ended=T0 + 50 * DAY, contacts=(phone(),))
    assert usable(gone, phone(), T0 + 60 * DAY).reason is Reason.AUTHORITY_ENDED
    assert counting(gone, T0 + 60 * DAY).contacts == ()
    assert registered(gone, T0 + 60 * DAY) is None


@given(at=days, received=days, second=st.none() | days, checked=st.none() | days, ended=st.none() | days)
def test_nothing_that_comes_near_a_request_makes_a_contact_count_for_it(
    at: int, received: int, second: int | None, checked: int | None, ended: int | None
) -> None:
    """What counts for the request counts without a confirmation that came near: that is a look, and no more."""
    contact = phone(second_at=second, checked=checked, ended=ended)
    if not usable(COURT, contact, at, received).counts:
        return
    limit = received - NEAR
    assert contact.entered <= limit
    near = second is not None and second > limit
    looks = [each for each in (checked, second if near else None) if each is not None and each <= at]
    kept = phone(second_at=None if near else second, checked=max(looks, default=None), ended=ended)
    assert usable(COURT, kept, at, received).counts
    assert at >= contact.entered + WAIT or (second is not None and second <= limit)
    assert usable(COURT, contact, at).counts, "a request never makes more count"


def test_documents_are_checked_against_what_counts_alone() -> None:
    def of(kind: ContactKind, value: str, use: Use, **more: object) -> Contact:
        return phone(id=value, kind=kind, value=value, uses=(use,), **more)

    held = msgspec.structs.replace(
        COURT,
        contacts=(
            of(ContactKind.DOMAIN, "court.example", Use.MAIL),
            of(ContactKind.DOMAIN, "new.example", Use.MAIL, entered=T0 + 39 * DAY),
            of(ContactKind.CERTIFICATE, "ab" * 32, Use.SIGNING),
            of(ContactKind.CERTIFICATE, "cd" * 32, Use.DELIVERY),
            of(ContactKind.EMAIL, "clerk@court.example", Use.DELIVERY),
        ),
    )
    found = registered(held, T0 + 40 * DAY, T0 + 40 * DAY)
    assert found is not None
    assert (found.authority, found.role, found.domains) == ("District Court", "court", ("court.example",))
    assert (found.certificates, found.addresses) == (("ab" * 32,), ())


def test_details_that_add_wait_and_those_that_take_away_do_not() -> None:
    before = Former(T0, "District Police", "nm", "police", ("en",), channel="registered post", statutes=("A", "B"))
    now = msgspec.structs.replace(
        COURT, role="court", subdomains=True, statutes=("B", "C"), since=T0 + 100 * DAY, former=(before,)
    )
    soon = counting(now, T0 + 101 * DAY)
    assert (soon.role, soon.subdomains, soon.channel, soon.statutes) == ("police", False, "", ("B",))
    later = counting(now, T0 + 130 * DAY)
    assert (later.role, later.subdomains, later.statutes) == ("court", True, ("B", "C"))
    near = counting(now, T0 + 300 * DAY, T0 + 114 * DAY - 1)
    assert (near.role, near.subdomains) == ("police", False)
