# SPDX-License-Identifier: Apache-2.0
"""The evidence that the desk finds itself: documents (E1, E2), mail (E3), portal (E4), content (E9), subject (E10).

Pure: what was looked up comes in as `Facts`. Content and subject can speak against a request, never for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from counterseal.judicial.model import JUDICIAL_ROLES, Report, Verdict
from counterseal.judicial.packs.verdicts import Fault
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.grammar import Fits, case_number_fits
from counterseal.judicial.registry.model import NEAR, WAIT, Authority
from counterseal.judicial.requests.evidence import piece
from counterseal.judicial.requests.model import Evidence, EvidenceKind, Identifier, JudicialRequest, Result
from counterseal.judicial.requests.ports import Kin, Matches, PortalAccount
from counterseal.judicial.stored import Document

SHARED: Final = frozenset({"name", "ip"})
NOTE_ONLY: Final = frozenset({"domain_unknown", "free_mail", "shared"})
"""Alarms that a genuine request can raise: told, not held against it."""
OF_A_FORGER: Final = frozenset({"key", "mailbox", "phone", "template"})
"""What a forger leaves behind. A name or a domain is the victim's: one forged order of a real officer is not to
keep that officer's real ones back, so these are told and no more."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was looked up for a request. `authority`: as it counts for it, None = none named; `matches`: one for
    each identifier; `reused`: requests of the same case number about other people, `twins`: about the same;
    `copies`: requests that came
    with the same bytes; `employees`: accounts named that members of staff own; `others`: open requests of other
    authorities that name the same accounts; `kin`: forgeries that share traits with it; `at`: when it was looked
    up (ms)."""

    authority: Authority | None = None
    documents: tuple[Document, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    matches: tuple[Matches, ...] = ()
    basis: Fault | None = None
    reused: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    employees: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    portal: PortalAccount | None = None
    kin: tuple[Kin, ...] = ()
    at: int = 0


def automatic(request: JudicialRequest, facts: Facts) -> tuple[Evidence, ...]:
    """Every piece that these facts yield, without id and time."""
    pieces = [each for document in facts.documents for each in _of_document(document, facts.authority)]
    pieces += _of_portal(request, facts)
    pieces += [_content(request, facts), _subject(request, facts)]
    return tuple(pieces)


def _of_document(document: Document, authority: Authority | None) -> Iterator[Evidence]:
    report = document.report
    if report is None:
        return
    codes = tuple(sorted({each.code for each in report.findings}))
    told = {"document": document.name, "verdict": report.verdict.value}
    if report.signer is not None:
        told |= {"signer": report.signer.name, "registered": report.signer.authority}
    kind = EvidenceKind.MAIL_AUTH if document.kind == "mail" else EvidenceKind.DOC_SIGNATURE
    result = _mail(report, authority) if document.kind == "mail" else _signature(report, authority)
    yield piece(kind, result, source=document.id, sha256=document.sha256, details=told, findings=codes)
    if document.kind != "mail":
        readable = Result.INCONCLUSIVE if report.verdict is Verdict.CANNOT_VERIFY else Result.SUPPORTS
        kind = EvidenceKind.DOC_INTEGRITY
        yield piece(kind, readable, source=document.id, sha256=document.sha256, details=told)


def _signature(report: Report, authority: Authority | None) -> Result:
    """E1: only a registered judicial signer of this very authority supports."""
    if report.verdict is Verdict.CONTRADICTS:
        return Result.CONTRADICTS
    if report.verdict is Verdict.CANNOT_VERIFY:
        return Result.INCONCLUSIVE
    signer = report.signer
    if report.verdict is Verdict.NEUTRAL or signer is None:
        return Result.NOT_APPLICABLE
    ours = authority is not None and signer.authority == authority.name and signer.role in JUDICIAL_ROLES
    return Result.SUPPORTS if ours else Result.INCONCLUSIVE


def _mail(report: Report, authority: Authority | None) -> Result:
    """E3: the registered domain of this very authority, whatever its role; a court is not asked for here."""
    if report.verdict is Verdict.CONTRADICTS:
        return Result.CONTRADICTS
    signer = report.signer
    if signer is None or not signer.authority or authority is None:
        return Result.INCONCLUSIVE if report.verdict is Verdict.CANNOT_VERIFY else Result.NOT_APPLICABLE
    withheld = {each.code for each in report.findings if each.effect.value in {"withholds", "inconclusive"}}
    if signer.authority != authority.name or withheld - {"sender_not_judicial"}:
        return Result.INCONCLUSIVE
    return Result.SUPPORTS


def _of_portal(request: JudicialRequest, facts: Facts) -> Iterator[Evidence]:
    """E4: the account was confirmed on a call-back, waited like a contact of the registry, and is of this
    authority. Whoever plans a forged order can also talk the desk into an account beforehand."""
    if not request.by.startswith("portal:"):
        return
    held, authority = facts.portal, facts.authority
    told = {"account": request.by.removeprefix("portal:")}
    if held is None:
        yield piece(EvidenceKind.PORTAL, Result.INCONCLUSIVE, source=request.by, details=told)
        return
    told |= {"officer": held.officer, "confirmed": str(held.confirmed), "invited_by": " ".join(held.confirmed_by)}
    if authority is None:
        result = Result.INCONCLUSIVE
    elif held.authority != authority.id:
        result = Result.CONTRADICTS
        told["of"] = held.authority
    else:
        waited = held.confirmed + WAIT <= facts.at and held.confirmed <= request.received - NEAR
        result = Result.SUPPORTS if waited else Result.INCONCLUSIVE
    yield piece(EvidenceKind.PORTAL, result, source=request.by, details=told)


def _content(request: JudicialRequest, facts: Facts) -> Evidence:
    """E9: what does not fit together in the request itself."""
    against, doubts = dict[str, str](), dict[str, str]()
    for alarm in facts.alarms:
        (doubts if alarm.code in NOTE_ONLY else against)[alarm.code] = alarm.sentence
    if facts.reused:
        against["case_number_reused"] = f"another request bears this case number: {', '.join(facts.reused[:5])}"
    if facts.twins:
        doubts["same_case"] = f"another request is about the same case and people: {', '.join(facts.twins[:5])}"
    if facts.copies:
        doubts["seen_before"] = f"the same bytes came with {', '.join(facts.copies[:5])}"
    _of_kin(facts.kin, against, doubts)
    if facts.basis is not None:
        against[facts.basis.code] = facts.basis.sentence
    if facts.authority is not None:
        _of_authority(request, facts.authority, against, doubts)
    return _told(EvidenceKind.CONTENT, against, doubts)


def _of_kin(kin: tuple[Kin, ...], against: dict[str, str], doubts: dict[str, str]) -> None:
    hand = [each for each in kin if OF_A_FORGER & set(each.shares)]
    for told, code, found in (
        (against, "forged_hand", hand),
        (doubts, "forged_alike", [each for each in kin if each not in hand]),
    ):
        if found:
            shared = ", ".join(sorted({share for each in found for share in each.shares}))
            names = ", ".join(each.reference for each in found[:5])
            told[code] = f"it shares with a request that was found to be forged: {shared} ({names})"


def _of_authority(
    request: JudicialRequest, authority: Authority, against: dict[str, str], doubts: dict[str, str]
) -> None:
    if request.case_number and case_number_fits(authority.case_grammar, request.case_number) is Fits.DIFFERS:
        against["case_number_form"] = f"{authority.name} does not write its case numbers like this"
    if not request.case_number:
        doubts["case_number_missing"] = "no case number is given"
    if authority.statutes and request.legal_basis and request.legal_basis not in authority.statutes:
        against["statute_unusual"] = f"{authority.name} is not known to cite {request.legal_basis}"
    if request.claim.country and request.claim.country.lower() != authority.country.lower():
        against["country_differs"] = f"it says to come from {request.claim.country}, {authority.name} does not"
    if request.language not in authority.languages:
        doubts["language_unusual"] = f"{authority.name} writes in {', '.join(authority.languages)}"
    serving = {_name(each.name) for each in authority.officers if each.ended is None}
    if request.claim.officer and serving and _name(request.claim.officer) not in serving:
        doubts["officer_unknown"] = f"{request.claim.officer} is not on the roster of {authority.name}"


def _subject(request: JudicialRequest, facts: Facts) -> Evidence:
    """E10: whom the identifiers mean."""
    against, doubts = dict[str, str](), dict[str, str]()
    for given, match in zip(request.identifiers, facts.matches, strict=True):
        place = f"{given.kind} {given.value}"
        if odd := _odd(given):
            doubts[f"{odd[0]}:{place}"] = odd[1]
        if not match.known:
            doubts[f"identifier_unchecked:{place}"] = "nobody could be asked whose it is"
        elif not match.accounts:
            doubts[f"identifier_unknown:{place}"] = "no account has it"
        elif len(match.accounts) > 1:
            doubts[f"identifier_ambiguous:{place}"] = f"{len(match.accounts)} accounts have it"
    if not request.identifiers:
        doubts["identifiers_missing"] = "it names nobody"
    if facts.employees:
        doubts["names_staff"] = "it names an account of a member of staff"
    if facts.others:
        doubts["named_elsewhere"] = f"other authorities ask about the same accounts: {', '.join(facts.others[:5])}"
    return _told(EvidenceKind.SUBJECT, against, doubts)


def _odd(given: Identifier) -> tuple[str, str] | None:
    """How an identifier can be read in more than one way."""
    if given.kind in {"email", "account", "txid", "address"} and not given.value.isascii():
        return "identifier_not_ascii", "it has letters that look like others"
    if given.kind == "phone" and not given.value.startswith("+"):
        return "identifier_no_country", "a number without its country code is several numbers"
    if given.kind in SHARED:
        return "identifier_shared", "several people can have it: it means nobody by itself"
    return None


def _told(kind: EvidenceKind, against: dict[str, str], doubts: dict[str, str]) -> Evidence:
    result = Result.CONTRADICTS if against else Result.INCONCLUSIVE if doubts else Result.NOT_APPLICABLE
    codes = [each.partition(":")[0] for each in (*against, *doubts)]
    return piece(kind, result, source=kind.value, details=against | doubts, findings=codes)


def _name(name: str) -> str:
    return " ".join(name.casefold().split())
