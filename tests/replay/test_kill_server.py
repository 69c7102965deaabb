# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load over HTTP: nothing acknowledged is lost, nothing counts twice, the log verifies."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from counterseal.access.model import Scope
from counterseal.audit.export import write_export
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.core.note import parse_verifier_key
from counterseal.factors import totp
from counterseal.wiring.application import Application
from tests.support.server import DAY, serving, settings_in
from tests.support.server_process import ServerProcess

KILLS = 3
CLIENTS = 6
SEED = totp.TotpSeed(b"kill-9-under-load-seed")
OPTIONS = {"policy": "okx-2024", "checkpoint_interval_ms": 200}
PAYMENT = {"asset": "USD", "amount": "12.50", "audience": "ledger"}


@dataclass
class Sent:
    """A write as it was sent, and its reply once it was acknowledged."""

    method: str
    path: str
    key: str
    body: Any
    reply: str | None = None


@dataclass
class Load:
    """What all clients sent, and the checkpoints that an outsider kept."""

    token: str
    sent: list[Sent] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)
    accounts: int = 0

    async def write(self, client: httpx2.AsyncClient, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Send once; a cut connection leaves it unacknowledged and ends this client."""
        one = Sent("POST", path, f"key-{len(self.sent)}", body)
        self.sent.append(one)
        response = await client.post(path, json=body, headers=headers(self.token, one.key))
        assert response.status_code == status, response.text
        one.reply = response.text
        return response.json()


def headers(token: str, key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": key}


def code_now() -> str:
    return totp.code_at(SEED, totp.step_at(time.time_ns() // 1_000_000))


async def one_client(load: Load, client: httpx2.AsyncClient) -> None:
    """Register, ask twice, prove one with TOTP, try the same code on the other, redeem, report; again and again."""
    secret = base64.b32encode(SEED.secret).decode().rstrip("=")
    while True:
        load.accounts += 1
        account = f"k-{load.accounts}"
        session = {"kind": "session", "id": "s", "facts": ["session"]}
        factor = {"factor": "totp", "secret": secret}
        body = {"account": account, "factors": [factor], "objects": [session]}
        await load.write(client, "/v1/accounts", body, status=201)
        ask = {"action": "p2p_release", "objects": {"session": "s"}, "payment": PAYMENT}
        one = await load.write(client, f"/v1/accounts/{account}/actions", ask)
        two = await load.write(client, f"/v1/accounts/{account}/actions", ask)
        answer = {"factor": "totp", "answer": code_now()}
        paid = await load.write(client, f"/v1/actions/{one['id']}/proofs", answer)
        assert paid["status"] == "sealed", paid
        await load.write(client, f"/v1/actions/{two['id']}/proofs", answer, status=422)
        seal = f"/v1/seals/{paid['seal']['id']}"
        await load.write(client, f"{seal}/redeem")
        await load.write(client, f"{seal}/broadcast", {"txid": account})


async def watch(load: Load, client: httpx2.AsyncClient) -> None:
    """An outsider who keeps every checkpoint that the server shows."""
    while True:
        response = await client.get("/v1/log/checkpoint")
        if response.status_code == 200 and response.text not in load.checkpoints[-1:]:
            load.checkpoints.append(response.text)
        await asyncio.sleep(0.05)


async def until_killed(load: Load, server: ServerProcess, seconds: float) -> None:
    """Load, and a kill in the middle of it."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
        tasks = [asyncio.create_task(one_client(load, client)) for _ in range(CLIENTS)]
        tasks.append(asyncio.create_task(watch(load, client)))
        await asyncio.sleep(seconds)
        status = await asyncio.to_thread(server.end, signal.SIGKILL)
        assert status == -signal.SIGKILL
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(found, httpx2.TransportError), found


async def new_token(folder: Path, **more: Any) -> str:
    """A token made before the server starts."""
    application = Application(settings_in(folder, clock="real", **OPTIONS | more))
    try:
        scopes = [
            Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_READ, Scope.ACTIONS_WRITE, Scope.ACTIONS_READ,
            Scope.SEALS_REDEEM, Scope.DECISIONS_STAFF, Scope.AUDIT_READ,
        ]  # fmt: skip
        made = await application.access.create_token(
            name="load", platform="exchange", scopes=scopes, lifetime=DAY, by="test"
        )
    finally:
        application.store.close()
    assert made.secret is not None
    return made.secret


def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Three kills at random moments; then every write is repeated under its key and the log is verified."""
    load = Load(asyncio.run(new_token(tmp_path)))
    files = settings_in(tmp_path, clock="real", **OPTIONS).model_dump(include=set(OPTIONS) | NAMED)
    server = ServerProcess(tmp_path, files | {"outbox_folder": tmp_path / "outbox", "access_log": "off"})
    acknowledged = []
    try:
        for _ in range(KILLS):
            server.start()
            asyncio.run(until_killed(load, server, random.uniform(0.6, 1.6)))
            acknowledged.append(sum(one.reply is not None for one in load.sent))
    finally:
        server.stop()
    assert acknowledged[0] > 5
    assert acknowledged == sorted(set(acknowledged)), "each round got something done"
    asyncio.run(check(tmp_path, load))


NAMED = {"database", "master_key_file", "root_key_file", "clock"}


async def check(folder: Path, load: Load) -> None:
    """On the database that three kills left."""
    async with serving(folder, clock_kind="real", **OPTIONS) as live:
        repeated: Counter[str] = Counter()
        for one in load.sent:
            response = await live.client.request(
                one.method, one.path, json=one.body, headers=headers(load.token, one.key)
            )
            if one.reply is None:  # it was on its way: either it stands, or it happens now, once
                assert response.status_code in {200, 201, 409, 422}, response.text
                repeated["unknown"] += 1
                continue
            said = _without_request(response.text)
            assert said == _without_request(one.reply), (one.path, response.text, one.reply)
            repeated["acknowledged"] += 1
        assert repeated["unknown"] <= KILLS * CLIENTS

        seals: Counter[str] = Counter()
        for number in range(1, load.accounts + 1):
            path = f"/v1/accounts/k-{number}/timeline?limit=500"
            response = await live.client.get(path, headers=headers(load.token, "-"))
            if response.status_code == 404:
                continue  # its registration was never acknowledged
            entries = response.json()["entries"]
            events = Counter(event for entry in entries for event in entry["events"])
            assert events["Registered"] == 1
            assert events["Proved"] <= 1, "one code, one proof"
            assert events["Redeemed"] <= events["Sealed"] <= 1
            assert events["Reported"] <= 1
            seals.update(event for event in events if event in {"Redeemed", "Sealed"})
        assert seals["Redeemed"] > 0

        key = (await live.get("/v1/log/key", token=None))["key"]
        log = live.app.state.services.areas[LogService]
        await log.sign_checkpoint(now=live.now, epoch=0)
        await write_export(
            folder / "log.jsonl", live.application.store.log, key=parse_verifier_key(key), opened=True
        )
        assert load.checkpoints
        for note in load.checkpoints:
            verdict = verify_export(folder / "log.jsonl", checkpoint=note, public_key=key, now=live.now)
            assert verdict, verdict.findings
            assert verdict.anchored


def _without_request(text: str) -> Any:
    """A reply without what names the request itself."""
    found = json.loads(text)
    found.pop("instance", None)
    return found
