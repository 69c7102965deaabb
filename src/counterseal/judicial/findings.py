# SPDX-License-Identifier: Apache-2.0
"""The catalogue of findings: each area of checks brings its own table; codes are unique across all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.judicial.findings_intake import INTAKE
from counterseal.judicial.findings_mail import MAIL
from counterseal.judicial.findings_pdf import PDF
from counterseal.judicial.findings_signer import SIGNER
from counterseal.judicial.findings_xml import XML
from counterseal.judicial.model import Box, Effect, Finding, Kind

CATALOGUE: Final[Mapping[str, Kind]] = {**INTAKE, **SIGNER, **PDF, **MAIL, **XML}


def found(
    code: str, where: str = "", *, boxes: tuple[Box, ...] = (), effect: Effect | None = None, **fields: object
) -> Finding:
    """The finding of this code. `fields` fill the sentence; `effect` overrides the catalogue's.

    Raises KeyError for a code that no table has: a mistake of ours, never of the document.
    """
    kind = CATALOGUE[code]
    given = {name: shown(value) for name, value in fields.items()}
    sentence, chinese = kind.sentence.format(**given), kind.chinese.format(**given)
    return Finding(code, sentence, where, effect or kind.effect, boxes, kind.proves, kind.forgeable_by, chinese)


def shown(value: object, most: int = 200) -> str:
    """Text of the document, safe to show: no control or direction characters, and not longer than `most`."""
    text = "".join(each if each.isprintable() else "�" for each in str(value))
    return text if len(text) <= most else text[: most - 1] + "…"
