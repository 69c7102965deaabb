# SPDX-License-Identifier: Apache-2.0
"""Links to the owner's pages: tokens, lives, the browser that has one, the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core.errors import InputError
from counterseal.core.transaction import StructCodec
from counterseal.guard import links
from counterseal.guard.links import Link, LinkClosedError, Links

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
ONE = Link("a1", "https://x.test/back", created=1_000, epoch=3, action="act_1")
MINE, THEIRS = links.browser_of("mine"), links.browser_of("theirs")
ORIGINS = frozenset({"https://x.test", "http://127.0.0.1:8000"})


@given(st.text(max_size=128), st.text(max_size=40))
def test_a_token_says_what_it_was_made_of(account: str, identity: str) -> None:
    try:
        token = links.make_token(account, identity, KEY)
    except UnicodeEncodeError:  # half a character is no id
        return
    if len(token) <= links.MOST_TOKEN:
        assert links.read_token(token, KEY) == (account, identity)
    with pytest.raises(LinkClosedError):
        links.read_token(token, OTHER)


@given(st.integers(min_value=0, max_value=63), st.characters())
def test_a_changed_token_opens_nothing(position: int, sign: str) -> None:
    token = links.make_token("u-1", "a" * 30, KEY)
    at = position % len(token)
    changed = token[:at] + sign + token[at + 1 :]
    if changed != token:
        with pytest.raises(LinkClosedError):
            links.read_token(changed, KEY)


@given(st.text(max_size=600))
def test_any_text_is_refused_calmly(text: str) -> None:
    with pytest.raises(LinkClosedError):
        links.read_token(text, KEY)


def test_a_short_key_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="32"):
        links.make_token("u-1", "a", b"short")


def test_lives() -> None:
    """Ten minutes unused, half an hour used; the last millisecond opens, the end does not."""
    assert links.check_open(ONE, MINE, 1_000 + links.FIRST_USE - 1, 3) == ONE
    with pytest.raises(LinkClosedError) as late:
        links.check_open(ONE, MINE, 1_000 + links.FIRST_USE, 3)
    assert late.value.code == "link_expired"
    used = links.bound_to(MINE)(ONE)
    assert links.check_open(used, MINE, 1_000 + links.WHOLE_LIFE - 1, 3) == used
    with pytest.raises(LinkClosedError):
        links.check_open(used, MINE, 1_000 + links.WHOLE_LIFE, 3)


@pytest.mark.parametrize(
    ("link", "browser", "epoch", "code"),
    [
        (None, MINE, 3, "link_bad"),
        (ONE, MINE, 4, "link_void"),
        (links.bound_to(THEIRS)(ONE), MINE, 3, "link_elsewhere"),
    ],
)
def test_what_does_not_open(link: Link | None, browser: bytes, epoch: int, code: str) -> None:
    with pytest.raises(LinkClosedError) as refused:
        links.check_open(link, browser, 2_000, epoch)
    assert refused.value.code == code


def test_the_first_browser_stays() -> None:
    used = links.bound_to(MINE)(ONE)
    assert links.bound_to(THEIRS)(used).browser == MINE


def test_an_account_keeps_a_few_and_forgets_what_has_expired() -> None:
    kept = Links()
    for number in range(40):
        kept = kept.with_link(replace(ONE, id=f"l{number}", created=number), 1_000)
    assert [each.id for each in kept.items] == [f"l{number}" for number in range(24, 40)]
    assert kept.with_link(replace(ONE, id="l30", closed=True), 1_000).find("l30").closed  # type: ignore[union-attr]
    later = kept.with_link(replace(ONE, id="new", created=10**9), 10**9)
    assert [each.id for each in later.items] == ["new"]


@given(st.lists(st.builds(Link, st.text(max_size=8), st.text(max_size=8), st.integers(0, 9), st.integers(0, 9))))
def test_what_is_stored_is_read_back(items: list[Link]) -> None:
    codec = StructCodec(Links)
    try:
        data = codec.encode(Links(tuple(items)))
    except UnicodeEncodeError:
        return
    assert codec.decode(data) == Links(tuple(items))


@pytest.mark.parametrize("url", ["https://x.test", "https://x.test:443/a?b=c", "http://127.0.0.1:8000/back/W-1"])
def test_ways_back_that_are_allowed(url: str) -> None:
    assert links.check_return(url, ORIGINS) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "x.test", "//x.test/", "https:/x.test", "https://x.test.evil/", "https://x.test@evil/", "https://evil@x.test/",
        "https://x.test:444/", "http://x.test/", "https://x.test/#a", "https://x.test/?state=allowed",
        "https://x.test/?a=1&counterseal=", "https://x.test\\@evil/", "https://x.test/ a", "javascript:alert(1)",
        "https://x.test:99999999/", "https://[::1/", "https://x.test/\x00", "https://ẋ.test/",
        "https://x.test/" + "a" * 2048,
    ],
)  # fmt: skip
def test_ways_back_that_are_not(url: str) -> None:
    with pytest.raises(InputError) as refused:
        links.check_return(url, ORIGINS)
    assert refused.value.code == "return_url_foreign"


def test_the_way_back_says_the_action_and_a_hint() -> None:
    assert links.way_back(ONE, "allowed") == "https://x.test/back?counterseal=act_1&state=allowed"
    asked = replace(ONE, return_url="https://x.test/back?order=7", action="")
    assert links.way_back(asked, "cancelled") == "https://x.test/back?order=7&state=cancelled"
