# SPDX-License-Identifier: Apache-2.0
"""Orders before they are signed: their words vary by chance."""

from __future__ import annotations

import email.utils
import quopri
from random import Random

from tests.corpus_mail import personal
from tests.corpus_mail.signer import Draft, Seal
from tests.corpus_mail.world import COURT, JUDGE, NOW, PERSON, rsa_key

FIELDS = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")


def date(hours: float = -1, zone: str = "+0000") -> str:
    """A Date value some hours from now."""
    return email.utils.formatdate(NOW / 1000 + hours * 3600)[:-5] + zone


def order(random: Random, sender: str = f"Judge Lin <{JUDGE}>") -> Draft:
    """An order in plain text; its numbers and names vary."""
    case = f"{random.randint(1, 9999):04}/2026"
    name = random.choice(("A. Moreno", "K. Osei", "L. Petrova", "T. Nakamura"))
    body = (
        f"Case {case}\r\n\r\nThe court orders the disclosure of the registration data of account\r\n"
        f"{random.randint(10**9, 10**10)} ({name}) within ten days. The order is attached to the file.\r\n"
        f"Questions go to the registry under the number in the directory.\r\n\r\nSigned for the court\r\n"
    )
    headers = (
        ("From", sender),
        ("To", "Judicial desk <desk@exchange.example>"),
        ("Subject", f"Order in case {case}"),
        ("Date", date(-random.randint(1, 60))),
        ("Message-ID", f"<{random.getrandbits(64):x}@{COURT}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
    )
    return Draft(headers, body.encode())


def court(c: str = "relaxed/relaxed", **how: object) -> Seal:
    """The court's usual seal."""
    return Seal(COURT, "s1", rsa_key(2048, COURT), c=c, **how)  # type: ignore[arg-type] # handed on


def mixed(random: Random, *, signed_type: bool = True) -> Draft:
    """An order with its PDF."""
    made = order(random)
    mark = f"=_part_{random.getrandbits(48):x}"
    data = b"%PDF-1.7\n" + random.randbytes(400) + b"\n%%EOF\n"
    parts = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + quopri.encodestring(made.body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"),
        b'Content-Type: application/pdf; name="order.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment; filename="order.pdf"\r\n\r\n' + personal.lines(data),
    )
    body = b"".join(b"--" + mark.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    kind = f'multipart/mixed; boundary="{mark}"'
    preamble = b"This is a message with several parts in MIME format.\r\n" if signed_type else b""
    return made.put("Content-Type", kind).text(preamble + body + b"--" + mark.encode() + b"--\r\n")


def own_person(random: Random) -> Draft:
    return order(random, f"Registrar Chen <{PERSON}>")
