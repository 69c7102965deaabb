# SPDX-License-Identifier: Apache-2.0
"""Mutants of genuine mails, and what a person would see of them: read apart from the check, with other means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from tests.corpus_mail import GENUINE
from tests.corpus_mail.signer import canonical_body

BASES = (
    *(
        "relaxed_relaxed",
        "simple_simple",
        "ed25519",
        "two_keys",
        "oversigned",
        "with_pdf",
        "alternative",
        "chinese",
    ),
    *("folded", "saved_with_lf", "reply_to_sender", "sealed_on_the_way", "forwarded_within"),
    *("smime_detached", "smime_opaque", "smime_with_pdf", "pgp_mime"),
)
SHOWN = (b"from", b"to", b"subject", b"date", b"reply-to", b"cc", b"sender")
_PIECES = (b" ", b"\t", b"\r\n", b"\n", b"\r", b"\x00", b"\r\n ", b"\r\n\r\n", b"=", b"--")
_LINES = (
    b"From: x@evil.example",
    b"Subject: other",
    b"Reply-To: x@evil.example",
    b"Content-Type: text/html",
    b"To: x@evil.example",
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000",
    b"X-Other: y",
    b" folded on",
    b"From : x@evil.example",
    b"DKIM-Signature: v=1; a=rsa-sha256; d=court.gov.example; s=s1; h=from; bh=; b=",
    b"",
)


def mutants(random: Random, count: int) -> Iterator[tuple[str, bytes, bytes]]:
    """Class, original and mutant; each with one to four changes."""
    held = {name: GENUINE[name](random) for name in BASES}
    for number in range(count):
        name = BASES[number % len(BASES)]
        made = bytearray(held[name])
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            made = _change(random, made, held)
        yield name, held[name], bytes(made)


def _change(random: Random, data: bytearray, held: dict[str, bytes]) -> bytearray:
    at = random.randrange(max(1, len(data)))
    if random.random() < 0.4:  # the header and the boundaries are where it matters
        at = random.randrange(max(1, min(len(data), 1_500)))
    how = random.randrange(9)
    if how == 0 and data:
        data[at % len(data)] ^= 1 << random.randrange(8)
    elif how == 1:
        data[at:at] = bytes([random.randrange(256)])
    elif how == 2:
        del data[at : at + random.choice((1, 2, 40))]
    elif how == 3:
        data[at:at] = random.choice(
            (b" ", b"\t", b"\r\n", b"\n", b"\r", b"\x00", b"\r\n ", b"\r\n\r\n", b"=", b"--")
        )
    elif how in {4, 5}:
        lines = bytes(data).split(b"\r\n")
        lines.insert(random.randrange(min(len(lines), 20) + 1), random.choice(_LINES))
        return bytearray(b"\r\n".join(lines))
    elif how == 6:
        lines = bytes(data).split(b"\r\n")
        one, other = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
        return bytearray(b"\r\n".join(lines))
    elif how == 7:
        other_mail = held[random.choice(BASES)]
        start = random.randrange(len(other_mail))
        data[at : at + random.randrange(200)] = other_mail[start : start + random.randrange(200)]
    else:
        del data[at:]
    return data


def shown(data: bytes, name: str) -> tuple[object, ...]:
    """What is signed of it and seen: fields in their canonical form and the body; of a mail that a person signed,
    the sender's address and the first part."""
    raw = re.sub(rb"(?<!\r)\n", b"\r\n", data)
    head, _, body = raw.partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    fields = [
        (key.strip().lower(), re.sub(rb"[ \t]+", b" ", value).strip())
        for key, _, value in (line.partition(b":") for line in unfolded)
    ]
    if name.startswith(("smime", "pgp")):
        sender = [re.sub(rb".*<|>.*", b"", value).lower() for key, value in fields if key == b"from"]
        if name == "smime_opaque":
            return sender, re.sub(rb"\s", b"", body)[:400]
        return sender, body.split(b"------signed-9f2c")[1:2]
    return tuple(sorted(each for each in fields if each[0] in SHOWN)), canonical_body(body, "relaxed")
