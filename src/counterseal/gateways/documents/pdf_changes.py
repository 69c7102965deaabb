# SPDX-License-Identifier: Apache-2.0
"""What came after a signature, revision by revision: allowed are proofs of validity, document time stamps, and
further signatures that leave values and looks alone. The list of what is harmless is pyHanko's, less metadata."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.fields import MDPPerm

from counterseal.gateways.documents.pdf_fields import (
    LOUD,
    empty_fields,
    entry,
    form_settings,
    metadata_difference,
    names_of_changes,
    values,
)
from counterseal.gateways.documents.pdf_reading import LINE_ENDS, Reading
from counterseal.gateways.documents.pdf_signature import Sealed
from counterseal.gateways.documents.pdf_tail import unlisted
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_PAIRS: Final = 80  # signatures times later revisions
_LONG_TERM: Final = ModificationLevel.LTA_UPDATES


def _policy(*, metadata: bool) -> StandardDiffPolicy:
    plain: list[Any] = [XrefStreamRule, ObjectStreamRule, DSSCompareRule]
    plain += [DocInfoRule, MetadataUpdateRule] if metadata else []
    whole: list[Any] = [CatalogModificationRule]
    rules = [*(rule() for rule in whole), *(rule().as_qualified(_LONG_TERM) for rule in plain)]
    kinds: list[Any] = [SigFieldCreationRule, SigFieldModificationRule, GenericFieldModificationRule]
    fields = [kind() for kind in kinds]
    return StandardDiffPolicy(global_rules=rules, form_rule=FormUpdatingRule(field_rules=fields))


_STRICT, _WITH_METADATA = _policy(metadata=False), _policy(metadata=True)


class Changes(msgspec.Struct):
    """What came after one signature. `forms`: fields were filled or added, so looks must be compared."""

    findings: list[Finding]
    forms: bool = False
    any: bool = False


def after(reading: Reading, sealed: Sealed, all_sealed: list[Sealed]) -> Changes:
    """The changes behind this signature, which holds. Raises nothing."""
    where = f"behind field {sealed.name}, byte {sealed.end}"
    made = Changes([])
    if not reading.data[sealed.end :].strip(LINE_ENDS):
        return made
    made.any = True
    last = reading.reader.xrefs.total_revisions
    if reason := unlisted(reading, sealed.revision, sealed.end):
        made.findings.append(found("bytes_unlisted", f"{where}: {reason}"))
    try:
        permission, locks = sealed.embedded.docmdp_level, sealed.embedded.fieldmdp
    except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
        made.findings.append(found("permission_unread", where, reason=type(error).__name__))
        permission, locks = MDPPerm.NO_CHANGES, None
    for number in range(sealed.revision + 1, last):
        _revision(reading, sealed, number, (permission, locks), all_sealed, made)
        if any(each.code == "changed_after_signing" for each in made.findings):
            break
    if made.forms:
        made.findings += _values(reading, sealed, last - 1)
    return made


def _revision(
    reading: Reading,
    sealed: Sealed,
    number: int,
    allowed: tuple[Any, Any],
    all_sealed: list[Sealed],
    made: Changes,
) -> None:
    """One later revision against the signed one."""
    where = f"revision {number + 1}"
    resolver = reading.reader.get_historical_resolver
    old, new = resolver(sealed.revision), resolver(number)
    permission, locks = allowed
    try:
        level = _STRICT.apply(old, new, field_mdp_spec=locks, doc_mdp=permission).modification_level
    except Exception as refused:  # noqa: BLE001 - SuspiciousModification, or whatever a file makes it raise
        try:
            level = _WITH_METADATA.apply(old, new, field_mdp_spec=locks, doc_mdp=permission).modification_level
        except Exception:  # noqa: BLE001 - as above
            made.findings.append(_refused(reading, refused, number, where))
            return
        made.findings += _metadata(reading, number, all_sealed, where)
    made.findings += _purpose(reading, number, all_sealed, level, where)
    if permission is not None and level.value > permission.value:
        what = f"{level.name.lower().replace('_', ' ')} under permission {permission.value}"
        made.findings.append(found("permission_broken", where, what=what))
    made.forms |= level > _LONG_TERM or form_settings(old) != form_settings(new)


def _purpose(reading: Reading, number: int, all_sealed: list[Sealed], level: Any, where: str) -> list[Finding]:
    """A form's settings stay as they were signed, and a revision without a signature, time stamp or proofs is for a
    person to look at: no tool adds one."""
    resolver = reading.reader.get_historical_resolver
    before, now = form_settings(resolver(number - 1)), form_settings(resolver(number))
    changed = [key for key in before.keys() | now.keys() if before.get(key) != now.get(key)]
    if any(key in before or key in LOUD for key in changed):
        return [found("changed_after_signing", where, what="settings of the form")]
    if level <= _LONG_TERM and not _signing(reading, number, all_sealed):
        return [found("revision_idle", where)]
    return []


def _refused(reading: Reading, refused: Exception, number: int, where: str) -> Finding:
    text = str(refused)
    if isinstance(refused, SuspiciousModification) and ("locked" in text or "certification" in text):
        return found("permission_broken", where, what=text)
    return found("changed_after_signing", where, what=names_of_changes(reading, number))


def _metadata(reading: Reading, number: int, all_sealed: list[Sealed], where: str) -> list[Finding]:
    """A note if a signing tool dated its own work; else it is for a person to look at."""
    what = metadata_difference(reading, number)
    if not what and _signing(reading, number, all_sealed):
        return [found("metadata_dated", where)]
    return [found("metadata_changed", where, what=what or "dates alone, with nothing else")]


def _signing(reading: Reading, number: int, all_sealed: list[Sealed]) -> bool:
    """Whether the revision adds a signature, a time stamp or proofs."""
    if any(each.revision == number for each in all_sealed):
        return True
    resolver = reading.reader.get_historical_resolver
    try:
        stores = [repr(entry(resolver(each).root, "/DSS")) for each in (number - 1, number)]
        return stores[0] != stores[1]
    except Exception:  # noqa: BLE001 - as above
        return False


def _values(reading: Reading, sealed: Sealed, last: int) -> list[Finding]:
    """Fields other than signatures must say what they said; new ones must not be there."""
    resolver = reading.reader.get_historical_resolver
    try:
        before, now = values(resolver(sealed.revision)), values(resolver(last))
    except Exception as error:  # noqa: BLE001 - as above
        return [found("not_readable", "form", reason=type(error).__name__)]
    made = []
    if added := sorted(empty_fields(resolver(last)) - empty_fields(resolver(sealed.revision))):
        made.append(found("field_added", fields=", ".join(added[:10])))
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return [*made, *(found("field_changed", f"field {name}", field=name) for name in changed[:10])]
