# SPDX-License-Identifier: Apache-2.0
"""The cause of an attack: attribution, sets, controls, counterfactuals, on records of real decisions."""

from __future__ import annotations

import msgspec

from counterseal.core.account import Enrol
from counterseal.core.policy.model import Policy
from counterseal.prover.cause.extract import steps_of
from counterseal.prover.cause.investigate import investigate, to_json
from counterseal.prover.cause.model import Account, CauseReport, Claim, Side, Step
from counterseal.prover.cause.text import explain
from tests.support.lab import DAY, HOUR, MINUTE, owner
from tests.support.lab_policy import lab_policy_with
from tests.support.recorder import Recorder

STRICTER = lab_policy_with("age(address) >= 24h", "age(address) >= 120h")

NEW_PHONE = Enrol("sms", "sms-2", "sms@new")


def stolen() -> tuple[Recorder, dict[str, str]]:
    """The owner logs in; an attacker logs in, names an address, waits, and withdraws."""
    lab = Recorder(register=owner(("password", "sms", "email"), objects={}))
    lab.wait(40 * DAY)
    acts = {"owner": lab.done("login", "password", "sms", session="s-owner")}
    lab.wait(20 * DAY)
    acts["login"] = lab.done("login", "password", "sms", session="s1")
    lab.accept(acts["login"])
    lab.wait(MINUTE)
    acts["address"] = lab.done("add_address", "sms", session="s1", address="a1")
    lab.accept(acts["address"])
    lab.wait(25 * HOUR)
    acts["again"] = lab.done("login", "password", "sms", session="s2")
    lab.accept(acts["again"])
    acts["out"] = lab.done("withdraw", "sms", value=100, session="s2", address="a1")
    lab.accept(acts["out"])
    lab.redeem(acts["out"])
    lab.report(acts["out"])
    return lab, acts


def found(lab: Recorder, acts: dict[str, str], *sides: Side, others: tuple[Policy, ...] = ()) -> CauseReport:
    account = Account("account", tuple(lab.pasts))
    claim = Claim("account", actions=(acts["out"],))
    return investigate(lab.policy, [account], sides, [claim], others, now=lab.now)


def step(report: CauseReport, action: str) -> Step:
    return next(one for one in report.steps if one.action == action)


def sets(report: CauseReport) -> set[frozenset[str]]:
    return {frozenset(one.capabilities) for one in report.sufficient}


class TestSteps:
    def test_the_cone_of_the_loss_is_the_attackers_and_the_old_log_in_is_not(self) -> None:
        lab, acts = stolen()
        report = found(lab, acts)
        assert step(report, acts["out"]).sure == "certain"
        for name in ("login", "address", "again"):
            assert (step(report, acts[name]).who, step(report, acts[name]).sure) == ("attacker", "inferred")
        assert step(report, acts["owner"]).who == "owner"
        rests = {one.n for one in report.steps if one.action in (acts["again"], acts["address"])}
        assert set(step(report, acts["out"]).rests_on) == rests

    def test_what_nobody_disputes_is_nobodys_attack(self) -> None:
        lab, _ = stolen()
        report = investigate(lab.policy, [Account("account", tuple(lab.pasts))], now=lab.now)
        assert not report.sufficient
        assert report.undecided

    def test_an_owner_who_stands_by_a_step_ends_the_cone_there(self) -> None:
        lab, acts = stolen()
        claim = Claim("account", actions=(acts["out"],), theirs=(acts["address"],))
        report = investigate(lab.policy, [Account("account", tuple(lab.pasts))], (), [claim], now=lab.now)
        assert step(report, acts["address"]).who == "owner"
        assert step(report, acts["login"]).who != "attacker"

    def test_a_cancel_by_link_points_at_the_attacker_and_leaves_the_other_reading_open(self) -> None:
        lab = Recorder(register=owner(("password", "sms", "email"), objects={}))
        lab.wait(40 * DAY)
        lab.done("login", "password", "sms", session="s1")
        change = lab.done("change_phone", "sms", "email", session="s1", enrol=(NEW_PHONE,))
        lab.accept(change)
        lab.cancel(change, "link", "c.push")
        report = investigate(lab.policy, [Account("account", tuple(lab.pasts))], now=lab.now)
        assert (step(report, change).who, step(report, change).sure) == ("attacker", "inferred")
        assert step(report, change).n in {one.step for one in report.alternatives}

    def test_notices_say_who_took_them(self) -> None:
        lab, acts = stolen()
        told = step(found(lab, acts), acts["login"]).notice
        assert told["c.push"] == "reached"
        assert told["c.email"] == "sent"


class TestSets:
    def test_the_smallest_sets(self) -> None:
        """The password leaked or was relayed; SMS were read, or the number was taken. A code that was relayed works
        once, and four were given."""
        lab, acts = stolen()
        report = found(lab, acts)
        listed = {
            frozenset((*one.instead.get(name, ()), name) for name in one.capabilities) for one in report.sufficient
        }
        assert {frozenset(frozenset(group) for group in one) for one in listed} == {
            frozenset({frozenset({"pw_leak"}), frozenset({"sms_intercept", "sim_swap"})}),
            frozenset({frozenset({"otp_relay"}), frozenset({"sms_intercept", "sim_swap"})}),
        }

    def test_precursors_stand_apart(self) -> None:
        lab, acts = stolen()
        first = step(found(lab, acts), acts["login"]).at
        told = "the number moved to another card"
        side = Side("sim_change", first - 2 * HOUR, told, "carrier-1", "account", "sim_swap")
        late = Side("sim_change", first + HOUR, "again", "carrier-2", "account", "sim_swap")
        report = found(lab, acts, side, late)
        assert [one.ref for one in report.precursors] == ["carrier-1"]
        assert report.precursors[0].before == 2 * HOUR
        assert sets(report) == sets(found(lab, acts))
        assert "carrier" in " ".join(one.datum for one in report.would_decide)


class TestControls:
    def test_the_control_and_other_policies(self) -> None:
        lab, acts = stolen()
        report = found(lab, acts, others=(STRICTER,))
        (control,) = report.failed_control
        assert control.rule == "withdraw"
        assert control.line == lab.policy.rules["withdraw"].line
        fate = next(one for one in report.counterfactuals if one.step == step(report, acts["out"]).n)
        assert fate.now == "held"
        assert fate.until == step(report, acts["address"]).at + 120 * HOUR

    def test_single_edits_are_confirmed_by_the_record(self) -> None:
        lab, acts = stolen()
        report = found(lab, acts)
        assert report.edits
        assert {one.how for one in report.edits} <= {"held", "denied", "challenged"}
        assert any(one.rule == "withdraw" for one in report.edits)

    def test_integrity(self) -> None:
        lab, acts = stolen()
        assert found(lab, acts).integrity.verdict == "not_checked"
        good = Side("log_check", lab.now, "verifies against three checkpoints", "c1")
        bad = Side("log_check", lab.now, "another root than the witness has", "c2", bad=True)
        assert found(lab, acts, good).integrity.verdict == "not_in_doubt"
        assert found(lab, acts, good, bad).integrity.verdict == "in_doubt"

    def test_it_can_be_written_and_read(self) -> None:
        lab, acts = stolen()
        report = found(lab, acts, others=(STRICTER,))
        assert msgspec.json.decode(to_json(report), type=CauseReport) == report
        text = explain(report)
        assert text.index("WHAT WOULD HAVE SUFFICED") < text.index("THE CONTROL")


def test_many_accounts_from_kept_steps_say_what_one_says() -> None:
    lab, acts = stolen()
    kept = steps_of(lab.policy, "account", lab.pasts)
    accounts, claims = [], []
    for at in range(2_000):
        name = f"a{at}"
        accounts.append(Account(name, traces=tuple(msgspec.structs.replace(one, account=name) for one in kept)))
        claims.append(Claim(name, actions=(acts["out"],)))
    report = investigate(lab.policy, accounts, (), claims, now=lab.now)
    assert len(report.by_account) == 2_000
    assert sets(report) == sets(found(lab, acts))
