# SPDX-License-Identifier: Apache-2.0
"""What the desk finds itself: only the registered key, domain or person of this very authority supports."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.judicial.findings import CATALOGUE
from counterseal.judicial.model import Finding, Report, Signer, Verdict, verdict_of
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.model import NEAR, WAIT, Authority, Officer, Source
from counterseal.judicial.requests.automatic import Facts, automatic
from counterseal.judicial.requests.model import (
    Claim,
    Evidence,
    EvidenceKind,
    Identifier,
    JudicialRequest,
    Result,
    State,
    Type,
)
from counterseal.judicial.requests.ports import Kin, Matches, PortalAccount
from counterseal.judicial.stored import Document, Examination

K, R = EvidenceKind, Result
COURT = Authority(
    "nm-court", "District Court", "nm", "court", case_grammar=r"\d{1,4}/\d{4}", statutes=("court_order",)
)
POLICE = Authority("nm-police", "Police of Northmark", "nm", "police")
REQUEST = JudicialRequest(
    *("jr_1", "CS-1", Type.DISCLOSURE, State.TRIAGED, 10_000, "tok_1"),
    authority="nm-court",
    case_number="17/2026",
    pack="generic",
    legal_basis="court_order",
)


def document(kind: str, *codes: str, authority: str = "", role: str = "") -> Document:
    """A document whose report has these findings, and a signer of this authority."""
    findings = tuple(_finding(code) for code in codes)
    signer = Signer("CN=x", authority=authority, role=role) if authority else None
    report = Report(kind, "ab" * 32, 9, verdict_of(findings), findings, signer)
    return Document(
        "doc_1", "order", "upload", 1, "t", "ab" * 32, 9, kind, examinations=(Examination(1, "t", "x", report),)
    )


class Filled(dict[str, str]):
    """Any field of a sentence."""

    def __missing__(self, key: str) -> str:
        return key


def _finding(code: str) -> Finding:
    kind = CATALOGUE[code]
    return Finding(code, kind.sentence.format_map(Filled()), "", kind.effect)


def of(pieces: tuple[Evidence, ...], kind: EvidenceKind) -> Evidence:
    return next(each for each in pieces if each.kind is kind)


@pytest.mark.parametrize(
    ("codes", "authority", "role", "result"),
    [
        (("signature_verified",), "District Court", "court", R.SUPPORTS),
        (("signature_verified",), "Another Court", "court", R.INCONCLUSIVE),
        (("signature_verified",), "District Court", "police", R.INCONCLUSIVE),
        (("signature_verified", "changed_after_signing"), "District Court", "court", R.CONTRADICTS),
        (("signature_verified", "revocation_unknown"), "District Court", "court", R.INCONCLUSIVE),
        (("pdf_unsigned",), "", "", R.NOT_APPLICABLE),
        (("signer_self_signed",), "", "", R.NOT_APPLICABLE),
        (("encrypted",), "", "", R.INCONCLUSIVE),
    ],
)
def test_a_document(codes: tuple[str, ...], authority: str, role: str, result: Result) -> None:
    """E1 supports only for the authority that the request is of; E2 is there for every letter that can be read."""
    held = document("pdf", *codes, authority=authority, role=role)
    pieces = automatic(REQUEST, Facts(authority=COURT, documents=(held,)))
    assert of(pieces, K.DOC_SIGNATURE).result is result
    readable = held.report is not None and held.report.verdict is not Verdict.CANNOT_VERIFY
    assert of(pieces, K.DOC_INTEGRITY).result is (R.SUPPORTS if readable else R.INCONCLUSIVE)
    unknown = automatic(REQUEST, Facts(documents=(held,)))
    assert of(unknown, K.DOC_SIGNATURE).result is not R.SUPPORTS


@pytest.mark.parametrize(
    ("codes", "authority", "result"),
    [
        (("sender_verified",), "Police of Northmark", R.SUPPORTS),
        (("sender_not_judicial",), "Police of Northmark", R.SUPPORTS),
        (("sender_not_judicial", "subject_odd"), "Police of Northmark", R.INCONCLUSIVE),
        (("sender_not_judicial",), "District Court", R.INCONCLUSIVE),
        (("sender_unregistered",), "", R.NOT_APPLICABLE),
        (("dns_unknown",), "", R.INCONCLUSIVE),
        (("look_alike_domain",), "Police of Northmark", R.CONTRADICTS),
    ],
)
def test_a_mail(codes: tuple[str, ...], authority: str, result: Result) -> None:
    """E3 asks for the registered domain, not for a court; anything odd beside it keeps it back."""
    held = document("mail", *codes, authority=authority, role="police")
    pieces = automatic(REQUEST, Facts(authority=POLICE, documents=(held,)))
    assert of(pieces, K.MAIL_AUTH).result is result
    assert not [each for each in pieces if each.kind in {K.DOC_SIGNATURE, K.DOC_INTEGRITY}]


@pytest.mark.parametrize(
    ("account", "result"),
    [
        (PortalAccount("pa_1", "nm-court", 10_000 - NEAR), R.SUPPORTS),
        (PortalAccount("pa_1", "nm-court", 10_001 - NEAR), R.INCONCLUSIVE),
        (PortalAccount("pa_1", "nm-court", 10_001), R.INCONCLUSIVE),
        (PortalAccount("pa_1", "nm-police", 1 - WAIT), R.CONTRADICTS),
        (None, R.INCONCLUSIVE),
    ],
)
def test_a_portal_account_counts_if_it_was_confirmed_before(account: PortalAccount | None, result: Result) -> None:
    """Never one that was confirmed near the request or after it, and not for another authority; and like a contact
    it waits 30 days."""
    held, facts = msgspec.structs.replace(REQUEST, by="portal:pa_1"), Facts(authority=COURT, portal=account)
    ripe = msgspec.structs.replace(facts, at=10_000 - NEAR + WAIT)
    assert of(automatic(held, ripe), K.PORTAL).result is result
    early = Result.CONTRADICTS if result is R.CONTRADICTS else R.INCONCLUSIVE
    young = msgspec.structs.replace(facts, at=10_000 - NEAR + WAIT - 1)
    assert of(automatic(held, young), K.PORTAL).result is early
    assert not [each for each in automatic(REQUEST, ripe) if each.kind is K.PORTAL]


def test_content_never_supports() -> None:
    """What fits says nothing; what does not fit is told with its reason."""
    assert of(automatic(REQUEST, Facts(authority=COURT)), K.CONTENT).result is R.NOT_APPLICABLE
    roster = Officer("of_1", "Jane Doe", "x", "judge", Source("x", 1), 1, ("a", "b"))
    court = msgspec.structs.replace(COURT, officers=(roster,))
    claim = Claim(officer="jane  DOE", country="nm")
    assert (
        of(automatic(msgspec.structs.replace(REQUEST, claim=claim), Facts(authority=court)), K.CONTENT).findings
        == ()
    )
    wrong = msgspec.structs.replace(
        REQUEST, case_number="XX-1", legal_basis="habit", language="fr", claim=Claim(officer="J. Roe", country="zz")
    )
    alarms = (Alarm("similar_number", "s", "+1"), Alarm("domain_unknown", "s", "x.example"))
    facts = Facts(authority=court, alarms=alarms, reused=("CS-9",), twins=("CS-8",), copies=("CS-7",))
    held = of(automatic(wrong, facts), K.CONTENT)
    assert held.result is R.CONTRADICTS
    assert set(held.findings) == {
        *("similar_number", "domain_unknown", "case_number_reused", "same_case", "seen_before"),
        *("case_number_form", "statute_unusual", "country_differs", "language_unusual", "officer_unknown"),
    }


def test_subjects_are_told_and_never_guessed() -> None:
    """Nobody, several, staff, the same people elsewhere."""
    given = (
        Identifier("email", "a@x.example"),
        Identifier("email", "b@x.example"),
        Identifier("phone", "+4917055501"),
    )
    request = msgspec.structs.replace(REQUEST, identifiers=given, accounts=("u-1",))
    matches = (Matches(("u-1",)), Matches(("u-1", "u-2")), Matches(known=False))
    facts = Facts(authority=COURT, matches=matches, employees=("u-1",), others=("CS-5",))
    held = of(automatic(request, facts), K.SUBJECT)
    assert held.result is R.INCONCLUSIVE
    assert set(held.findings) == {"identifier_ambiguous", "identifier_unchecked", "names_staff", "named_elsewhere"}
    assert of(automatic(REQUEST, Facts(authority=COURT)), K.SUBJECT).findings == ("identifiers_missing",)


@pytest.mark.parametrize(
    ("shares", "result", "code"),
    [
        (("phone",), R.CONTRADICTS, "forged_hand"),
        (("officer", "template"), R.CONTRADICTS, "forged_hand"),
        (("domain", "officer"), R.INCONCLUSIVE, "forged_alike"),
    ],
)
def test_what_a_forger_leaves_behind_speaks_against_and_a_victims_name_does_not(
    shares: tuple[str, ...], result: R, code: str
) -> None:
    facts = Facts(authority=COURT, kin=(Kin("CS-9", shares),), at=20_000)
    (content,) = [each for each in automatic(REQUEST, facts) if each.kind is K.CONTENT]
    assert (content.result, code in content.findings) == (result, True)
    assert "CS-9" in content.details[code]
