# SPDX-License-Identifier: Apache-2.0
"""Joins passkeys to the guard: who asks, under which key, which makers are trusted; verifier and ceremonies."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from counterseal.core.account import Instance, State
from counterseal.core.engine.proofs import answerable
from counterseal.core.engine.requests import FACTOR
from counterseal.core.errors import ConflictError, InputError
from counterseal.core.policy.model import FactorSpec, Policy
from counterseal.factors import passkeys, totp
from counterseal.factors.model import FactorSecretError
from counterseal.factors.ports import Randomness
from counterseal.guard.ports import Question, Refused, Sent, Verified
from counterseal.guard.requests import Secret
from counterseal.http.routers.passkeys import Offer
from counterseal.http.staff_session import console_url
from counterseal.settings import Settings, SettingsError

MOST_ANSWER = 32 * 1024  # characters
USE, ENROL = "action", "enrol"


class Epoch(Protocol):
    """Where the store's epoch is read: a restore begins a new one and voids what was asked before."""

    @property
    def epoch(self) -> int:
        """The epoch."""
        ...


class _Given(msgspec.Struct, frozen=True):
    challenge: str
    response: dict[str, Any]


class PasskeyCeremonies(msgspec.Struct, frozen=True):
    """Both ceremonies of owners. `now` gives ms since the epoch."""

    rp: passkeys.RelyingParty
    challenges: passkeys.Challenges
    trust: passkeys.Trust
    store: Epoch
    now: Callable[[], int]
    random: Randomness

    def registration(self, state: State, spec: FactorSpec, shown_as: str, now: int) -> dict[str, Any]:
        """Creation options for one more passkey of this account. `shown_as`: how the authenticator lists it."""
        challenge = self.challenges.make(ENROL, self._enrol_bound(state.id, spec.name), now)
        known = [found for _, found in credentials_of(live_of(state, frozenset({spec.name})))]
        return passkeys.registration_options(
            self.rp,
            self.challenges.user_handle("account", state.id),
            shown_as or state.id,
            shown_as or state.id,
            challenge,
            known,
            attestation=self.trust.conveyance,
        )

    def assertion(self, policy: Policy, state: State, action: str, now: int) -> dict[str, Any]:
        """Request options for an action: the challenge binds all that it would do; every passkey that its rule
        asks for is allowed. Raises ConflictError if there is none."""
        asked = answerable(state, action, now)
        rule = policy.rules.get(asked.request.rule)
        specs = policy.vocabulary.factors
        names = frozenset(name for name in (rule.require.factors if rule else ()) if specs[name].webauthn)
        allow = [found for _, found in credentials_of(live_of(state, names))]
        if not allow:
            raise ConflictError("no passkey that is enrolled would count here", code="passkey_missing")
        bound = passkeys.action_bound(state.id, asked, self.store.epoch)
        challenge = self.challenges.make(USE, bound, now)
        return passkeys.assertion_options(self.rp, challenge, allow)

    def enrolled(self, spec: FactorSpec, given: str, account: str) -> Secret:
        """What an instance keeps of the answer to creation options; raises InputError (passkey_...)."""
        read = read_given(given)
        challenge, now = passkeys.from_b64url(read.challenge), self.now()
        self.challenges.check(challenge, ENROL, self._enrol_bound(account, spec.name), now)
        made = passkeys.verify_registration(
            self.rp,
            read.response,
            challenge,
            now=now,
            trust=self.trust,
            user_handle=self.challenges.user_handle("account", account),
            device_bound=spec.webauthn == "device_bound",
        )
        # One credential has one instance id, so one answer enrols one factor, whatever is sent twice.
        return Secret(passkeys.encode_credential(made), instance=sha256(made.id).hexdigest()[:16])

    def seed(self, account: str, shown_as: str, secret: str = "") -> Offer:
        """A seed for an authenticator app, as text and as a picture; it is kept nowhere. `secret`: show this one
        again. Raises FactorSecretError."""
        seed = totp.parse_seed(secret) if secret else totp.new_seed(self.random)
        uri = totp.seed_uri(seed, issuer=self.rp.name.replace(":", " "), account=shown_as or account)
        return Offer(totp.seed_text(seed), uri, totp.seed_picture(uri))

    def _enrol_bound(self, account: str, factor: str) -> bytes:
        return passkeys.bound_digest({"account": account, FACTOR: factor, "epoch": self.store.epoch})


class PasskeyVerifier:
    """Assertions of the passkeys of one class. Refusals say `cloned`, `origin`, ...: to staff."""

    sends_codes = False

    def __init__(
        self, rp: passkeys.RelyingParty, challenges: passkeys.Challenges, *, device_bound: bool = False
    ) -> None:
        self._rp, self._challenges, self._device_bound = rp, challenges, device_bound

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:  # noqa: ARG002
        """There is nothing to send."""
        raise InputError(f"`{instance.factor}` takes no code that could be sent", code="no_code")

    def verify(self, question: Question) -> Verified | Refused:
        """The answer must be by an instance of the question, to a challenge made for exactly this action."""
        who = question.instances[0].id
        try:
            read = read_given(question.answer)
            identity = passkeys.credential_id_of(read.response)
            for instance, credential in credentials_of(question.instances):
                if credential.id == identity:
                    who = instance.id
                    return self._assert(question, instance, credential, read)
        except passkeys.PasskeyRefused as error:
            return Refused(who, error.reason)
        return Refused(who, "unknown")

    def _assert(
        self, question: Question, instance: Instance, credential: passkeys.Credential, read: _Given
    ) -> Verified:
        challenge = passkeys.from_b64url(read.challenge)
        bound = passkeys.action_bound(question.state.id, question.action, question.epoch)
        nonce = self._challenges.check(challenge, USE, bound, question.now)
        asserted = passkeys.verify_assertion(
            self._rp,
            credential,
            read.response,
            challenge,
            sign_count=instance.step,
            device_bound=self._device_bound,
        )
        token = f"passkey:{instance.id}:{nonce.hex()}"
        return Verified(instance.id, token, "passkey", step=asserted.sign_count or None)


def live_of(state: State, factors: frozenset[str]) -> tuple[Instance, ...]:
    """The instances of these classes that are enrolled."""
    return tuple(x for x in state.enrolled.values() if x.factor in factors and x.removed_at is None)


def credentials_of(instances: tuple[Instance, ...]) -> list[tuple[Instance, passkeys.Credential]]:
    """What these instances keep; one that keeps nothing that can be read proves nothing and is left out."""
    found: list[tuple[Instance, passkeys.Credential]] = []
    for instance in instances:
        try:
            kept = passkeys.decode_credential(instance.secret)
        except FactorSecretError:
            continue
        found.append((instance, replace(kept, name=instance.label)))
    return found


def read_given(text: str) -> _Given:
    """The JSON {"challenge": base64url, "response": the browser's answer}; raises PasskeyRefused."""
    if len(text) > MOST_ANSWER:
        raise passkeys.PasskeyRefused("passkey_malformed")
    try:
        return msgspec.json.decode(text, type=_Given)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise passkeys.PasskeyRefused("passkey_malformed") from error


def relying_party(settings: Settings) -> passkeys.RelyingParty:
    """From `base_url`: its host is the id, its origin the only page that may run a ceremony. An address is no RP id
    (WebAuthn 5.1.3): 127.0.0.1 becomes `localhost`."""
    parts = urlsplit(console_url(settings))
    return passkeys.RelyingParty(
        parts.hostname or "", settings.platform_name, frozenset({f"{parts.scheme}://{parts.netloc}"})
    )


def load_trust(folder: Path | None) -> passkeys.Trust:
    """The roots of a folder of PEM files (*.pem, *.crt); raises SettingsError for one that cannot be read."""
    if folder is None:
        return passkeys.Trust()
    files = sorted(path for path in folder.glob("*") if path.suffix in {".pem", ".crt"})
    if not files:
        raise SettingsError(f"`attestation_roots`: there is no certificate in `{folder}`")
    try:
        return passkeys.Trust.from_pem([path.read_bytes() for path in files])
    except (FactorSecretError, OSError) as error:
        raise SettingsError(f"`attestation_roots`: {error}") from error


def ceremonies(
    settings: Settings, key: bytes, random: Randomness, store: Epoch, now: Callable[[], int]
) -> PasskeyCeremonies:
    """The ceremonies of these settings. `key`: what challenges are made under."""
    trust = load_trust(settings.attestation_roots)
    return PasskeyCeremonies(relying_party(settings), passkeys.Challenges(key, random), trust, store, now, random)
