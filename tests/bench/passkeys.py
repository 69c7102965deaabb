# SPDX-License-Identifier: Apache-2.0
"""What a passkey costs: an assertion verified for an action, the engine's step and the log's leaf, in one process
on one core (the store in memory: what the disk costs is measured with the stores); python-fido2 alone beside it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import secrets
import time
from typing import Any

import msgspec
from fido2.server import Fido2Server
from fido2.webauthn import AttestedCredentialData, PublicKeyCredentialRpEntity

from counterseal.access.model import CODECS
from counterseal.core.account import Grant, Instance, State
from counterseal.core.inputs import Register
from counterseal.core.transaction import StructCodec
from counterseal.factors import passkeys
from counterseal.factors.webauthn_model import decode_credential
from counterseal.gateways.clock import SimulatedClock
from counterseal.guard.accounts import Accounts
from counterseal.guard.registration import build_register
from counterseal.guard.requests import RequestGiven, Valuer, build_request
from counterseal.guard.service import Actions
from counterseal.guard.tools import Tools
from counterseal.store.memory import MemoryStore
from counterseal.wiring.passkeys import PasskeyCeremonies
from counterseal.wiring.verifiers import AccountThrottle, Enrollers, Verifiers
from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, alternate, figure, ticks
from tests.support.authenticator import Authenticator

ORIGIN = "https://guard.example"
RP = passkeys.RelyingParty("guard.example", "Bench", frozenset({ORIGIN}))
WHAT = "Passkey (ES256) verified for an action + step + log leaf, in process"
BARE = "The same assertion verified by python-fido2 alone"
TARGET = 1_000  # a second and core


class World:
    """Accounts of 20 objects with a passkey each, and an open log-in of each, over the guard's own services."""

    def __init__(self, count: int) -> None:
        self.policy = people.pack("hardened")
        self.store = MemoryStore({"account": StructCodec(State), **CODECS})
        self.clock = SimulatedClock(people.NOW)
        ceremonies = PasskeyCeremonies(
            *(RP, passkeys.Challenges(bytes(32), os.urandom), passkeys.Trust()),
            *(self.store, self.clock.now, os.urandom),
        )
        words = self.policy.vocabulary
        self.enroller = Enrollers(words, os.urandom, "Bench", ceremonies)
        self.tools = Tools(
            store=self.store,
            policies=_Policies(self.policy),
            clock=self.clock,
            random=os.urandom,
            verifiers=Verifiers(words, {}, bytes(32), os.urandom, ceremonies),
            throttle=AccountThrottle(),
        )
        self.ceremonies, self.count, self.number = ceremonies, count, 0
        self.accounts, self.actions = Accounts(self.tools), Actions(self.tools, Valuer(people.NoPrices(), 0))

    async def answers(self) -> list[tuple[str, str]]:
        """`count` fresh accounts: action and the answer of its passkey."""
        return [await self._answer() for _ in range(self.count)]

    async def _answer(self) -> tuple[str, str]:
        self.number += 1
        given, device = people.given(self.number), Authenticator(origin=ORIGIN)
        register = self._with_passkey(given, device)
        await self.accounts.register(given.account, register)
        asked = RequestGiven("login", {"session": "s2", "device": "d1"}, source="203.0.113.7")
        built = build_request(
            *(self.policy, given.account, asked),
            prices=people.NoPrices(),
            max_price_age=0,
            enroller=self.enroller,
            random=os.urandom,
            now=people.NOW,
        )
        action = (await self.actions.ask(given.account, built.request)).result.action.id
        state = await self.accounts.read(given.account)
        options = self.ceremonies.assertion(self.policy, state, action, people.NOW)
        return action, _packed(options, device.use(options))

    def _with_passkey(self, given: Any, device: Authenticator) -> Register:
        spec = self.policy.vocabulary.factors["passkey"]
        state = people.state(self.policy, self.number)
        options = self.ceremonies.registration(state, spec, "bench", people.NOW)
        secret = self.enroller.secret("passkey", _packed(options, device.register(options)), given.account)
        register = build_register(
            self.policy, given, enroller=self.enroller, random=os.urandom, now=people.NOW
        ).register
        # Over HTTP a passkey is bound by an action of its own, which is not what is measured here.
        passkey = Instance("passkey_bench", "passkey", Grant(people.NOW, "register"), secret=secret.stored)
        return msgspec.structs.replace(register, instances=(*register.instances, passkey))

    async def prove(self, action: str, answer: str) -> None:
        """Verify, step, fold, leaf: one transaction. Raises AssertionError if it was refused."""
        done = await self.actions.prove(action, "passkey", answer)
        assert not done.result.refused
        assert done.result.action.status == "done"


class _Policies(msgspec.Struct):
    current: Any

    switches = 0

    async def follow(self, digest: str, switches: int) -> None:
        """Nobody else is there who could publish one."""
        raise AssertionError(digest)


def _packed(options: dict[str, Any], response: dict[str, Any]) -> str:
    return json.dumps({"challenge": options["challenge"], "response": response})


def whole(count: int) -> Any:
    """A case that proves `count` actions of fresh accounts; making them is not measured."""
    world = World(count)

    async def once() -> Sample:
        ready = await world.answers()
        gc.collect()
        cpu, start = time.process_time(), time.perf_counter()
        for action, answer in ready:
            await world.prove(action, answer)
        return Sample(count, time.perf_counter() - start, time.process_time() - cpu)

    return lambda: asyncio.run(once())


def bare(count: int) -> Any:
    """A case in which python-fido2's own server verifies one assertion `count` times."""
    device, challenge = Authenticator(origin=ORIGIN), secrets.token_bytes(57)
    made = device.register(passkeys.registration_options(RP, b"u", "u", "u", challenge, []))
    kept = passkeys.verify_registration(RP, made, challenge, now=people.NOW, trust=passkeys.Trust())
    assert decode_credential(passkeys.encode_credential(kept)) == kept
    head = bytes(16) + len(kept.id).to_bytes(2, "big") + kept.id
    known = [AttestedCredentialData(head + kept.public_key)]
    answer = device.use(passkeys.assertion_options(RP, challenge, [kept]))
    server = Fido2Server(PublicKeyCredentialRpEntity(id=RP.id, name="Bench"))
    state = {"challenge": passkeys.b64url(challenge), "user_verification": "required"}

    def case() -> Sample:
        gc.collect()
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(count):
            server.authenticate_complete(state, known, answer)
        return Sample(count, time.perf_counter() - start, time.process_time() - cpu)

    return case


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return ticks(2, pace.rounds)


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """Both, one core."""
    count = 20 if pace.quick else 500
    found = alternate({"whole": whole(count), "bare": bare(count)}, pace.rounds, tick)
    baseline = ("cost.passkey_fido2", found["bare"])
    first = figure("cost.passkey", WHAT, found["whole"], unit="proofs/s", against=baseline)
    # By CPU time: what else the machine does is no cost of a proof.
    reached = None if pace.quick or first.cpu_us is None else 1e6 / first.cpu_us >= TARGET
    return [
        first
        if reached is None
        else msgspec.structs.replace(first, target=f">= {TARGET:,}/s of CPU time, one core", reached=reached),
        figure("cost.passkey_fido2", BARE, found["bare"], unit="proofs/s"),
    ]
