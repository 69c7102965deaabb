# SPDX-License-Identifier: Apache-2.0
"""DNS look-ups against a real name server on the loopback: found, none, and unknown are told apart in time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from counterseal.core.errors import InputError
from counterseal.gateways.dns_names import DnsNames, NoNames, ZoneNames
from counterseal.judicial.model import Answer

KEY = "v=DKIM1; k=rsa; p=" + "A" * 392


def _reply(asked: bytes) -> bytes | None:
    """What the server says, by the first label of the name."""
    query = dns.message.from_wire(asked)
    name = query.question[0].name
    answer = dns.message.make_response(query)
    label = name.labels[0].lower()
    if label == b"silent":
        return None
    if label == b"gone":
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif label == b"broken":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif label == b"refused":
        answer.set_rcode(dns.rcode.REFUSED)
    elif label == b"junk":
        return b"\x00" * 7
    elif label == b"s1":
        parts = " ".join(f'"{KEY[at : at + 200]}"' for at in range(0, len(KEY), 200))
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", parts))
    elif label == b"two":
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", '"one"', '"two"'))
    elif label == b"alias":
        target = "s1.court.example."
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", target))
        answer.answer.append(dns.rrset.from_text(target, 60, "IN", "TXT", '"by alias"'))
    return answer.to_wire()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A name server over UDP that ends with the module."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    asked, peer = server.recvfrom(4096)
                    if (made := _reply(asked)) is not None:
                        server.sendto(made, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("s1._domainkey.court.example", Answer("found", (KEY,))),
        ("S1._DomainKey.Court.Example", Answer("found", (KEY,))),
        ("alias.court.example", Answer("found", ("by alias",))),
        ("gone.court.example", Answer("none")),
        ("empty.court.example", Answer("none")),
        ("broken.court.example", Answer("unknown")),
        ("refused.court.example", Answer("unknown")),
        ("silent.court.example", Answer("unknown")),
        ("junk.court.example", Answer("unknown")),
        ("not a name", Answer("none")),
        ("a..example", Answer("none")),
        (f"{'a' * 64}.example", Answer("none")),
        ("\x00.example", Answer("none")),
    ],
)
def test_what_the_server_says_is_told_apart(port: int, name: str, right: Answer) -> None:
    names = DnsNames(("127.0.0.1",), port=port, seconds=1.0)
    assert names.lookup([name]) == {name: right}


def test_several_texts_are_all_there(port: int) -> None:
    answer = DnsNames(("127.0.0.1",), port=port, seconds=1.0).lookup(["two.court.example"])["two.court.example"]
    assert sorted(answer.texts) == ["one", "two"]


def test_many_silent_names_take_no_longer_than_one_after_the_other_would(port: int) -> None:
    names = [f"silent.n{number}.example" for number in range(8)]
    start = time.monotonic()
    answers = DnsNames(("127.0.0.1",), port=port, seconds=0.8).lookup(names)
    assert time.monotonic() - start < 8 * 0.8
    assert set(answers.values()) == {Answer("unknown")}


def test_no_server_is_unknown() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    assert DnsNames(("127.0.0.1",), port=closed, seconds=0.5).lookup(["a.example"]) == {
        "a.example": Answer("unknown")
    }
    assert NoNames().lookup(["a.example"]) == {"a.example": Answer("unknown")}
    assert DnsNames().lookup([]) == {}


def test_a_zone_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_text(
        '{"S1.court.example.": "v=1", "two.example": ["a", "b"], "slow.example": null, "none.example": []}'
    )
    names = ["s1.court.example", "two.example", "slow.example", "none.example", "other.example"]
    assert list(ZoneNames.read(path).lookup(names).values()) == [
        Answer("found", ("v=1",)),
        Answer("found", ("a", "b")),
        *(Answer("unknown"), Answer("none"), Answer("none")),
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "\x00", '{"a": {"b": "c"}}'])
def test_a_file_that_is_no_zone_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "names.json").write_text(text)
    with pytest.raises(InputError):
        ZoneNames.read(tmp_path / "names.json")
    with pytest.raises(InputError):
        ZoneNames.read(tmp_path / "missing.json")
