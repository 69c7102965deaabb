# SPDX-License-Identifier: Apache-2.0
"""Documents made from earlier ones: the same letter with other details (a copied order, or a court's next one).

Nobody can tell those two apart by the letter, only by the signer. So a match never counts for a document, and keeps
`verified` back unless the registered authority that signed it may have made the earlier ones too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from counterseal.core.transaction import Change
from counterseal.judicial.findings import found
from counterseal.judicial.model import Effect, Finding, Report, verdict_of
from counterseal.judicial.stored import Template, Use, template_of

MOST_MARKS: Final = 12
MOST_USES: Final = 16
MOST_NAMED: Final = 5
WORDS: Final = {
    "file": "the file identifier",
    "metadata": "the identifier in its metadata",
    "made": "the moment and program of making",
    "letter": "the layout",
    "picture": "a picture",
    "font": "a subset of a font",
}
PERSONAL: Final = frozenset({"file", "metadata", "made"})
"""What two documents of one template do not share, unless one was made from the other."""
_MARK: Final = re.compile(rf"({'|'.join(WORDS)})-[0-9a-f]{{32}}")
_DETAILS: Final = re.compile(r"details-[0-9a-f]{32}")


def marks(report: Report) -> tuple[str, ...]:
    """The marks in a report; what is not one of ours is passed over: it comes from where the document was open."""
    return tuple(dict.fromkeys(each for each in _parts(report) if _MARK.fullmatch(each)))[:MOST_MARKS]


def keys(report: Report) -> list[str]:
    """The subjects that `compared` reads and changes."""
    return [template_of(mark) for mark in marks(report)]


def compared(report: Report, document: str, states: Mapping[str, object]) -> tuple[Report, list[Change]]:
    """The report, with `template_copied` if earlier documents share marks but not the words; and what to keep so
    that later ones are compared with this one. `states`: of `keys`."""
    use = Use(document, _details(report), _authority(report))
    changes: list[Change] = []
    shared: dict[str, set[str]] = {}
    signers: dict[str, str] = {}
    for mark in marks(report):
        held = states.get(template_of(mark))
        uses = held.uses if isinstance(held, Template) else ()
        for each in _before(uses, document):
            if each.details != use.details:
                shared.setdefault(each.id, set()).add(mark.partition("-")[0])
                signers[each.id] = each.authority
        if len(uses) < MOST_USES and all(each.id != document for each in uses):
            changes.append(Change(template_of(mark), Template((*uses, use))))
    if not shared:
        return report, changes
    findings = (*report.findings, _copied(use.authority, shared, signers))
    return msgspec.structs.replace(report, findings=findings, verdict=verdict_of(findings)), changes


def _copied(authority: str, shared: Mapping[str, set[str]], signers: Mapping[str, str]) -> Finding:
    foreign = [each for each, kinds in shared.items() if _taken(kinds) and signers[each] not in {"", authority}]
    effect = Effect.NOTE if authority and not foreign else Effect.WITHHOLDS
    named = sorted(shared, key=lambda each: (each not in foreign, -len(shared[each]), each))[:MOST_NAMED]
    kinds = {kind for each in shared.values() for kind in each}
    what = ", ".join(words for kind, words in WORDS.items() if kind in kinds)
    return found("template_copied", ", ".join(named), effect=effect, what=what, count=len(shared))


def _before(uses: tuple[Use, ...], document: str) -> tuple[Use, ...]:
    """Those examined before this one: of two copies the later is found, also when it is examined again."""
    ids = [each.id for each in uses]
    return uses[: ids.index(document)] if document in ids else uses


def _taken(kinds: set[str]) -> bool:
    """Whether it is a copy, and not only of the same house: some programs give every file the same identifier."""
    return len(kinds) > 1 and bool(kinds & PERSONAL)


def _authority(report: Report) -> str:
    """The registered authority whose signature carries the document; "" = nobody's does."""
    carried = any(each.code == "signature_verified" for each in report.findings)
    return report.signer.authority if carried and report.signer is not None else ""


def _details(report: Report) -> str:
    return next((each for each in _parts(report) if _DETAILS.fullmatch(each)), "")


def _parts(report: Report) -> list[str]:
    return [part for each in report.findings if each.code == "template_mark" for part in each.where.split()]
