# SPDX-License-Identifier: Apache-2.0
"""Random commands over the HTTP API of the whole application, against the reference semantics, step by step.

The server's own workers deliver and fire beside the commands. After each command every new entry of the account's
log is given to the reference: it must take the same inputs, decide the same, and end with the same statuses, times
and freezes as the API shows. What the API refuses, the reference must refuse.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import httpx2
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from counterseal.access.model import Scope
from counterseal.core import inputs as i
from counterseal.core.account import Freeze, Suspicion
from counterseal.core.inputs import Challenged, ProofFailed
from counterseal.guard.model import decode_record
from tests.property.test_engine_reference import answer_of
from tests.reference.account import Reference, RefusedError
from tests.support.server import DAY, HOUR, MINUTE, PLATFORM, Live, Owner, serving

LONG = os.environ.get("COUNTERSEAL_TEST_FAULTS")
EXAMPLES, STEPS = (60, 40) if LONG else (4, 14)
OUTFLOWS = st.sampled_from(
    [("withdraw_small", "10"), ("withdraw_small", "700"), ("withdraw", "5000"), ("p2p_release", "900")]
)
CAPABILITIES = st.sampled_from(["sms_intercept", "sim_swap", "email_takeover", "session_theft", "totp_seed"])
AFTER = st.sampled_from([0, 1, MINUTE, 3 * MINUTE, 11 * MINUTE, 31 * MINUTE, 23 * HOUR, 24 * HOUR, 3 * DAY])
FACTORS = st.sampled_from(["totp", "totp", "email", "email", "sms", "password"])
BUDGETS = {"throttled", "challenge_blocked", "too_many_open"}  # of the edge; the reference has none


class World:
    """The running server, and the loop in which it runs."""

    def __init__(self, runner: asyncio.Runner, live: Live) -> None:
        self.run: Callable[[Awaitable[Any]], Any] = runner.run  # type: ignore[assignment]
        self.live = live


class Commands(RuleBasedStateMachine):
    """One new account in each run. `world` is set by the test."""

    world: World
    seen: ClassVar[Counter[str]] = Counter()  # statuses over all runs: what was reached at all

    @initialize()
    def begin(self) -> None:
        """Register."""
        self.live = self.world.live
        self.person: Owner = self.world.run(self.live.owner())
        self.reference = Reference(self.live.application.policies.current)
        self.actions: list[str] = []
        self.after = -1
        self.numbers = 0
        self.take_entries()
        self.ask_and_prove(("withdraw", "5000"))  # each run begins with one that waits and one that is paid
        self.pay(("withdraw_small", "10"), 0)

    # ------------------------------------------------------------ commands

    @rule(outflow=OUTFLOWS)
    def ask(self, outflow: tuple[str, str]) -> None:
        """An outflow to the old address."""
        body = self.person.request(outflow[0], amount=outflow[1])
        answer = self.post(f"/v1/accounts/{self.person.account}/actions", body)
        if answer.is_success:
            self.actions.append(answer.json()["id"])
        self.take_entries()

    @rule()
    def log_in(self) -> None:
        """An action that is no outflow."""
        answer = self.post(f"/v1/accounts/{self.person.account}/actions", self.person.request("login"))
        if answer.is_success:
            self.actions.append(answer.json()["id"])
        self.take_entries()

    @rule(which=st.integers(0, 5), factor=FACTORS)
    def prove(self, which: int, factor: str) -> None:
        """A factor counts as proved."""
        if action := self.pick(which):
            self.post(f"/v1/test/actions/{action}/proofs", {"factor": factor}, token="prover")
            self.take_entries()

    @rule(outflow=OUTFLOWS)
    def ask_and_prove(self, outflow: tuple[str, str]) -> None:
        """An outflow with all that it needs."""
        self.ask(outflow)
        for factor in ("totp", "email"):
            self.prove(0, factor)

    @rule(outflow=OUTFLOWS, duration=st.sampled_from([0, 3 * MINUTE]))
    def pay(self, outflow: tuple[str, str], duration: int) -> None:
        """An outflow from the ask to the receipt, perhaps too late."""
        self.ask_and_prove(outflow)
        if duration:
            self.advance(duration)
        self.redeem(0, "broadcast")

    @rule(which=st.integers(0, 5))
    def wrong(self, which: int) -> None:
        """A wrong code."""
        if action := self.pick(which):
            self.post(f"/v1/actions/{action}/proofs", {"factor": "totp", "answer": "000000"})
            self.take_entries()

    @rule(which=st.integers(0, 5))
    def cancel(self, which: int) -> None:
        """By the platform."""
        if action := self.pick(which):
            answer = self.post(f"/v1/actions/{action}/cancel")
            self.settled(answer, i.Cancel(self.name(), action, "platform"))

    @rule(which=st.integers(0, 5))
    def decide(self, which: int) -> None:
        """Again, to collect what waited."""
        if action := self.pick(which):
            answer = self.post(f"/v1/actions/{action}/decide")
            self.settled(answer, i.Decide(self.name(), action, True, "seal-x", 0))

    @rule(which=st.integers(0, 5), report=st.sampled_from(["", "broadcast", "abandoned"]))
    def redeem(self, which: int, report: str) -> None:
        """Also twice, also late; then perhaps a report."""
        action = self.pick(which)
        seal = action and self.state().actions[action].seal if action in self.state().actions else None
        if not (action and seal):
            return
        answer = self.post(f"/v1/seals/{seal.id}/redeem")
        self.settled(answer, i.Redeem(self.name(), action, seal.id, seal.epoch, True))
        if report:
            body = {"txid": "tx"} if report == "broadcast" else None
            reported = self.post(f"/v1/seals/{seal.id}/{report}", body)
            self.settled(reported, i.Report(self.name(), action, seal.id, report, "tx" if body else ""))

    @rule()
    def freeze(self) -> None:
        """By the owner."""
        answer = self.post(f"/v1/accounts/{self.person.account}/freeze", {})
        self.settled(answer, i.FreezeNow(self.name(), Freeze(self.name(), "owner", self.live.now, None, "x")))

    @rule()
    def lift(self) -> None:
        """By two officers."""
        headers = {"Second-Officer": self.live.tokens["omar"]}
        answer = self.post(f"/v1/accounts/{self.person.account}/unfreeze", None, token="ines", headers=headers)
        self.settled(answer, i.LiftFreeze(self.name(), ("ines", "omar")))

    @rule(capability=CAPABILITIES, lasts=st.sampled_from([HOUR, 2 * DAY]))
    def suspect(self, capability: str, lasts: int) -> None:
        """A signal."""
        body = {"capability": capability, "until": self.live.now + lasts, "evidence": "a sign"}
        answer = self.post(f"/v1/accounts/{self.person.account}/suspicions", body)
        given = Suspicion(self.name(), capability, self.live.now, self.live.now + lasts)
        self.settled(answer, i.Suspect(self.name(), given))

    @rule(duration=AFTER)
    def advance(self, duration: int) -> None:
        """Time passes; notices are accepted and timers fire on the way."""
        assert self.post("/v1/clock", {"advance": duration}).is_success
        self.take_entries()

    # ------------------------------------------------------------ comparisons

    @invariant()
    def the_same(self) -> None:
        """What the API shows is what the reference says."""
        if not hasattr(self, "reference"):
            return
        state, now, reference = self.together(), self.live.now, self.reference
        for action in state.actions.values():
            assert reference.status(action.id) == action.status, action
            if action.status in {"pending", "ready"}:
                assert reference.due(action.id) == action.due, action
            shown = self.get(f"/v1/actions/{action.id}?view=staff")
            assert shown["status"] == action.status
            self.seen[action.status] += 1
        shown = self.get(f"/v1/accounts/{self.person.account}")
        assert len(shown["freezes"]) == len(reference.unlifted()), (shown["freezes"], reference.unlifted())
        for outflow in self.reference.policy.rules.values():
            if outflow.outflow and outflow.limit is not None:
                spent = sum(
                    value
                    for at, until, value in reference.spends(outflow.name)
                    if now - at < outflow.limit.period and (until is None or until > now)
                )
                assert spent <= outflow.limit.amount, (outflow.name, spent)

    def take_entries(self) -> None:
        """Give the reference what the log has more."""
        subject, store = f"account:{self.person.account}", self.live.application.store
        for entry in self.world.run(store.entries(subject=subject, after=self.after, limit=500)):
            self.after = entry.position
            record = decode_record(entry.payload)
            try:
                expected = self.reference.take(record.input, entry.at)
            except RefusedError as error:
                raise AssertionError(f"the server took {record.input}, the reference not: {error}") from error
            if expected is not None and not isinstance(record.input, Challenged | ProofFailed):
                assert record.decision is not None
                assert expected == answer_of(record.decision), f"{record.input}\n{expected}\n{record.decision}"

    def together(self) -> Any:
        """The state as of the last entry that the reference took: the server's workers go on meanwhile."""
        while True:
            self.take_entries()
            state, before = self.state(), self.after
            self.take_entries()
            if self.after == before:
                return state

    def settled(self, answer: httpx2.Response, given: i.Input) -> None:
        """Where the API refused, the reference refuses too."""
        before = self.after
        self.take_entries()
        if answer.is_success or answer.json()["code"] in BUDGETS or self.after != before:
            return
        try:
            copy.deepcopy(self.reference).take(given, self.live.now)
        except RefusedError:
            return
        raise AssertionError(f"the API refuses {given}: {answer.text}")

    # ------------------------------------------------------------ helpers

    def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        answer: httpx2.Response = self.world.run(self.live.call("POST", path, body, **options))
        assert answer.status_code < 500, answer.text
        return answer

    def get(self, path: str) -> Any:
        return self.world.run(self.live.get(path))

    def state(self) -> Any:
        return self.world.run(self.live.application.store.read(f"account:{self.person.account}"))

    def pick(self, which: int) -> str:
        """One of the last actions, "" = none."""
        return self.actions[-1 - which % min(len(self.actions), 6)] if self.actions else ""

    def name(self) -> str:
        self.numbers += 1
        return f"x-{self.numbers}"


def test_the_api_and_the_reference_agree(tmp_path: Path) -> None:
    """On SQLite, or on PostgreSQL by COUNTERSEAL_TEST_STORE."""
    with asyncio.Runner() as runner:
        server = serving(tmp_path, test_scopes=True)
        live = runner.run(server.__aenter__())
        try:
            made = runner.run(
                live.application.access.create_token(
                    name="prover",
                    platform=PLATFORM,
                    scopes=[Scope.TEST_ATTEST, Scope.ACTIONS_READ],
                    lifetime=300 * DAY,
                    by="t",
                )
            )
            live.tokens["prover"] = made.secret or ""
            Commands.world = World(runner, live)
            run_state_machine_as_test(
                Commands,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
            print(dict(Commands.seen))
            assert Commands.seen.keys() >= {"pending", "done"}
        finally:
            runner.run(server.__aexit__(None, None, None))
