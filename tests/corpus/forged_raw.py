# SPDX-License-Identifier: Apache-2.0
"""Forged orders by changes of bytes that were signed, and by tricks with what is signed at all."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from random import Random

from tests.corpus import cms
from tests.corpus.forged import C, forged, genuine_one
from tests.corpus.genuine import Maker
from tests.corpus.paper import Look, order
from tests.corpus.pki import pki
from tests.corpus.update import Field, filled, gap, signed, stamped, with_field

PLAIN = Look(compress=False)


def _plain(random: Random, pages: int = 1, **more: int) -> bytes:
    return signed(order(random, Look(compress=False, pages=pages)), pki()["judge"], None, Field(**more))


def _replaced(data: bytes, pattern: bytes, value: bytes) -> bytes:
    found = re.search(pattern, data)
    assert found is not None, pattern
    assert len(found[0]) == len(value), (found[0], value)
    return data[: found.start()] + value + data[found.end() :]


@forged("raw", C)
def account_number_changed(random: Random) -> bytes:
    return _replaced(_plain(random), rb"UID \d{9}", b"UID %09d" % random.randrange(10**8, 10**9))


@forged("raw", C)
def sum_changed(random: Random) -> bytes:
    data = _plain(random)
    worth = re.search(rb"worth (\d+) EUR", data)
    assert worth is not None
    return data.replace(
        worth[0], b"worth %s EUR" % worth[1].translate(bytes.maketrans(b"0123456789", b"9876543210"))
    )


@forged("raw", C)
def media_box_changed(random: Random) -> bytes:
    return _replaced(_plain(random), rb"\[0 0 595 842\]", b"[0 0 595 %03d]" % random.randrange(100, 800))


@forged("raw", C)
def font_changed(random: Random) -> bytes:
    return _replaced(_plain(random), rb"/BaseFont /Helvetica ", b"/BaseFont /ZapfDingb ")


@forged("raw", C)
def catalogue_points_elsewhere(random: Random) -> bytes:
    return _replaced(_plain(random, pages=2), rb"/Kids \[20 0 R 22 0 R\]", b"/Kids [22 0 R 20 0 R]")


@forged("raw", C)
def date_of_the_signature_changed(random: Random) -> bytes:
    return _replaced(
        _plain(random), rb"D:20261117", b"D:20261%d1%d" % (random.randrange(2), random.randrange(1, 7))
    )


@forged("raw", C)
def name_of_the_signer_changed(random: Random) -> bytes:
    return _replaced(_plain(random), rb"/Name \([^)]{20}\)", b"/Name (Judge Nobody At All )")


@forged("raw", C)
def look_of_the_signature_changed(random: Random) -> bytes:
    data = genuine_one(random, Look(xref="table"), certify=0)
    where = data.rindex(b"/BBox")
    return data[:where] + data[where:].replace(b"/BBox", b"/BBoy", 1)


@forged("raw", C)
def compressed_text_changed(random: Random) -> bytes:
    data = signed(order(random), pki()["judge_rsa"])
    for found in re.finditer(rb"stream\n(.*?)\nendstream", data, re.DOTALL):
        try:
            text = zlib.decompress(found[1])
        except zlib.error:
            continue
        for digits in range(10):
            made = zlib.compress(text.replace(b"UID", b"U1D") + b" " * digits)
            if b"UID" in text and len(made) <= len(found[1]):
                made += bytes(len(found[1]) - len(made))
                return data[: found.start(1)] + made + data[found.end(1) :]
    raise AssertionError


@forged("raw", C)
def one_byte_flipped(random: Random) -> bytes:
    data = bytearray(genuine_one(random))
    start = bytes(data).rindex(b"/Contents <30")
    data[random.randrange(20, start - 400)] ^= 1 << random.randrange(8)
    return bytes(data)


@forged("raw")
def bytes_inserted(random: Random) -> bytes:
    data = genuine_one(random)
    where = random.randrange(50, len(data) // 2)
    return data[:where] + random.randbytes(random.randrange(1, 40)) + data[where:]


@forged("raw")
def bytes_cut(random: Random) -> bytes:
    data = genuine_one(random)
    where = random.randrange(50, len(data) // 2)
    return data[:where] + data[where + random.randrange(1, 40) :]


@forged("raw")
def end_cut(random: Random) -> bytes:
    data = genuine_one(random)
    return data[: -random.randrange(8, 200)]


@forged("ranges")
def range_ends_early(random: Random) -> bytes:
    """The signature honestly covers less than the file: the judge's own words stand outside."""
    data = with_field(order(random, PLAIN), Field())
    start, end = gap(data)
    least = end + random.randrange(20, 60)
    value = b"/ByteRange [0 %010d %010d %010d]" % (start, end, least - end)
    data = data.replace(b"/ByteRange [0 0000000000 0000000000 0000000000]", value)
    made = cms.signed_data(pki()["judge"], data[:start] + data[end:least])
    return data[: start + 1] + made.hex().encode() + data[start + 1 + 2 * len(made) :]


def _ranged(ranges: Callable[[int, int, int], tuple[int, ...]]) -> Maker:
    """A signature that is sound over the ranges as they are given: of where the signature's string begins and
    ends, and of the size."""

    def make(random: Random) -> bytes:
        data = with_field(order(random, PLAIN), Field())
        start, end = gap(data)
        numbers = ranges(start, end, len(data))
        value = b"/ByteRange [%s]" % b" ".join(b"%d" % each for each in numbers)
        space = len(b"/ByteRange [0 0000000000 0000000000 0000000000]")
        assert len(value) <= space
        data = data.replace(b"/ByteRange [0 0000000000 0000000000 0000000000]", value.ljust(space))
        covered = b"".join(data[at : at + much] for at, much in zip(numbers[::2], numbers[1::2], strict=False))
        made = cms.signed_data(pki()["judge"], covered)
        return data[: start + 1] + made.hex().encode() + data[start + 1 + 2 * len(made) :]

    return make


@forged("ranges")
def range_leaves_the_beginning_out(random: Random) -> bytes:
    first = random.randrange(9, 900)
    return _ranged(lambda start, end, size: (first, start - 900, end, size - end))(random).replace(b"UID ", b"UID-")


@forged("ranges")
def range_gap_wider_than_the_signature(random: Random) -> bytes:
    wider = random.randrange(10, 500)
    return _ranged(lambda start, end, size: (0, start - wider, end, size - end))(random)


@forged("ranges")
def range_of_one_part(random: Random) -> bytes:
    return _ranged(lambda start, _end, _size: (0, start))(random)


@forged("ranges")
def range_of_three_parts(random: Random) -> bytes:
    return _ranged(lambda start, end, size: (0, 600, 900, start - 900, end, size - end))(random)


@forged("ranges")
def range_overlaps(random: Random) -> bytes:
    return _ranged(lambda start, _end, _size: (0, start, 0, start))(random)


@forged("ranges")
def range_empty(random: Random) -> bytes:
    return _ranged(lambda _start, _end, _size: (0, 0, 0, 0))(random)


@forged("ranges")
def range_beyond_the_end(random: Random) -> bytes:
    return _ranged(lambda start, end, size: (0, start, end, size))(random)


@forged("ranges")
def range_negative(random: Random) -> bytes:
    data = _plain(random)
    return re.sub(rb"/ByteRange \[0 0", b"/ByteRange [0 -", data)


@forged("ranges")
def range_missing(random: Random) -> bytes:
    return _plain(random).replace(b"/ByteRange ", b"/ByteRangX ")


@forged("ranges")
def range_not_numbers(random: Random) -> bytes:
    return re.sub(rb"/ByteRange \[0 \d{10}", b"/ByteRange [0 null      ", _plain(random))


@forged("usf")
def contents_missing(random: Random) -> bytes:
    return _plain(random).replace(b"/Contents <30", b"/Contentz <30")


@forged("usf")
def contents_null(random: Random) -> bytes:
    data = _plain(random)
    start = data.rindex(b"/Contents <30") + 10
    end = data.index(b">", start) + 1
    return data[:start] + b"null".ljust(end - start) + data[end:]


@forged("usf")
def contents_zero(random: Random) -> bytes:
    data = _plain(random)
    start = data.rindex(b"/Contents <30") + 11
    end = data.index(b">", start)
    return data[:start] + b"0" * (end - start) + data[end:]


@forged("usf")
def hidden_bytes_in_the_gap(random: Random) -> bytes:
    """Behind the signature's own DER, in the padding: not zeroes, but an object."""
    data = _plain(random)
    start, end = data.rindex(b"/Contents <30") + 10, 0
    end = data.index(b">", start)
    hidden = b"20 0 obj << /Type /Page >> endobj".hex().encode()
    return data[: end - len(hidden)] + hidden + data[end:]


@forged("usf")
def subfilter_unknown(random: Random) -> bytes:
    return signed(order(random), pki()["judge"], None, Field(subfilter="ETSI.Unknown.detached"))


@forged("usf")
def subfilter_of_the_old_kind(random: Random) -> bytes:
    """adbe.pkcs7.sha1: the content is a SHA-1 of the bytes."""
    return signed(order(random), pki()["judge"], None, Field(subfilter="adbe.pkcs7.sha1"))


@forged("usf")
def filter_of_another_handler(random: Random) -> bytes:
    data = with_field(order(random), Field()).replace(b"/Adobe.PPKLite", b"/Adobe.Unknown")
    return filled(data, lambda covered: cms.signed_data(pki()["citizen"], covered))


@forged("time")
def stamped_after_tampering(random: Random) -> bytes:
    """A genuine time stamp over a broken signature."""
    data = _plain(random)
    data = _replaced(data, rb"UID \d{9}", b"UID %09d" % random.randrange(10**8, 10**9))
    return stamped(data, pki()["tsa"])
