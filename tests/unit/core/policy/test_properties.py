# SPDX-License-Identifier: Apache-2.0
"""Every form of a property, from its sentence to its struct."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core.policy import properties as p
from counterseal.gateways.packs import load_pack
from tests.support.policies import document, loaded

HOUR = 3_600_000
DAY = 24 * HOUR

GIVEN = {
    "capabilities <= 2": p.AtMost(2),
    "capabilities <=2": p.AtMost(2),
    "[sim_swap, email_takeover]": p.TheseCapabilities(("sim_swap", "email_takeover")),
    "any capabilities": p.AnyCapabilities(),
    "any  capabilities that leave one channel": p.AnyLeavingOneChannel(),
}
OTHER_GIVEN = {
    ("enrolled(totp)", "not substitutes(sms, totp)"): p.Enrolled("totp"),
    ("lost <= 1 factor", "every outflow reachable"): p.Lost(1),
    ("lost <= 2 factors", "every outflow reachable"): p.Lost(2),
}
ASSERT = {
    ("any capabilities", "no outflow"): p.NoOutflow(),
    ("any capabilities", "no silent outflow"): p.NoSilentOutflow(),
    ("any capabilities", "no disclosure"): p.NoDisclosure(),
    ("any capabilities", "no starvation"): p.NoStarvation(),
    ("any capabilities", "window >= 24h"): p.WindowAtLeast(DAY),
    ("any capabilities", "loss(owner_reacts=24h) <= 2000"): p.LossAtMost(DAY, Decimal(2000)),
    ("any capabilities", "loss( owner_reacts = 90m ) <= 0.5"): p.LossAtMost(90 * 60_000, Decimal("0.5")),
    ("enrolled(totp)", "not substitutes(sms, totp)"): p.NotSubstitutes("sms", "totp"),
    ("lost <= 1 factor", "owner regains session <= 7d"): p.OwnerRegains("session", 7 * DAY),
    ("lost <= 1 factor", "every outflow reachable"): p.EveryOutflowReachable(),
}


def read(given: str, assertion: str, more: str = ""):
    line = f"  - {{name: one, given: {given}, assert: '{assertion}'{more}}}\n"
    return loaded(document(tail="properties:\n" + line)).properties[0]


@pytest.mark.parametrize("text", GIVEN)
def test_given_of_an_attack(text):
    """Sets of capabilities."""
    assert read(text, "no outflow").given_form == GIVEN[text]


@pytest.mark.parametrize("pair", OTHER_GIVEN)
def test_given_of_an_owner(pair):
    """What the owner has or has lost."""
    assert read(*pair).given_form == OTHER_GIVEN[pair]


@pytest.mark.parametrize("pair", ASSERT)
def test_assertion(pair):
    """What must hold."""
    assert read(*pair).assert_form == ASSERT[pair]


def test_exceptions_profiles_and_place_are_kept():
    """One name or a list; line and column of the property."""
    text = document(
        outflows="  withdraw: {require: session and totp and address}\n",
        tail="properties:\n  - name: one\n    given: any capabilities\n    assert: no outflow\n"
        "    except: withdraw\n    profiles: [sms_only, totp_user]\n",
    )
    found = loaded(text).properties[0]
    assert found.outflows_excepted == ("withdraw",)
    assert found.profiles == ("sms_only", "totp_user")
    assert text.splitlines()[found.line - 1][found.column - 1 :] == "name: one"


@pytest.mark.parametrize("form", p.GIVEN_FORMS)
def test_every_advertised_given_is_a_form(form):
    """The hint lists no form that is refused."""
    names = p.Names({"sim_swap"}, {"totp"}, {"session"})
    assert form.startswith("[") or p.parse_given(form, names) is not None


@pytest.mark.parametrize("form", p.ASSERT_FORMS)
def test_every_advertised_assertion_is_a_form(form):
    """Same."""
    assert p.parse_assertion(form, p.Names((), {"sms", "totp"}, {"session"})) is not None


def test_packs_keep_their_properties():
    """What is promised stays with the policy."""
    assert len(load_pack("hardened").properties) == 12
    assert len(load_pack("okx-2024").properties) == 7
