# SPDX-License-Identifier: Apache-2.0
"""`replay_account`: fold the recorded inputs of one account under another policy, beside what happened."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from counterseal.core import inputs as i
from counterseal.core.account import State
from counterseal.core.decision import Outcome
from counterseal.core.engine import Step, advance, fold_all
from counterseal.core.errors import ConflictError, InputError
from counterseal.core.policy.model import Policy
from counterseal.core.stops import Stop
from counterseal.prover.history import DENIED, NOT_DETERMINED, NOT_REPLAYED, AccountHistory, Past, Sign
from counterseal.prover.history_chain import Chain, outflow_of
from counterseal.prover.history_rest import Remains
from counterseal.prover.history_signs import confirmed, sign_of
from counterseal.prover.history_worlds import Worlds

SUFFIXES = ("pending", "done", "sealed")
"""Ends of the ids of an action's notices: the same message under another policy has another one of these."""


def replay_account(
    policy: Policy,
    account: str,
    pasts: Iterable[Past],
    *,
    since: int = 0,
    horizon: int | None = None,
    other_currency: bool = False,
) -> AccountHistory:
    """Replay one account's entries, in log order, as if `policy` had been in force from `since` (ms) on.

    `horizon`: end of the record (ms); own timers run until then. `other_currency`: recorded values are not in
    the policy's currency. Raises InputError (`history_broken`) where the first entry is no registration.
    """
    run = Replay(policy, account, since, other_currency=other_currency)
    for past in pasts:
        run.take(past)
    return run.finish(horizon)


class Replay(Worlds):
    """The chains of one account, and what those that parted from the record leave behind."""

    def __init__(self, policy: Policy, account: str, since: int, *, other_currency: bool) -> None:
        super().__init__(account)
        self.policy, self.since, self.other_currency = policy, since, other_currency
        self.running = False
        self.chains: dict[str, Chain] = {}
        self.earlier: set[str] = set()  # chains that began before `since`
        self.remains = Remains(policy)
        self.signs: list[Sign] = []
        self.skipped: dict[str, int] = {}
        self.inputs = 0

    # ------------------------------------------------------------ inputs in the order of the log

    def take(self, past: Past) -> None:
        """The next recorded input."""
        if self.was is None and not isinstance(past.input, i.Register):
            sentence = f"the first entry of account `{self.account}` is no registration"
            raise InputError(sentence, code="history_broken", hint="Run `log verify` on an export.")
        if past.at < self.since:
            self.was = fold_all(self.was or State(id=self.account), past.events)
            return
        if not self.running:
            self._begin()
        self.inputs += 1
        self._fire(past.at)
        sign = sign_of(past)
        if sign is not None:
            self.signs.append(sign)
        given = past.input
        action = given.id if isinstance(given, i.Ask) else getattr(given, "action", None)
        if action is None:
            self._general(past)
        else:
            self._about(past, action)

    def _begin(self) -> None:
        """From here on the new policy is in force; what already waits goes on waiting."""
        self.running, self.new = True, self.was
        for action in () if self.was is None else self.was.actions.values():
            if action.status == "pending" and action.due is not None:
                self.timers[f"{action.id}.due"] = (action.due, action.id)

    def _general(self, past: Past) -> None:
        result: Step | None = None
        after = self.new
        try:
            after, result = advance(self.policy, self.new, past.input, past.at)
        except InputError as error:
            self.skipped[error.code] = self.skipped.get(error.code, 0) + 1
            if isinstance(past.input, i.FreezeNow):
                self.remains.frozen(past.input.id)
        before = self.was
        self._fold(past, after, result)
        self.remains.taken(past.events)
        if isinstance(past.input, i.NoticeAccepted) and before is not None:
            self._same_message(past.input, before, past.at)

    def _same_message(self, given: i.NoticeAccepted, before: State, at: int) -> None:
        """A channel that took the recorded message of an action would have taken the one sent in its place."""
        told = before.notices.get(given.notice)
        if told is None or self.new is None or self.new is self.was:
            return
        for suffix in SUFFIXES:
            other = self.new.notices.get(f"{told.action}.{suffix}")
            if other is None or other.id in before.notices or other.at != told.at:
                continue
            if given.contact in other.contacts:
                accepted = replace(given, id=f"{given.id}.{suffix}", notice=other.id)
                self._apply(*advance(self.policy, self.new, accepted, at))

    # ------------------------------------------------------------ chains

    def _about(self, past: Past, action: str) -> None:
        chain = self.chains.get(action) or self._chain(past, action)
        before_was, before_new = self.was, self.new
        assert before_was is not None and before_new is not None  # noqa: S101,PT018 - an account is registered first
        given, result, after = past.input, None, self.new
        was_ahead = chain.ahead
        simulated = isinstance(given, i.Due) and not self._in_step(action)
        if not chain.broken and not simulated:
            after, result = self._step(chain, given, past.at)
        self._fold(past, after, result)
        trusted, brake = getattr(given, "trusted_time", True), getattr(given, "brake", None)
        self._look(chain, past.at, trusted_time=trusted, brake=brake)
        rule = self.policy.rules.get(chain.rule)
        if chain.broken:
            self.remains.note(action, before_was, self._was, past.events, rule)
        elif chain.ahead and result is not None:
            self.remains.note(action, before_new, self._new, result.events, rule)
        elif was_ahead and not chain.ahead:
            self.remains.forget(action)

    def _chain(self, past: Past, action: str) -> Chain:
        given = past.input
        if isinstance(given, i.Ask):
            request, asked = given.request, past.at
        else:  # asked before `since`, or simulated: it goes on, and is not counted
            found = self._was.actions.get(action)
            if found is None:
                raise InputError(f"an entry is about the action `{action}`, which nobody asked for in the record")
            request, asked = found.request, found.asked
            self.earlier.add(action)
        paid = request.payment is not None
        chain = Chain(action, request.rule, asked, outflow=outflow_of(self.policy, request.rule, paid=paid))
        if action in self.earlier:
            chain.seen(self._was, self._new)
        self.chains[action] = chain
        return chain

    def _step(self, chain: Chain, given: i.Input, at: int) -> tuple[State | None, Step | None]:
        """The input under the new policy; nothing where it rests on what differs, or cannot be taken."""
        chain.refused = ""
        because = self._because(chain, given, at)
        if because:
            chain.leave(NOT_DETERMINED, at, because=because, code="rests_on", text="rests on what would differ")
            return self.new, None
        try:
            given = self._seal(chain, given, at)
            after, result = advance(self.policy, self.new, given, at)
        except InputError as error:
            self._refused(chain, given, error, at)
            return self.new, None
        rule = self.policy.rules.get(chain.rule)
        other = self.remains.restricted(rule, chain.action, self._new) if result.decision is not None else None
        if other is not None and self._otherwise(other[0], given, result, at):
            text = "a clock or a limit may have been different"
            chain.leave(NOT_DETERMINED, at, because=other[1], code="clock_or_limit", text=text)
            return self.new, None
        if isinstance(given, i.Ask) and self.other_currency and rule is not None and rule.outflow:
            chain.leave(NOT_REPLAYED, at, code="other_currency", text="its value was recorded in another currency")
            return self.new, None
        return after, result

    def _because(self, chain: Chain, given: i.Input, at: int) -> tuple[str, ...]:
        remains = self.remains
        if not remains:
            return ()
        was, new = self._was, self._new
        action = was.actions.get(chain.action)
        request = given.request if isinstance(given, i.Ask) else None if action is None else action.request
        found: set[str] = set()
        if isinstance(given, i.Prove):
            found |= {*remains.instance(given.proof.instance)}
        elif isinstance(given, i.Challenged | i.ProofFailed):
            found |= {*remains.instance(given.instance)}
        elif isinstance(given, i.Cancel):
            found |= {*remains.contact(given.contact)}
        if request is not None and not isinstance(given, i.Cancel | i.Report):
            found |= {*remains.named(request, was, new, at)}
            found |= {*remains.under(self.policy.rules.get(chain.rule), was, new, at)}
        return tuple(sorted(found - {chain.action}))

    def _seal(self, chain: Chain, given: i.Input, at: int) -> i.Input:
        """The signer redeems when it did. A seal that came earlier than recorded has another id, and may be over:
        then the platform takes a fresh one just before."""
        if not isinstance(given, i.Redeem | i.Report):
            return given
        mine = self._new.actions.get(chain.action)
        if mine is None or mine.seal is None:
            return given
        if isinstance(given, i.Redeem) and mine.status == "sealed" and at >= mine.seal.expires:
            again = i.Decide(
                *(f"{given.id}.seal", chain.action, given.trusted_time, given.seal, given.epoch, mine.seal.test),
                brake=given.brake,
            )
            self._apply(*advance(self.policy, self.new, again, at))
            mine = self._new.actions.get(chain.action) or mine
        return given if mine.seal is None else replace(given, seal=mine.seal.id)

    def _otherwise(self, state: State, given: i.Input, result: Step, at: int) -> bool:
        """Whether the answer is another one in this state."""
        try:
            _, other = advance(self.policy, state, given, at)
        except InputError:
            return True
        one, two = result.decision, other.decision
        if one is None or two is None:
            return one is not two
        return (one.outcome, one.alternatives) != (two.outcome, two.alternatives)

    def _refused(self, chain: Chain, given: i.Input, error: InputError, at: int) -> None:
        chain.refused = error.code
        if isinstance(given, i.Ask):
            verdict = DENIED if isinstance(error, ConflictError) else NOT_REPLAYED
            chain.leave(verdict, at, code=error.code, text=error.sentence)
        elif isinstance(given, i.Prove) and (chain.ahead or error.code == "factor_not_asked"):
            chain.spared.append(given.proof.factor)

    def _look(self, chain: Chain, at: int, *, trusted_time: bool, brake: Stop | None) -> None:
        """After each input: the record may have got further than the new policy lets it."""
        chain.seen(self._was, self._new)
        if not chain.broken and chain.was_stage > chain.new_stage:
            chain.part(self.policy, self._new, at, trusted_time=trusted_time, brake=brake)
        elif not chain.broken and self.new is not self.was:
            chain.compare(self.policy, self._new, at)
        if chain.broken and not chain.pending:
            self.timers.pop(f"{chain.action}.due", None)

    # ------------------------------------------------------------ timers

    def _in_step(self, action: str) -> bool:
        """The action waits for the same in both: what the record says of its timer holds."""
        chain = self.chains.get(action)
        if chain is not None and chain.broken:
            return False
        return self.alike(action)

    def _fire(self, until: int) -> None:
        """The timers of the new policy that are due by `until`, in the order of time; not those in step."""
        while True:
            ready = [
                (due, key, action)
                for key, (due, action) in self.timers.items()
                if due <= until and not self._in_step(action)
            ]
            if not ready:
                return
            due, key, action = min(ready)
            del self.timers[key]
            mine = self._new.actions.get(action)
            if mine is not None and mine.status == "pending":
                self._due(key, action, due, until)

    def _due(self, key: str, action: str, due: int, until: int) -> None:
        chain = self.chains.get(action)
        before = self._new
        try:
            after, result = advance(self.policy, before, i.Due(f"{key}.{due}", action), due)
        except InputError:
            return
        events = self._apply(after, result)
        decision = result.decision
        if decision is not None and decision.outcome is Outcome.HOLD and decision.until is None:
            self.timers[key] = (until + 1, action)  # nobody knows its end: look again at the next input
        if chain is None:
            return
        chain.seen(self._was, self._new)
        rule = self.policy.rules.get(chain.rule)
        self.remains.note(action, before, self._new, events, rule)

    def finish(self, horizon: int | None) -> AccountHistory:
        """What became of everything."""
        if horizon is not None and self.running:
            self._fire(horizon)
        chains = [chain for name, chain in self.chains.items() if name not in self.earlier]
        fates = tuple(chain.fate(self.new) for chain in chains)
        return AccountHistory(
            self.account, self.inputs, self.identical, fates, confirmed(self.signs), dict(self.skipped)
        )
