# SPDX-License-Identifier: Apache-2.0
"""OCSP answers that a document embeds for a certificate which names no responder."""

from __future__ import annotations

from random import Random

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Verdict, verdict_of
from tests.corpus.paper import order
from tests.corpus.pki import ocsp_response, party, pki
from tests.corpus.tools import with_dss
from tests.corpus.update import signed


@pytest.mark.parametrize(("good", "verdict"), [(True, Verdict.VERIFIED), (False, Verdict.CONTRADICTS)])
def test_an_embedded_answer_counts_whatever_the_certificate_names(good: bool, verdict: Verdict) -> None:
    """The library passes over it, so that one that says `revoked` would be lost beside a CRL that does not yet."""
    people = pki()
    responder = party("Justice OCSP", people["ca_a"], kind="rsa2048", uses=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    answer = ocsp_response(people["judge"], responder, good=good)
    made = with_dss(signed(order(Random(1)), people["judge"]), (), [answer], [responder])
    assert verdict_of(check_pdf(made, people.context()).findings) == verdict
