# SPDX-License-Identifier: Apache-2.0
"""The desk of approvals: propose, sign with a passkey, reject, and use once, in the commit of what was approved."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from counterseal.core.errors import ConflictError, InputError, NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Joined, Loaded
from counterseal.staff import approvals
from counterseal.staff.approvals import QUEUE, Approval, ApprovalError, Queue, Signature, subject_of
from counterseal.staff.model import MOST_NAME, ROSTER, Roster, Staff, entry
from counterseal.staff.model import subject_of as subject_of_staff
from counterseal.staff.ports import Json, Parts, PasskeyFailed
from counterseal.staff.signin import used as passkey_used
from counterseal.staff.text import is_plain
from counterseal.staff.views import Looks
from counterseal.staff.views import subject_of as subject_of_looks

PURPOSE = "approval"
MOST_READ = 2_000  # approvals looked at for one page of a filtered list
MOST_REASON = 500


class Operation(msgspec.Struct, frozen=True):
    """What is to be approved: a request, what each signer must be allowed, and whom it is about."""

    method: str
    path: str
    body: Any
    scopes: tuple[str, ...]
    account: str = ""
    staff: str = ""


class Shown(msgspec.Struct, frozen=True):
    """An approval with its status at this moment, and why the person who looks may not sign ("" = may)."""

    approval: Approval
    status: str
    obstacle: str


class Used(msgspec.Struct, frozen=True):
    """An approval as it is used: who signed, when it was proposed (ms), what is committed with the write."""

    signers: tuple[str, ...]
    proposed: int
    joined: Joined


class Desk:
    """Approvals over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def propose(
        self,
        operation: Operation,
        *,
        reason: str,
        by: str,
        sensitive: bool = False,
        idempotency: Idempotency | None = None,
    ) -> Committed[Approval]:
        """Put an operation before two people. Raises InputError, ConflictError, ApprovalError."""
        now, parts = self._parts.time(), self._parts
        if not is_plain(reason, MOST_REASON, lines=True):
            raise InputError("say why in 1 to 500 characters", code="approval_reason_invalid")
        body = approvals.canonical(operation.body)
        made = Approval(
            id=approvals.id_at(now, parts.random(6)),
            method=operation.method,
            path=operation.path,
            body=body,
            digest=approvals.digest_of(operation.method, operation.path, body),
            reason=reason,
            proposed_by=by,
            created=now,
            scopes=operation.scopes,
            account=operation.account,
            staff=operation.staff,
            sensitive=sensitive,
            epoch=parts.epoch(),
        )
        subject, about = subject_of(made.id), subject_of_looks(made.account)

        def function(loaded: Loaded) -> Commit[Approval]:
            check_about_other(made, loaded.states[ROSTER] or Roster(), by)
            queue, put = approvals.put(loaded.states[QUEUE] or Queue(), made, now)
            noted = entry("approval_proposed", now, by, **_facts(put), reason=reason, sensitive=put.sensitive)
            changes = (Change(subject, put, noted), Change(QUEUE, queue))
            if not made.account:
                return Commit(put, changes)
            looks = loaded.states[about] or Looks()  # so that it is found when the account is erased
            looks = msgspec.structs.replace(looks, approvals=(*looks.approvals, made.id))
            return Commit(put, (*changes, Change(about, looks)))

        keys = [subject, QUEUE, ROSTER, *([about] if made.account else [])]
        return await parts.store.transact(keys, function, now=now, idempotency=idempotency)

    async def shown(self, approval: str, staff: str | None) -> Shown:
        """One approval as this member of staff sees it. Raises NotFoundError."""
        return self._shown(await self._read(approval), await self._roster(), staff)

    async def listed(self, status: str | None, staff: str | None, *, after: str, limit: int) -> list[Shown]:
        """Newest first; of one status where given. A page may be short of `limit` only at the end."""
        roster, found = await self._roster(), list[Shown]()
        names = await self._names(status, after)
        for name in names:
            approval = await self._parts.store.read(name)
            if not isinstance(approval, Approval):
                continue
            shown = self._shown(approval, roster, staff)
            if status in (None, shown.status):
                found.append(shown)
            if len(found) == limit:
                break
        return found

    async def options(self, approval: str, staff: Staff) -> dict[str, Any]:
        """Options of an assertion over the approval's digest. Raises ApprovalError, ConflictError."""
        found, roster, now = await self._read(approval), await self._roster(), self._parts.time()
        approvals.check_open(approvals.status_of(found, roster, now, self._parts.epoch()))
        approvals.check_signer(found, roster.member(staff.id))
        allowed = [each.secret for each in staff.passkeys]
        return self._parts.passkeys.assertion(PURPOSE, _content(found, staff.id), allowed, now)

    async def sign(
        self,
        approval: str,
        staff: str,
        challenge: str,
        response: Json,
        *,
        idempotency: Idempotency | None = None,
    ) -> Committed[Approval]:
        """Take one person's signature: a fresh assertion over the digest. Raises ApprovalError, ConflictError."""
        now, parts = self._parts.time(), self._parts
        earlier = None if idempotency is None else await parts.store.replayed(idempotency)
        if earlier is not None:
            return earlier
        found, person = await self._read(approval), await parts.store.read(subject_of_staff(staff))
        approvals.check_signer(found, (await self._roster()).member(staff))
        passkey, asserted = self._asserted(found, person, challenge, response, now)
        chance = parts.random(16)
        subject, own = subject_of(approval), subject_of_staff(staff)

        def function(loaded: Loaded) -> Commit[Approval]:
            before, roster = loaded.states[subject], loaded.states[ROSTER] or Roster()
            approvals.check_open(approvals.status_of(before, roster, now, loaded.epoch))
            approvals.check_signer(before, roster.member(staff))
            signer = passkey_used(loaded.states[own], passkey, asserted, now)
            after = approvals.signed(before, Signature(staff, passkey.id, now))
            queue = loaded.states[QUEUE] or Queue()
            after, assignments = approvals.draw(after, roster, queue, chance, now)
            evidence = {"response": response, "challenge": challenge}
            noted = entry("approval_signed", now, f"staff:{staff}", **_facts(after), evidence=evidence)
            changes = (
                Change(subject, after, noted),
                Change(own, signer),
                Change(QUEUE, msgspec.structs.replace(queue, assignments=assignments)),
            )
            return Commit(after, changes)

        keys = [subject, own, QUEUE, ROSTER]
        return await parts.store.transact(keys, function, now=now, idempotency=idempotency)

    async def reject(
        self, approval: str, *, by: str, reason: str, idempotency: Idempotency | None = None
    ) -> Committed[Approval]:
        """End an approval that was not used. Rejecting takes one person. Raises ConflictError."""
        now, subject = self._parts.time(), subject_of(approval)
        if reason and not is_plain(reason, MOST_NAME):
            raise InputError("a reason has at most 100 characters", code="approval_reason_invalid")

        def function(loaded: Loaded) -> Commit[Approval]:
            before, roster = _present(loaded.states[subject]), loaded.states[ROSTER] or Roster()
            status = approvals.status_of(before, roster, now, loaded.epoch)
            if status not in {"open", "approved", "void"}:
                raise ConflictError(f"this approval is {status}", code="approval_over")
            after = msgspec.structs.replace(before, status="rejected", ended=now, ended_by=by, ended_reason=reason)
            noted = entry("approval_rejected", now, by, **_facts(after), reason=reason)
            queue = approvals.taken(loaded.states[QUEUE] or Queue(), approval, now)
            return Commit(after, (Change(subject, after, noted), Change(QUEUE, queue)))

        keys = [subject, QUEUE, ROSTER]
        return await self._parts.store.transact(keys, function, now=now, idempotency=idempotency)

    async def use(self, approval: str, method: str, path: str, body: Any, *, by: str, write: str) -> Used:
        """Who approved exactly this request, and what is committed with it: the approval is used up then.

        `write`: scope and key of the one write that may use it; repeating that write is no second use.
        Raises ApprovalError.
        """
        now, subject = self._parts.time(), subject_of(approval)
        key = hashlib.sha256(write.encode()).digest()
        found, roster = await self._parts.store.read(subject), await self._roster()
        wanted = approvals.digest_of(method, path, approvals.canonical(body))
        if not isinstance(found, Approval):
            raise ApprovalError("there is no such approval", code="approval_unknown")
        if found.digest != wanted:
            raise ApprovalError("something else was approved than this request", code="approval_mismatch")
        check_about_other(found, roster, by)
        if found.status != "used" or found.key != key:
            approvals.check_usable(found, roster, now, self._parts.epoch())

        def function(loaded: Loaded) -> tuple[Change, ...]:
            before = _present(loaded.states[subject])
            approvals.check_usable(before, loaded.states[ROSTER] or Roster(), now, loaded.epoch)
            after = msgspec.structs.replace(before, status="used", ended=now, ended_by=by, key=key)
            noted = entry("approval_used", now, by, **_facts(after))
            queue = approvals.taken(loaded.states[QUEUE] or Queue(), approval, now)
            return (Change(subject, after, noted), Change(QUEUE, queue))

        return Used(found.signers, found.created, Joined((subject, QUEUE, ROSTER), function))

    def _asserted(self, found: Approval, person: Any, challenge: str, response: Json, now: int) -> Any:
        passkeys = self._parts.passkeys
        try:
            credential = passkeys.credential_of(response)
            owned = person.passkeys if isinstance(person, Staff) else ()
            passkey = next((each for each in owned if each.id == credential), None)
            if passkey is None or not isinstance(person, Staff):
                raise ApprovalError("this is not your passkey", code="passkey_unknown")
            content = _content(found, person.id)
            return passkey, passkeys.check(passkey.secret, response, challenge, PURPOSE, content, now)
        except PasskeyFailed as error:
            raise ApprovalError("the passkey's answer does not approve this", code=error.code) from error

    def _shown(self, approval: Approval, roster: Roster, staff: str | None) -> Shown:
        status = approvals.status_of(approval, roster, self._parts.time(), self._parts.epoch())
        try:
            approvals.check_open(status)
            approvals.check_signer(approval, roster.member(staff or ""))
        except InputError as error:
            return Shown(approval, status, error.code)
        return Shown(approval, status, "")

    async def _names(self, status: str | None, after: str) -> list[str]:
        if status in {"open", "approved"}:
            queue = await self._parts.store.read(QUEUE)
            lines = queue.waiting if isinstance(queue, Queue) else ()
            return [subject_of(line[0]) for line in lines if not after or line[0] > after]
        start = subject_of(after) if after else ""
        return await self._parts.store.subjects("approval", after=start, limit=MOST_READ)

    async def _read(self, approval: str) -> Approval:
        return _present(await self._parts.store.read(subject_of(approval)))

    async def _roster(self) -> Roster:
        found = await self._parts.store.read(ROSTER)
        return found if isinstance(found, Roster) else Roster()


def check_about_other(approval: Approval, roster: Roster, by: str) -> None:
    """Raise ApprovalError where `by` (a caller) is the one whom the operation is about."""
    member = roster.member(by.removeprefix("staff:"))
    if member is None:
        return
    if member.id == approval.staff or (approval.account and member.account == approval.account):
        raise ApprovalError("nobody approves what is about themselves", code="approval_own_account")


def _content(approval: Approval, staff: str) -> dict[str, Any]:
    """What a signature's challenge is bound to: this approval, its digest, this person."""
    return {"approval": approval.id, "digest": approval.digest.hex(), "staff": staff, "epoch": approval.epoch}


def _facts(approval: Approval) -> dict[str, Any]:
    return {
        "approval": approval.id,
        "operation": f"{approval.method} {approval.path}",
        "digest": approval.digest.hex(),
        "signers": approval.signers,
    }


def _present(found: Any) -> Approval:
    if not isinstance(found, Approval):
        raise NotFoundError("there is no such approval", code="approval_not_found")
    return found
