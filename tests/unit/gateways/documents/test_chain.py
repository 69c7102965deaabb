# SPDX-License-Identifier: Apache-2.0
"""A signer's certificate against pinned anchors: every way in which it does not count."""

from __future__ import annotations

import datetime as dt

import pytest
from asn1crypto import x509 as asn1  # type: ignore[import-untyped] # has none
from cryptography.hazmat.primitives.asymmetric import rsa

from counterseal.gateways.documents.chain import Standing, chain_of, issuer_of, registered, subject_of
from counterseal.judicial.model import Context, Registered
from tests.support.small_pki import (
    ANCHOR,
    BELOW,
    CONTEXT,
    COURT,
    DAY,
    LISTS,
    NOW,
    OTHER,
    ROOT,
    SIGNER,
    START,
    SUB,
    certificate,
    crl,
    ms,
)


def standing(given: asn1.Certificate, context: Context = CONTEXT, at: dt.datetime = NOW) -> Standing:
    return chain_of(given, [BELOW], context, ms(at)).standing


def test_a_signer_below_a_pinned_anchor_with_current_lists_is_trusted() -> None:
    assert standing(SIGNER) == Standing.TRUSTED


def test_no_anchor_means_nobody_and_never_the_systems_own_list() -> None:
    assert standing(SIGNER, Context(ms(NOW), crls=LISTS)) == Standing.UNKNOWN_CA


def test_another_anchor_knows_nobody_here() -> None:
    other = certificate("Root", "Root", OTHER, OTHER, authority=True)
    assert standing(SIGNER, Context(ms(NOW), anchors=(other.dump(),), crls=LISTS)) in {
        Standing.UNKNOWN_CA,
        Standing.BROKEN,
    }


def test_a_certificate_that_signs_itself_is_named_so() -> None:
    assert standing(certificate("District Court", "District Court", OTHER, OTHER)) == Standing.SELF_SIGNED


@pytest.mark.parametrize(
    "lists", [(), LISTS[:1], (LISTS[0], crl("Courts", SUB, until=NOW - dt.timedelta(hours=1)))]
)
def test_a_list_that_is_missing_or_old_leaves_revocation_open(lists: tuple[bytes, ...]) -> None:
    context = Context(ms(NOW), anchors=(ANCHOR.dump(),), crls=lists)
    assert standing(SIGNER, context) == Standing.REVOCATION_UNKNOWN


def test_a_list_that_somebody_else_signed_counts_for_nothing() -> None:
    context = Context(ms(NOW), anchors=(ANCHOR.dump(),), crls=(LISTS[0], crl("Courts", OTHER)))
    assert standing(SIGNER, context) != Standing.TRUSTED


def test_a_revoked_signer_is_revoked_and_since_when_is_told() -> None:
    context = Context(ms(NOW), anchors=(ANCHOR.dump(),), crls=(LISTS[0], crl("Courts", SUB, 3)))
    found = chain_of(SIGNER, [BELOW], context, ms(NOW))
    assert (found.standing, found.revoked) == (Standing.REVOKED, ms(NOW - 2 * DAY))


def test_a_revoked_intermediate_ends_all_below_it() -> None:
    context = Context(ms(NOW), anchors=(ANCHOR.dump(),), crls=(crl("Root", ROOT, 2), LISTS[1]))
    assert standing(SIGNER, context) == Standing.REVOKED


def test_a_signer_counts_only_within_its_time() -> None:
    assert standing(certificate("District Court", "Courts", COURT, SUB, days=30)) == Standing.EXPIRED
    assert standing(SIGNER, at=START - DAY) == Standing.NOT_YET_VALID


def test_a_signer_does_not_certify_others() -> None:
    below = certificate("Clerk", "District Court", OTHER, COURT, serial=9)
    found = chain_of(below, [BELOW, SIGNER], CONTEXT, ms(NOW))
    assert found.standing not in {Standing.TRUSTED, Standing.REVOCATION_UNKNOWN}


def test_a_key_made_for_something_else_or_too_short_does_not_sign() -> None:
    assert standing(certificate("District Court", "Courts", COURT, SUB, signs=False)) == Standing.WRONG_USE
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - refused, as it should be
    assert standing(certificate("District Court", "Courts", short, SUB)) == Standing.WEAK


def test_the_signers_own_certificate_may_be_pinned() -> None:
    assert standing(SIGNER, Context(ms(NOW), anchors=(SIGNER.dump(),), crls=())) == Standing.TRUSTED


def test_the_registry_names_a_certificate_or_a_whole_subject() -> None:
    subject = "CN=District Court, O=Judiciary\\, Northmark, C=NM"
    by_subject = Registered("by subject", "court", subjects=(subject,))
    by_key = Registered("by key", "court", certificates=(SIGNER.sha256.hex(),))
    assert subject_of(SIGNER) == "CN=District Court,O=Judiciary\\, Northmark,C=NM"
    assert registered(SIGNER, [by_subject]) == by_subject
    assert registered(SIGNER, [by_subject, by_key]) == by_key
    assert registered(BELOW, [by_subject, by_key]) is None
    part = Registered("part", "court", subjects=("CN=District Court",))
    assert registered(SIGNER, [part]) is None
    assert issuer_of(SIGNER).startswith("CN=Courts")
