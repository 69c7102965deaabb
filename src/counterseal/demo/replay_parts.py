# SPDX-License-Identifier: Apache-2.0
"""What a replay is made of: its results, the platform around the guard, and the secrets that are shown once.

Needs `counterseal.sdk` and nothing else. Times are ms; those of a result since the first step.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import warnings
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import Counterseal, Payment, SealVerifier, UnsafeAcceptTestSeals, jwk, jws
from counterseal.sdk.errors import SdkError
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE
from counterseal.sdk.replies import Action
from counterseal.sdk.upkeep_replies import Message

PLATFORM, SIGNER = "replay", "replay-signer"
TOTP_STEP = 30_000
FEW, MANY = 48, 500  # messages looked at
TAKEN = frozenset({"done", "pending", "ready", "sealed", "redeemed", "disclosed"})
_CODE = re.compile(r"^\d[\d ]{4,11}$", re.MULTILINE)


class ReplayError(SdkError):
    """The replay would use what the attacker does not have, or the server is not fit for it."""

    code = "replay_failed"


class Proof(msgspec.Struct, frozen=True):
    """A factor that the attacker proves. `how`: code, app, printed, attested or test. `source`: the capability that
    gives it to him, or `bound` for an instance of his own."""

    factor: str
    how: str
    source: str


class Known(msgspec.Struct, frozen=True):
    """An object that is there from the start and in the attacker's hands, `age` ms old."""

    kind: str
    id: str
    facts: tuple[str, ...]
    age: int
    address: tuple[str, str] | None = None


class Told(msgspec.Struct, frozen=True):
    """A notice that a channel took. `owner`: it went to the owner, and nobody kept it from him."""

    at: int
    channel: str
    owner: bool


class Stepped(msgspec.Struct, frozen=True, kw_only=True):
    """How a step went. `status`: of its action, or disclosed, or refused. `unused`: proofs not asked for."""

    action: str
    at: int
    status: str
    told: tuple[Told, ...] = ()
    reasons: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    id: str = ""

    @property
    def taken(self) -> bool:
        """Whether the guard let the attacker do it, at once or after its delay."""
        return self.status in TAKEN


class Secrets:
    """Seeds and recovery codes by the factor instance that they belong to."""

    def __init__(self) -> None:
        self._seeds: dict[str, bytes] = {}
        self._printed: dict[str, list[str]] = {}
        self._last_step = -1

    def remember(self, shown: Mapping[str, Sequence[str]]) -> None:
        """Keep what is shown once."""
        for instance, lines in shown.items():
            if lines[0].startswith("otpauth://"):
                secret = parse_qs(urlsplit(lines[0]).query)["secret"][0]
                self._seeds[instance] = base64.b32decode(secret + "=" * (-len(secret) % 8))
            else:
                self._printed[instance] = list(lines)

    def next_step(self, now: int) -> int:
        """The TOTP step of the next code: a step counts once, and one step to either side of now will pass."""
        return max(self._last_step + 1, now // TOTP_STEP - 1)

    def app(self, instance: str, step: int) -> str:
        """The code (RFC 6238) of this step."""
        self._last_step = step
        digest = hmac.digest(self._seeds[instance], step.to_bytes(8, "big"), hashlib.sha1)
        start = digest[-1] & 15
        number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"

    def printed(self, instance: str) -> str:
        """A recovery code that was not used yet."""
        return self._printed[instance].pop(0)


class AuthService:
    """The auth service of a platform, with an attestation key of its own that is registered when it is made."""

    def __init__(self, client: Counterseal, issuer: str) -> None:
        self._issuer, self._key, self._kid = (
            issuer,
            Ed25519PrivateKey.generate(),
            f"{issuer}-{secrets.token_hex(8)}",
        )
        public = jwk.public_jwk(self._key.public_key().public_bytes_raw())
        client.register_attestation_key(public, issuer, key_id=self._kid)

    def attest(self, action: Action, factor: str, session: str, now: int) -> str:
        """The statement that it verified `factor` for this very action in this session."""
        claims = {
            "iss": self._issuer,
            "aud": ATTESTATION_AUDIENCE,
            "sub": action.account,
            "sid": session,
            "act": action.id,
            "act_name": action.action,
            "method": factor,
            "iat": now // 1000,
            "jti": secrets.token_hex(16),
        }
        return jws.sign(msgspec.json.encode(claims), typ=ATTESTATION_TYPE, kid=self._kid, signer=self._key.sign)


class Platform(AuthService):
    """The platform's auth service and its signer, played honestly."""

    def __init__(self, client: Counterseal) -> None:
        super().__init__(client, PLATFORM)
        self._client = client

    def pay(self, action: Action, payment: Payment, clock: Callable[[], int]) -> Action:
        """What the signer does with a seal: verify, redeem, report the payment. Raises SealError, ApiError."""
        if action.seal is None or action.seal.token is None:
            raise ReplayError("the guard allowed an outflow without a seal", code="seal_missing")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # seals of a simulated clock pay nothing
            unsafe = UnsafeAcceptTestSeals()
        keys = self._client.key_set()
        verifier = SealVerifier(keys.root, SIGNER, jwks_source=lambda: keys.jwks_token, clock=clock, unsafe=unsafe)
        seal = verifier.verify(action.seal.token, payment)
        verifier.verify_receipt(self._client.redeem(seal.id).receipt, seal)
        return self._client.broadcast(seal.id, f"replay-{secrets.token_hex(16)}")


class Stage:
    """The server as a replay sees it: its clock, every message since the start (oldest first), and the platform."""

    def __init__(self, client: Counterseal) -> None:
        clock = client.read_clock()
        if not clock.simulated:
            raise ReplayError("the server runs on the real clock", hint="Start it with COUNTERSEAL_CLOCK=simulated")
        self.client, self.now, self.platform = client, clock.now, Platform(client)
        self.messages: list[Message] = []
        self._known: set[str] = set()

    def move(self, moment: int) -> None:
        """Let time pass until `moment`, at least one ms, so that what follows is later than what was; what is due
        happens on the way, and every message goes out."""
        before, self.now = self.now, self.client.set_clock(max(moment, self.now + 1)).now
        found = self.client.outbox(limit=FEW)
        if len(found) == FEW and found[-1].at >= before:
            found = self.client.outbox(limit=MANY)
        self.messages += [each for each in reversed(found) if each.id not in self._known]
        self._known.update(each.id for each in found)


def codes_in(text: str) -> list[str]:
    """The codes of a message: lines that hold nothing but digits."""
    return [found.replace(" ", "") for found in _CODE.findall(text)]
