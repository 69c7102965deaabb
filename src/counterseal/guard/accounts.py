# SPDX-License-Identifier: Apache-2.0
"""Accounts: register, import, freeze, suspect, accepted notices. Cancel and freeze are never throttled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Freeze, State, Suspicion
from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.events import Event, Frozen, GlassOpened
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Commit, Committed, Idempotency, Loaded
from counterseal.guard.commands import run, subject_of
from counterseal.guard.links import subject_of_links
from counterseal.guard.model import Done
from counterseal.guard.tools import Moment, Tools, account_state, moment_of, read_clock


class Accounts:
    """Commands about accounts."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def register(
        self,
        account: str,
        given: i.Register,
        idempotency: Idempotency | None = None,
        *,
        shown: dict[str, tuple[str, ...]] | None = None,
    ) -> Committed[Done]:
        """Create an account. Create-only: an account that exists is a ConflictError."""
        tools = self._tools
        now, _ = read_clock(tools)
        subject = subject_of(account)

        def function(policy: Policy, loaded: Loaded) -> Commit[Done]:
            at = max(now, loaded.latest)
            if loaded.states.get(subject) is not None:
                raise ConflictError("the account exists", code="account_exists")
            _, _, change = run(policy, account, None, msgspec.structs.replace(given, id=account), at)
            return Commit(Done(account, at, loaded.position, shown=shown or {}), (change,))

        return await tools.transact([subject], function, now=now, idempotency=idempotency)

    async def read(self, account: str) -> State:
        """The account as last committed, or NotFoundError."""
        state = await self._tools.store.read(subject_of(account))
        if not isinstance(state, State):
            raise NotFoundError("there is no such account", code="unknown_account")
        return state

    async def freeze(
        self,
        account: str,
        kind: str,
        by: str,
        *,
        contact: str | None = None,
        link: str | None = None,
        idempotency: Idempotency | None = None,
        outflows_only: bool = False,
    ) -> Committed[Done]:
        """Freeze now. `kind`: link (72 h, outflows), owner (outflows), staff (`by` = two officers, "a+b";
        `outflows_only`: the owner can still protect the account)."""
        identity = self._tools.new_id("frz")

        def given(_state: State, moment: Moment) -> i.Input:
            freeze = Freeze(identity, kind, moment.now, None, by, outflows_only)
            return i.FreezeNow(identity, freeze, contact, link)

        return await self._command(account, given, idempotency)

    async def lift(
        self,
        account: str,
        officers: Sequence[str],
        idempotency: Idempotency | None = None,
        *,
        since: int | None = None,
    ) -> Committed[Done]:
        """Two officers lift every freeze. `since` (ms): when that was proposed; a younger freeze is not what they
        approved (ConflictError)."""
        lifted = i.LiftFreeze(self._tools.new_id("in"), tuple(officers))

        def given(state: State, _moment: Moment) -> i.Input:
            if since is not None and any(freeze.at > since for freeze in state.freezes.values()):
                hint = "Propose it again."
                raise ConflictError("it was frozen again since", code="approval_stale", hint=hint)
            return lifted

        return await self._command(account, given, idempotency)

    async def suspect(
        self,
        account: str,
        capability: str,
        *,
        since: int | None,
        until: int,
        instance: str | None,
        strength: str,
        evidence: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[Done]:
        """A signal: somebody may hold a capability against this account."""
        identity = self._tools.new_id("sus")

        def given(_state: State, moment: Moment) -> i.Input:
            start = moment.now if since is None else since
            suspicion = Suspicion(identity, capability, start, until, instance, strength, evidence)
            return i.Suspect(identity, suspicion)

        return await self._command(account, given, idempotency)

    async def suspect_as(
        self, account: str, suspicion: Suspicion, idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """The same with an id of the caller's own; a second one under it is a ConflictError, `suspicion_exists`."""
        given = i.Suspect(self._tools.new_id("in"), suspicion)
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def clear(
        self, account: str, suspicion: str, officers: Sequence[str], idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """Two officers withdraw a suspicion."""
        given = i.ClearSuspicion(self._tools.new_id("in"), suspicion, tuple(officers))
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def notice_accepted(
        self, account: str, notice: str, contact: str, at: int, idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """A channel took a notice at `at` (ms): waits that were for it begin."""
        given = i.NoticeAccepted(f"{notice}.{contact}", notice, contact, at)
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def confirm_notice(
        self, account: str, notice: str, officers: Sequence[str], idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """Two officers reached the owner after seven days without an accepted notice."""
        given = i.ConfirmNotice(self._tools.new_id("in"), notice, tuple(officers))
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def open_glass(
        self,
        account: str,
        officers: Sequence[str],
        reason: str,
        duration: int,
        idempotency: Idempotency | None = None,
    ) -> Committed[Done]:
        """Two officers put suspicions aside for `duration` ms, for what is no outflow. The owner is told."""
        given = i.OpenGlass(self._tools.new_id("gls"), tuple(officers), reason, duration)
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def close_glass(self, account: str, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Anybody of staff ends it at once."""
        given = i.CloseGlass(self._tools.new_id("in"), by)
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def end_sessions(
        self,
        account: str,
        officers: Sequence[str],
        reason: str,
        idempotency: Idempotency | None = None,
        *,
        identity: str = "",
    ) -> Committed[Done]:
        """Two officers end every session now. The owner is told. `identity`: an id of the caller's own."""
        given = i.EndSessions(identity or self._tools.new_id("ses"), tuple(officers), reason)
        return await self._command(account, lambda _state, _moment: given, idempotency)

    async def due(self, account: str, action: str, timer: str) -> Committed[Done]:
        """A timer fired: the action is decided again."""
        identity = self._tools.new_id("in")

        def given(state: State, moment: Moment) -> i.Input:
            return i.Due(identity, action, moment.trusted, moment.brake(state, action))

        return await self._command(account, given, None, timer=timer)

    async def erase(
        self, account: str, idempotency: Idempotency | None = None, *, also: Sequence[str] = ()
    ) -> Committed[Done]:
        """Destroy what the account's entries can be read with, and `also` other subjects about it, but those that
        are written with this (the approval of the erasure). The log still verifies."""
        store = self._tools.store
        earlier: Committed[Done] | None = None if idempotency is None else await store.replayed(idempotency)
        if earlier is not None:
            return earlier
        await self.read(account)
        now, _ = read_clock(self._tools)

        def gone(loaded: Loaded) -> Commit[Done]:
            return Commit(Done(account, max(now, loaded.latest), note="erased"))

        at = (await store.transact([], gone, now=now)).result.at
        joined = None if idempotency is None else idempotency.joined
        kept = () if joined is None else joined.keys
        # The account last: should this end in between, the same request goes on.
        for subject in (*also, subject_of_links(account), subject_of(account)):
            if subject not in kept:
                with contextlib.suppress(NotFoundError):  # its owner never came by a link
                    await store.erase(subject, at)
        # The reply cannot lie under the account's own key, which is gone: a transaction of no subject keeps it.
        return await store.transact([], gone, now=now, idempotency=idempotency)

    async def _command(
        self,
        account: str,
        make: Callable[[State, Moment], i.Input],
        idempotency: Idempotency | None,
        *,
        timer: str | None = None,
    ) -> Committed[Done]:
        tools = self._tools
        now, trusted = read_clock(tools)
        subject = subject_of(account)

        def function(policy: Policy, loaded: Loaded) -> Commit[Done]:
            moment = moment_of(tools, policy, now, loaded, trusted=trusted)
            state = account_state(loaded, account)
            given = make(state, moment)
            at = moment.now
            _, step, change = run(policy, account, state, given, at)
            return Commit(Done(account, at, loaded.position, _id(given), _until(step.events)), (change,))

        return await tools.transact([subject], function, now=now, idempotency=idempotency, timer=timer)


def _id(given: i.Input) -> str:
    if isinstance(given, i.OpenGlass):
        return given.id
    return given.suspicion.id if isinstance(given, i.Suspect) else ""


def _until(events: tuple[Event, ...]) -> int | None:
    for event in events:
        if isinstance(event, Frozen):
            return event.freeze.until
        if isinstance(event, GlassOpened):
            return event.kept[-1].until
    return None
