# SPDX-License-Identifier: Apache-2.0
"""Deciding on a request: contradictions, legal review, fields, approval, execution, suspicion, the end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.core.transaction import Committed, Idempotency
from counterseal.judicial.packs.scope import fields_for, scope_of
from counterseal.judicial.packs.verdicts import Scope
from counterseal.judicial.requests import acts, evidence
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.binding import digest_of
from counterseal.judicial.requests.conflicts import OfficerConflictError, check_officers
from counterseal.judicial.requests.decision import decide
from counterseal.judicial.requests.decision import wanted as wanted_of
from counterseal.judicial.requests.fresh import Refreshing
from counterseal.judicial.requests.model import Approved, Field, JudicialRequest, State
from counterseal.judicial.requests.triage import changed_back

APPROVE = "/v1/desk/requests/{request}/approve"


class OutOfScopeError(s.RequestRuleError):
    """A field that the rule pack does not allow."""

    code = "out_of_scope"


class Decisions(Refreshing):
    """The area's service for what officers decide."""

    async def resolve(
        self,
        request: str,
        piece: str,
        officers: Sequence[str],
        reason: str,
        *,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Opened]:
        """Two officers say why a contradiction is none. Raises RequestRuleError."""
        owned = await self._tools.people.owned()
        authority = await self.lookup.authority(await self.lookup.request(request))

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            check_officers(before, officers, owned, authority)
            after = evidence.resolved(before, piece, tuple(officers), reason, now)
            return changed_back(before, after, now, "+".join(officers), "contradiction_resolved")

        return await self._write(request, step, "resolved", idempotency)

    async def review(
        self,
        request: str,
        *,
        passed: bool,
        basis: str,
        reason: str,
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Opened]:
        """The legal check. Raises RequestRuleError."""

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            return acts.reviewed(before, passed=passed, basis=basis, reason=reason, at=now, by=by)

        return await self._write(request, step, "reviewed", idempotency)

    async def proposal(self, request: str) -> tuple[tuple[Field, ...], Scope]:
        """What the matrix yields for it, and what is not within the pack with these fields."""
        held = await self.lookup.request(request)
        pack = self.lookup.pack(held)
        kind = wanted_of(held, await self.lookup.about(held))
        fields = () if pack is None else fields_for(pack, held, wanted=kind)
        return fields, scope_of(pack, msgspec.structs.replace(held, fields=fields), wanted=kind)

    async def choose(
        self,
        request: str,
        wanted: Sequence[tuple[str, str]] | None,
        *,
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Opened]:
        """Choose fields by account and name; None = all that the matrix yields. Raises OutOfScopeError."""
        held = await self.lookup.request(request)
        pack, kind = self.lookup.pack(held), wanted_of(held, await self.lookup.about(held))

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            found = () if pack is None else fields_for(pack, before, wanted=kind)
            allowed = {(each.account, each.name): each for each in found}
            chosen = list(allowed) if wanted is None else list(dict.fromkeys(wanted))
            for account, name in chosen:
                if (account, name) not in allowed:
                    raise OutOfScopeError(f"the rule pack does not allow `{name}` of {account} for this request")
            return acts.chosen(before, [allowed[each] for each in chosen], now, by)

        return await self._write(request, step, "fields_chosen", idempotency)

    async def submit(self, request: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[s.Opened]:
        """Put before two officers. Raises NotReadyError."""
        held = await self._fresh(request)
        policy, pack, about = self.lookup.policy(), self.lookup.pack(held), await self.lookup.about(held)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            return acts.submitted(before, decide(policy, before, pack, now, about=about), now, by)

        return await self._write(request, step, "submitted", idempotency)

    async def approve(
        self, request: str, digest: str, officers: Sequence[str], *, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Two officers approved what has this digest. Raises StaleApprovalError, OfficerConflictError,
        NotReadyError, RequestStateError."""
        return await self._approve(request, digest, officers, idempotency, alone=False)

    async def approve_alone(
        self, request: str, digest: str, approval: str, officer: str, *, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """The duty officer's own signature on the approval that a second one will sign, in an emergency. Raises
        OfficerConflictError where that approval is not signed by this officer for this digest."""
        if (done := await self._again(idempotency)) is not None:
            return done
        signed = await self._tools.approvals.signed(approval)
        path = APPROVE.format(request=request)
        body = msgspec.json.encode({"digest": digest})
        matches = signed is not None and (signed.method, signed.path, signed.body) == ("POST", path, body)
        if signed is None or not matches or not signed.open or signed.signers != (officer,):
            raise OfficerConflictError(
                "sign the approval of this request first",
                code="approval_mismatch",
                hint=f"propose `POST {path}` with this digest at /v1/approvals and sign it",
            )
        return await self._approve(request, digest, (officer,), idempotency, alone=True)

    async def _approve(
        self,
        request: str,
        digest: str,
        officers: Sequence[str],
        idempotency: Idempotency | None,
        *,
        alone: bool,
    ) -> Committed[s.Opened]:
        held = await self._fresh(request)
        policy, pack, about = self.lookup.policy(), self.lookup.pack(held), await self.lookup.about(held)
        owned, authority = await self._tools.people.owned(), await self.lookup.authority(held)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            acts.check_digest(before, digest)
            check_officers(before, officers, owned, authority, alone=alone)
            trial = Approved(now, digest_of(before), tuple(officers), second_by=now + 1 if alone else None)
            tried = msgspec.structs.replace(before, approvals=(*before.approvals, trial))
            decided = decide(policy, tried, pack, now, about=about)
            if alone:
                return acts.approved_by_duty(before, digest, officers[0], decided, now)
            return acts.approved(before, digest, officers, decided, now)

        return await self._write(request, step, "approved", idempotency)

    async def check_release(self, request: str) -> None:
        """Raise NotReadyError unless the rule still releases it now, on the evidence as it stands."""
        held = await self._fresh(request)
        acts.check_allowed(await self._decided(held, self._clock.now()))

    async def suspect(
        self, request: str, reason: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Say that it may be forged, whenever that turns out. Raises RequestStateError."""
        return await self._write(
            request, lambda before, now: acts.suspected(before, now, by, reason), "suspected", idempotency
        )

    async def confirm_forged(
        self, request: str, officers: Sequence[str], reason: str, *, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Two officers state that it is forged. Raises RequestStateError."""
        return await self._write(
            request, lambda before, now: acts.confirmed(before, officers, now, reason), "confirmed", idempotency
        )

    async def clear(
        self, request: str, officers: Sequence[str], reason: str, *, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Two officers state that it is genuine. Raises RequestRuleError."""
        owned = await self._tools.people.owned()
        authority = await self.lookup.authority(await self.lookup.request(request))

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            check_officers(before, officers, owned, authority)
            return acts.found_genuine(before, officers, now, reason)

        return await self._write(request, step, "cleared", idempotency)

    async def end(
        self,
        request: str,
        to: State,
        reason: str,
        *,
        by: str,
        of: str = "",
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Opened]:
        """Reject, withdraw, close, or find a duplicate `of` another. Raises RequestStateError, NotFoundError."""
        if of:
            await self.lookup.request(of)

        def step(before: JudicialRequest, now: int) -> JudicialRequest:
            if of == before.id:
                raise s.RequestRuleError("nothing is a duplicate of itself", code="request_duplicate")
            after = acts.ended(before, to, now, by, reason)
            return msgspec.structs.replace(after, about=of) if of else after

        return await self._write(request, step, to.value, idempotency)

    async def assign(
        self, request: str, staff: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[s.Opened]:
        """Who works on it. Raises RequestRuleError for somebody who is not here (any more)."""
        if staff and not await self._tools.people.active(staff):
            raise s.RequestRuleError("this is no member of staff", code="staff_unknown")
        return await self._write(
            request, lambda before, now: acts.assigned(before, staff, now, by), "assigned", idempotency
        )
