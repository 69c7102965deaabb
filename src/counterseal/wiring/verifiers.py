# SPDX-License-Identifier: Apache-2.0
"""Joins the factors area to the guard's ports: verifiers, enrolment, throttling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from counterseal.core.account import Instance, State
from counterseal.core.errors import InputError, ThrottledError
from counterseal.core.policy.model import FactorSpec, Vocabulary
from counterseal.factors import codes, recovery_codes, throttle, totp
from counterseal.factors.attestation import AttestationKey, verify_attestation
from counterseal.factors.model import AttestationRefused, Verdict
from counterseal.guard.ports import Question, Random, Refused, Sent, Verified, Verifier
from counterseal.guard.requests import Secret
from counterseal.wiring.passkeys import PasskeyCeremonies, PasskeyVerifier

FOREVER = 1 << 43  # ms: a registered key has no end of its own; it is revoked


class _NoCode:
    """For factors whose proof the owner has without our sending anything."""

    sends_codes = False

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:  # noqa: ARG002
        """There is nothing to send."""
        raise InputError(f"`{instance.factor}` takes no code that could be sent", code="no_code")


class TotpVerifier(_NoCode):
    """RFC 6238 over every enrolled authenticator of the account."""

    def verify(self, question: Question) -> Verified | Refused:
        """The first instance whose code this is."""
        reason = "mismatch"
        for instance in question.instances:
            seed = totp.decode_seed(instance.secret)
            verdict: Verdict = totp.verify_totp(seed, question.answer, question.now, instance.step)
            if verdict and verdict.step is not None:
                return Verified(instance.id, f"totp:{instance.id}:{verdict.step}", "totp", step=verdict.step)
            if not verdict:
                reason = verdict.reason.value
        return Refused(question.instances[0].id, reason)


class CodeVerifier:
    """Codes that Counterseal sent by SMS or mail."""

    sends_codes = True

    def __init__(self, pepper: bytes, random: Random) -> None:
        self._pepper = pepper
        self._random = random

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:
        """A code bound to this challenge and instance."""
        made = codes.issue_code(
            challenge_id=challenge,
            instance=instance.id,
            pepper=self._pepper,
            random=self._random,
            now=now,
            epoch=epoch,
        )
        return Sent(made.code, made.digest, made.expires)

    def verify(self, question: Question) -> Verified | Refused:
        """Against the challenge that is named; there is no answer without one."""
        who = question.instances[0].id
        if question.challenge is None:
            return Refused(who, "no_challenge")
        challenge = question.action.challenges[question.challenge]
        verdict = codes.check_code(
            challenge, question.answer, question.now, pepper=self._pepper, epoch=question.epoch
        )
        if verdict:
            return Verified(who, f"code:{challenge.id}", "code")
        return Refused(who, verdict.reason.value)


class RecoveryVerifier(_NoCode):
    """Printed recovery codes."""

    def verify(self, question: Question) -> Verified | Refused:
        """An unused code of any enrolled set."""
        reason = "mismatch"
        for instance in question.instances:
            stored = recovery_codes.decode_codes(instance.secret)
            verdict = recovery_codes.verify_recovery_code(stored, question.answer, used=instance.used)
            if verdict and verdict.used is not None:
                token = f"rcode:{instance.id}:{verdict.used}"
                return Verified(instance.id, token, "recovery_code", used=verdict.used)
            if not verdict:
                reason = verdict.reason.value
        return Refused(question.instances[0].id, reason)


class AttestedVerifier(_NoCode):
    """Factors that the platform verified: a JWS by its auth service."""

    def __init__(self, keys: Mapping[str, AttestationKey], methods: frozenset[str]) -> None:
        self._keys = keys
        self._methods = methods

    def verify(self, question: Question) -> Verified | Refused:
        """The attestation must be for this account, action, session and factor."""
        action = question.action
        instance = question.instances[0]
        try:
            stated = verify_attestation(
                question.answer,
                keys=self._keys,
                account=question.state.id,
                action=action.id,
                action_name=action.request.rule,
                session=action.request.objects.get("session"),
                methods=self._methods & {question.factor},
                now=question.now,
            )
        except AttestationRefused as error:
            return Refused(instance.id, error.code)
        return Verified(instance.id, stated.token, f"attested:{stated.issuer}")


class Verifiers:
    """The verifier of each factor class of a vocabulary."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        keys: Mapping[str, AttestationKey],
        pepper: bytes,
        random: Random,
        ceremonies: PasskeyCeremonies | None = None,
    ) -> None:
        attested = frozenset(name for name, spec in vocabulary.factors.items() if spec.attested)
        self._attested = AttestedVerifier(keys, attested)
        self._by_name: dict[str, Verifier] = {"totp": TotpVerifier(), "rcode": RecoveryVerifier()}
        codes_of = CodeVerifier(pepper, random)
        for name, spec in vocabulary.factors.items():
            if spec.attested:
                self._by_name[name] = self._attested
            elif spec.webauthn and ceremonies is not None:
                bound = spec.webauthn == "device_bound"
                self._by_name[name] = PasskeyVerifier(ceremonies.rp, ceremonies.challenges, device_bound=bound)
            elif spec.contact and name in vocabulary.channels:
                self._by_name[name] = codes_of

    def get(self, factor: str) -> Verifier | None:
        """None: nobody here can verify this class."""
        return self._by_name.get(factor)


class Enrollers:
    """Makes or reads what an instance keeps. `unverified`: enrol factors that nobody here can verify, too."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        random: Random,
        issuer: str,
        ceremonies: PasskeyCeremonies | None = None,
        *,
        unverified: bool = False,
    ) -> None:
        self._factors: Mapping[str, FactorSpec] = vocabulary.factors
        self._ceremonies = ceremonies
        self._unverified = unverified
        self._random = random
        self._issuer = issuer.replace(":", " ")

    def secret(self, factor: str, given: str | None, account: str) -> Secret:
        """TOTP seeds, recovery codes and passkeys (`given`: the browser's answer); others keep nothing here."""
        if factor == "totp":
            seed = totp.new_seed(self._random) if given is None else totp.parse_seed(given)
            uri = () if given is not None else (totp.seed_uri(seed, issuer=self._issuer, account=account),)
            return Secret(totp.encode_seed(seed), uri)
        spec = self._factors.get(factor)
        if given is not None and spec is not None and spec.webauthn and self._ceremonies is not None:
            return self._ceremonies.enrolled(spec, given, account)
        if given is not None:
            raise InputError(f"`{factor[:64]}` takes no secret", code="secret_unexpected")
        if factor == "rcode":
            made = recovery_codes.issue_codes(self._random)
            return Secret(recovery_codes.encode_codes(made.stored), made.codes)
        if spec is not None and spec.webauthn and self._ceremonies is not None and not self._unverified:
            hint = "Take the options of a registration, and send the browser's answer as `secret`."
            raise InputError(f"`{factor[:64]}` needs the browser's answer", code="passkey_missing", hint=hint)
        if spec is not None and not (spec.attested or spec.contact or self._unverified):
            # Enrolled without anything to verify it by, it would be the strongest factor that nobody can prove.
            raise InputError(f"`{factor[:64]}` cannot be enrolled here yet", code="factor_not_verified")
        return Secret(b"")

    def confirm(self, factor: str, secret: Secret, answer: str | None, now: int) -> Secret:
        """An authenticator app shows its first code before its seed can be bound: a seed that no app holds would be
        a factor that nobody can prove. On a test server (`unverified`) the code may be left out."""
        if factor != "totp":
            if answer is not None:
                raise InputError(f"`{factor[:64]}` is not confirmed", code="confirm_unexpected")
            return secret
        if answer is None:
            if self._unverified:
                return secret
            hint = "Take a seed from totp/options, and send it with the first code of the app as `confirm`."
            raise InputError("an authenticator app has to show its first code", code="confirm_missing", hint=hint)
        verdict = totp.verify_totp(totp.decode_seed(secret.stored), answer, now)
        if not verdict or verdict.step is None:
            raise InputError("that is not the code of this seed now", code="confirm_wrong")
        return replace(secret, step=verdict.step)


class AccountThrottle:
    """Wrong answers per factor instance and source, and codes per contact, from the account's own state."""

    def admit(self, state: State, instance: str, source: str, known: bool, now: int) -> None:  # noqa: FBT001
        """Raises ThrottledError when the budget of the day is used."""
        verdict = throttle.admit(state.failures, instance=instance, source=source, known=known, now=now)
        if not verdict:
            raise ThrottledError("too many wrong answers", retry_at=verdict.until)

    def admit_code(self, sent: Sequence[int], known: bool, now: int) -> None:  # noqa: FBT001
        """Raises ThrottledError when the contact got enough codes in this hour."""
        verdict = throttle.admit_code(sent, known=known, now=now)
        if not verdict:
            raise ThrottledError("too many codes were sent", retry_at=verdict.until)


class FleetThrottle:
    """The fleet's budget in the shape that the edge asks for."""

    def __init__(self, budget: throttle.FleetBudget) -> None:
        self._budget = budget

    def take(self, factor: str, source: str, *, known: bool, now: int) -> int | None:
        """None = taken; else when there is one again."""
        verdict = self._budget.take(factor, source, known=known, now=now)
        return None if verdict else verdict.until

    def give_back(self, factor: str, source: str, *, known: bool, now: int) -> None:  # noqa: ARG002
        """The answer was right."""
        self._budget.give_back(factor, source, known=known)


def attestation_key(kid: str, issuer: str, public: bytes, created: int, revoked: int | None) -> AttestationKey:
    """A registered key as the factors area takes it; it stands until it is revoked."""
    return AttestationKey(kid, issuer, public, created, created + FOREVER, revoked)
