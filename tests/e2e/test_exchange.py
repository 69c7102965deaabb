# SPDX-License-Identifier: Apache-2.0
"""The example exchange in front of a real server: an honest day, refusals, and a web part in wrong hands."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import AsyncCounterseal, Counterseal, jwk, jws
from counterseal.sdk.ask import Outflow, Price
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE
from counterseal.sdk.problems import ForbiddenError, ProofRefusedError
from examples.exchange import coverage
from examples.exchange.auth import PLATFORM
from examples.exchange.errors import SignInError
from examples.exchange.ledger import Entry, customer, move, outside
from examples.exchange.payer import AUDIENCE
from tests.support.exchange import (
    ADDRESS,
    HOUR,
    ROOT,
    START,
    WITHDRAWAL,
    Server,
    World,
    counterseal_server,
    play,
    ready,
)

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("exchange")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = ROOT / ".venv" / "bin" / "counterseal"
    with counterseal_server(tmp_path_factory.mktemp("guard"), program) as running:
        yield running


def covered(stage: World) -> Any:
    with stage.server.admin() as admin:
        auditor = admin.create_token("auditor", "tests", ["audit:read"]).token
    with Counterseal(stage.server.url, auditor or "") as guard:
        return coverage.compare(guard, stage.ledger, 0, 1 << 50)


def test_an_honest_day_ends_balanced_and_covered(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        ann = await ready(stage, "ann", USDT="10000", ETH="5")
        bob = await ready(stage, "bob", USDT="10000", ETH="5")

        withdrawal = await ann.order("/withdrawals", WITHDRAWAL)
        assert withdrawal["state"] == "pending"
        sale = (await ann.call("POST", "/sales", {"buyer": "bob", "asset": "USDT", "amount": "40"})).json()["sale"]
        release = await ann.order(f"/sales/{sale}/release")
        assert release["state"] == "pending"
        offer = {"pair": "ETH/USDT", "side": "sell", "price": "3510", "quantity": "1"}
        public = (await bob.call("POST", "/offers", offer)).json()["offer"]
        trade = await ann.order("/trades", {"offer": public, "quantity": "0.5"})
        assert trade["state"] == "done"
        once = [await ann.order("/trades", {"offer": public, "quantity": "0.3"}, "trade-key") for _ in range(2)]
        assert once[0] == once[1]
        other = await ann.order("/trades", {"offer": public, "quantity": "0.1"}, "trade-key")
        assert other["code"] == "idempotency_mismatch"
        private = (await bob.call("POST", "/offers", offer | {"taker": "ann", "quantity": "0.1"})).json()["offer"]
        deal = await ann.order("/trades", {"offer": private, "quantity": "0.1"})
        assert deal["state"] == "paid"

        await stage.simulation.wait(25 * HOUR)
        await stage.guarded.collect_all()  # what the background job does
        assert (await ann.look(withdrawal["order"]))["state"] == "paid"
        assert (await ann.look(release["order"]))["state"] == "paid"

        assert stage.free("ann", "USDT") == Decimal(10000) - 250 - 40 - 1755 - 1053 - 351
        assert stage.free("bob", "USDT") == Decimal(10000) + 40 + 1755 + 1053 + 351
        assert (stage.free("ann", "ETH"), stage.free("bob", "ETH")) == (Decimal("5.9"), Decimal("4.1"))
        assert stage.ledger.imbalance() == {}
        assert stage.payer.payouts.unresolved() == []
        found = covered(stage)
        assert (found.examined, found.covered, found.uncovered) == (3, 3, ())

        # Somebody with access to the books pays by hand.
        lines = move("USDT", 5_000_000, customer("ann"), outside("tron"))
        theirs = move("USDT", 5_000_000, customer("bob"), customer("ann"))
        stage.ledger.post(Entry("by-hand", "withdraw", "ann", await stage.simulation.now(), lines))
        stage.ledger.post(Entry("dressed-up", "market_trade", "bob", await stage.simulation.now(), theirs))
        found = covered(stage)
        assert sorted((item.reference, item.account, item.reason) for item in found.uncovered) == [
            ("by-hand", "ann", "no_seal"),
            ("dressed-up", "bob", "no_seal"),
        ]

    play(server, tmp_path, scene)


def test_a_challenge_says_what_would_do(server: Server, tmp_path: Path) -> None:
    """RFC 9470, section 3."""

    async def scene(stage: World) -> None:
        cy = await stage.customer("cy")
        await cy.sign_in()
        response = await cy.call("POST", "/addresses", {"chain": "tron", "address": ADDRESS})
        assert response.status_code == 401
        said = response.json()
        header = response.headers["WWW-Authenticate"]
        assert header.startswith('Bearer error="insufficient_user_authentication", ')
        assert f'acr_values="{" ".join("+".join(names) for names in said["prove"])}"' in header
        assert ["totp"] in said["prove"]
        wrong = {"factor": "totp", "answer": "000000"}
        refused = await cy.call("POST", f"/orders/{said['order']}/proofs", wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "proof_refused")
        assert (await cy.prove(said))["state"] == "done"

    play(server, tmp_path, scene)


def test_a_repeated_request_is_one_order(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        dee = await ready(stage, "dee", USDT="1000")
        first = await dee.order("/withdrawals", WITHDRAWAL, "the-same-key")
        assert first["state"] == "pending"
        again = await dee.order("/withdrawals", WITHDRAWAL, "the-same-key")
        assert again["order"] == first["order"]
        other = await dee.order("/withdrawals", WITHDRAWAL | {"amount": "251"}, "the-same-key")
        assert (other["status"], other["code"]) == (422, "idempotency_mismatch")
        await stage.simulation.wait(25 * HOUR)
        for _ in range(3):
            assert (await dee.look(first["order"]))["state"] == "paid"
        assert stage.free("dee", "USDT") == 750

        eve = await stage.customer("eve")
        await eve.sign_in()
        assert (await eve.look(first["order"]))["code"] == "order_unknown"

    play(server, tmp_path, scene)


def test_holds_are_told_and_gone_on_with(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        flo = await stage.customer("flo", USDT="1000")
        await flo.sign_in()
        await flo.order("/addresses", {"chain": "tron", "address": ADDRESS})
        held = await flo.order("/withdrawals", WITHDRAWAL)
        assert (held["status"], held["state"]) == (409, "hold")
        now = await stage.simulation.now()
        assert now + 23 * HOUR < held["until"] <= now + 25 * HOUR
        assert any("address" in reason for reason in held["reasons"])

        await stage.simulation.wait(held["until"] - now + 1)
        asked_again = await flo.look(held["order"])  # the old action has lapsed: the guard wants new proofs
        assert asked_again["state"] == "challenge"
        assert (await flo.prove(asked_again))["state"] == "pending"

        assert (await flo.call("POST", "/freeze")).json() == {"state": "frozen"}
        await stage.simulation.wait(25 * HOUR)
        assert (await flo.look(held["order"]))["state"] in {"refused", "denied", "hold"}
        assert stage.free("flo", "USDT") == 1000

    play(server, tmp_path, scene)


def test_an_unfair_trade_is_asked_about_and_denied(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        gil = await ready(stage, "gil", USDT="1000", DUST="100000")
        hal = await ready(stage, "hal", USDT="1000", DUST="100000")
        for pair, price, quantity in (("ETH/USDT", "5000", "0.05"), ("DUST/USDT", "0.01", "30000")):
            offer = {"pair": pair, "side": "sell", "price": price, "quantity": quantity}
            made = (await hal.call("POST", "/offers", offer)).json()["offer"]
            said = await gil.order("/trades", {"offer": made, "quantity": quantity})
            assert (said["status"], said["state"]) == (403, "denied"), said
            assert said["action"] == "offmarket_trade"
        assert stage.free("gil", "USDT") == 1000

        # A web part that lies to the guard about the price, with the owner's proofs: the ledger looks itself.
        offer = {"pair": "ETH/USDT", "side": "sell", "price": "4900", "quantity": "0.05", "taker": "gil"}
        made = (await hal.call("POST", "/offers", offer)).json()["offer"]
        quoted = stage.guarded._payer.call

        async def lying(method: str, path: str, body: Any = None) -> Any:
            said = await quoted(method, path, body)
            return said | {"context": ["fair_price"]} if path.endswith("/quote") else said

        stage.guarded._payer.call = lying  # type: ignore[method-assign]
        said = await gil.order("/trades", {"offer": made, "quantity": "0.05"})
        assert (said["state"], said["status"]) == ("refused", 403)
        assert "worse than the fair one" in said["reasons"][0]
        assert stage.free("gil", "USDT") == 1000

    play(server, tmp_path, scene)


def test_many_small_losses_to_one_counterparty_end(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        ike = await ready(stage, "ike", USDT="10000", ETH="1")
        jo = await ready(stage, "jo", USDT="10000", ETH="1")
        offer = {"pair": "ETH/USDT", "side": "sell", "price": "3640", "quantity": "0.5"}  # 4 % above
        made = (await jo.call("POST", "/offers", offer)).json()["offer"]
        take = {"offer": made, "quantity": "0.1"}
        assert [(await ike.order("/trades", take))["state"] for _ in range(2)] == ["done", "done"]
        third = await ike.order("/trades", take, prove=False)
        assert third["action"] == "offmarket_trade"
        assert "losing trades with one counterparty" in third["findings"][0]
        assert (await ike.prove(third))["state"] == "denied"

    play(server, tmp_path, scene)


def test_a_web_part_in_wrong_hands_cannot_get_paid(server: Server, tmp_path: Path) -> None:
    """It holds the web part's tokens, the session and the device of the owner; it has no proof of the owner's."""

    async def scene(stage: World) -> None:
        kim = await ready(stage, "kim", USDT="1000")
        session = await stage.auth.call("POST", "/sessions/who", {"secret": kim.token})
        objects = {"session": session["id"], "device": session["device"]}
        payment = Outflow(
            asset="USDT",
            amount=Decimal(900),
            chain="tron",
            destination=ADDRESS,
            fee_cap=Decimal(3),
            audience=AUDIENCE,
        )
        async with AsyncCounterseal(server.url, stage.configs["web"].token) as web:
            asked = await web.ask("kim", "withdraw", objects=objects, payment=payment)
            assert (asked.seal, asked.decision and asked.decision.outcome) == (None, "challenge")
            decided = await web.decide(asked.id)
            assert (decided.seal, decided.status) == (None, "open")

            # Its own key is no attestation key, and the auth service does not attest what nobody typed.
            key = Ed25519PrivateKey.generate()
            for factor in ("totp", "email"):
                with pytest.raises(ProofRefusedError):
                    await web.prove(asked.id, factor, "123456")
            entry = await web.ask("kim", "login", objects={"session": "s-1", "device": session["device"]})
            with pytest.raises(ProofRefusedError):
                await web.prove(entry.id, "password", attestation("kim", entry.id, key))
            asked = await web.ask("kim", "change_password", objects=objects)
            with pytest.raises(SignInError):
                await stage.auth.call("POST", "/attestations", {"secret": kim.token, "action": asked.id})

            # Its token opens nothing else.
            for call in (
                web.redeem("seal_00"),
                web.put_prices([Price(asset="USDT", value=Decimal("0.0001"), at=1, source="me")]),
                web.register("kim2"),
                web.read_account("kim"),
            ):
                with pytest.raises(ForbiddenError):
                    await call
        assert stage.free("kim", "USDT") == 1000

    play(server, tmp_path, scene)


def attestation(account: str, action: str, key: Ed25519PrivateKey) -> str:
    """What the auth service would sign, under another key."""
    kid = jwk.thumbprint(key.public_key().public_bytes_raw())
    claims = {
        "iss": PLATFORM,
        "aud": ATTESTATION_AUDIENCE,
        "sub": account,
        "sid": "s-1",
        "act": action,
        "method": "password",
        "iat": START // 1000,
        "jti": "1",
    }
    return jws.sign(msgspec.json.encode(claims), typ=ATTESTATION_TYPE, kid=kid, signer=key.sign)


def test_it_fails_closed_while_the_guard_is_away(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        lee = await ready(stage, "lee", USDT="1000")
        server.pause()
        try:
            response = await lee.call("POST", "/withdrawals", WITHDRAWAL, "while-away")
        finally:
            server.resume()
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert stage.free("lee", "USDT") == 1000
        again = await lee.order("/withdrawals", WITHDRAWAL, "while-away")  # the same order goes on
        assert again["state"] == "pending"

    play(server, tmp_path, scene)
