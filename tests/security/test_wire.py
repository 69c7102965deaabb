# SPDX-License-Identifier: Apache-2.0
"""A real server and hostile bytes on a socket: framing (RFC 9112), sizes, slowness, targets, hosts, origins."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from counterseal.http import protocol
from tests.support.server_process import ServerProcess

HOST = b"Host: localhost\r\n"
BODY = b'{"a":1}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server as `counterseal serve` starts it."""
    made = ServerProcess(tmp_path_factory.mktemp("wire"), {"log_level": "debug"})
    made.start()
    yield made
    made.stop()


def connected(server: ServerProcess) -> socket.socket:
    """A connection."""
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def told(server: ServerProcess, *parts: bytes) -> bytes:
    """All that the server answers to these bytes, until it closes or falls silent."""
    with connected(server) as wire:
        found = b""
        try:
            for part in parts:
                wire.sendall(part)
            wire.settimeout(0.3)
            while more := wire.recv(65536):
                found += more
        except (TimeoutError, ConnectionError):
            pass
        return found


def answers(text: bytes) -> list[bytes]:
    """The statuses of the answers in what came back."""
    return [part[:3] for part in text.split(b"HTTP/1.1 ")[1:]]


# One request hidden in another: whoever sees two where a proxy sees one answers the attacker's second.
HIDDEN = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
SMUGGLED = {
    "two lengths": b"Content-Length: 7\r\nContent-Length: 0\r\n",
    "a list of lengths": b"Content-Length: 7, 0\r\n",
    "length and chunked": b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 7\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "chunked, then another": b"Transfer-Encoding: chunked, identity\r\n",
    "a plus": b"Content-Length: +7\r\n",
    "hexadecimal": b"Content-Length: 0x7\r\n",
    "a space before the colon": b"Content-Length : 7\r\n",
    "a folded line": b"Content-Length:\r\n 7\r\n",
    "a bare line feed": b"X: a\nContent-Length: 7\r\n",
    "a NUL": b"X: a\x00b\r\nContent-Length: 7\r\n",
    "a length of many digits": b"Content-Length: 99999999999999999999999\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_could_hide_a_second_request_is_refused_and_the_connection_closed(
    server: ServerProcess, name: str
) -> None:
    """RFC 9112, sections 5.1, 6.1 and 6.3: refuse, and read nothing more from this connection."""
    head = b"POST /v1/staff/signin HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n" + SMUGGLED[name]
    text = told(server, head + b"\r\n" + BODY + HIDDEN)
    assert answers(text)[:1] in ([b"400"], [b"413"]), text
    assert b"200" not in answers(text), text


def test_a_chunk_size_is_hexadecimal_and_bounded(server: ServerProcess) -> None:
    head = b"POST /v1/staff/signin HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    for size in (b"-1", b"7;\n", b"0x7", b"FFFFFFFFFFFFFFFFF", b"7 7"):
        text = told(server, head + size + b"\r\n" + BODY + b"\r\n0\r\n\r\n" + HIDDEN)
        assert b"200" not in answers(text), (size, text)


def test_an_endless_head_is_cut_off(server: ServerProcess) -> None:
    """Nobody keeps more than a few kilobytes of ours busy before a request is even there."""
    for start in (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: ", b"GET /"):
        with connected(server) as wire:
            sent = 0
            with pytest.raises(ConnectionError):  # noqa: PT012 - the kernel's buffers take some of it
                wire.sendall(start)
                while sent < 64 * protocol.MOST_HEAD:
                    sent += wire.send(b"a" * 16384)
                    if sent > 2 * protocol.MOST_HEAD:
                        time.sleep(0.005)


def test_a_head_of_many_fields_is_refused(server: ServerProcess) -> None:
    fields = b"".join(b"X-%d: a\r\n" % n for n in range(protocol.MOST_FIELDS + 1))
    assert answers(told(server, b"GET /healthz HTTP/1.1\r\n" + HOST + fields + b"\r\n")) == [b"400"]
    fields = b"".join(b"X-%d: a\r\n" % n for n in range(protocol.MOST_FIELDS - 10))
    assert answers(told(server, b"GET /healthz HTTP/1.1\r\n" + HOST + fields + b"\r\n")) == [b"200"]
    large = b"X: " + b"a" * (protocol.MOST_HEAD + 1) + b"\r\n"
    assert answers(told(server, b"GET /healthz HTTP/1.1\r\n" + HOST + large + b"\r\n")) in ([b"400"], [])


def test_upgrades_and_odd_methods_are_refused(server: ServerProcess) -> None:
    """No WebSocket, no h2c, no TRACE, no CONNECT (OWASP ASVS 5.0, 13.4.4)."""
    socketed = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YQ==\r\n"
    )
    assert b"101" not in answers(told(server, b"GET /v1/clock HTTP/1.1\r\n" + HOST + socketed + b"\r\n"))
    plain = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    assert b"101" not in answers(told(server, b"GET /v1/clock HTTP/1.1\r\n" + HOST + plain + b"\r\n"))
    for method in (b"TRACE", b"CONNECT", b"PROPFIND", b"OPTIONS"):
        text = told(server, method + b" /healthz HTTP/1.1\r\n" + HOST + b"Cookie: a=secret\r\n\r\n")
        assert answers(text)[0] in {b"400", b"405", b"404"}, text
        assert b"secret" not in text


PATHS = (
    b"/static/../../etc/passwd",
    b"/static/..%2f..%2f..%2fetc/passwd",
    b"/static/%2e%2e/%2e%2e/settings.py",
    b"/static//etc/passwd",
    b"/static/....//....//settings.py",
    b"/static/..\\..\\settings.py",
    b"/static/reference/..%2fsettings.py",
    b"/static/reference/%2e%2e",
    b"/console/assets/../../../settings.py",
    b"/console/assets/..%2f..%2f..%2fsettings.py",
    b"/outbox/..%2fmaster.key",
    b"/outbox/%2e%2e%2f%2e%2e%2fmaster.key",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_files_that_are_served(server: ServerProcess, path: bytes) -> None:
    text = told(server, b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert answers(text)[0] in {b"400", b"404", b"422", b"405"}, text
    assert b"root:" not in text
    assert b"SecretStr" not in text


def test_no_listing_of_folders(server: ServerProcess) -> None:
    for path in ("/static/", "/static", "/console/assets/", "/static/fonts/", "/static/reference/"):
        found = httpx2.get(server.url + path)
        assert found.status_code in {404, 422}, path


def test_the_host_header_leads_nowhere(server: ServerProcess) -> None:
    """No address that we write comes from Host, X-Forwarded-Host or Forwarded."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=http"}
    for path in (
        "/",
        "/docs",
        "/openapi.json",
        "/console",
        "/status",
        "/v1/staff/signin",
        "/v1/seals/jwks",
        "/step/abc",
    ):
        found = httpx2.get(server.url + path, headers=evil, follow_redirects=False)
        assert b"evil.example" not in found.content, path
        assert "evil.example" not in str(found.headers), path


def test_no_other_origin_may_read_or_is_asked(server: ServerProcess) -> None:
    """No CORS at all: a browser on another site reads nothing and its preflight is refused."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in ("/v1/clock", "/v1/accounts", "/v1/staff/session", "/metrics", "/console", "/v1/policy"):
        for method in ("GET", "OPTIONS", "POST"):
            found = httpx2.request(method, server.url + path, headers=asked)
            assert not [name for name in found.headers if name.startswith("access-control")], (method, path)
        assert httpx2.options(server.url + path, headers=asked).status_code in {404, 405}


def test_a_compressed_body_is_not_unpacked(server: ServerProcess) -> None:
    """Nobody sends us a bomb: Content-Encoding is not looked at, the bytes are no JSON."""
    import gzip  # noqa: PLC0415

    bomb = gzip.compress(b"0" * 10_000_000)
    own = {"Content-Type": "application/json", "Content-Encoding": "gzip", "X-Counterseal": "console"}
    found = httpx2.post(server.url + "/v1/staff/signin", content=bomb, headers=own | {"Origin": server.url})
    assert found.status_code in {400, 413, 415}


def test_who_sends_slowly_is_cut_off(server: ServerProcess) -> None:
    """Slowloris: a head or a body that does not come in time ends the connection; meanwhile others are served."""
    ready = b"POST /v1/staff/signin HTTP/1.1\r\n" + HOST
    body = b"Content-Type: application/json\r\nX-Counterseal: console\r\nOrigin: " + server.url.encode() + b"\r\n"
    starts = (b"", ready, ready + body + b"Content-Length: 400\r\n\r\n{")
    wires = [connected(server) for _ in range(20) for _ in starts]
    began = time.monotonic()
    for place, wire in enumerate(wires):
        wire.sendall(starts[place % len(starts)])
    slowest = 0.0
    waiting = list(enumerate(wires))
    while waiting and time.monotonic() - began < protocol.SECONDS + 5:
        asked = time.monotonic()
        assert httpx2.get(server.url + "/healthz").status_code == 200
        slowest = max(slowest, time.monotonic() - asked)
        for item in list(waiting):
            place, wire = item
            wire.settimeout(0.001)
            try:
                if place % len(starts):
                    wire.send(b" " if place % len(starts) == 2 else b"X: a\r\n")
                if wire.recv(1) == b"":
                    waiting.remove(item)
            except TimeoutError:
                continue
            except ConnectionError:
                waiting.remove(item)
        time.sleep(0.7)
    for wire in wires:
        wire.close()
    assert not waiting
    assert slowest < 1


def test_a_forwarded_address_counts_only_from_a_proxy_of_ours(server: ServerProcess) -> None:
    """The source of a failed sign-in is the connection's, or what a proxy on loopback wrote last; a list that the
    caller began is not believed."""
    own = {"X-Counterseal": "console", "Content-Type": "application/json", "Origin": server.url}
    body = {"challenge": "AAAA", "response": {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}}
    with httpx2.Client(base_url=server.url, headers=own) as client:
        statuses = []
        for number in range(40):
            forged = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
            statuses.append(client.post("/v1/staff/signin", json=body, headers=forged).status_code)
        assert statuses.count(429) >= 9, statuses
        other = client.post("/v1/staff/signin", json=body, headers={"X-Forwarded-For": "203.0.113.10"})
        assert other.status_code != 429


def test_the_log_of_all_this_is_one_event_a_line(server: ServerProcess) -> None:
    """Log injection: what a stranger sends cannot begin a line of its own, nor turn a terminal's colours."""
    evil = 'x%0d%0a{"event":"forged","level":"critical"}%1b[31m'
    httpx2.get(f"{server.url}/v1/{evil}/{evil}", headers={"X-Request-Id": "abc\tdefghi", "Purpose": "a\tb"})
    colours = {"X-Request-Id": b"abcdefgh\x1b[31m".decode("latin-1")}
    httpx2.get(f"{server.url}/v1/accounts/u-1", headers=colours)
    time.sleep(0.3)
    lines = (Path(server.folder) / "server.log").read_text().splitlines()
    text = "\n".join(lines)
    assert '"event":"forged"' not in text
    assert "\x1b[31m" not in text
    assert "Traceback" not in text
