# SPDX-License-Identifier: Apache-2.0
"""Mails made to take long or to break the check: each is answered in seconds of CPU, and never verified for it."""

from __future__ import annotations

import time
from random import Random

import pytest

from counterseal.gateways.documents.mail import check_mail
from counterseal.judicial.model import Answer, Context, Registered, Verdict
from tests.corpus_mail import personal
from tests.corpus_mail.desk import examine
from tests.corpus_mail.drafts import court, order
from tests.corpus_mail.signer import Draft, sign
from tests.corpus_mail.world import COURT, world

MEGABYTE = 1_000_000
LARGE = 300_000
SECONDS = 4  # of CPU; a quadratic reading of these takes minutes
_SEAL = b"DKIM-Signature: v=1; a=rsa-sha256; d=court.gov.example; s=s1; h=from:to:subject:date; bh=AAAA; b="


def _order() -> Draft:
    return order(Random(7))


def _deep(levels: int) -> bytes:
    body = b"x"
    for level in range(levels):
        body = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--\r\n" % (
            *(level, level, body, level),
        )
    return body


def _sized(kind: str, body: bytes) -> bytes:
    return sign(_order().put("Content-Type", kind).text(body), court()).raw()


MAILS = {
    "blanks": lambda: sign(_order().text(b"x" + b" " * 4 * LARGE + b"y\r\n"), court()).raw(),
    "lines of blanks": lambda: sign(_order().text((b"x" + b" " * 900 + b"\r\n") * 1_000), court()).raw(),
    "empty lines": lambda: sign(_order().text(b"\r\n" * 2 * LARGE), court()).raw(),
    "line feeds": lambda: _order().raw() + b"\n" * 2 * LARGE + b"x",
    "carriage returns": lambda: _order().raw() + b"\r" * 2 * LARGE,
    "NUL": lambda: b"\x00" * 2 * LARGE,
    "headers": lambda: b"X-A: b\r\n" * 200_000 + _order().raw(),
    "one header": lambda: b"X-A: " + b"b " * LARGE + b"\r\n" + _order().raw(),
    "signatures": lambda: (_SEAL + b"AAAA\r\n") * 900 + _order().raw(),
    "signature of blanks": lambda: _SEAL + b"AAAA" + b"\r\n " * 60_000 + b"\r\n" + _order().raw(),
    "signature of folds": lambda: _SEAL + (b"\r\n  " * 80 + b"b") * 40 + b"\r\n" + _order().raw(),
    "words": lambda: _order().put("Subject", "=?utf-8?B?" * 40_000).raw(),
    "quotes": lambda: _order().put("From", '"' + "\\a" * 90_000 + f'" <judge@{COURT}>').raw(),
    "domain": lambda: _order().put("From", "x@" + "a-" * 90_000 + "b.example").raw(),
    "labels": lambda: _order().put("From", "x@" + "a." * 120 + "example").raw(),
    "parts": lambda: _sized("multipart/mixed; boundary=a", b"--a\r\n\r\n" * 100_000),
    "boundaries": lambda: _sized("multipart/mixed; boundary=a", b"--ab\r\n" * 100_000),
    "levels": lambda: b"From: x@court.gov.example\r\n" + _deep(3_000),
    "parameters": lambda: _sized("text/plain" + "".join(f"; a{at}=b" for at in range(30_000)), b""),
    "open quote": lambda: _sized('text/plain; a="' + '\\"' * 200_000, b""),
    "equals": lambda: sign(
        _order().add("Content-Transfer-Encoding", "quoted-printable").text(b"= " * LARGE), court()
    ).raw(),
    "base64": lambda: sign(_order().add("Content-Transfer-Encoding", "base64").text(b"=A" * LARGE), court()).raw(),
    "markup": lambda: _sized("text/html", b"<" * 2 * LARGE + (b"<" + b" " * 2_000) * 800),
    "mails in mails": lambda: _sized(
        "multipart/mixed; boundary=a", b"--a\r\nContent-Type: message/rfc822\r\n\r\n" + _deep(500) + b"--a--\r\n"
    ),
}


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_takes_no_longer_than_an_honest_one_of_its_size(name: str) -> None:
    data = MAILS[name]()
    start = time.process_time()
    _, checked = examine(data)
    assert time.process_time() - start < SECONDS
    assert "not_readable" not in {each.code for each in checked.findings}


@pytest.mark.parametrize("c", ["relaxed/relaxed", "simple/simple"])
def test_a_mail_of_eight_megabytes(c: str) -> None:
    data = Random(8).randbytes(6 * MEGABYTE)
    body = b"--a\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    made = _order().put("Content-Type", "multipart/mixed; boundary=a")
    made = made.text(body + personal.lines(data) + b"--a--\r\n")
    raw = sign(made, court(c)).raw()
    start = time.process_time()
    assert examine(raw)[0] == Verdict.VERIFIED
    assert time.process_time() - start < 3  # 0.1 to 0.8 s measured; a busy machine counts more


def test_every_prefix_of_a_mail_is_answered() -> None:
    raw = sign(_order(), court()).raw()
    whole = [end for end in range(len(raw)) if examine(raw[:end])[0] == Verdict.VERIFIED]
    assert whole in ([], [len(raw) - 1], [len(raw) - 2], [len(raw) - 2, len(raw) - 1])  # less the last line end


_KEYS = (
    *("", "p=", "\x00", "ü", "v=DMARC1; p=reject", "v=DKIM1; p=" + "A" * 9_000, "v=DKIM1; p=AAAA"),
    *("v=DKIM1; k=ed25519; p=AAAA", "v=DKIM1; k=dsa; p=AAAA", "v=DKIM1; k=rsa; p=MAA="),
    *("v=DKIM1; p=MAYCAQACAQM=", "v=DKIM1; p=MAYCAQECAQE="),  # moduli of 0 and 1
)


@pytest.mark.parametrize("key", _KEYS)
def test_a_hostile_key_verifies_nothing(key: str) -> None:
    names = {f"s1._domainkey.{COURT}": Answer("found", (key,)), f"_dmarc.{COURT}": Answer("found", (key, key))}
    names["_dmarc.gov.example"] = Answer("found", (key,))
    checked = check_mail(sign(_order(), court()).raw(), world().context(names=names))
    codes = {each.code for each in checked.findings}
    assert not codes & {"sender_verified", "not_readable"}


def test_a_registry_of_anything_is_taken() -> None:
    """Entries that say nothing, or everything, vouch for nobody by accident."""
    entries = (
        Registered("", ""),
        Registered("A", "court", domains=("example",)),
        Registered("B", "court", domains=("",), subdomains=True, addresses=("@", "")),
    )
    checked = check_mail(sign(_order(), court()).raw(), Context(world().context().now, registry=entries))
    assert not [each for each in checked.findings if each.effect == "supports"]
