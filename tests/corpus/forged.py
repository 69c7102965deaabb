# SPDX-License-Identifier: Apache-2.0
"""Where forged classes are entered, with the verdicts that are honest for them; never `verified`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from counterseal.judicial.model import Verdict
from tests.corpus import tools
from tests.corpus.genuine import Maker
from tests.corpus.paper import Look, order
from tests.corpus.pki import pki
from tests.corpus.update import Field, Form, signed

C = frozenset({Verdict.CONTRADICTS})
N = frozenset({Verdict.NEUTRAL})
U = frozenset({Verdict.CANNOT_VERIFY})
NOT = C | N | U
"""Anything but verified."""
FORGED: dict[str, tuple[str, Maker, frozenset[Verdict]]] = {}


def forged(group: str, verdicts: frozenset[Verdict] = NOT) -> Callable[[Maker], Maker]:
    """Enter a class of this group under its function's name."""
    assert Verdict.VERIFIED not in verdicts

    def enter(function: Maker) -> Maker:
        assert function.__name__ not in FORGED, function.__name__

        def make(random: Random) -> bytes:
            with tools.still(random):
                return function(random)

        FORGED[function.__name__] = (group, make, verdicts)
        return function

    return enter


def genuine_one(random: Random, look: Look | None = None, *, certify: int | None = None, who: str = "") -> bytes:
    """A genuine document to begin with: by hand or by the tool, some certified, some with stream tables."""
    kind = random.choice(("table", "stream"))
    look = look or Look(xref=kind, form=random.random() < 0.3, pages=random.randrange(1, 4))
    level = random.choice((0, 0, 1, 2)) if certify is None else certify
    who = who or random.choice(("judge", "judge_rsa", "prosecutor", "court"))
    if look.xref == "hybrid" or random.random() < 0.5:
        form = Form("packed") if look.xref == "stream" and random.random() < 0.5 else None
        return signed(order(random, look), pki()[who], None, Field(certify=level, form=form))
    meta = {"certify": True, "docmdp_permissions": tools.fields.MDPPerm(level)} if level else {}
    box = {"box": (330, 90, 540, 160)}
    return tools.sign(order(random, look), who, spec=box, **meta)
