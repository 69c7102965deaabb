# SPDX-License-Identifier: Apache-2.0
"""The desk's PDF check over the project's own corpus: every genuine variant, one file of each forged class."""

import hashlib

import pytest

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Verdict, verdict_of
from tests.corpus.fuzz import covered, mutants
from tests.corpus.labels import Document, documents
from tests.corpus.pki import pki

ALL = list(documents())


def judged(data: bytes) -> Verdict:
    return verdict_of(check_pdf(data, pki().context()).findings)


@pytest.mark.parametrize("document", ALL, ids=lambda each: f"{each.group}-{each.name}")
def test_each_class_gets_a_verdict_that_is_honest(document: Document):
    assert judged(document.data()) in document.verdicts


def test_the_corpus_is_as_large_as_it_is_said_to_be():
    genuine = [each for each in ALL if each.group == "genuine"]
    assert len(genuine) >= 30
    assert len(ALL) - len(genuine) >= 60


def test_no_mutant_with_a_changed_covered_byte_is_accepted():
    for parent, mutant in mutants(5, 60):
        if judged(mutant) == Verdict.VERIFIED:
            assert covered(mutant) == covered(parent)


@pytest.mark.parametrize("name", ["tool_rsa_pss", "hand_pss_stamped", "linearised", "page_added", "shadow_hide"])
def test_a_seed_gives_the_same_bytes(name: str):
    document = next(each for each in ALL if each.name == name)
    assert hashlib.sha256(document.data()).digest() == hashlib.sha256(document.data()).digest()
