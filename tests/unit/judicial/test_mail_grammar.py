# SPDX-License-Identifier: Apache-2.0
"""Header fields, mailboxes, encoded words and tag lists: what reads in one way is taken, all else is refused."""

from __future__ import annotations

import pytest

from counterseal.gateways.documents import mail_message, mail_parts, mail_tags, mail_words
from counterseal.gateways.documents.mail_sender import moment
from counterseal.gateways.documents.mail_tags import TagError
from counterseal.gateways.documents.mail_words import Mailbox, WordError


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a@b.example", Mailbox("", "a", "b.example")),
        ("<a@b.example>", Mailbox("", "a", "b.example")),
        ("Judge Lin <a.b+c@B.Example>", Mailbox("Judge Lin", "a.b+c", "b.example")),
        ('"Lin, Judge" <a@b.example>', Mailbox("Lin, Judge", "a", "b.example")),
        ('"a \\"b\\" c" <a@b.example>', Mailbox('a "b" c', "a", "b.example")),
        ("=?utf-8?Q?J=C3=BCrgen?= <a@b.example>", Mailbox("Jürgen", "a", "b.example")),
        ("=?utf-8?B?5p6X?= =?utf-8?B?5rOV5a6Y?= <a@b.example>", Mailbox("林法官", "a", "b.example")),
        ("Dr. A. Lin <a@b.example>", Mailbox("Dr. A. Lin", "a", "b.example")),
        ("Lin <o'neil@xn--bcher-kva.example>", Mailbox("Lin", "o'neil", "xn--bcher-kva.example")),
    ],
)
def test_a_mailbox_that_reads_in_one_way(text: str, right: Mailbox) -> None:
    assert mail_words.mailbox(text) == right


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b.example, c@d.example",
        "a@b@c.example",
        "a",
        "<a@b.example",
        "a@b.example>",
        "Lin a@b.example",
        "<a@b.example> x",
        "x <a@b.example> <c@d.example>",
        "a@b.example (c)",
        '"a@b.example" c@d.example',
        '"a@b.example"@c.example',
        "@c.example:a@b.example",
        "a@[192.0.2.1]",
        "a@b",
        "a@-b.example",
        "a@b..example",
        ".a@b.example",
        "a b@c.example",
        "=?utf-8?B?YUBiLmV4YW1wbGU=?=",
        "=?utf-8?B?YQ?= <a@b.example>",
        "=?utf-16?B?AGE=?= <a@b.example>",
        "=?utf-8?Q?a=00b?= <a@b.example>",
        "=?utf-8?Q?a=E2=80=AEb?= <a@b.example>",
        "=?utf-8?Q?=3Cx=40y=2Eexample=3E?= <a@b.example>",
        "J\xfcrgen <a@b.example>",
        f"a@{'b' * 64}.example",
    ],
)
def test_a_mailbox_that_reads_in_two_ways(text: str) -> None:
    with pytest.raises(WordError):
        mail_words.mailbox(text)


@pytest.mark.parametrize(
    "text",
    [
        "v=1; a=rsa-sha256; d=b.example; s=s; h=from:to; bh=AAAA; b=AAAA",
        "v=1;a=rsa-sha256;d=b.example;s=s;h=from : to;bh=AA AA;b=AAAA;",
        "a=rsa-sha256; v=1; c=relaxed; d=b.example; i=x@c.b.example; s=a._m; h=From; bh=AAAA; b= AA AA; t=1; x=2",
    ],
)
def test_a_signature_by_the_grammar(text: str) -> None:
    assert mail_tags.signature(text).domain == "b.example"
    assert "from" in mail_tags.signature(text).fields


_GOOD = {"v": "1", "a": "rsa-sha256", "d": "b.example", "s": "s", "h": "from", "bh": "AAAA", "b": "AAAA"}


@pytest.mark.parametrize(
    "change",
    [
        *({name: ""} for name in _GOOD),
        {"d": "b.example\x00c"},
        {"d": "b.example."},
        {"d": '"b.example"'},
        {"d": "b.example(c)"},
        {"d": "b .example"},
        {"s": "s/../t"},
        {"s": "s\x00"},
        {"v": "2"},
        {"i": "x@c.example"},
        {"i": "b.example"},
        {"i": "xb.example"},
        {"h": "to"},
        {"h": "from::to"},
        {"h": ":".join(["from"] * 300)},
        {"bh": "A=AA"},
        {"b": "*"},
        {"l": "-1"},
        {"l": "1e3"},
        {"t": "now"},
        {"c": "relaxed/relaxed/relaxed"},
        {"q": "x"},
        {"b": "AAAA" + " " * 300 + "AAAA"},
    ],
)
def test_a_signature_against_the_grammar(change: dict[str, str]) -> None:
    text = "; ".join(f"{name}={value}" for name, value in (_GOOD | change).items())
    with pytest.raises(TagError):
        mail_tags.signature(text)


@pytest.mark.parametrize(
    "text", ["", ";", "a", "a=1; a=2", "1=a", "a=b\x7f", "=a", "a=1;;b=2", "a=" + "b" * 17_000]
)
def test_no_list_of_tags(text: str) -> None:
    with pytest.raises(TagError):
        mail_tags.tags(text)


@pytest.mark.parametrize("text", ["v=DKIM2; p=AAAA", "k=rsa; v=DKIM1; p=AAAA", "v=DKIM1", "v=DKIM1; p=*"])
def test_no_key(text: str) -> None:
    with pytest.raises(TagError):
        mail_tags.key(text)


def test_a_key_without_flags_is_for_everything() -> None:
    key = mail_tags.key("p=AAAA")
    assert (key.kind, key.services, key.hashes, key.flags) == ("rsa", {"*"}, None, frozenset())


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"A: b\r\n c\r\n\r\nbody", set()),
        (b"A: b\n c\n\nbody", set()),
        (b"A: b\r\n\r\nbo\rdy\r\n", {"body_line_ends"}),
        (b"A: b\r\n\r\nbo\ndy\r\n", {"body_line_ends"}),
        (b"A: b\nC: d\r\n\r\nbody\r\n", {"line_ends_odd"}),
        (b"A: b\r\n\r\nbo\n.\r\ndy\r\n", {"line_ends_odd"}),
        (b"A: b\rC: d\r\n\r\nbody\r\n", {"line_ends_odd", "header_control"}),
        (b" A: b\r\n\r\n", {"header_line_invalid"}),
        (b"A : b\r\n\r\n", {"space_before_colon"}),
        (b"A b\r\n\r\n", {"header_line_invalid"}),
        (b"From a\r\nA: b\r\n\r\n", set()),
        (b"A: b\r\nFrom a\r\n\r\n", {"header_line_invalid"}),
        (b"Subject: a\r\nsubject: b\r\n\r\n", {"header_doubled"}),
        (b"Received: a\r\nReceived: b\r\n\r\n", set()),
        (b"X-A: \x00\r\n\r\n", {"header_control"}),
        (b"X-A: \xff\r\n\r\n", set()),
        (b"To: \xff\r\n\r\n", {"header_not_ascii"}),
        (b"Subject: \xff\r\n\r\n", {"subject_not_ascii"}),
        (b"Subject: a\r\n \t\r\n b\r\n\r\n", {"fold_empty"}),
        (b"\xff: b\r\n\r\n", {"header_line_invalid"}),
        (b"", set()),
    ],
)
def test_the_header_of_a_mail(data: bytes, codes: set[str]) -> None:
    assert {each.code for each in mail_message.parse(data).findings} == codes


def test_line_ends_do_not_change_what_is_read() -> None:
    one, other = mail_message.parse(b"A: b\r\n c\r\n\r\nbo\r\ndy\r\n"), mail_message.parse(b"A: b\n c\n\nbo\ndy\n")
    assert (one.fields, one.body, one.raw) == (other.fields, other.body, other.raw)
    assert one.body == b"bo\r\ndy\r\n"
    assert one.fields[0].text == "b c"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Fri, 20 Nov 2026 10:00:00 +0000", 1_795_168_800_000),
        ("20 Nov 2026 10:00 +0000", 1_795_168_800_000),
        ("Fri, 20 Nov 2026 18:00:00 +0800 (CST)", 1_795_168_800_000),
        ("Fri, 20 Nov 2026 10:00:00 GMT", 1_795_168_800_000),
        ("Fri, 20 Nov 26 10:00:00 +0000", None),
        ("Fri, 32 Nov 2026 10:00:00 +0000", None),
        ("2026-11-20T10:00:00Z", None),
        ("Fri, 20 Nov 2026 10:00:00", None),
        ("", None),
    ],
)
def test_dates(text: str, right: int | None) -> None:
    assert moment(text) == right


@pytest.mark.parametrize(
    ("text", "head", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ('Multipart/Mixed;boundary="a b";charset=x', "multipart/mixed", {"boundary": "a b", "charset": "x"}),
        ("text/plain; charset=utf-8;", "text/plain", {"charset": "utf-8"}),
        ('a/b; name="x\\"y"', "a/b", {"name": 'x"y'}),
        ("a/b; filename*=utf-8''%e6%9e%97", "a/b", {"filename*": "utf-8''%e6%9e%97"}),
    ],
)
def test_a_content_type(text: str, head: str, parameters: dict[str, str]) -> None:
    value = mail_parts.structured(text, slash=True)
    assert (value.head, value.parameters, value.fault) == (head, parameters, "")


@pytest.mark.parametrize(
    "text",
    [
        "text",
        "text/plain (x)",
        "a/b; c=d; c=e",
        "a/b; boundary*0=x",
        'a/b; c="d',
        "a/b; c=d e",
        "a/b c=d",
        "a/b; charset*=x",
    ],
)
def test_a_content_type_that_programs_read_differently(text: str) -> None:
    assert mail_parts.structured(text, slash=True).fault
