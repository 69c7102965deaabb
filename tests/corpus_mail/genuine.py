# SPDX-License-Identifier: Apache-2.0
"""Mails as courts' programs and servers send them. Each class is a function of chance; all are to be verified."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from random import Random

from tests.corpus_mail import personal
from tests.corpus_mail.arc import sealed
from tests.corpus_mail.drafts import FIELDS, court, date, mixed, order
from tests.corpus_mail.signer import Seal, sign
from tests.corpus_mail.world import (
    COURT,
    EVIL,
    JUDGE,
    JUSTICE,
    MAGISTRATE,
    NOW,
    ed_key,
    rsa_key,
)

CLASSES: dict[str, Callable[[Random], bytes]] = {}


def genuine(function: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    CLASSES[function.__name__.strip("_")] = function
    return function


for _c in ("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"):

    def _made(random: Random, c: str = _c) -> bytes:
        return sign(order(random), court(c)).raw()

    _made.__name__ = _c.replace("/", "_")
    genuine(_made)


@genuine
def ed25519(random: Random) -> bytes:
    return sign(order(random), Seal(COURT, "ed", ed_key(COURT))).raw()


@genuine
def two_keys(random: Random) -> bytes:
    """As RFC 8463 section 3 asks for while old receivers live."""
    return sign(sign(order(random), court()), Seal(COURT, "ed", ed_key(COURT))).raw()


@genuine
def large_key(random: Random) -> bytes:
    return sign(order(random), Seal(COURT, "big", rsa_key(3072, COURT))).raw()


@genuine
def provider_too(random: Random) -> bytes:
    """The mail service signs beside the court."""
    return sign(sign(order(random), court()), Seal(EVIL, "s1", rsa_key(2048, EVIL))).raw()


@genuine
def unused_selector(random: Random) -> bytes:
    """One of two signatures has a key that is not published yet."""
    return sign(sign(order(random), court()), Seal(COURT, "next", rsa_key(2048, "next"))).raw()


@genuine
def oversigned(random: Random) -> bytes:
    return sign(order(random), court(h=(*FIELDS, *FIELDS, "reply-to", "cc"))).raw()


@genuine
def times(random: Random) -> bytes:
    made = f"; t={NOW // 1000 - 3600}; x={NOW // 1000 + 7 * 86400}"
    return sign(order(random), court(more=made)).raw()


@genuine
def identity_below(random: Random) -> bytes:
    return sign(order(random), court(swap={"i": f"judge@chamber.{COURT}"})).raw()


@genuine
def with_pdf(random: Random) -> bytes:
    return sign(mixed(random), court()).raw()


@genuine
def boundary_in_body(random: Random) -> bytes:
    """Content-Type unsigned, as one large provider does; the body itself fixes its boundary."""
    return sign(mixed(random, signed_type=False), court(h=FIELDS[:6])).raw()


@genuine
def alternative_unsigned_type(random: Random) -> bytes:
    """As a large provider sends every mail that is written in a browser."""
    made = order(random)
    html = '<div dir=3D"ltr">' + made.body.decode().replace("\r\n", "<br>\r\n") + "</div>"
    body = '--0001\r\nContent-Type: text/plain; charset="UTF-8"\r\n\r\n' + made.body.decode()
    body += '\r\n--0001\r\nContent-Type: text/html; charset="UTF-8"\r\nContent-Transfer-Encoding: '
    body += f"quoted-printable\r\n\r\n{html}\r\n--0001--\r\n"
    made = made.put("Content-Type", 'multipart/alternative; boundary="0001"').text(body.encode())
    return sign(made, court(h=FIELDS[:6])).raw()


@genuine
def alternative(random: Random) -> bytes:
    made, mark = order(random), "alt-7"
    html = b"<html><body><p>" + made.body.replace(b"\r\n", b"<br>\r\n") + b"</p></body></html>\r\n"
    body = b"--alt-7\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + made.body
    body += b"\r\n--alt-7\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html + b"\r\n--alt-7--\r\n"
    return sign(made.put("Content-Type", f"multipart/alternative; boundary={mark}").text(body), court()).raw()


@genuine
def chinese(random: Random) -> bytes:
    """Names and subject in encoded words, the body in base64."""
    name = base64.b64encode("林法官".encode()).decode()
    subject = base64.b64encode("调取证据通知书".encode()).decode()
    made = order(random, f"=?UTF-8?B?{name}?= <{JUDGE}>").put("Subject", f"=?utf-8?B?{subject}?=")
    body = personal.lines("请在十日内提供下列账户的注册信息。\r\n".encode() + made.body)
    return sign(made.add("Content-Transfer-Encoding", "base64").text(body), court()).raw()


@genuine
def gb18030(random: Random) -> bytes:
    name = base64.b64encode("林法官".encode("gb18030")).decode()
    made = order(random, f'"=?gb18030?B?{name}?=" <{JUDGE}>').put("Content-Type", "text/plain; charset=GBK")
    body = "请在十日内提供下列账户的注册信息。\r\n".encode("gbk") + made.body
    return sign(made.add("Content-Transfer-Encoding", "8bit").text(body), court()).raw()


@genuine
def quoted_name(random: Random) -> bytes:
    return sign(order(random, f'"Lin, J. (Judge)" <{JUDGE}>'), court()).raw()


@genuine
def bare_address(random: Random) -> bytes:
    return sign(order(random, JUDGE), court()).raw()


@genuine
def own_address_as_name(random: Random) -> bytes:
    return sign(order(random, f'"{JUDGE}" <{JUDGE}>'), court()).raw()


@genuine
def folded(random: Random) -> bytes:
    made = order(random)
    people = ",\r\n ".join(f"Officer {number} <o{number}@exchange.example>" for number in range(12))
    made = made.put("To", people).put("Subject", made.get("Subject") + " -\r\n\tsecond reminder")
    return sign(made, court("simple/simple")).raw()


@genuine
def saved_with_lf(random: Random) -> bytes:
    return sign(mixed(random), court()).raw().replace(b"\r\n", b"\n")


@genuine
def from_a_mailbox_file(random: Random) -> bytes:
    made = sign(order(random), court()).raw().replace(b"\r\n", b"\n")
    return b"From judge.lin@court.gov.example Thu Nov 19 10:00:00 2026\n" + made


@genuine
def servers_on_the_way(random: Random) -> bytes:
    made = sign(order(random), court())
    made = made.top("Authentication-Results", "mx.exchange.example; dkim=pass header.d=" + COURT)
    made = made.top("Received", "from mta.court.gov.example by mx.exchange.example\r\n with ESMTPS; " + date(0))
    return made.top("Return-Path", f"<{JUDGE}>").raw()


@genuine
def blank_lines_added(random: Random) -> bytes:
    return sign(order(random), court("relaxed/simple")).raw() + b"\r\n\r\n\r\n"


@genuine
def refolded_on_the_way(random: Random) -> bytes:
    raw = sign(order(random), court()).raw()
    return raw.replace(b"To: Judicial desk <", b"To: Judicial desk\r\n\t<").replace(b"subject:", b"subject:", 1)


@genuine
def reply_to_sender(random: Random) -> bytes:
    made = order(random).add("Reply-To", JUDGE)
    return sign(made, court(h=(*FIELDS, "reply-to"))).raw()


@genuine
def copies(random: Random) -> bytes:
    made = order(random).add("Cc", f"clerk@{COURT}")
    return sign(made, court(h=(*FIELDS, "cc"))).raw()


@genuine
def submitted_by_clerk(random: Random) -> bytes:
    made = order(random).add("Sender", f"clerk@{COURT}")
    return sign(made, court(h=(*FIELDS, "sender"))).raw()


@genuine
def below_the_registered(random: Random) -> bytes:
    """prosecutor@mail.justice.example, signed by justice.example."""
    made = order(random, f"Prosecutor Adeyemi <adeyemi@mail.{JUSTICE}>")
    return sign(made, Seal(JUSTICE, "s1", rsa_key(2048, JUSTICE))).raw()


@genuine
def signed_below(random: Random) -> bytes:
    """prosecutor@justice.example, signed by mail.justice.example."""
    made = order(random, f"Prosecutor Adeyemi <adeyemi@{JUSTICE}>")
    return sign(made, Seal(f"mail.{JUSTICE}", "s1", rsa_key(2048, JUSTICE))).raw()


@genuine
def registered_address(random: Random) -> bytes:
    made = order(random, f"Clerk <{MAGISTRATE}>")
    return sign(made, Seal("mail.example", "s1", rsa_key(2048, "mail.example"))).raw()


@genuine
def zone_and_comment(random: Random) -> bytes:
    return sign(order(random).put("Date", date(-3, "+0000 (UTC)")), court()).raw()


@genuine
def empty_body(random: Random) -> bytes:
    return sign(order(random).text(b""), court()).raw()


@genuine
def page_in_quoted_printable(random: Random) -> bytes:
    made = order(random).put("Content-Type", 'text/html; charset="utf-8"')
    page = "<html><body><p>Verfügung: Auskunft über Konto 42 – binnen 10 Tagen</p></body></html>\n"
    body = quopri.encodestring(page.encode()).replace(b"\n", b"\r\n")
    made = made.add("Content-Transfer-Encoding", "quoted-printable").text(body)
    return sign(made, court(h=(*FIELDS, "content-transfer-encoding"))).raw()


@genuine
def forwarded_within(random: Random) -> bytes:
    """The court attaches a mail that it received."""
    made = order(random)
    inner = order(random, "Applicant <applicant@elsewhere.example>").raw()
    body = (
        b"--n\r\nContent-Type: text/plain\r\n\r\nSee the attached.\r\n--n\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    made = made.put("Content-Type", "multipart/mixed; boundary=n").text(body + inner + b"\r\n--n--\r\n")
    return sign(made, court()).raw()


@genuine
def sealed_on_the_way(random: Random) -> bytes:
    """A registered server forwards it with ARC, and breaks nothing."""
    return sealed(sign(order(random), court()), JUSTICE, "s1", rsa_key(2048, JUSTICE)).raw()


@genuine
def character_cut_in_two(random: Random) -> bytes:
    """Old programs fold encoded words within a character."""
    name = "林法官".encode()
    one, other = base64.b64encode(name[:4]).decode(), base64.b64encode(name[4:]).decode()
    return sign(order(random, f"=?utf-8?B?{one}?=\r\n =?utf-8?B?{other}?= <{JUDGE}>"), court()).raw()


@genuine
def saved_with_one_more_line(random: Random) -> bytes:
    return sign(order(random), court()).raw() + b"\n"
