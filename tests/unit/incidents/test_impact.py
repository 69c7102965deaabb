# SPDX-License-Identifier: Apache-2.0
"""Leads come from what the attacker brought, never from what the owner had; and each account is judged by them."""

from __future__ import annotations

import pytest

from counterseal.core.account import Payment, Request
from counterseal.incidents import impact as m
from counterseal.incidents.traces import AGENT, DESTINATION, DEVICE, NETWORK, Seen, Traced, Trait, TraitHead
from counterseal.prover.reach import Reach

DAY = m.DAY
T0 = 1_717_891_200_000
SOON = Reach(("sms_intercept",), "withdraw", None, enough=False)
NEVER = Reach((), "", None, enough=True)
LATER = Reach(("sms_intercept",), "withdraw", 3 * DAY, enough=True)
THIEF = Trait(DESTINATION, "tron|TThief|")
LAPTOP = Trait(DEVICE, "intruder")
HOME = Trait(NETWORK, "home")


def digest(trait: Trait) -> str:
    return f"#{trait.kind}:{trait.value}"


def deed(account: str = "a", at: int = T0, *, device: str = "intruder", network: str = "home") -> m.Deed:
    payment = Payment("USDT", chain="tron", destination="TThief")
    return m.Deed(
        account, f"act-{account}", at, Request("withdraw", {"device": device}, payment=payment, source=network)
    )


def leads(
    *deeds: m.Deed, traced: dict[str, Traced] | None = None, heads: dict[Trait, TraitHead] | None = None
) -> dict[str, m.Lead]:
    digests = {trait: digest(trait) for trait in m.traits_left(deeds)}
    known = {digest(trait): head for trait, head in (heads or {}).items()}
    return {lead.ref: lead for lead in m.leads_of(deeds, digests, traced or {}, known)}


def test_what_the_owner_had_used_before_leads_nowhere() -> None:
    before = {
        "a": Traced({digest(HOME): Seen(NETWORK, T0 - 90 * DAY, T0), digest(THIEF): Seen(DESTINATION, T0, T0)})
    }
    found = leads(deed(), traced=before)
    assert set(found) == {digest(THIEF), digest(LAPTOP)}
    assert all(lead.strong and lead.action == "act-a" for lead in found.values())


@pytest.mark.parametrize(
    ("first", "bearers", "strong"),
    [
        (T0 - 300 * DAY, 4_000, False),  # a carrier's network
        (T0 - 300 * DAY, 3, True),  # old, and hardly anybody's
        (T0 - DAY, 10_000, True),  # made for the attack, however many it hit
    ],
)
def test_what_is_common_drags_nobody_in(first: int, bearers: int, *, strong: bool) -> None:
    found = leads(deed(), heads={HOME: TraitHead(NETWORK, bearers, first)})
    assert (found[digest(HOME)].strong, found[digest(HOME)].bearers) == (strong, bearers)
    tie = m.tie_of(found[digest(HOME)], Seen(NETWORK, T0, T0))
    assert tie is not None
    assert (m.judge("b", [tie], SOON) is None) is not strong


def test_no_steps_no_leads() -> None:
    assert leads() == {}


def test_the_agent_who_saw_two_of_them_is_a_lead_and_one_look_is_weak() -> None:
    starts = {"a": T0, "b": T0 + DAY}
    looks = {
        "a": [("staff:ann", T0 - DAY), ("staff:bob", T0 - 2 * DAY), ("staff:eve", T0 - 40 * DAY)],
        "b": [("staff:ann", T0), ("staff:cid", T0 + 2 * DAY)],
    }
    found = {lead.ref: lead for lead in m.agents_of(looks, starts)}
    assert {name: lead.strong for name, lead in found.items()} == {"staff:ann": True, "staff:bob": False}
    assert m.tie_of(found["staff:ann"], Seen(AGENT, T0, T0, 1, T0)) == m.Tie(AGENT, "staff:ann", T0, strong=True)


def test_who_bore_it_only_long_before_is_not_tied() -> None:
    lead = leads(deed())[digest(LAPTOP)]
    assert m.tie_of(lead, Seen(DEVICE, T0 - 400 * DAY, T0 - 200 * DAY)) is None
    assert m.tie_of(lead, Seen(DEVICE, T0 - 400 * DAY, T0)) is not None


@pytest.mark.parametrize(
    ("left", "reach", "state", "why"),
    [
        (True, NEVER, m.State.HIT, "left"),
        (False, SOON, m.State.EXPOSED, "too_little_time"),
        (False, LATER, m.State.SAFE, "enough_time"),
        (False, NEVER, m.State.SAFE, "never"),
        (False, None, m.State.UNKNOWN, "not_determined"),
    ],
)
def test_states(left: bool, reach: Reach | None, state: m.State, why: str) -> None:
    lead = leads(deed())[digest(THIEF)]
    seen = Seen(DESTINATION, T0, T0, 1 if left else 0, T0 if left else 0)
    tie = m.tie_of(lead, seen)
    assert tie is not None
    found = m.judge("b", [tie], reach)
    assert found is not None
    assert (found.state, found.why) == (state, why)


def test_value_that_left_before_the_attack_is_no_hit() -> None:
    lead = leads(deed(), heads={THIEF: TraitHead(DESTINATION, 2, T0 - 300 * DAY)})[digest(THIEF)]
    tie = m.tie_of(lead, Seen(DESTINATION, T0 - 300 * DAY, T0, 1, T0 - 300 * DAY))
    assert tie is not None
    assert not tie.left


def test_a_theft_that_a_step_proves_needs_no_other_tie() -> None:
    found = m.judge("a", [], SOON, stolen=True)
    assert found is not None
    assert (found.state, found.why) == (m.State.HIT, "stolen")
