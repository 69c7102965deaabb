# SPDX-License-Identifier: Apache-2.0
"""PDFs signed by the `openssl` program of today, with its own attributes and clock."""

from __future__ import annotations

import pytest

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Verdict, verdict_of
from tests.corpus.genuine_tools import by_openssl
from tests.corpus.pki import Party
from tests.support import pdf_samples as samples

pytestmark = pytest.mark.needs("openssl")
CHAIN = Party(samples.CA.certificate, samples.CA.key, Party(samples.ROOT.certificate, samples.ROOT.key))
JUDGE = Party(samples.JUDGE.certificate, samples.JUDGE.key, CHAIN)


def verdict(data: bytes) -> Verdict:
    return verdict_of(check_pdf(data, samples.context()).findings)


@pytest.mark.parametrize("options", [(), ("-cades",), ("-md", "sha512"), ("-nosmimecap",)])
def test_what_openssl_signs_for_a_court_is_verified(options: tuple[str, ...]) -> None:
    made = by_openssl(samples.order(), JUDGE, *options)
    assert verdict(made) == Verdict.VERIFIED
    assert verdict(made.replace(b"/MediaBox", b"/MediaBux", 1)) == Verdict.CONTRADICTS


def test_without_the_signers_certificate_nothing_is_proved_either_way() -> None:
    assert verdict(by_openssl(samples.order(), JUDGE, "-nocerts")) == Verdict.CANNOT_VERIFY


def test_what_openssl_signs_for_a_citizen_is_not() -> None:
    citizen = Party(samples.CITIZEN.certificate, samples.CITIZEN.key, CHAIN)
    assert verdict(by_openssl(samples.order(), citizen)) == Verdict.NEUTRAL
