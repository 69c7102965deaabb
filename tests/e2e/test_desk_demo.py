# SPDX-License-Identifier: Apache-2.0
"""The desk's demonstration: the forgeries of the red-team suite and a few genuine requests, on real servers."""

from __future__ import annotations

import pytest

from counterseal.demo.desk_cases import CASES
from counterseal.demo.desk_show import PACKS, show

pytestmark = pytest.mark.needs("bwrap")


def test_no_forgery_gets_through_hardened_and_genuine_requests_do() -> None:
    """Each of the twelve is played under both policies."""
    shown = show(lambda _text: None, genuine=3, story=False)
    by = {(each.case, each.policy): each for each in shown.forgeries}
    assert set(by) == {(case.id, pack) for case in CASES for pack in PACKS}
    names = [case.id for case in CASES]
    assert len(names) == 12
    assert {by[name, "okx-2024"].result for name in names} <= {"released", "reachable"}
    assert by["hacked_mailbox", "okx-2024"].result == "released"
    assert {by[name, "hardened"].result for name in names} == {"stopped"}
    assert by["hacked_mailbox", "hardened"].at.startswith("call-back")
    assert by["portal_fraud", "okx-2024"].result == "released"
    assert by["portal_fraud", "hardened"].at == "call-back: denied"
    packages = {each["policy"]: each for each in shown.story if each["step"] == "disclosure package"}
    assert packages["okx-2024"]["result"] == "handed over"
    assert all(name in packages["okx-2024"]["at"] for name in ("email", "name", "phone"))
    assert packages["hardened"]["result"] == "not built"
    assert [each.in_time for each in shown.genuine] == [True] * 3
