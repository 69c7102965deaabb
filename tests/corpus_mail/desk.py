# SPDX-License-Identifier: Apache-2.0
"""The desk's examination without its sandbox: names are looked up in the offline zone until none is missing."""

from __future__ import annotations

from counterseal.gateways.documents.mail import check_mail
from counterseal.judicial.examination import MOST_ROUNDS
from counterseal.judicial.model import Answer, Checked, Verdict, verdict_of
from tests.corpus_mail.world import world


def examine(data: bytes, *, seen: frozenset[str] = frozenset()) -> tuple[Verdict, Checked]:
    """What the desk answers on this mail."""
    names: dict[str, Answer] = {}
    checked = check_mail(data, world().context(seen=seen))
    for _ in range(MOST_ROUNDS):
        missing = [name for name in checked.needs if name not in names]
        if not missing:
            break
        names |= {name: world().answer(name) for name in missing}
        checked = check_mail(data, world().context(seen=seen, names=names))
    assert not [name for name in checked.needs if name not in names]
    return verdict_of(checked.findings), checked
