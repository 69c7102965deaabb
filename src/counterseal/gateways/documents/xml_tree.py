# SPDX-License-Identifier: Apache-2.0
"""XML read strictly: no document type, no entities, no network, bounded; identifiers stand once."""

from __future__ import annotations

from typing import Final

from lxml import etree  # type: ignore[import-untyped] # has none

from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
MOST_BYTES: Final = 25 * 1024 * 1024
MOST_ELEMENTS: Final = 200_000
_IDS: Final = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")


def tree(data: bytes) -> tuple[etree._Element | None, tuple[Finding, ...]]:
    """The root element, or None with the reason. Raises nothing."""
    if len(data) > MOST_BYTES:
        return None, (found("xml_broken", reason="too large"),)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=False, remove_pis=False, recover=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, (found("xml_broken", reason=" ".join(str(error).split())[:160]),)
    document = root.getroottree()
    if document.docinfo.doctype or document.docinfo.internalDTD is not None:
        return None, (found("xml_entities"),)
    return root, _judged(root)


def signatures(root: etree._Element) -> list[etree._Element]:
    """Every ds:Signature element, in document order; those inside another signature's object are its own matter."""
    return list(root.iter(f"{{{DS}}}Signature"))


def _judged(root: etree._Element) -> tuple[Finding, ...]:
    seen: set[str] = set()
    for count, element in enumerate(root.iter()):
        if count > MOST_ELEMENTS:
            return (found("xml_broken", reason="too many elements"),)
        if not isinstance(element.tag, str):
            continue
        for name in _IDS:
            value = element.get(name)
            if value is None:
                continue
            if value in seen:
                return (found("xml_identifiers_twice", value[:80]),)
            seen.add(value)
    return ()
