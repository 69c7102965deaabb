# SPDX-License-Identifier: Apache-2.0
"""What counts of a request's evidence, and how a piece is added. Pure.

Evidence is added, never edited. Of what the desk finds itself the newest of a kind and source counts; what speaks
against a request stays until two officers resolve it, however often it is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from counterseal.core.policy.model import Vocabulary
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.requests.model import (
    FACTOR_OF,
    Evidence,
    EvidenceKind,
    JudicialRequest,
    Resolution,
    Result,
)
from counterseal.judicial.requests.ports import PortalAccount
from counterseal.judicial.requests.stored import RequestRuleError

DESK: Final = "desk"
MOST: Final = 500
BY_HAND: Final = frozenset({EvidenceKind.CALL_BACK, EvidenceKind.DOCKET, EvidenceKind.CHANNEL})
"""Kinds that are there because one of our officers says so."""

PROVES: Final = {
    EvidenceKind.DOC_SIGNATURE: "the registered key of this authority signed these bytes",
    EvidenceKind.DOC_INTEGRITY: "nothing: anybody can make a letter that looks right",
    EvidenceKind.MAIL_AUTH: "it was sent through the authority's registered domain",
    EvidenceKind.PORTAL: "a person whom the authority confirmed on the telephone handed it in",
    EvidenceKind.CHANNEL: "the authority's own system or its central authority transmitted it",
    EvidenceKind.CALL_BACK: "the office confirms case, officer and scope on a number that we knew before",
    EvidenceKind.DOCKET: "the case and the order exist at the court",
    EvidenceKind.OFFICER_IDENTITY: "the person named serves there",
    EvidenceKind.CONTENT: "nothing: what fits can be copied",
    EvidenceKind.SUBJECT: "nothing: what fits can be found out",
}


def piece(
    kind: EvidenceKind,
    result: Result,
    *,
    source: str = "",
    sha256: str = "",
    details: dict[str, str] | None = None,
    findings: Iterable[str] = (),
) -> Evidence:
    """A piece that nobody has collected yet: without id, collector and time."""
    proves = PROVES[kind] if result is Result.SUPPORTS else ""
    told = tuple(dict.fromkeys(findings))
    return Evidence("", kind, result, "", 0, proves, (), source, sha256, details or {}, told)


def forgers(vocabulary: Vocabulary, kind: EvidenceKind) -> tuple[str, ...]:
    """The capabilities that could have made this kind appear, as the vocabulary says."""
    factor = FACTOR_OF.get(kind)
    return tuple(sorted(name for name, spec in vocabulary.capabilities.items() if factor in spec.produces))


def added(
    request: JudicialRequest, pieces: Iterable[Evidence], vocabulary: Vocabulary, at: int, by: str
) -> JudicialRequest:
    """The request with these pieces at its end, except for those of the desk that say nothing new."""
    held = list(request.evidence)
    for each in pieces:
        if by == DESK and _said(held, each):
            continue
        able = forgers(vocabulary, each.kind) if each.result is Result.SUPPORTS else ()
        name = f"e{len(held) + 1}"
        made = msgspec.structs.replace(each, id=name, collected_by=by, collected_at=at, forgeable_by=able)
        held.append(made)
    if len(held) > MOST:
        raise RequestRuleError("this request has too much evidence", code="evidence_limit")
    return msgspec.structs.replace(request, evidence=tuple(held))


def _said(held: list[Evidence], new: Evidence) -> bool:
    """Whether the newest piece of the desk of this kind and source says the same."""
    last = next(
        (each for each in reversed(held) if _place(each) == _place(new) and each.collected_by == DESK), None
    )
    if last is None:
        return new.result is Result.NOT_APPLICABLE
    return (last.result, last.findings, last.details, last.source_sha256, last.void) == (
        *(new.result, new.findings, new.details, new.source_sha256, new.void),
    )


def _place(evidence: Evidence) -> tuple[EvidenceKind, str]:
    return evidence.kind, evidence.source


def counting(request: JudicialRequest) -> tuple[Evidence, ...]:
    """What supports the request and counts: not void, and not overtaken by a later look of the desk."""
    newest = {_place(each): each.id for each in request.evidence if each.collected_by == DESK}
    return tuple(
        each
        for each in request.evidence
        if each.result is Result.SUPPORTS
        and not each.void
        and (each.collected_by != DESK or newest[_place(each)] == each.id)
    )


def contradictions(request: JudicialRequest) -> tuple[Evidence, ...]:
    """What speaks against it and was not resolved by two officers."""
    return tuple(
        each
        for each in request.evidence
        if each.result is Result.CONTRADICTS and each.resolved is None and not each.void
    )


def found(request: JudicialRequest, evidence: str) -> Evidence:
    """The piece with this id. Raises RequestRuleError."""
    held = next((each for each in request.evidence if each.id == evidence), None)
    if held is None:
        raise RequestRuleError("this request has no such evidence", code="evidence_unknown")
    return held


def resolved(
    request: JudicialRequest, evidence: str, officers: tuple[str, ...], reason: str, at: int
) -> JudicialRequest:
    """Two officers say why a contradiction is none. Raises RequestRuleError where it is none, or where the
    authority itself said that the request is not its own: nobody here can know better."""
    held = found(request, evidence)
    if held.result is not Result.CONTRADICTS or held.resolved is not None:
        raise RequestRuleError("this is no open contradiction", code="not_resolvable")
    if held.kind in BY_HAND:
        raise RequestRuleError(
            "the authority itself denied it",
            code="not_resolvable",
            hint="ask for a new request, or record this one as forged",
        )
    if held.collected_by in officers:
        raise RequestRuleError("whoever found it does not resolve it", code="officer_conflict")
    changed = msgspec.structs.replace(held, resolved=Resolution(at, officers, reason))
    return _with(request, changed)


def voided(request: JudicialRequest, evidence: str, why: str) -> JudicialRequest:
    """This piece does not count any more, and it stays to be seen."""
    return _with(request, msgspec.structs.replace(found(request, evidence), void=why))


def _with(request: JudicialRequest, changed: Evidence) -> JudicialRequest:
    kept = tuple(changed if each.id == changed.id else each for each in request.evidence)
    return msgspec.structs.replace(request, evidence=kept)


def resting_on_account(request: JudicialRequest, account: PortalAccount | None) -> list[str]:
    """Log-ins at the portal that count, of an account that does not any more or is of somebody else."""
    if account is not None and account.authority == request.authority:
        return []
    return [each.id for each in counting(request) if each.kind is EvidenceKind.PORTAL]


def resting_on_ended(request: JudicialRequest, authority: Authority) -> list[str]:
    """Pieces by hand that count and rest on a contact that ended."""
    contacts = [(each.id, authority.contact(each.source)) for each in counting(request) if each.kind in BY_HAND]
    return [name for name, held in contacts if held is not None and held.ended is not None]
