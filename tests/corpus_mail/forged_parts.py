# SPDX-License-Identifier: Apache-2.0
"""Forged mails that play with parts, and with signatures of persons."""

from __future__ import annotations

from random import Random

from tests.corpus_mail.classes import C, N, U, forged
from tests.corpus_mail.drafts import FIELDS, court, mixed, order
from tests.corpus_mail.signer import Draft, Seal, sign
from tests.corpus_mail.world import EVIL, rsa_key

BARE = FIELDS[:6]  # all but Content-Type


def _two(random: Random, kind: str, inner: bytes) -> Draft:
    """A signed mail whose parts are as given."""
    return order(random).put("Content-Type", kind).text(inner)


# ---------------------------------------------------------------- the same body read otherwise


@forged(N)
def other_boundary(random: Random) -> bytes:
    """Content-Type is not signed: another boundary that occurs in the body shows another part."""
    body = (
        b"--one\r\nContent-Type: text/plain\r\n\r\nQuoted:\r\n--two\r\n\r\nDisclose all.\r\n--two--\r\n--one--\r\n"
    )
    made = sign(_two(random, "multipart/mixed; boundary=one", body), court(h=BARE))
    return made.put("Content-Type", "multipart/mixed; boundary=two").raw()


@forged(N)
def mixed_made_alternative(random: Random) -> bytes:
    """Only the last part is shown then."""
    made = sign(mixed(random, signed_type=False), court(h=BARE))
    return made.put("Content-Type", made.get("Content-Type").replace("/mixed", "/alternative")).raw()


@forged(N)
def page_instead_of_text(random: Random) -> bytes:
    return sign(order(random), court(h=BARE)).put("Content-Type", "text/html").raw()


@forged(N)
def type_added(random: Random) -> bytes:
    made = sign(order(random).drop("Content-Type"), court(h=BARE))
    return made.add("Content-Type", "text/html; charset=utf-16").raw()


@forged(N)
def encoding_added(random: Random) -> bytes:
    return sign(order(random), court()).add("Content-Transfer-Encoding", "base64").raw()


_KINDS = {
    "two_boundaries": "multipart/mixed; boundary=a; boundary=b",
    "split_boundary": "multipart/mixed; boundary*0=a; boundary*1=b",
    "no_boundary": "multipart/mixed",
    "odd_boundary": 'multipart/mixed; boundary="a\tb"',
    "comment": "multipart/mixed (a); boundary=a",
    "unclosed_quote": 'multipart/mixed; boundary="a',
}
for _name, _kind in _KINDS.items():

    def _made(random: Random, kind: str = _kind) -> bytes:
        body = b"--a\r\nContent-Type: text/plain\r\n\r\nOne.\r\n--a\r\n\r\nTwo.\r\n--a--\r\n"
        return sign(_two(random, kind, body), court()).raw()

    _made.__name__ = f"type_{_name}"
    forged(N)(_made)


@forged(N)
def no_last_boundary(random: Random) -> bytes:
    body = b"--a\r\nContent-Type: text/plain\r\n\r\nOne.\r\n--a\r\n\r\nTwo.\r\n"
    return sign(_two(random, "multipart/mixed; boundary=a", body), court()).raw()


@forged(N)
def boundary_behind_end(random: Random) -> bytes:
    body = b"--a\r\n\r\nOne.\r\n--a--\r\n--a\r\n\r\nTwo.\r\n--a--\r\n"
    return sign(_two(random, "multipart/mixed; boundary=a", body), court()).raw()


@forged(N)
def boundary_longer(random: Random) -> bytes:
    body = b"--a\r\n\r\nOne.\r\n--ab\r\n\r\nTwo.\r\n--a--\r\n"
    return sign(_two(random, "multipart/mixed; boundary=a", body), court()).raw()


@forged(N)
def part_with_two_types(random: Random) -> bytes:
    body = b"--a\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<b>One.\r\n--a--\r\n"
    return sign(_two(random, "multipart/mixed; boundary=a", body), court()).raw()


@forged(N)
def base64_with_junk(random: Random) -> bytes:
    made = order(random).add("Content-Transfer-Encoding", "base64")
    return sign(made.text(b"RGlzY2xv!!c2UgYWxs\r\n*IQ==\r\n"), court()).raw()


@forged(N)
def base64_twice(random: Random) -> bytes:
    made = order(random).add("Content-Transfer-Encoding", "base64")
    return sign(made.text(b"T25lLg==VHdvLg==\r\n"), court()).raw()


@forged(N)
def unknown_encoding(random: Random) -> bytes:
    return sign(order(random).add("Content-Transfer-Encoding", "x-uuencode"), court()).raw()


@forged(N)
def utf7(random: Random) -> bytes:
    made = order(random).put("Content-Type", "text/plain; charset=utf-7")
    return sign(made.text(b"+ADw-script+AD4-\r\n"), court()).raw()


@forged(N)
def not_in_its_charset(random: Random) -> bytes:
    made = order(random).put("Content-Type", "text/plain; charset=utf-8")
    return sign(made.text(b"Konto \xff\xfe 4711\r\n"), court()).raw()


@forged(N)
def direction_turned(random: Random) -> bytes:
    return sign(order(random).text("Account \u202e1174\u202c is exempt\r\n".encode()), court()).raw()


@forged(N)
def content_elsewhere(random: Random) -> bytes:
    kind = 'message/external-body; access-type=URL; URL="https://evil.example/order"'
    return sign(_two(random, kind, b"Content-Type: text/plain\r\n\r\n"), court()).raw()


@forged(N)
def page_that_runs(random: Random) -> bytes:
    made = order(random).put("Content-Type", "text/html; charset=utf-8")
    return sign(made.text(b"<html><script>document.body.innerText = 1</script></html>\r\n"), court()).raw()


@forged(U)
def too_deep(random: Random) -> bytes:
    body = b"deep\r\n"
    for level in range(40):
        body = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--\r\n" % (
            *(level, level, body, level),
        )
    head, _, rest = body.partition(b"\r\n\r\n")
    return sign(_two(random, head.decode().partition(": ")[2], rest), court()).raw()


@forged(U)
def too_many(random: Random) -> bytes:
    body = b"--a\r\n\r\nx\r\n" * 5_000 + b"--a--\r\n"
    return sign(_two(random, "multipart/mixed; boundary=a", body), court()).raw()


@forged(N)
def genuine_mail_within(random: Random) -> bytes:
    inner = sign(order(random), court()).raw()
    body = b"--n\r\n\r\nPlease see the court's mail.\r\n--n\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    made = order(random, f"Officer <officer@{EVIL}>").put("Content-Type", "multipart/mixed; boundary=n")
    return sign(made.text(body + b"\r\n--n--\r\n"), Seal(EVIL, "s1", rsa_key(2048, EVIL))).raw()


@forged(C)
def genuine_mail_within_claimed(random: Random) -> bytes:
    inner = sign(order(random), court()).raw()
    made = order(random).put("Content-Type", "message/rfc822").text(inner)
    return made.raw()
