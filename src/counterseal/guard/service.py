# SPDX-License-Identifier: Apache-2.0
"""Actions: ask, challenge, prove, decide again, cancel. Each is one pure function in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Action, Request, State, UsedProof
from counterseal.core.decision import Outcome
from counterseal.core.engine.proofs import admit_factor, answerable
from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.events import Redeemed, Sealed, SealVoided
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded
from counterseal.guard.commands import run, subject_of
from counterseal.guard.devices import codes_sent, known_device
from counterseal.guard.model import Answer
from counterseal.guard.ports import Question, Refused, Verified
from counterseal.guard.requests import Valuer
from counterseal.guard.tools import Moment, Tools, account_state, moment_of, read_clock

PUBLIC_REFUSAL = "that did not work"

Given = tuple[i.Input, tuple[str, ...]]
"""An input, and the aliases of what it creates."""


class Actions:
    """Commands about actions."""

    def __init__(self, tools: Tools, valuer: Valuer) -> None:
        self._tools, self.valuer = tools, valuer

    async def ask(
        self,
        account: str,
        request: Request,
        idempotency: Idempotency | None = None,
        *,
        shown: dict[str, tuple[str, ...]] | None = None,
    ) -> Committed[Answer]:
        """Ask for an action on behalf of a requester. Always answers; refusals are answers too.

        `shown`: what the owner of a new factor sees once; it is kept with the answer only.
        """
        tools = self._tools
        identity, seal = tools.new_id("act"), tools.new_id("seal")

        def decide(_state: State, moment: Moment) -> Given:
            test, brake = tools.clock.simulated, moment.brake_on(request)
            given = i.Ask(identity, request, moment.trusted, seal, moment.epoch, test=test, brake=brake)
            return given, (f"action:{identity}",)

        return await self._command(account, identity, decide, idempotency, shown=shown)

    async def decide(self, identity: str, idempotency: Idempotency | None = None) -> Committed[Answer]:
        """Decide an action again: after a wait, or to collect the seal of an outflow that is ready."""
        tools = self._tools
        account = await self.account_of(identity)
        given_id, seal = tools.new_id("in"), tools.new_id("seal")

        def decide(state: State, moment: Moment) -> Given:
            worth = self.valuer.worth(moment.policy, state.actions.get(identity), moment.now)
            test = tools.clock.simulated
            brake = moment.brake(state, identity)
            return i.Decide(given_id, identity, moment.trusted, seal, moment.epoch, test, worth, brake), ()

        return await self._command(account, identity, decide, idempotency)

    async def cancel(
        self,
        identity: str,
        by: str,
        *,
        contact: str | None = None,
        link: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[Answer]:
        """Cancel what has not happened yet. Never throttled."""
        account = await self.account_of(identity)
        given = i.Cancel(self._tools.new_id("in"), identity, by, contact, link)
        return await self._command(account, identity, lambda _state, _moment: (given, ()), idempotency)

    async def resolve(
        self, identity: str, officers: Sequence[str], *, uphold: bool, idempotency: Idempotency | None = None
    ) -> Committed[Answer]:
        """Two officers decide a disputed change."""
        account = await self.account_of(identity)
        given = i.ResolveDispute(self._tools.new_id("in"), identity, uphold, tuple(officers))
        return await self._command(account, identity, lambda _state, _moment: (given, ()), idempotency)

    async def challenge(
        self, identity: str, factor: str, idempotency: Idempotency | None = None
    ) -> Committed[Answer]:
        """Send a code to the contact of an enrolled factor. Factors without codes need no challenge."""
        tools = self._tools
        account = await self.account_of(identity)
        verifier = tools.verifiers.get(factor)
        if verifier is None or not verifier.sends_codes:
            raise InputError(f"`{factor}` takes no code that could be sent", code="no_code")
        challenge = tools.new_id("chl")

        def decide(state: State, moment: Moment) -> Given:
            action = answerable(state, identity, moment.now)
            admit_factor(moment.policy, state, action, factor, moment.now)
            found = [x for x in state.enrolled.values() if x.factor == factor and x.removed_at is None]
            if not found:
                raise NotFoundError("there is no such factor", code="unknown_factor")
            known = known_device(state, action, moment.now)
            before = codes_sent(state, found[0].id, known, moment.now)
            tools.throttle.admit_code(before, known, moment.now)
            sent = verifier.issue(challenge, found[0], moment.now, moment.epoch)
            given = i.Challenged(challenge, identity, factor, found[0].id, sent.digest, sent.expires, sent.code)
            return given, ()

        return await self._command(account, identity, decide, idempotency)

    async def prove(
        self,
        identity: str,
        factor: str,
        answer: str,
        *,
        challenge: str | None = None,
        source: str = "",
        idempotency: Idempotency | None = None,
        collect: bool = True,
    ) -> Committed[Answer]:
        """Answer with a proof. A wrong answer is counted and told as one sentence (Answer.refused). Without
        `collect` an outflow that is allowed becomes `ready`: whoever may have its seal decides it again."""
        tools = self._tools
        account = await self.account_of(identity)
        verifier = tools.verifiers.get(factor)
        if verifier is None:
            raise InputError(f"`{factor}` cannot be proved here", code="factor_not_verified")
        given_id, seal = tools.new_id("in"), tools.new_id("seal") if collect else ""

        def decide(state: State, moment: Moment) -> Given:
            action = answerable(state, identity, moment.now)
            admit_factor(moment.policy, state, action, factor, moment.now)
            question = _question(state, action, factor, answer, challenge, moment)
            known = known_device(state, action, moment.now)
            who, origin = question.instances[0].id, source or action.request.source
            tools.throttle.admit(state, who, origin, known, moment.now)
            verdict = verifier.verify(question)
            if isinstance(verdict, Verified) and not _spent(state, verdict):
                proof = UsedProof(factor, verdict.instance, moment.now, verdict.token, verdict.method)
                return i.Prove(
                    given_id,
                    identity,
                    proof,
                    challenge=challenge,
                    step=verdict.step,
                    used=verdict.used,
                    trusted_time=moment.trusted,
                    seal=seal,
                    epoch=moment.epoch,
                    test=tools.clock.simulated,
                    worth=self.valuer.worth(moment.policy, action, moment.now),
                    brake=moment.brake_on(action.request),
                ), ()
            reason = verdict.reason if isinstance(verdict, Refused) else "spent"
            failed = i.ProofFailed(given_id, identity, factor, verdict.instance, origin, known, challenge, reason)
            return failed, ()

        return await self._command(account, identity, decide, idempotency)

    async def account_of(self, identity: str) -> str:
        """The account that an action belongs to."""
        subject = await self._tools.store.resolve(f"action:{identity}")
        if subject is None:
            raise NotFoundError("there is no such action", code="unknown_action_id")
        return subject.partition(":")[2]

    async def _command(
        self,
        account: str,
        identity: str,
        decide: Callable[[State, Moment], Given],
        idempotency: Idempotency | None,
        *,
        shown: dict[str, tuple[str, ...]] | None = None,
    ) -> Committed[Answer]:
        tools = self._tools
        now, trusted = read_clock(tools)
        subject = subject_of(account)

        def function(policy: Policy, loaded: Loaded) -> Commit[Answer]:
            moment = moment_of(tools, policy, now, loaded, trusted=trusted)
            state = account_state(loaded, account)
            given, aliases = decide(state, moment)
            answer, change = act(moment, account, state, given, identity, aliases)
            return Commit(msgspec.structs.replace(answer, shown=shown) if shown else answer, (change,))

        return await tools.transact([subject], function, now=now, idempotency=idempotency)


def act(
    moment: Moment, account: str, state: State, given: i.Input, identity: str, aliases: tuple[str, ...]
) -> tuple[Answer, Change]:
    """Run one input about one action and say what to answer."""
    after, step, change = run(moment.policy, account, state, given, moment.now, aliases)
    sealed = [event for event in step.events if isinstance(event, Sealed)]
    if sealed:
        change = msgspec.structs.replace(change, aliases=(*aliases, f"seal:{sealed[0].seal.id}"))
    sent = given if isinstance(given, i.Challenged) else None
    challenge = None if sent is None else after.enrolled[sent.instance]
    answer = Answer(
        account=account,
        action=after.actions[identity],
        at=moment.now,
        position=moment.position,
        epoch=moment.epoch,
        refused=PUBLIC_REFUSAL if isinstance(given, i.ProofFailed) else "",
        challenge="" if sent is None else sent.id,
        channel="" if challenge is None else challenge.factor,
        expires=0 if sent is None else sent.expires,
        sealed=bool(sealed) or any(isinstance(event, Redeemed) for event in step.events),
        voided=any(isinstance(event, SealVoided) for event in step.events),
    )
    return answer, change


def _question(
    state: State, action: Action, factor: str, answer: str, challenge: str | None, moment: Moment
) -> Question:
    found = tuple(x for x in state.enrolled.values() if x.factor == factor and x.removed_at is None)
    if not found:
        raise NotFoundError("there is no such factor", code="unknown_factor")
    if challenge is not None:
        held = action.challenges.get(challenge)
        if held is None or held.factor != factor:
            raise NotFoundError("there is no such challenge", code="unknown_challenge")
        found = tuple(x for x in found if x.id == held.instance)
        if not found:
            raise ConflictError("the factor was removed", code="factor_removed")
    return Question(state, action, factor, found, answer, challenge, moment.now, moment.epoch)


def _spent(state: State, verdict: Verified) -> bool:
    instance = state.enrolled[verdict.instance]
    replayed = verdict.step is not None and verdict.step <= instance.step
    return replayed or verdict.token in state.tokens or (verdict.used is not None and verdict.used in instance.used)


def allowed(answer: Answer) -> bool:
    """Whether the last decision of the answer's action was to allow."""
    decision = answer.action.decision
    return decision is not None and decision.outcome is Outcome.ALLOW
