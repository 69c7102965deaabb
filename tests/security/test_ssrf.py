# SPDX-License-Identifier: Apache-2.0
"""Whoever answers in place of the identity provider leads us to no address of the operator's own network."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from counterseal.gateways.oidc import DISCOVERY, MOST, OpenIdProvider
from counterseal.staff.ports import IdentityFailed
from tests.support.identity_provider import CLIENT, SECRET, providing
from tests.support.receiver import receiving

REDIRECT = "http://localhost:8400/v1/staff/oidc/callback"
NOW = 1_717_891_200_000


def client(issuer: str) -> OpenIdProvider:
    return OpenIdProvider(issuer, CLIENT, SECRET, REDIRECT, "email")


@pytest.mark.parametrize("member", ["jwks_uri", "token_endpoint"])
def test_a_provider_leads_us_to_no_inner_address(member: str) -> None:
    """The issuer is where the operator said; any other host that its metadata name must be public."""

    async def inside() -> None:
        async with receiving(status=200, content=b"{}") as trap:
            with providing() as provider:
                provider.metadata = {member: f"http://localhost:{trap.port}/inside"}
                provider.now = NOW // 1000
                asked = client(provider.issuer)
                await asked.start("state", "nonce", "v" * 43, NOW)
                code = "code"
                provider.codes[code] = {
                    "redirect_uri": REDIRECT,
                    "nonce": "nonce",
                    "code_challenge": challenge_of("v" * 43),
                }
                with pytest.raises(IdentityFailed):
                    await asked.identify(code, provider.issuer, "nonce", "v" * 43, NOW)
            assert trap.connections == 0

    asyncio.run(inside())


def challenge_of(verifier: str) -> str:
    import base64  # noqa: PLC0415
    from hashlib import sha256  # noqa: PLC0415

    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def test_a_document_of_the_provider_is_bounded_and_not_unpacked() -> None:
    """Neither a large document nor a small one that unpacks into a large one fills our memory."""
    large = b'{"issuer": "x", "pad": "' + b"a" * (4 * MOST) + b'"}'
    packed = ("Content-Encoding: gzip",)
    for content, headers in ((large, ()), (gzip.compress(large), packed)):

        async def inside(content: bytes = content, headers: tuple[str, ...] = headers) -> None:
            async with receiving(status=200, content=content, headers=headers) as place:
                with pytest.raises(IdentityFailed) as failed:
                    await client(f"http://127.0.0.1:{place.port}").start("s", "n", "v" * 43, NOW)
                assert place.got[0].path == DISCOVERY
                assert failed.value.code == "oidc_unreachable"
                assert place.got[0].headers.get("accept-encoding") == "identity"

        asyncio.run(inside())


def test_a_provider_that_trickles_is_given_up(monkeypatch: Any) -> None:
    """Every byte comes in time, the whole does not."""
    monkeypatch.setattr("counterseal.gateways.oidc.WHOLE", 1.0)

    async def inside() -> None:
        async with receiving(status=200, content=b" " * 1000, trickle=0.05) as place:
            with pytest.raises(IdentityFailed):
                await asyncio.wait_for(client(f"http://127.0.0.1:{place.port}").start("s", "n", "v" * 43, NOW), 5)

    asyncio.run(inside())
