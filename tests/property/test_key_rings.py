# SPDX-License-Identifier: Apache-2.0
"""Rings of keys over any history of rotations: what a key signed is known as long as it counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterseal.wiring.rings import RETAIN, Ring, RingKey, RotationError, rotated

PURPOSE = "seal"
START = 1_000_000
STEPS = st.lists(
    st.tuples(st.integers(0, 400_000), st.integers(10_000, 600_000), st.booleans()), min_size=1, max_size=12
)


def histories(steps: list[tuple[int, int, bool]]) -> list[tuple[int, Ring]]:
    """The ring after each rotation that was not refused, and when."""
    ring, now = Ring(PURPOSE, (RingKey("k0", 0, 0, b"blob"),)), START
    found = [(0, ring)]
    for number, (pause, overlap, stolen) in enumerate(steps, 1):
        now += pause
        fresh = RingKey(f"k{number}", now, 0, b"blob")
        try:
            ring = rotated(ring, fresh, now, overlap=overlap, compromised=stolen and number % 3 == 0)
        except RotationError:
            continue
        found.append((now, ring))
    return found


@given(STEPS)
def test_what_was_signed_is_known_until_it_ended(steps: list[tuple[int, int, bool]]) -> None:
    """Unless the key was withdrawn: at all moments between the changes, by the ring of then and of later."""
    found = histories(steps)
    ends = [*(when for when, _ in found[1:]), found[-1][0] + 2_000_000]
    for number, ((begin, ring), end) in enumerate(zip(found, ends, strict=True)):
        for at in {begin, (begin + end) // 2, max(begin, end - 1)}:
            signer = ring.current(at)
            assert signer.blob, "the key that signs has its secret"
            assert ring.state(signer, at) == "current"
            stolen = [when for when, each in found[number + 1 :] if _withdrawn(each, signer.kid, when)]
            for when, later in found[number:]:
                seen = max(when, at)
                if seen < at + RETAIN[PURPOSE] and not any(moment <= seen for moment in stolen):
                    assert signer.kid in {key.kid for key in later.known(seen)}


@given(STEPS)
def test_there_is_one_current_key_and_one_next_at_most(steps: list[tuple[int, int, bool]]) -> None:
    """And a key that is over never comes back."""
    over: set[str] = set()
    for at, ring in histories(steps):
        states = [ring.state(key, at) for key in ring.keys]
        assert states.count("current") == 1
        assert states.count("next") <= 1
        gone = {key.kid for key in ring.keys if ring.state(key, at) == "over"}
        assert over <= gone
        over = gone


@given(STEPS, st.integers(0, 1_000_000))
def test_a_key_is_published_before_it_signs(steps: list[tuple[int, int, bool]], overlap: int) -> None:
    """For the whole overlap, except where it takes the place of a stolen one."""
    at, ring = histories(steps)[-1]
    at += 2_000_000
    after = rotated(ring, RingKey("new", at, 0, b"blob"), at, overlap=overlap)
    assert "new" in {key.kid for key in after.known(at)}
    assert after.current(at + overlap).kid == "new"
    if overlap:
        assert after.current(at + overlap - 1).kid == ring.current(at).kid


def _withdrawn(ring: Ring, kid: str, at: int) -> bool:
    return any(key.kid == kid and key.until == at and not key.blob for key in ring.keys)
