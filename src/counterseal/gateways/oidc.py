# SPDX-License-Identifier: Apache-2.0
"""Single sign-on by OpenID Connect Core 1.0: code flow with PKCE (RFC 7636), one pinned issuer, no redirects.

What it gives is a name. Whoever controls the identity provider can open sessions that read, and decide nothing; nor
do its metadata lead us into the operator's own network (`outbound_transport`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from counterseal.gateways.outbound import OutboundRefusedError
from counterseal.gateways.outbound_transport import BoundedTransport
from counterseal.staff.ports import IdentityFailed

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")  # never `none`, never a shared secret
DISCOVERY: Final = "/.well-known/openid-configuration"
TIMEOUT: Final = 5.0  # seconds for each step of a call
WHOLE: Final = 10.0  # seconds for a call
LEEWAY: Final = 60  # seconds between the provider's clock and ours
MOST: Final = 256 * 1024  # bytes of a document of the provider
KEPT: Final = 600_000  # ms that metadata and keys are kept
LONGEST_NAME: Final = 254


class OpenIdProvider:
    """`staff.ports.IdentityProvider` over HTTP. `claim` is the one that names a person by e-mail address."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect: str, claim: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._id = client_id
        self._secret = client_secret
        self._redirect = redirect
        self._claim = claim
        self._metadata: tuple[int, dict[str, Any]] | None = None
        self._keys: tuple[int, KeySet] | None = None
        self._lock = asyncio.Lock()

    async def start(self, state: str, nonce: str, verifier: str, now: int) -> str:
        """Where to send the browser. Raises IdentityFailed."""
        metadata = await self._discovered(now)
        async with self._client(metadata) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    async def identify(self, code: str, issuer: str, nonce: str, verifier: str, now: int) -> str:
        """The e-mail address that the provider's ID token states. `issuer`: the `iss` of the answer, "" = none.

        Raises IdentityFailed.
        """
        metadata = await self._discovered(now)
        wanted = metadata.get("authorization_response_iss_parameter_supported") is True  # RFC 9207, section 2.4
        if (issuer or wanted) and issuer != metadata["issuer"]:
            raise IdentityFailed("oidc_issuer")
        token = await self._exchanged(metadata, code, verifier)
        given = token.get("id_token")
        if not isinstance(given, str):
            raise IdentityFailed("oidc_token")
        claims = await self._verified(metadata, given, str(token.get("access_token") or ""), nonce, now)
        found = claims.get(self._claim)
        if not isinstance(found, str) or not 0 < len(found) <= LONGEST_NAME:
            raise IdentityFailed("oidc_claim")
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise IdentityFailed("oidc_email_unverified")
        return found

    async def _exchanged(self, metadata: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(WHOLE), self._client(metadata) as client:
                token: Mapping[str, Any] = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=verifier
                )
        except (OAuthError, OutboundRefusedError, httpx2.HTTPError, OSError, ValueError, TypeError) as error:
            raise IdentityFailed("oidc_code") from error
        return token

    async def _verified(
        self, metadata: Mapping[str, Any], given: str, access: str, nonce: str, now: int
    ) -> Mapping[str, Any]:
        """OpenID Connect Core, section 3.1.3.7: signature by the issuer's keys, issuer, audience, time, nonce."""
        named = metadata.get("id_token_signing_alg_values_supported")
        allowed = [each for each in ALGORITHMS if not isinstance(named, list) or each in named]
        registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
        try:
            try:
                read = jwt.decode(given, await self._key_set(metadata, now), registry=registry)
            except (JoseError, ValueError):  # the provider may have new keys
                read = jwt.decode(given, await self._key_set(metadata, now, anew=True), registry=registry)
            claims = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": metadata["issuer"]},
                    "aud": {"essential": True, "value": self._id},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._id, "access_token": access},
            )
            claims.validate(now=now // 1000, leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise IdentityFailed("oidc_token") from error
        found: Mapping[str, Any] = claims
        return found

    async def _discovered(self, now: int) -> dict[str, Any]:
        """The issuer's own metadata (OpenID Connect Discovery, section 4.3: its `issuer` is the one asked)."""
        async with self._lock:
            if self._metadata is not None and 0 <= now - self._metadata[0] < KEPT:
                return self._metadata[1]
            found = await self._read(f"{self._issuer}{DISCOVERY}")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise IdentityFailed("oidc_issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._check_address(found.get(name))
            self._metadata = (now, found)
            return found

    async def _key_set(self, metadata: Mapping[str, Any], now: int, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew or not 0 <= now - self._keys[0] < KEPT:
            self._keys = (now, KeySet.import_key_set(await self._read(metadata["jwks_uri"])))  # type: ignore[arg-type]
        return self._keys[1]

    async def _read(self, url: str) -> dict[str, Any]:
        """A JSON object of the provider. A redirect is a failure: it would leave the pinned issuer."""
        try:
            transport = self._transport()
            async with (
                asyncio.timeout(WHOLE),
                httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, transport=transport) as client,
            ):
                answer = await client.get(url, headers={"Accept": "application/json"})
            if answer.status_code != httpx2.codes.OK:
                raise IdentityFailed("oidc_unreachable")
            found = answer.json()
        except (OutboundRefusedError, httpx2.HTTPError, OSError, ValueError) as error:
            raise IdentityFailed("oidc_unreachable") from error
        if not isinstance(found, dict):
            raise IdentityFailed("oidc_unreachable")
        return found

    def _check_address(self, url: object) -> None:
        scheme = self._issuer.partition("://")[0]
        if not isinstance(url, str) or url.partition("://")[0] not in {scheme, "https"}:
            raise IdentityFailed("oidc_metadata")

    def _client(self, metadata: Mapping[str, Any]) -> AsyncOAuth2Client:
        methods = metadata.get("token_endpoint_auth_methods_supported")
        posted = isinstance(methods, list) and "client_secret_basic" not in methods
        return AsyncOAuth2Client(
            self._id,
            self._secret,
            token_endpoint_auth_method="client_secret_post" if posted else "client_secret_basic",
            scope="openid email profile",
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            timeout=TIMEOUT,
            follow_redirects=False,
            transport=self._transport(),
        )

    def _transport(self) -> BoundedTransport:
        return BoundedTransport(urlsplit(self._issuer).hostname or "", MOST)
