# SPDX-License-Identifier: Apache-2.0
"""PDFs that a signing tool made, then as forgers would have them: the signature, its bytes, its signer."""

from __future__ import annotations

import re

import pikepdf
import pytest

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Checked, Context, Verdict, verdict_of
from tests.support import pdf_samples as samples
from tests.support.pdf_samples import CITIZEN, CLERK, COURT, DAY, JUDGE, STRANGER, TODAY, Party


def _codes(checked: Checked) -> set[str]:
    return {finding.code for finding in checked.findings}


def _verdict(data: bytes, context: Context | None = None) -> tuple[Verdict, set[str]]:
    checked = check_pdf(data, context or samples.context())
    return verdict_of(checked.findings), _codes(checked) - {"template_mark"}  # which says nothing of the signature


@pytest.fixture(scope="module")
def good() -> bytes:
    return samples.signed(samples.order())


def test_a_registered_court_signed_it(good: bytes) -> None:
    checked = check_pdf(good, samples.context())
    assert verdict_of(checked.findings) == Verdict.VERIFIED
    assert checked.signer is not None
    assert (checked.signer.authority, checked.signer.role) == (COURT, "court")
    assert checked.covered is not None
    assert checked.covered.whole
    assert checked.covered.of == len(good)
    assert checked.pages == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"box": (60, 100, 260, 160)},
        {"digest": "sha512"},
        {"permission": samples.fields.MDPPerm.NO_CHANGES},
        {"stamper": samples.stamper()},
        {"metadata": {"subfilter": samples.fields.SigSeedSubFilter.PADES}},
    ],
)
def test_ways_in_which_courts_sign(wish: dict[str, object]) -> None:
    assert _verdict(samples.signed(samples.order(), **wish))[0] == Verdict.VERIFIED


def test_object_streams_and_tables_of_pdf_1_5() -> None:
    order = samples.order(object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert _verdict(samples.signed(order))[0] == Verdict.VERIFIED


def test_nobody_signed_it() -> None:
    assert _verdict(samples.order()) == (Verdict.NEUTRAL, {"pdf_unsigned"})


@pytest.mark.parametrize(("who", "code"), [(CITIZEN, "signer_not_registered"), (STRANGER, "signer_self_signed")])
def test_who_is_not_known_proves_nothing(who: Party, code: str) -> None:
    assert _verdict(samples.signed(samples.order(), who)) == (Verdict.NEUTRAL, {code})


def test_every_changed_byte_outside_the_contents_is_seen(good: bytes) -> None:
    gap = re.search(rb"/Contents <[0-9A-Fa-f]+>", good)
    assert gap is not None
    for at in [*range(0, gap.start(), 97), *range(gap.end(), len(good), 41)]:
        changed = bytearray(good)
        changed[at] ^= 1
        assert _verdict(bytes(changed))[0] != Verdict.VERIFIED, at


def test_bytes_behind_the_end(good: bytes) -> None:
    verdict, codes = _verdict(good + b"9 0 obj\n<<>>\nendobj\n")
    assert verdict == Verdict.CONTRADICTS
    assert "pdf_appended" in codes


def test_bytes_before_the_header(good: bytes) -> None:
    assert _verdict(b"GIF89a" + good)[0] != Verdict.VERIFIED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"/ByteRange \[0 ", b"/ByteRange [1 "),
        (rb"/ByteRange \[0 (\d)", rb"/ByteRange [0 -\1"),
        (rb"/ByteRange \[0 \d+ \d+ \d+\]  ", b"/ByteRange [0 9 9 9 9]"),
    ],
)
def test_ranges_that_are_none(good: bytes, old: bytes, new: bytes) -> None:
    assert _verdict(re.sub(old, new, good, count=1))[0] != Verdict.VERIFIED


def test_a_gap_wider_than_the_contents(good: bytes) -> None:
    """Signature wrapping: the range is widened, so that unsigned bytes stand beside the contents."""
    first, second, last = map(int, re.search(rb"ByteRange \[0 (\d+) (\d+) (\d+)", good).groups())  # type: ignore[union-attr]
    old = b"/ByteRange [0 %d %d %d]" % (first, second, last)
    wide = good.replace(old, (b"/ByteRange [0 %d %d %d]" % (first, second + 20, last - 20)).ljust(len(old)))
    verdict, codes = _verdict(wide)
    assert (verdict, "signature_range" in codes) == (Verdict.CONTRADICTS, True)


def test_weak_digests_and_keys_carry_nothing() -> None:
    assert "signature_weak" in _verdict(samples.signed(samples.order(), digest="sha1"))[1]
    short = Party("Judge", samples.CA, kind="rsa", bits=1024)
    context = samples.context(registry=(samples.registered(short),))
    assert _verdict(samples.signed(samples.order(), short), context) == (Verdict.NEUTRAL, {"signer_unfit"})


def test_no_anchors_or_no_registry_is_neutral(good: bytes) -> None:
    now = samples.context().now
    assert _verdict(good, Context(now))[0] == Verdict.NEUTRAL
    assert _verdict(good, samples.context(registry=()))[0] == Verdict.NEUTRAL


def test_revocation_must_be_known(good: bytes) -> None:
    verdict, codes = _verdict(good, samples.context(crls=()))
    assert (verdict, codes) == (Verdict.CANNOT_VERIFY, {"revocation_unknown"})


def test_revoked_before_and_after_a_proved_moment(good: bytes) -> None:
    revoked = (samples.ROOT.revokes(), samples.CA.revokes((JUDGE, TODAY - 2 * DAY)))
    assert _verdict(good, samples.context(crls=revoked))[0] == Verdict.CONTRADICTS
    before = samples.signed(samples.order(), stamper=samples.stamper(TODAY - 5 * DAY))
    verdict, codes = _verdict(before, samples.context(crls=revoked))
    assert "signer_revoked" not in codes
    assert verdict != Verdict.CONTRADICTS
    since = samples.signed(samples.order(), stamper=samples.stamper(TODAY - DAY))
    assert _verdict(since, samples.context(crls=revoked))[0] == Verdict.CONTRADICTS


def test_an_expired_certificate() -> None:
    old = Party("Judge", samples.CA, valid=(TODAY - 100 * DAY, TODAY - 10 * DAY))
    context = samples.context(registry=(samples.registered(old),))
    assert _verdict(samples.signed(samples.order(), old), context)[1] == {"signer_out_of_time"}


def test_a_role_that_cannot_order() -> None:
    context = samples.context(registry=(samples.registered(CITIZEN, "Police", "police"),))
    assert _verdict(samples.signed(samples.order(), CITIZEN), context) == (Verdict.NEUTRAL, {"signer_role"})


@pytest.mark.parametrize(
    "name",
    [
        COURT,
        "Dlstrict Court of Northmark",
        "DISTRICT  COURT OF NORTHMARK",
        "Distri\N{CYRILLIC SMALL LETTER ES}t Court",
    ],
)
def test_who_bears_the_courts_name_without_its_certificate(name: str) -> None:
    fake = Party(name, organisation="Any")
    registry = (samples.registered(JUDGE), samples.registered(CLERK, "District Court"))
    verdict, codes = _verdict(samples.signed(samples.order(), fake), samples.context(registry=registry))
    assert (verdict, "signer_look_alike" in codes) == (Verdict.CONTRADICTS, True)


def test_a_certificate_for_servers() -> None:
    server = Party("Court", samples.CA, purpose="1.3.6.1.5.5.7.3.1")
    context = samples.context(registry=(samples.registered(server),))
    assert _verdict(samples.signed(samples.order(), server), context)[1] == {"signer_unfit"}


def test_a_time_stamp_taken_from_another_signature() -> None:
    class Copied:
        """Answers each request with the token of another."""

        def __init__(self) -> None:
            self.inner = samples.stamper()

        async def async_timestamp(self, _digest: bytes, algorithm: str) -> object:
            return await self.inner.async_timestamp(b"\1" * 32, algorithm)

        async def async_dummy_response(self, algorithm: str) -> object:
            return await self.inner.async_dummy_response(algorithm)

    verdict, codes = _verdict(samples.signed(samples.order(), stamper=Copied()))
    assert (verdict, "timestamp_false" in codes) == (Verdict.CONTRADICTS, True)


@pytest.mark.parametrize("level", [4, 6])
def test_encrypted(level: int) -> None:
    held = samples.order(encryption=pikepdf.Encryption(owner="o", user="", R=level))
    assert _verdict(held) == (Verdict.CANNOT_VERIFY, {"encrypted"})


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"%PDF-" + bytes(1000), b"%PDF-1.7\nstartxref\n0\n%%EOF"]
)
def test_what_cannot_be_read(data: bytes) -> None:
    assert _verdict(data)[0] == Verdict.CANNOT_VERIFY
