# SPDX-License-Identifier: Apache-2.0
"""Small random policies over the laboratory's vocabulary, and accounts that fit any policy."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from counterseal.core import inputs as i
from counterseal.core.account import Contact, FactState, Grant, Instance, Object
from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Limit, Policy, Rule
from tests.support.lab import DAY, HOUR, START
from tests.support.lab_policy import lab_vocabulary, policy_of, requirement

FACTORS = ("password", "sms", "email", "totp", "passkey", "face")
FACTS = ("session", "address", "verified_address", "api_withdraw")
CLOCKS = ("weakened", "new_device", "recovered")
WAITS = (HOUR, 6 * HOUR, DAY, 2 * DAY)


def register_for(policy: Policy, *, at: int = START, absent: frozenset[str] = frozenset()) -> i.Register:
    """An account of 60 days with one instance of each factor but `absent`, a contact on each channel, and two
    objects of each kind that carry every fact of it."""
    old = Grant(at - 60 * DAY, "import", imported=True)
    words = policy.vocabulary
    factors = {name: spec for name, spec in words.factors.items() if name not in absent}
    contacts = {
        spec.channel: Contact(f"c.{spec.channel}", spec.channel, "here", at - 60 * DAY, name)
        for name, spec in reversed(factors.items())
        if spec.contact
    }
    for channel in words.channels:
        contacts.setdefault(channel, Contact(f"c.{channel}", channel, "here", at - 60 * DAY))
    instances = tuple(
        Instance(name, name, old, contact=f"c.{spec.channel}" if spec.contact else None, started=at - 60 * DAY)
        for name, spec in factors.items()
    )
    kinds = sorted(set(words.facts.values()))
    objects = tuple(
        Object(
            kind,
            f"{kind}-{number}",
            {n: FactState(old, started=at - 60 * DAY) for n, k in words.facts.items() if k == kind},
        )
        for kind in kinds
        for number in (1, 2)
    )
    return i.Register("account", tuple(contacts.values()), instances, objects)


def expressions(facts: tuple[str, ...] = FACTS) -> st.SearchStrategy[x.Expression]:
    """Requirements of a few atoms."""
    several = st.lists(st.sampled_from(FACTORS), min_size=2, max_size=3, unique=True).map(tuple)
    atoms = st.one_of(
        st.sampled_from(FACTORS).map(x.Proof),
        st.sampled_from(facts).map(x.Fact),
        several.map(x.Strongest),
        several.map(lambda factors: x.AtLeast(2, factors)),
        st.builds(x.Since, st.sampled_from(CLOCKS), st.sampled_from(WAITS)),
        st.builds(x.Age, st.sampled_from(facts), st.sampled_from(WAITS)),
        st.just(x.Context("ip_listed")),
    )
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda items: x.And(tuple(items))),
            st.lists(inner, min_size=2, max_size=3).map(lambda items: x.Or(tuple(items))),
        ),
        max_leaves=5,
    )


def names(values: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    """A few of these names."""
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


@st.composite
def rules(draw: st.DrawFn, name: str, *, outflow: bool) -> Rule:
    """One rule. One verb each, so that a clock's verbs are unambiguous."""
    notify = draw(st.sampled_from((None, ("sms", "email"), ("email", "push"), ("sms", "email", "push"))))
    common = {
        "name": name,
        "line": 1,
        "outflow": outflow,
        "kind": "withdraw" if outflow else name,
        "require": requirement(lab_vocabulary(), draw(expressions())),
        "verb": "bind" if name == "bind" else name,
        "starts": draw(names(CLOCKS, 1)),
        "notify": notify,
        "delay": draw(st.sampled_from((0, 0, 0, HOUR, DAY))),
        "when_frozen": draw(st.booleans()),
    }
    if outflow:
        return Rule(**common, limit=draw(st.sampled_from((None, Limit(Decimal(1000), DAY)))))
    grants = draw(names((*FACTS, "sms", "email", "totp", "passkey", "password")))
    lasts = {fact: draw(st.sampled_from((HOUR, DAY))) for fact in grants if fact in FACTS and draw(st.booleans())}
    return Rule(
        **common,
        grants=grants,
        revokes=draw(names(FACTS, 1)),
        removes=draw(names(("totp", "sms", "passkey"), 1)),
        silences=draw(names(("sms", "push"), 1)),
        confirms=draw(names(("session", "address", "totp"), 1)),
        holds=draw(names(CLOCKS, 2)),
        lifts=draw(st.sampled_from((None, None, "freeze"))),
        lasts=lasts,
        sliding=frozenset(fact for fact in lasts if draw(st.booleans())),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Four actions and two outflows."""
    made = [draw(rules(name, outflow=False)) for name in ("login", "bind", "change", "recover")]
    return policy_of(lab_vocabulary(), [*made, *(draw(rules(name, outflow=True)) for name in ("pay", "send"))])
