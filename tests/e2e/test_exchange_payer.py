# SPDX-License-Identifier: Apache-2.0
"""The example's payer: what it refuses, and what a kill -9 at the worst moments leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import Counterseal, jwk, jws
from counterseal.sdk.models import SEAL_TYPE, SealClaims
from examples.exchange import parts
from examples.exchange.customer import Browser
from examples.exchange.errors import AwayError, RefusedError
from examples.exchange.payer_app import PayoutBody, withdrawal
from tests.support.exchange import HOUR, ROOT, WITHDRAWAL, Server, World, counterseal_server, play, ready

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("exchange")]
OTHER = "TQ5n9vXwYbKc7LrDsE2fGh3JkM4pZ6uA8t"

# A payer of its own process that dies by SIGKILL at the step that is named.
DYING = """
import os, signal, sys
from pathlib import Path
from counterseal.sdk import Counterseal
from examples.exchange import parts
from examples.exchange.chain import FileChain
from examples.exchange.payer_app import PayoutBody, withdrawal

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Guard(Counterseal):
    def redeem(self, seal, *, key=None):
        if STEP == "before_redeem":
            die()
        done = super().redeem(seal, key=key)
        if STEP == "after_redeem":
            die()
        return done

    def broadcast(self, seal, txid, *, key=None):
        if STEP == "before_report":
            die()
        done = super().broadcast(seal, txid, key=key)
        if STEP == "after_report":
            die()
        return done

class Node(FileChain):
    def broadcast(self, raw):
        if STEP == "before_broadcast":
            die()
        return super().broadcast(raw)

STEP, folder = sys.argv[1], Path(sys.argv[2])
config = parts.read_config(folder)
guard = Guard(config.guard, config.token)
with parts.lock(folder):
    _, payer, _ = parts.open_payer(folder, config, guard=guard, chain=Node(folder / "chain.db"))
    payer.pay(withdrawal(body := PayoutBody.model_validate_json(sys.stdin.read())), body.seal)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = ROOT / ".venv" / "bin" / "counterseal"
    with counterseal_server(tmp_path_factory.mktemp("guard"), program) as running:
        yield running


async def sealed(stage: World, name: str) -> tuple[Browser, PayoutBody]:
    """A withdrawal of 250 USDT that the owner has proved, with the seal that the web part would hand over."""
    browser = await ready(stage, name, USDT="1000")
    order = await browser.order("/withdrawals", WITHDRAWAL)
    assert order["state"] == "pending"
    await stage.simulation.wait(25 * HOUR)
    caught: list[Any] = []
    through = stage.guarded._payer.call

    async def catch(method: str, path: str, body: Any = None) -> Any:
        if path != "/payouts":
            return await through(method, path, body)
        caught.append(body)
        raise AwayError("part_away", "caught by the test")

    stage.guarded._payer.call = catch  # type: ignore[method-assign]
    assert (await browser.look(order["order"]))["state"] == "sealed"
    stage.guarded._payer.call = through  # type: ignore[method-assign]
    return browser, PayoutBody(**caught[0])


def refused(stage: World, body: PayoutBody, **changes: str) -> str:
    """The code with which the payer refuses."""
    changed = body.model_copy(update=changes)
    with pytest.raises(RefusedError) as error:
        stage.payer.pay(withdrawal(changed), changed.seal)
    return error.value.code


def on_chain(stage: World) -> list[dict[str, str]]:
    return parts.FileChain(stage.home / "payer" / "chain.db").transactions()


def test_it_refuses_whatever_the_seal_does_not_say(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        _, body = await sealed(stage, "amy")
        stage.deposit("ben", "USDT", "1000")
        assert refused(stage, body, seal="") == "seal_malformed"
        assert refused(stage, body, amount="251") == "seal_mismatch"
        assert refused(stage, body, destination=OTHER) == "seal_mismatch"
        assert refused(stage, body, memo="7") == "seal_mismatch"
        assert refused(stage, body, account="ben") == "seal_mismatch"
        assert refused(stage, body, outflow="withdraw_verified") == "seal_mismatch"
        assert refused(stage, body, seal=forged(body.seal, same_kid=True)) == "seal_signature"
        assert refused(stage, body, seal=forged(body.seal, same_kid=False)) == "seal_key_unknown"
        assert on_chain(stage) == []

        paid = stage.payer.pay(withdrawal(body), body.seal)
        assert paid.state == "reported"
        assert stage.payer.pay(withdrawal(body), body.seal) == paid  # the same order again is the same payment
        assert refused(stage, body, amount="249") == "order_differs"
        assert refused(stage, body, reference="another-order") == "already_taken"
        assert stage.free("amy", "USDT") == 750
        assert [found["amount"] for found in on_chain(stage)] == ["250"]

    play(server, tmp_path, scene)


def forged(token: str, *, same_kid: bool) -> str:
    """The claims of a genuine seal under another key."""
    unverified = jws.parse(token, typ=SEAL_TYPE)
    key = Ed25519PrivateKey.generate()
    own = jwk.thumbprint(key.public_key().public_bytes_raw())
    claims = msgspec.json.decode(jws.decode(unverified.payload), type=SealClaims)
    kid = unverified.kid if same_kid else own
    return jws.sign(msgspec.json.encode(claims), typ=SEAL_TYPE, kid=kid, signer=key.sign)


def test_it_refuses_an_expired_seal_and_the_order_gets_another_one(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        browser, body = await sealed(stage, "cat")
        await stage.simulation.wait(130_000)
        assert refused(stage, body) == "seal_expired"
        said = await browser.look(body.reference)
        assert said["state"] == "ready"
        assert (await browser.look(body.reference))["state"] == "paid"
        assert stage.free("cat", "USDT") == 750

    play(server, tmp_path, scene)


def test_a_freeze_between_seal_and_redemption_stops_it(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        browser, body = await sealed(stage, "dan")
        assert (await browser.call("POST", "/freeze")).json() == {"state": "frozen"}
        assert refused(stage, body) == "redemption_refused"
        assert refused(stage, body) == "already_taken"
        assert (await browser.look(body.reference))["state"] == "refused"
        assert stage.free("dan", "USDT") == 1000
        assert stage.payer.payouts.unresolved() == []

    play(server, tmp_path, scene)


def test_money_that_is_gone_is_not_paid_and_the_seal_is_abandoned(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        browser, body = await sealed(stage, "eva")
        await browser.call("POST", "/sales", {"buyer": "x", "asset": "USDT", "amount": "900"})
        assert refused(stage, body) == "funds_missing"
        row = next(iter(stage.ledger._db.execute("SELECT state, reason FROM payouts")))
        assert tuple(row) == ("abandoned", "funds_missing")
        assert on_chain(stage) == []

    play(server, tmp_path, scene)


@pytest.mark.parametrize(
    ("step", "state", "left"),
    [
        ("before_redeem", "void", "1000"),
        ("after_redeem", "abandoned", "1000"),
        ("before_broadcast", "reported", "750"),
        ("before_report", "reported", "750"),
        ("after_report", "reported", "750"),
    ],
)
def test_a_kill_leaves_nothing_paid_twice_or_unreported(
    server: Server, tmp_path: Path, step: str, state: str, left: str
) -> None:
    async def scene(stage: World) -> None:
        name = step.replace("_", "-")
        browser, body = await sealed(stage, name)
        folder = stage.home / "payer"
        died = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", DYING, step, str(folder)],
            input=body.model_dump_json().encode(),
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()

        # The next start: before the first payment, what is open is brought to its end.
        if step == "before_redeem":
            assert [payout.state for payout in stage.payer.resolve()] == ["claimed"]  # may still be on its way
            with pytest.raises(AwayError):
                stage.payer.pay(withdrawal(body), body.seal)
            await stage.simulation.wait(200_000)
        assert stage.payer.resolve() == []
        row = next(iter(stage.ledger._db.execute("SELECT seal, state FROM payouts")))
        assert row[1] == state
        assert stage.free(name, "USDT") == Decimal(left)
        assert len(on_chain(stage)) == (1 if state == "reported" else 0)
        assert stage.ledger.imbalance() == {}
        seal = jws.parse(body.seal, typ=SEAL_TYPE).payload
        action = msgspec.json.decode(jws.decode(seal), type=SealClaims).act
        with Counterseal(server.url, stage.configs["web"].token) as reader:
            known = reader.read_action(action)
        assert known.seal is not None
        assert known.seal.state == {"void": "issued", "abandoned": "abandoned", "reported": "broadcast"}[state]

        # The web part goes on by itself: told that it is paid, or that it is not.
        await stage.guarded.collect_all()
        said = await browser.look(body.reference)
        ends = {"void": {"ready", "paid"}, "abandoned": {"refused"}, "reported": {"paid"}}
        assert said["state"] in ends[state]
        assert len(on_chain(stage)) <= 1

    play(server, tmp_path, scene)


def test_a_guard_that_does_not_answer_leaves_nothing_paid(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        _, body = await sealed(stage, "gus")
        server.pause()
        try:
            with pytest.raises(AwayError, match="keys cannot be had"):
                await asyncio.to_thread(stage.payer.pay, withdrawal(body), body.seal)
            assert stage.payer.payouts.unresolved() == []
            server.resume()
            stage.payer._verifier.update_keys(stage.payer._guard.key_set().jwks_token)
            server.pause()
            with pytest.raises(AwayError, match="did not answer"):
                await asyncio.to_thread(stage.payer.pay, withdrawal(body), body.seal)
            assert [payout.state for payout in stage.payer.payouts.unresolved()] == ["claimed"]
        finally:
            server.resume()
        assert stage.free("gus", "USDT") == 1000
        await stage.simulation.wait(200_000)
        assert stage.payer.resolve() == []
        assert stage.free("gus", "USDT") == 1000
        assert on_chain(stage) == []

    play(server, tmp_path, scene)


def test_there_is_one_payer(tmp_path: Path) -> None:
    with parts.lock(tmp_path), pytest.raises(OSError, match="temporarily unavailable"), parts.lock(tmp_path):
        pass
    with parts.lock(tmp_path):
        pass
