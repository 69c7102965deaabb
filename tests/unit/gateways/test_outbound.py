# SPDX-License-Identifier: Apache-2.0
"""A URL that somebody entered never leads into the operator's own network, however it is written."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterseal.gateways.outbound import (
    Outbound,
    OutboundFailedError,
    OutboundRefusedError,
    Resolver,
    Rules,
    check_address,
    check_url,
)
from tests.support.receiver import Receiver, receiving

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
pytestmark = pytest.mark.anyio
PLAIN = Rules(plain=True)

INSIDE = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104 - an address to refuse
    *("169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("100::1", "5f00::1", "3fff::1", "2001::1", "2001:0:1::1"),
    # Each carries an IPv4 address: mapped, compatible, translated, NAT64 (well known and local), 6to4.
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1"),
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


def found_at(*addresses: str) -> Resolver:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolver


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(OutboundRefusedError):
        check_address(ipaddress.ip_address(address), Rules())


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_not(address: str) -> None:
    check_address(ipaddress.ip_address(address), Rules())


def test_a_listed_network_is_allowed_and_nothing_beside_it() -> None:
    rules = Rules((ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")))
    check_address(ipaddress.ip_address("10.1.2.3"), rules)
    check_address(ipaddress.ip_address("fd00:1::5"), rules)
    for other in ("10.2.0.1", "::ffff:10.1.2.3", "fd00:2::1"):
        with pytest.raises(OutboundRefusedError):
            check_address(ipaddress.ip_address(other), rules)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.test/", "ftp://example.test/", "file:///etc/passwd", "gopher://x/", "//example.test/"),
        *("https://", "https:///x", "https://user@example.test/", "https://u:p@example.test/", "https://x/#f"),
        *(
            "https://exa mple.test/",
            "https://exämple.test/",
            "https://x\n.test/",
            "https://x:0/",
            "https://x:99999/",
        ),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/meta"),
        "https://[fe80::1%25eth0]/",
        "https://example.test/" + "a" * 2000,
    ],
)
def test_urls_that_are_refused_before_any_look_up(url: str) -> None:
    with pytest.raises(OutboundRefusedError):
        check_url(url, Rules())


def test_urls_that_are_not() -> None:
    for url in ("https://example.test/a?b=c", "https://example.test:8443/", "https://1.1.1.1/", "HTTPS://X.test"):
        check_url(url, Rules())
    check_url("http://127.0.0.1:9/", PLAIN)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "localtest.example"])
async def test_however_loopback_is_written(host: str) -> None:
    """The system's own resolver reads the odd forms; what it says is checked, and nothing is connected."""
    async with receiving() as receiver:
        outbound = Outbound(Rules())
        with pytest.raises((OutboundRefusedError, OutboundFailedError)):
            await outbound.send("POST", f"https://{host}:{receiver.port}/", headers={}, content=b"x")
        assert receiver.connections == 0
        await outbound.close()


async def test_one_inner_address_among_public_ones_refuses_all() -> None:
    async with receiving() as receiver:
        outbound = Outbound(Rules(), resolver=found_at("1.1.1.1", "127.0.0.1"))
        with pytest.raises(OutboundRefusedError):
            await outbound.send("POST", f"https://a.test:{receiver.port}/", headers={})
        assert receiver.connections == 0


async def test_a_name_that_answers_differently_the_second_time(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """DNS rebinding: the address that was checked is the one that is connected; each call checks anew."""
    server, client = tls
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.1", "10.0.0.1"]

    async with receiving(server) as receiver:
        outbound = Outbound(Rules((LOOPBACK,)), resolver=rebinding, context=client)
        answer = await outbound.send("POST", f"https://hooks.test:{receiver.port}/x", headers={}, content=b"1")
        assert (answer.status, asked) == (204, ["hooks.test"])  # looked up once for check and connection
        with pytest.raises(OutboundRefusedError):
            await outbound.send("POST", f"https://hooks.test:{receiver.port}/x", headers={}, content=b"2")
        assert [each.body for each in receiver.got] == [b"1"]
        await outbound.close()


async def test_tls_verifies_the_name_of_the_url(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = tls
    async with receiving(server) as receiver:
        for name, context in (("other.test", client), ("hooks.test", None)):
            outbound = Outbound(Rules((LOOPBACK,)), resolver=found_at("127.0.0.1"), context=context)
            with pytest.raises(OutboundFailedError) as caught:
                await outbound.send("POST", f"https://{name}:{receiver.port}/", headers={})
            assert caught.value.sentence == "its certificate does not verify"
        assert receiver.got == []


async def test_http_goes_to_loopback_only_and_only_where_it_may() -> None:
    async with receiving() as receiver:
        assert (await Outbound(PLAIN).send("POST", receiver.url, headers={}, content=b"x")).status == 204
        with pytest.raises(OutboundRefusedError):
            await Outbound(Rules((LOOPBACK,))).send("POST", receiver.url, headers={}, content=b"x")
        with pytest.raises(OutboundRefusedError):
            await Outbound(PLAIN, resolver=found_at("1.1.1.1")).send("POST", "http://a.test/", headers={})


async def test_redirects_are_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # and no proxy of the environment is asked
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with receiving() as target, receiving(status=302) as first:
        first.headers = (f"location: {target.url}",)
        answer = await Outbound(PLAIN).send("POST", first.url, headers={"x-a": "b"}, content=b"x")
        assert (answer.status, target.connections) == (302, 0)
        assert first.got[0].headers["x-a"] == "b"


async def test_an_answer_is_bounded_in_size() -> None:
    async with receiving(status=200, content=b"z" * 200_000) as receiver:
        outbound = Outbound(PLAIN)
        with pytest.raises(OutboundFailedError, match="larger"):
            await outbound.send("GET", receiver.url, headers={}, most=1000)
        cut = await outbound.send("GET", receiver.url, headers={}, most=1000, cut=True)
        assert (cut.status, len(cut.body), cut.whole) == (200, 1000, False)
        whole = await outbound.send("GET", receiver.url, headers={}, most=200_000)
        assert (len(whole.body), whole.whole) == (200_000, True)


@pytest.mark.parametrize("slow", [{"pause": 5.0}, {"content": b"x" * 100, "trickle": 0.05}])
async def test_an_answer_is_bounded_in_time_as_a_whole(slow: dict[str, object]) -> None:
    """Dripping a byte at a time keeps nobody waiting: the limit is for everything together."""
    async with receiving(status=200, **slow) as receiver:
        with pytest.raises(OutboundFailedError, match="in time"):
            await Outbound(PLAIN).send("GET", receiver.url, headers={}, seconds=0.5)


async def test_what_is_no_http_or_breaks_off_is_a_failure() -> None:
    async with receiving(drop=True) as receiver:
        with pytest.raises(OutboundFailedError, match="broke off"):
            await Outbound(PLAIN).send("POST", receiver.url, headers={}, content=b"x")
    gone = Receiver(port=receiver.port)
    with pytest.raises(OutboundFailedError, match="no connection"):
        await Outbound(PLAIN).send("POST", gone.url, headers={}, content=b"x")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server called hooks.test and of a client that trusts its maker."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.test")])
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(day).not_valid_after(day.replace(year=2090))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.test")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(plain + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio."""
    return "asyncio"
