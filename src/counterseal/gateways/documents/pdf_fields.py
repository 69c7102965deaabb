# SPDX-License-Identifier: Apache-2.0
"""Values of form fields in a revision, names of what a revision changes, and what it changes in the metadata."""

from __future__ import annotations

import re
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.sign.fields import enumerate_sig_fields

from counterseal.gateways.documents.pdf_reading import Reading

MOST_FIELDS: Final = 5_000
LOUD: Final = frozenset({"/NeedAppearances", "/XFA", "/CO"})
"""Settings of a form by which programs draw or compute its fields anew."""
_DEPTH: Final = 20
_TOOLS: Final = frozenset({"/ModDate", "/Producer"})
_DATED: Final = re.compile(
    rb"(?s)<(xmp:ModifyDate|xmp:MetadataDate|pdf:Producer|xmpMM:InstanceID|xmp:CreatorTool)>.*?</\1>"
    rb"|(xmp:ModifyDate|xmp:MetadataDate|pdf:Producer|xmpMM:InstanceID)=(\"[^\"]*\"|'[^']*')"
    rb"|<\?xpacket.*?\?>|x:xmptk=(\"[^\"]*\"|'[^']*')"
)
_KINDS: Final = {
    "/Page": "pages",
    "/Pages": "pages",
    "/Annot": "annotations",
    "/Font": "fonts",
    "/FontDescriptor": "fonts",
    "/XObject": "pictures and forms",
    "/ExtGState": "drawing",
    "/OCG": "layers",
    "/OCMD": "layers",
    "/Action": "actions",
    "/Catalog": "the catalogue",
    "/Sig": "signatures",
    "/Filespec": "attachments",
    "/EmbeddedFile": "attachments",
    "/ObjStm": "",
    "/XRef": "",
}


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """A value, with references followed: `get` would not follow them."""
    if key in dictionary:
        return dictionary[key]
    return default


def values(revision: Any) -> dict[str, str]:
    """Full name and value of each field that is no signature. `revision`: pyHanko's resolver; raises its."""
    form = entry(revision.root, "/AcroForm")
    made: dict[str, str] = {}
    if form is not None:
        for each in entry(form, "/Fields", []):
            _value(each, "", None, made, _DEPTH)
    return made


def form_settings(revision: Any) -> dict[str, str]:
    """What the form says of how all its fields are shown and computed. Raises what pyHanko's resolver does."""
    form = entry(revision.root, "/AcroForm", {})
    return {str(key): repr(entry(form, key)) for key in form if key not in {"/Fields", "/SigFlags"}}


def empty_fields(revision: Any) -> set[str]:
    """Names of the signature fields without a signature. Raises what pyHanko's resolver does."""
    return {str(name) for name, value, _ in enumerate_sig_fields(revision) if value is None}


def _value(field: Any, above: str, kind: Any, made: dict[str, str], depth: int) -> None:
    field = field.get_object()
    if not isinstance(field, generic.DictionaryObject) or depth <= 0 or len(made) >= MOST_FIELDS:
        return
    own = entry(field, "/T")
    name = above if own is None else f"{above}.{own}" if above else str(own)
    kind = entry(field, "/FT", kind)
    if kind != "/Sig" and (kind is not None or "/V" in field):
        shown = [repr(entry(field, key)) for key in ("/V", "/AS", "/DV", "/I", "/TI")]
        made[f"{name}#{len(made)}" if name in made else name] = "|".join(shown)
    for kid in entry(field, "/Kids", []):
        _value(kid, name, kind, made, depth - 1)


def names_of_changes(reading: Reading, number: int) -> str:
    """What kinds of objects a revision writes, for people."""
    resolver = reading.reader.get_historical_resolver(number)
    kinds: dict[str, None] = {}
    try:
        for reference in list(resolver.explicit_refs_in_revision())[:500]:
            kinds[_kind(resolver(reference))] = None
    except Exception:  # noqa: BLE001 - whatever a file makes the library raise
        kinds["objects that cannot be read"] = None
    return ", ".join(sorted(filter(None, kinds))) or "objects"


def _kind(value: Any) -> str:
    if not isinstance(value, generic.DictionaryObject):
        return "objects freed" if isinstance(value, generic.NullObject) else "lists and values"
    if str(entry(value, "/Type", "")) in _KINDS:
        return _KINDS[str(entry(value, "/Type"))]
    if "/FT" in value or "/Fields" in value:
        return "the form"
    if "/S" in value and ("/JS" in value or "/URI" in value or "/D" in value):
        return "actions"
    if isinstance(value, generic.StreamObject):
        return "pictures and forms" if "/Subtype" in value else "what pages show"
    return "objects"


def metadata_difference(reading: Reading, number: int) -> str:
    """What this revision changes in the metadata besides the tool's own name and date; empty = nothing."""
    resolver = reading.reader.get_historical_resolver
    try:
        old, new = resolver(number - 1), resolver(number)
        before, now = (_info(each) for each in (old, new))
        changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        if _packet(old) != _packet(new):
            changed.append("XMP")
    except Exception as error:  # noqa: BLE001 - as above
        return type(error).__name__
    return ", ".join(each.lstrip("/") for each in changed)


def _info(revision: Any) -> dict[str, str]:
    held = entry(revision.trailer_view, "/Info", {})
    return {str(key): repr(entry(held, key)) for key in held if key not in _TOOLS}


def _packet(revision: Any) -> bytes:
    held = entry(revision.root, "/Metadata")
    return b"" if held is None else b"".join(_DATED.sub(b"", held.data).split())
