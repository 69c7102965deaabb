# SPDX-License-Identifier: Apache-2.0
"""Genuine orders as signing tools make them. A verdict other than verified on these is a false alarm."""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random
from typing import Any

import pikepdf
from pyhanko.pdf_utils import writer as pyhanko_writer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.fields import MDPPerm
from pyhanko.stamp import TextStampStyle

from counterseal.judicial.model import Verdict
from tests.corpus import cms, tools, update
from tests.corpus.paper import Look, order, stream
from tests.corpus.pki import pki

Maker = Callable[[Random], bytes]
V = frozenset({Verdict.VERIFIED})
TOLERATED = frozenset({Verdict.VERIFIED, Verdict.NEUTRAL, Verdict.CANNOT_VERIFY})
"""What no court's tool has made for years may be withheld, but is not called tampered."""
GENUINE: dict[str, tuple[Maker, frozenset[Verdict]]] = {}


def _enter(name: str, maker: Maker, verdicts: frozenset[Verdict] = V) -> None:
    assert name not in GENUINE, name
    GENUINE[name] = (maker, verdicts)


def _tool(entry: str, who: str = "judge", look: Look | None = None, **how: Any) -> None:
    def make(random: Random) -> bytes:
        with tools.still(random):
            return tools.sign(order(random, look), who, **how)

    _enter(entry, make)


def _hand(entry: str, who: str = "judge", look: Look | None = None, wish: Any = None, **where: Any) -> None:
    verdicts = where.pop("verdicts", V)
    _enter(
        entry, lambda random: update.signed(order(random, look), pki()[who], wish, update.Field(**where)), verdicts
    )


def enter(function: Maker, verdicts: frozenset[Verdict] = V) -> Maker:
    """Enter a variant under its function's name; the tool's clock stands still in it."""

    def make(random: Random) -> bytes:
        with tools.still(random):
            return function(random)

    _enter(function.__name__, make, verdicts)
    return function


def genuine(function: Maker) -> Maker:
    """The same for one that has to be verified."""
    return enter(function)


_tool("tool_invisible")
_tool(
    "tool_visible", spec={"box": (330, 90, 540, 160)}, style=TextStampStyle(stamp_text="Signed %(ts)s\n%(signer)s")
)
_tool("tool_with_reason", reason="Order", location="Nordmark", name="Helena Brandt", contact_info="Room 3")
for _level in (MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE):
    _tool(f"tool_certified_{_level.value}", certify=True, docmdp_permissions=_level)
_tool("tool_pades_t", stamp=True)
_tool("tool_pades_lt_crl", stamp=True, embed_validation_info=True)
_tool("tool_pades_lt_ocsp", "judge_silent", stamp=True, embed_validation_info=True)
_tool("tool_pades_lta", stamp=True, embed_validation_info=True, use_pades_lta=True)
_tool("tool_rsa", "judge_rsa")
_tool("tool_rsa_pss", "judge_rsa", pss=True, md_algorithm="sha512")
_tool("tool_p384", "judge_p384", md_algorithm="sha384")
_tool("tool_ed25519", "judge_ed25519", md_algorithm="sha512")
_tool("tool_pkcs7_revocation", "judge", subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
      embed_validation_info=True)  # fmt: skip
_tool("tool_court_seal", "court", stamp=True)
_tool("tool_pointers", "judge_pointers")
_tool("tool_xref_stream", look=Look(xref="stream"))
_tool("tool_form", look=Look(form=True), spec={"box": (330, 90, 540, 160)})
_tool("tool_tagged", look=Look(tagged=True, version="2.0"))
_tool("tool_scan", look=Look(scan=True, pages=3))
_tool("tool_hundred_pages", look=Look(pages=100))
_tool("tool_pdf_1_4", look=Look(version="1.4", compress=False))
_hand("hand_cades")
_hand("hand_pkcs7", wish=cms.Wish(pades=False), subfilter="adbe.pkcs7.detached")
_hand("hand_pss_stamped", "judge_rsa", wish=cms.Wish(pss=True, digest="sha384", stamp=pki()["tsa"]))
_hand("hand_certified", certify=1)
_hand("hand_certified_stream", "prosecutor", Look(xref="stream", pages=2), certify=2)
_hand("hand_packed_update", look=Look(xref="stream"), form=update.Form(xref="packed"))
_hand("hand_p384_pkcs7", "judge_p384", wish=cms.Wish(pades=False, digest="sha512"), subfilter="adbe.pkcs7.detached")
_hand("hand_second_page", look=Look(pages=4), page=2)
_hand("hand_hybrid", look=Look(xref="hybrid"), verdicts=TOLERATED)


@genuine
def two_signers(random: Random) -> bytes:
    first = tools.sign(order(random), "judge", spec={"box": (330, 90, 540, 160)})
    return tools.sign(first, "prosecutor", field="Signature2", spec={"box": (72, 90, 300, 160)})


@genuine
def certified_then_approved(random: Random) -> bytes:
    first = tools.sign(order(random), "court", certify=True)
    return tools.sign(first, "judge", field="Signature2", stamp=True)


@genuine
def both_fields_made_before(random: Random) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(order(random)))
    for n, name in enumerate(("Judge", "Prosecutor")):
        fields.append_signature_field(writer, fields.SigFieldSpec(name, box=(72 + 260 * n, 90, 300 + 260 * n, 160)))
    out = io.BytesIO()
    writer.write(out)
    first = tools.sign(out.getvalue(), "judge", field="Judge", existing=True)
    return tools.sign(first, "prosecutor", field="Prosecutor", existing=True)


@genuine
def document_time_stamp(random: Random) -> bytes:
    return tools.time_stamped(tools.sign(order(random), "judge"))


@genuine
def dss_afterwards(random: Random) -> bytes:
    signed = tools.sign(order(random), "judge", stamp=True)
    people = pki()
    return tools.with_dss(signed, people.crls[:3], certs=[people["ca_a"], people["root_a"]])


@genuine
def dss_and_time_stamp_afterwards(random: Random) -> bytes:
    people = pki()
    made = tools.with_dss(tools.sign(order(random), "judge", stamp=True), people.crls[:3], certs=[people["ca_a"]])
    return tools.time_stamped(made)


@genuine
def field_lock(random: Random) -> bytes:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    return tools.sign(order(random, Look(form=True)), "judge", spec={"field_mdp_spec": lock})


@genuine
def seed_values(random: Random) -> bytes:
    seed = fields.SigSeedValueSpec(digest_methods=["sha256"], reasons=["Order"])
    return tools.sign(order(random), "judge", spec={"seed_value_dict": seed}, reason="Order", md_algorithm="sha256")


@genuine
def attachment_before(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random))) as pdf:
        pdf.attachments["list.csv"] = pikepdf.AttachedFileSpec(pdf, b"uid\n817263\n", filename="list.csv")
        return tools.sign(_saved(pdf), "judge")


@genuine
def changed_before_signing(random: Random) -> bytes:
    """A clerk corrects the draft and fills the form; then the judge signs."""

    def edit(pdf: pikepdf.Pdf) -> update.Change:
        page = pdf.pages[0].obj
        page.Contents = update.new(pdf, pikepdf.Stream(pdf, b"BT /F1 12 Tf 72 700 Td (Corrected order) Tj ET"))
        field = pdf.Root.AcroForm.Fields[0]
        field.V = "21 days"
        return update.touched(page, page.Contents, field)

    return tools.sign(update.edited(order(random, Look(form=True)), edit), "judge")


@genuine
def linearised(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random, Look(pages=5)))) as pdf:
        return tools.sign(_saved(pdf, linearize=True), "judge")


@genuine
def packed_by_another_tool(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random, Look(form=True, tagged=True)))) as pdf:
        made = _saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return tools.sign(made, "judge_rsa", stamp=True)


@genuine
def written_anew_by_the_tool(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random))) as pdf:
        copy = pyhanko_writer.copy_into_new_writer(IncrementalPdfFileWriter(io.BytesIO(_saved(pdf))).prev)
    out = io.BytesIO()
    copy.write(out)
    return tools.sign(out.getvalue(), "judge")


@genuine
def links_outlines_and_metadata(random: Random) -> bytes:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    extra = {9: stream(xmp, b"/Type /Metadata /Subtype /XML", compress=False)}
    look = Look(catalog=b"/Metadata 9 0 R /OpenAction [20 0 R /Fit] /PageMode /UseNone", extra=extra)
    return tools.sign(order(random, look), "judge")


def _saved(pdf: pikepdf.Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, **how)
    return out.getvalue()
