# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to a request in whatever order: what was found stays, and nothing is approved past the rule."""

from __future__ import annotations

import contextlib

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from counterseal.core.policy.model import Policy
from counterseal.gateways.desk_packs import load_desk_pack_file
from counterseal.gateways.packs import load_pack
from counterseal.judicial.packs.clocks import clocks_for
from counterseal.judicial.packs.scope import fields_for
from counterseal.judicial.requests import acts, evidence, handover, ticking, triage
from counterseal.judicial.requests.amend import check_triage
from counterseal.judicial.requests.binding import HOUR, TWO, digest_of, standing
from counterseal.judicial.requests.conflicts import check_officers
from counterseal.judicial.requests.decision import decide
from counterseal.judicial.requests.model import (
    Approved,
    EvidenceKind,
    Identifier,
    JudicialRequest,
    Result,
    State,
    Type,
)
from counterseal.judicial.requests.stored import RequestRuleError, Tick
from counterseal.judicial.requests.triage import Given, Triage

POLICY: Policy = load_pack("hardened")
PACK = load_desk_pack_file("generic")
STAFF = ("st_1", "st_2", "st_3")
OUT = {State.PACKAGE_BUILT, State.DELIVERED, State.NOTICE_DUE}
HANDS = sorted(evidence.BY_HAND)
REACHED: set[State] = set()


class Requests(RuleBasedStateMachine):
    """The pure steps, as the services call them, with people who try everything."""

    held: JudicialRequest
    now = 1_780_000_000_000

    @initialize(emergency=st.booleans())
    def received(self, emergency: bool) -> None:
        kind = Type.EMERGENCY if emergency else Type.DISCLOSURE
        given = Given(kind, ("doc_1",), identifiers=(Identifier("account", "u-1"),), categories=("subscriber",))
        self.held = triage.made(given, "jr_1", "CS-2026-000001", self.now, self.now, "tok_1")
        self.basis = "danger_to_life" if emergency else "court_order"
        self.approved: set[str] = set()

    def try_(self, after: JudicialRequest) -> None:
        before, self.held = self.held, after
        REACHED.add(after.state)
        old = [msgspec.structs.replace(each, resolved=None, void="") for each in before.evidence]
        new = [msgspec.structs.replace(each, resolved=None, void="") for each in after.evidence]
        assert new[: len(old)] == old, "evidence was changed or lost"
        assert after.history[: len(before.history)] == before.history, "history was changed or lost"
        for each in before.evidence:
            later = next(one for one in after.evidence if one.id == each.id)
            assert each.void in ("", later.void), "what is void came back"

    @rule(wider=st.booleans())
    def triage(self, wider: bool) -> None:
        categories = ("subscriber", "identity") if wider else ("subscriber",)
        given = Triage(self.held.type, "generic", self.basis, "nm-court", categories=categories)
        clocks = clocks_for(PACK, given.type, self.held.received, basis=self.basis)
        try:
            after = triage.triaged(self.held, given, ("u-1",), clocks, self.now, "st_1")
            self.try_(check_triage(self.held, given, after))
        except RequestRuleError:
            pass

    @rule(kind=st.sampled_from(list(EvidenceKind)), result=st.sampled_from(list(Result)), by=st.sampled_from(STAFF))
    def finds(self, kind: EvidenceKind, result: Result, by: str) -> None:
        who = by if kind in HANDS else evidence.DESK
        try:
            after = evidence.added(
                self.held, (evidence.piece(kind, result, source=kind),), POLICY.vocabulary, self.now, who
            )
            if kind is EvidenceKind.CALL_BACK and result is Result.SUPPORTS:
                after = msgspec.structs.replace(after, key="age1key", key_evidence=after.evidence[-1].id)
            self.try_(triage.changed_back(self.held, after, self.now, who, "found"))
        except RequestRuleError:
            pass

    @rule(index=st.integers(0, 30))
    def resolves(self, index: int) -> None:
        open_ = evidence.contradictions(self.held)
        if open_:
            piece = open_[index % len(open_)]
            try:
                after = evidence.resolved(self.held, piece.id, STAFF[1:], "why", self.now)
                self.try_(triage.changed_back(self.held, after, self.now, "st_2+st_3", "resolved"))
            except RequestRuleError:
                pass

    @rule(passed=st.booleans())
    def reviews(self, passed: bool) -> None:
        with contextlib.suppress(RequestRuleError):
            self.try_(acts.reviewed(self.held, passed=passed, basis=self.basis, reason="x", at=self.now, by="st_2"))

    @rule()
    def chooses(self) -> None:
        if self.held.legal_basis:
            with contextlib.suppress(RequestRuleError):
                self.try_(acts.chosen(self.held, fields_for(PACK, self.held), self.now, "st_2"))

    @rule()
    def submits(self) -> None:
        with contextlib.suppress(RequestRuleError):
            self.try_(acts.submitted(self.held, decide(POLICY, self.held, PACK, self.now), self.now, "st_2"))

    @rule(officers=st.sampled_from([("st_1", "st_2"), ("st_2", "st_3"), ("st_2",), ("st_2", "st_2")]))
    def approves(self, officers: tuple[str, ...]) -> None:
        digest, alone = digest_of(self.held), len(officers) == 1
        try:
            check_officers(self.held, officers, {}, None, alone=alone)
            trial = Approved(self.now, digest, officers, second_by=self.now + 1 if alone else None)
            tried = msgspec.structs.replace(self.held, approvals=(*self.held.approvals, trial))
            decided = decide(POLICY, tried, PACK, self.now)
            if alone:
                self.try_(acts.approved_by_duty(self.held, digest, officers[0], decided, self.now))
            else:
                self.try_(acts.approved(self.held, digest, officers, decided, self.now))
            self.approved.add(digest)
        except RequestRuleError:
            pass

    @rule(steps=st.integers(1, 8))
    def works_on(self, steps: int) -> None:
        """The usual way, as far as it goes: chance alone would hardly come to an approval."""
        way = (
            lambda: self.triage(wider=False),
            lambda: self.finds(EvidenceKind.DOC_SIGNATURE, Result.SUPPORTS, "st_1"),
            lambda: self.finds(EvidenceKind.CALL_BACK, Result.SUPPORTS, "st_1"),
            lambda: self.reviews(passed=True),
            self.chooses,
            self.submits,
            lambda: self.approves(("st_2", "st_3")),
            self.hands_over,
        )
        for step in way[:steps]:
            step()

    @rule()
    def hands_over(self) -> None:
        if handover.release_fault(self.held, self.now):
            return
        assert decide(POLICY, self.held, PACK, self.now).allowed, "it would be handed out against the rule"
        try:
            if self.held.state is State.APPROVED:
                self.try_(handover.package_built(self.held, "dsc_1", self.now, "desk"))
            else:
                self.try_(handover.delivered(self.held, self.now, "portal:x"))
        except RequestRuleError:
            pass

    @rule(how=st.sampled_from(["suspect", "clear", "ask", "answer", "reject"]))
    def turns(self, how: str) -> None:
        steps = {
            "suspect": lambda: acts.suspected(self.held, self.now, "st_1", "why"),
            "clear": lambda: acts.found_genuine(self.held, STAFF[1:], self.now, "why"),
            "ask": lambda: triage.asked(self.held, self.now, "st_1", "?"),
            "answer": lambda: triage.answered(self.held, self.now, "st_1", "!"),
            "reject": lambda: acts.ended(self.held, State.REJECTED, self.now, "st_1", "no basis"),
        }
        if how == "reject" and self.now % 3:
            return
        with contextlib.suppress(RequestRuleError):
            self.try_(steps[how]())

    @rule(hours=st.integers(1, 60))
    def waits(self, hours: int) -> None:
        self.now += hours * HOUR + 1
        for clock in self.held.clocks:
            self.try_(ticking.ticked(self.held, Tick("jr_1", clock.name, clock.due), self.now))

    @invariant()
    def nothing_leaves_without_its_approval(self) -> None:
        if not hasattr(self, "held"):
            return
        if self.held.state in OUT | {State.APPROVED}:
            last = self.held.approvals[-1]
            assert last.digest in self.approved
            assert len(set(last.officers)) == TWO or self.held.type is Type.EMERGENCY
        held = standing(self.held, self.now)
        if held is not None and self.held.state is not State.DELIVERED:
            assert held.digest == digest_of(self.held)
            assert not evidence.contradictions(self.held)
        denied = [
            each
            for each in self.held.evidence
            if each.kind in HANDS and each.result is Result.CONTRADICTS and not each.void
        ]
        if denied:
            assert self.held.state not in {State.APPROVED, State.PACKAGE_BUILT, State.DECISION_PENDING}


def test_no_order_of_steps_leads_around_the_rule() -> None:
    """And the walks come everywhere that steps lead, so that the invariants are tried there."""
    REACHED.clear()
    wanted = {State.APPROVED, State.PACKAGE_BUILT, State.DELIVERED, State.SUSPECTED_FORGED}
    for _ in range(10):  # walks are drawn by chance: most times the first run is enough
        run_state_machine_as_test(
            Requests, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
        )
        if wanted <= REACHED:
            break
    assert wanted <= REACHED
