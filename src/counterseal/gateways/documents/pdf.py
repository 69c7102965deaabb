# SPDX-License-Identifier: Apache-2.0
"""The check of PDFs. Pure: bytes and a context in, findings out; no file, no network, no clock.

1. The frame: header at byte 0, one end, tables that all readers read alike, no encryption.
2. Each signature: it leaves out itself alone, covers its revision, and the mathematics hold.
3. Each signer: pinned anchor, revocation known, valid when it was proved to sign, registered in a judicial role.
4. What came behind: proofs and time stamps only, or signatures that change neither values nor looks.
5. What is inside that can show something else: code, layers, hidden text.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec

from counterseal.gateways.documents import pdf_content, pdf_looks
from counterseal.gateways.documents.pdf_changes import MOST_PAIRS, after
from counterseal.gateways.documents.pdf_fields import entry
from counterseal.gateways.documents.pdf_places import empty, widgets
from counterseal.gateways.documents.pdf_raw import broken
from counterseal.gateways.documents.pdf_reading import LINE_ENDS, Reading, behind_end, frame, read
from counterseal.gateways.documents.pdf_signature import Sealed, signatures
from counterseal.gateways.documents.pdf_signer import Judged, judged
from counterseal.gateways.documents.pdf_templates import template_marks
from counterseal.gateways.documents.pdf_time import answers, proven
from counterseal.judicial.findings import found
from counterseal.judicial.model import Box, Checked, Context, Covered, Effect, Finding

MOST_DRAWN: Final = 40  # pages compared; more are inconclusive
_KEPT_BACK: Final = frozenset({Effect.WITHHOLDS, Effect.INCONCLUSIVE})

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def check_pdf(data: bytes, context: Context) -> Checked:
    """What is to be said of this PDF. Raises nothing of the document's making."""
    findings = frame(data)
    reading, more = read(data)
    findings += more
    if reading is None:
        findings += broken(data) if all(each.code != "encrypted" for each in more) else []
        return Checked("pdf", tuple(findings))
    try:
        return _checked(reading, context, findings)
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - what was found before is kept
        kept = (*findings, found("not_readable", reason=type(error).__name__))
        return Checked("pdf", kept, pages=reading.pages)
    finally:
        reading.close()


def _checked(reading: Reading, context: Context, findings: list[Finding]) -> Checked:
    sealed, more = signatures(reading)
    findings += more
    if any(each.code == "signature_unreadable" for each in more):
        findings += broken(reading.data)
    ended = _end(reading.data, sealed)
    findings += ended
    signers = _signers(reading, sealed, context, findings)
    best = next((each for each in reversed(signers) if each.good), None)
    places = widgets(reading.pike)
    for each in signers:
        findings += _of(each, best, places)
    behind = _behind(reading, sealed, signers, places)
    findings += [each for each in behind if not (ended and each.code == "proofs_added")]
    findings += [*pdf_content.found_in(reading), *template_marks(reading)]
    if best is None:
        shown = signers[-1] if signers else None
        if not signers and not any(each.embedded for each in sealed):
            unread = any(each.code == "signature_unreadable" for each in findings)
            findings += [] if unread else [found("pdf_unsigned")]
        return Checked("pdf", tuple(findings), None if shown is None else shown.signer, None, reading.pages)
    whole = not ended and all(each.effect == Effect.NOTE for each in behind)
    covered = Covered(best.sealed.covers, len(reading.data), whole)
    if whole:
        findings.append(_verified(best, places))
    return Checked("pdf", tuple(findings), best.signer, covered, reading.pages)


def _end(data: bytes, sealed: list[Sealed]) -> list[Finding]:
    """Nothing but whitespace behind the last %%EOF."""
    count = behind_end(data)
    if not count:
        return []
    inside = any(each.holds and not data[each.end :].strip(LINE_ENDS) for each in sealed)
    where = f"last {count} bytes"
    return [found("pdf_trailing" if inside or not sealed else "pdf_appended", where, bytes=count)]


def _signers(reading: Reading, sealed: list[Sealed], context: Context, findings: list[Finding]) -> list[Judged]:
    """Persons' signatures, judged; document time stamps only say when."""
    held = answers(reading.reader, sealed)
    stamps: list[tuple[int, int]] = []
    for each in sealed:
        if each.stamp:
            moment, more = proven(each, context, held, f"field {each.name}")
            findings += [*each.findings, *more]
            each.holds = each.holds and not any(one.code == "timestamp_false" for one in more)
            stamps += [] if moment is None else [(each.end, moment)]
    judgements = []
    for each in sealed:
        if not each.stamp:
            later = [moment for end, moment in stamps if end > each.end]
            judgements.append(judged(each, context, held, min(later, default=None)))
    return judgements


def _of(each: Judged, best: Judged | None, places: dict[tuple[int, int], Box]) -> list[Finding]:
    """Its findings. What a good signature covers whole is that signer's to answer for: it keeps nothing back."""
    boxes = _boxes(each.sealed, places)
    within = best is not None and each is not best and each.sealed.end <= best.sealed.end
    made = []
    for finding in each.findings:
        effect = Effect.NOTE if within and finding.effect in _KEPT_BACK else finding.effect
        made.append(msgspec.structs.replace(finding, effect=effect, boxes=boxes))
    return made


def _behind(
    reading: Reading,
    sealed: list[Sealed],
    signers: list[Judged],
    places: dict[tuple[int, int], Box],
) -> list[Finding]:
    """What came behind signatures."""
    findings: list[Finding] = []
    holding = [each for each in sealed if each.holds]
    last = reading.reader.xrefs.total_revisions
    if sum(last - 1 - each.revision for each in holding) > MOST_PAIRS:
        return [found("pdf_too_complex", what="revisions behind signatures")]
    drawn = False
    seen: set[tuple[str, str]] = set()
    for each in holding:
        changes = after(reading, each, sealed)
        new = [one for one in changes.findings if (one.code, one.where) not in seen]
        seen |= {(one.code, one.where) for one in new}
        findings += new
        if changes.forms and not drawn:
            drawn = True  # the first signature's looks are the ones that later ones must keep
            findings += _looks(reading, each, signers, places)
        elif changes.any and not changes.findings and not changes.forms:
            findings.append(found("proofs_added", f"behind field {each.name}"))
    return findings


def _looks(
    reading: Reading, first: Sealed, signers: list[Judged], places: dict[tuple[int, int], Box]
) -> list[Finding]:
    """Compares what is seen with what the first signer saw."""
    later = [each for each in signers if each.sealed.end > first.end and each.trusted and each.sealed.holds]
    boxes = [box for each in later for box in _boxes(each.sealed, places) if not empty(box)]
    before = reading.data[: first.end]
    made: list[Finding] = []
    if reading.pages > MOST_DRAWN:
        made.append(found("pdf_too_complex", what="pages behind signatures"))
    try:
        covered = pdf_looks.occupied(before, boxes)
        if covered:
            made.append(found("signature_over_content", boxes=covered))
        different, pages = pdf_looks.changed(before, reading.data, boxes, MOST_DRAWN)
    except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
        return [*made, found("not_readable", "pages", reason=type(error).__name__)]
    if different or pages:
        made.append(found("looks_changed", boxes=different))
    return made


def _boxes(sealed: Sealed, places: dict[tuple[int, int], Box]) -> tuple[Box, ...]:
    """Where its field stands on pages: the field itself, or its kids."""
    try:
        field = sealed.embedded.sig_field
        own = [field.container_ref, *(kid.reference for kid in entry(field, "/Kids", []))]
        keys = [(each.idnum, each.generation) for each in own if each is not None]
    except Exception:  # noqa: BLE001 - as above
        return ()
    return tuple(places[key] for key in keys if key in places)


def _verified(best: Judged, places: dict[tuple[int, int], Box]) -> Finding:
    signer = best.signer
    name = "" if signer is None else signer.authority or signer.name
    where = f"field {best.sealed.name}, bytes 0 to {best.sealed.end}"
    return found("signature_verified", where, boxes=_boxes(best.sealed, places), name=name)
