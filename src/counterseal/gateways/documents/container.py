# SPDX-License-Identifier: Apache-2.0
"""Signed XML, and ASiC containers (ETSI EN 319 162-1), as far as intake needs.

Checked: XML signatures (XAdES) over the whole of an XML document, or over every document of a container; a CAdES
signature over the one document of an ASiC-S container. Not evaluated: CAdES in ASiC-E (manifests), evidence
records, time stamps. What is not evaluated never carries a verdict.
"""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents.container_cms import signed_cms
from counterseal.gateways.documents.container_entries import entries
from counterseal.gateways.documents.signers import Signed
from counterseal.gateways.documents.xml_signature import MOST, signed
from counterseal.gateways.documents.xml_tree import DS, signatures, tree
from counterseal.judicial.findings import found
from counterseal.judicial.model import Checked, Context, Covered, Finding, Signer

META: Final = "META-INF/"
MIMETYPE: Final = "mimetype"


def check_xml(data: bytes, context: Context) -> Checked:
    """A signed XML document."""
    root, faults = tree(data)
    if root is None:
        return Checked("xml", faults)
    all_signatures = signatures(root)
    if not all_signatures:
        return Checked("xml", (*faults, found("xml_unsigned")))
    if len(all_signatures) > MOST:
        return Checked("xml", (*faults, found("xml_signatures_many", count=len(all_signatures), most=MOST)))
    results = [
        signed(root, signature, context, None, f"signature {number}")
        for number, signature in enumerate(all_signatures, 1)
    ]
    whole = [_covers_all(root, each.references) for each in results]
    findings = [*faults, *(finding for each in results for finding in each.findings)]
    if not any(whole) and not findings:
        findings.append(
            found("xml_part_signed", ", ".join(each for result in results for each in result.references))
        )
    good = next((each for each, all_ in zip(results, whole, strict=True) if all_ and each.good), None)
    return _checked("xml", findings, good, results, len(data), whole=any(whole))


def check_asic(data: bytes, context: Context) -> Checked:
    """An ASiC container."""
    held, faults = entries(data)
    if faults:
        return Checked("asic", faults)
    documents = {name: content for name, content in held.items() if name != MIMETYPE and not name.startswith(META)}
    if not documents:
        return Checked("asic", (found("container_empty"),))
    shown = ", ".join(sorted(documents))
    note = found("container_documents", count=len(documents), names=shown)
    results, findings = _signatures_of(held, documents, context)
    if not results and not findings:
        return Checked("asic", (note, found("xml_unsigned")))
    good = [each for each in results if each.good]
    covered = set.intersection(*({_named(uri) for uri in each.references} for each in good)) if good else set()
    bare = [found("container_unsigned_entry", name[:80]) for name in documents if good and name not in covered]
    whole = bool(good) and not bare
    total = sum(map(len, documents.values()))
    return _checked("asic", [note, *findings, *bare], good[0] if whole else None, results, total, whole=whole)


def _signatures_of(
    held: dict[str, bytes], documents: dict[str, bytes], context: Context
) -> tuple[list[Signed], list[Finding]]:
    results: list[Signed] = []
    findings: list[Finding] = []
    for name in sorted(held):
        low = posixpath.basename(name).lower()
        if not name.startswith(META) or not (low.startswith("signature") or "signatures" in low):
            continue
        if low.endswith(".p7s"):
            if len(documents) == 1:
                results.append(signed_cms(held[name], next(iter(documents.items())), context, name))
            else:
                findings.append(found("xml_signature_odd", name, reason="a manifest signed by CAdES"))
        elif low.endswith(".xml"):
            more, faults = _xml_signatures(held[name], documents, context, name)
            results += more
            findings += faults
    return results, [*findings, *(finding for each in results for finding in each.findings)]


def _xml_signatures(
    data: bytes, documents: dict[str, bytes], context: Context, name: str
) -> tuple[list[Signed], tuple[Finding, ...]]:
    def resolve(uri: str) -> bytes:
        found_ = documents.get(_named(uri))
        if found_ is None:
            raise ValueError("no such entry")
        return found_

    root, faults = tree(data)
    if root is None:
        return [], faults
    each = signatures(root)[:MOST]
    return [signed(root, one, context, resolve, f"{name}, signature {n}") for n, one in enumerate(each, 1)], faults


def _covers_all(root: etree._Element, references: tuple[str, ...]) -> bool:
    """Whether these references sign the whole document: itself, or each object inside an enveloping signature."""
    if "" in references or any(_is(root, uri) for uri in references):
        return True
    if root.tag != f"{{{DS}}}Signature":
        return False
    objects = [each for each in root.findall(f"{{{DS}}}Object") if not _qualifies(each)]
    return bool(objects) and all(any(_is(each, uri) for uri in references) for each in objects)


def _is(element: etree._Element, uri: str) -> bool:
    return uri.startswith("#") and uri[1:] in {element.get("Id"), element.get("ID"), element.get("id")} - {None}


def _qualifies(element: etree._Element) -> bool:
    children = [each for each in element if isinstance(each.tag, str)]
    return len(children) == 1 and etree.QName(children[0]).localname == "QualifyingProperties"


def _named(uri: str) -> str:
    """A reference as a name in the container (EN 319 162-1, A.6: percent-encoded, from the container's root)."""
    return posixpath.normpath(unquote(uri)).lstrip("/") if uri and not uri.startswith("#") else ""


def _checked(
    kind: str, findings: list[Finding], good: Signed | None, results: list[Signed], size: int, *, whole: bool
) -> Checked:
    signer: Signer | None = good.signer if good is not None else next((each.signer for each in results), None)
    if good is not None and signer is not None:
        findings += [found("signature_verified", name=signer.authority), found("xml_time_claimed")]
    return Checked(kind, tuple(findings), signer, Covered(size if whole else 0, size, whole))
