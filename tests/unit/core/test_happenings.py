# SPDX-License-Identifier: Apache-2.0
"""What outsiders hear of each transition: everything that matters, once, and nothing personal or sealed."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Enrol, Freeze, Suspicion
from counterseal.core.effects import Publish
from counterseal.core.happenings import CATALOGUE, TEST, Happening, body_of, happenings, id_of, written
from tests.support.lab import DAY, OFFICERS, START, Lab


class Heard(Lab):
    """A lab that keeps what outsiders hear."""

    def __init__(self, *given: Any) -> None:
        self.heard: list[Publish] = []
        super().__init__(*given)

    def do(self, given: i.Input) -> Any:
        before = self.state
        decision = super().do(given)
        told = happenings(self.policy, before, self.state, given.id, self.last.events, self.now)
        again = happenings(self.policy, before, self.state, given.id, self.last.events, self.now)
        assert told == again  # the same transition, run again: the same ids
        self.heard += told
        return decision

    def types(self) -> list[str]:
        found = [each.topic for each in self.heard]
        self.heard = []
        return found

    def suspect(self, capability: str, name: str = "sus") -> None:
        found = Suspicion(name, capability, self.now, self.now + DAY, evidence="a secret note")
        self.do(i.Suspect(self.name("in"), found))


def test_a_log_in_says_nothing_and_a_withdrawal_each_step() -> None:
    lab = Heard()
    action = lab.done("login", "password", "passkey", session="s9")
    assert lab.status(action) == "done"
    assert lab.types() == []
    action = lab.done("withdraw", "passkey", session="s1", address="a1")
    assert lab.types() == ["seal.issued"]
    held = lab.state.actions[action].seal
    assert held is not None
    lab.do(i.Redeem("red", action, held.id, held.epoch))
    lab.do(i.Report("rep", action, held.id, "broadcast", "0xabc"))
    assert [(each.topic, each.body) for each in lab.heard] == [
        ("seal.redeemed", {"action": action, "rule": "withdraw", "seal": held.id}),
        ("seal.broadcast", {"action": action, "rule": "withdraw", "seal": held.id}),
    ]


def test_a_refused_redemption_and_an_abandoned_payment() -> None:
    lab = Heard()
    for outcome in ("void", "abandoned"):
        action = lab.done("withdraw", "passkey", session="s1", address="a1")
        held = lab.state.actions[action].seal
        assert held is not None
        if outcome == "abandoned":
            lab.do(i.Redeem(lab.name("red"), action, held.id, held.epoch))
            lab.do(i.Report(lab.name("rep"), action, held.id, "abandoned"))
            assert lab.types() == ["seal.issued", "seal.redeemed", "seal.abandoned"]
        else:
            lab.do(i.Redeem(lab.name("red"), action, held.id, held.epoch, trusted_time=False))
            assert lab.types() == ["seal.issued", "seal.void"]


def test_freezes_suspicions_and_break_glass() -> None:
    lab = Heard()
    lab.do(i.FreezeNow("f", Freeze("fr", "owner", lab.now, None, "owner")))
    lab.do(i.LiftFreeze("l", OFFICERS))
    lab.suspect("sim_swap")
    lab.do(i.OpenGlass("g", OFFICERS, "came to the branch", DAY // 24))
    lab.do(i.CloseGlass("c", OFFICERS[0]))
    lab.do(i.ClearSuspicion("k", "sus", OFFICERS))
    heard = list(lab.heard)
    assert lab.types() == [
        "account.frozen",
        "account.unfrozen",
        "suspicion.raised",
        "account.glass_opened",
        "account.glass_closed",
        "suspicion.cleared",
    ]
    everything = b"".join(body_of(each) for each in heard)
    for secret in (b"a secret note", b"officer-1", b"branch", b"@owner"):
        assert secret not in everything


def test_what_is_sealed_or_unknown_is_never_told() -> None:
    lab = Heard()
    sealed = [name for name, spec in lab.policy.vocabulary.capabilities.items() if spec.tell == "sealed"]
    assert sealed
    for name in sealed:
        lab.suspect(name, f"s-{name}")
        lab.do(i.ClearSuspicion(lab.name("k"), f"s-{name}", OFFICERS))
    assert lab.heard == []
    # A suspicion that an earlier policy knew: this one does not say that it may be told.
    known = lab.policy.vocabulary
    without = {name: spec for name, spec in known.capabilities.items() if name != "sim_swap"}
    lab.suspect("sim_swap")
    assert lab.types() == ["suspicion.raised"]
    lab.policy = msgspec.structs.replace(
        lab.policy, vocabulary=msgspec.structs.replace(known, capabilities=without)
    )
    lab.do(i.ClearSuspicion("k", "sus", OFFICERS))
    assert lab.heard == []


def test_a_change_is_told_when_it_waits_and_when_it_takes_effect() -> None:
    lab = Heard()
    new = (Enrol("sms", "sms-new", "+4912345678"),)
    action = lab.done("change_phone", "passkey", "email", session="s1", enrol=new)
    assert lab.types() == ["action.pending"]
    lab.cancel(action)
    assert lab.types() == ["action.cancelled"]
    action = lab.done("change_phone", "passkey", "email", session="s1", enrol=new)
    lab.cancel(action, contact="c.sms")  # from the phone that is being replaced
    assert lab.types() == ["action.pending", "action.disputed"]
    lab.do(i.ResolveDispute(lab.name("r"), action, uphold=True, officers=OFFICERS))
    assert [(each.topic, each.body["result"]) for each in lab.heard] == [("action.dispute_resolved", "goes_on")]
    lab.heard = []
    lab.accept(action)
    lab.wait(4 * DAY)
    lab.due(action)
    heard = {(each.topic, each.body.get("change")) for each in lab.heard}
    assert ("action.applied", None) in heard
    assert {("factor.changed", "bound"), ("contact.changed", "bound"), ("contact.changed", "replaced")} <= heard
    assert b"+4912345678" not in b"".join(body_of(each) for each in lab.heard)


def test_ids_are_of_one_happening() -> None:
    parts = ("u-1", "in", str(START), "7", "account.frozen", "0")
    assert id_of(*parts) == id_of(*parts)
    assert re.fullmatch(r"ev_[0-9a-f]{32}", id_of(*parts))
    others = {id_of(*(*parts[:n], "x", *parts[n + 1 :])) for n in range(len(parts))}
    assert len(others | {id_of(*parts)}) == len(parts) + 1
    assert id_of("ab", "c") != id_of("a", "bc")


def test_the_message_is_what_the_catalogue_says() -> None:
    told = Publish("ev_1", "account.frozen", {"kind": "owner"}, START, "u-1")
    assert msgspec.json.decode(body_of(told), type=Happening) == Happening(
        "ev_1", "account.frozen", "2023-11-14T22:13:20.000Z", "u-1", {"kind": "owner"}
    )
    assert written(1) == "1970-01-01T00:00:00.001Z"
    assert TEST in CATALOGUE
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name) for name in CATALOGUE)
