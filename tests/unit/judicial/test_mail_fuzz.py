# SPDX-License-Identifier: Apache-2.0
"""Mutants of signed mails: none is verified that shows anything else than was signed, and nothing raises.

COUNTERSEAL_MAIL_MUTANTS sets how many (the whole run: 2000).
"""

from __future__ import annotations

import os
from random import Random

from counterseal.judicial.model import Verdict
from tests.corpus_mail.desk import examine
from tests.corpus_mail.fuzz import mutants, shown

COUNT = int(os.environ.get("COUNTERSEAL_MAIL_MUTANTS", "340"))


def test_no_mutant_is_verified_with_a_changed_signed_part() -> None:
    verified = 0
    for name, original, mutant in mutants(Random(20261123), COUNT):
        verdict, checked = examine(mutant)
        assert "not_readable" not in {each.code for each in checked.findings}, (name, mutant)
        if verdict == Verdict.VERIFIED:
            verified += 1
            assert shown(mutant, name) == shown(original, name), (name, mutant)
    assert 0 < verified < COUNT / 2  # harmless changes are there too, so that the comparison is put to work
