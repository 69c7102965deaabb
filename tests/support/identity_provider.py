# SPDX-License-Identifier: Apache-2.0
"""A small OpenID provider on a socket: discovery, authorisation (it consents at once), tokens with PKCE, keys."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

DISCOVERY = "/.well-known/openid-configuration"
CLIENT, SECRET = "counterseal", "s3cret-of-the-client"


@dataclass
class Provider:
    """Who it says signs in, and how it misbehaves. `now` gives seconds."""

    email: str = "eve@example.test"
    verified: bool = True
    now: int = 0
    changes: dict[str, Any] = field(default_factory=dict)  # claims to override
    metadata: dict[str, Any] = field(default_factory=dict)  # members of the metadata to override
    redirects: bool = False  # discovery answers with a redirect
    algorithm: str = "ES256"
    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}))
    signs_with: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The metadata."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def read(self, path: str) -> Any:
        """A document, or None."""
        if path in {DISCOVERY, "/elsewhere"}:
            return self.document()
        return KeySet([self.key]).as_dict(private=False) if path == "/jwks" else None

    def authorise(self, asked: dict[str, str]) -> str:
        """Where the browser goes back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, given: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """A token for a code, once, to the client that holds secret and verifier; None = refused."""
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or authorization != basic or given.get("redirect_uri") != asked["redirect_uri"]:
            return None
        digest = sha256(given.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "248289761001",
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": self.verified,
        } | self.changes
        header = {"alg": self.algorithm, "kid": "k1"}
        key = self.signs_with or self.key
        id_token = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": id_token}


def shared_secret() -> OctKey:
    """A key for HS256 made of the client's secret: the classic confusion."""
    return OctKey.import_key(SECRET)


@contextmanager
def providing() -> Iterator[Provider]:
    """Serve one on a free port of this machine."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target = urlsplit(self.path)
            provider.requests.append(target.path)
            asked = {name: values[0] for name, values in parse_qs(target.query).items()}
            if target.path == "/authorize":
                self._send(302, b"", {"Location": provider.authorise(asked)})
            elif target.path == DISCOVERY and provider.redirects:
                self._send(302, b"", {"Location": f"{provider.issuer}/elsewhere"})
            elif (found := provider.read(target.path)) is not None:
                self._json(found)
            else:
                self._send(404, b"", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            found = provider.exchange(given, self.headers.get("Authorization", ""))
            if found is None:
                self._send(400, b'{"error":"invalid_grant"}', {"Content-Type": "application/json"})
            else:
                self._json(found)

        def _json(self, value: Any) -> None:
            self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
