# SPDX-License-Identifier: Apache-2.0
"""What must hold after every fault, by the ledger of an outsider and by what the server shows."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from counterseal.audit.export import write_export
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.core.note import parse_verifier_key
from tests.faults.traffic import LIMIT, Client, Ledger, plain
from tests.support.server import DAY, HOUR, serving

ONCE = ("Accepted", "BecameReady", "Applied", "Reported", "Cancelled")


async def check_answers(client: Client, *, since: int = 0) -> Counter[str]:
    """Every write of the ledger again, under its key: what was acknowledged is answered the same; what was not is
    settled now. `since`: the first write to look at."""
    found: Counter[str] = Counter()
    for one in client.ledger.sent[since:]:
        response = await client.send(one)
        if one.reply is None:
            one.status, one.reply = response.status_code, plain(response)
            found["settled now"] += 1
        elif one.status < 300 or response.status_code < 300:
            assert (response.status_code, plain(response)) == (one.status, one.reply), (one, response.text)
            found["the same"] += 1
    return found


async def timeline(client: Client, account: str) -> list[dict[str, Any]]:
    """All entries of an account."""
    entries: list[dict[str, Any]] = []
    after = -1
    while True:
        page = await client.get(f"/v1/accounts/{account}/timeline?limit=500&after={after}")
        entries += page.get("entries", [])
        if not page.get("next"):
            return entries
        after = page["next"]


async def check_accounts(client: Client) -> Counter[str]:
    """Nothing was used twice, each wait made one transition in its time, limits hold."""
    seen: Counter[str] = Counter()
    for person in client.ledger.people:
        entries = await timeline(client, person.name)
        account = Counter(event for entry in entries for event in entry["events"])
        assert account["Registered"] == 1, person
        actions: dict[str, Counter[str]] = {}
        paid: list[tuple[int, Decimal]] = []
        began: dict[str, int] = {}
        for entry in entries:
            events = actions.setdefault(entry["action"] or "", Counter())
            events.update(entry["events"])
            if "Accepted" in entry["events"]:
                began[entry["action"]] = entry["at"]
            if "BecameReady" in entry["events"] and entry["action"] in began:
                assert entry["at"] >= began[entry["action"]] + 24 * HOUR, "a hold became shorter"
            if "Redeemed" in entry["events"] and entry["action"] not in began:
                paid.append((entry["at"], Decimal(90)))
        for action, events in actions.items():
            if action:
                assert all(events[name] <= 1 for name in ONCE), (person, action, events)
                assert events["Redeemed"] <= 1, (person, action, events)
        for at, _ in paid:
            spent = sum(amount for other, amount in paid if at - DAY < other <= at)
            assert spent <= LIMIT + 90, (person, spent)  # withdrawals of 1 are counted as 90
        seen.update(account)
    return seen


async def check_log(folder: Path, ledger: Ledger, **settings: Any) -> int:
    """On the stopped server's store: the log verifies against every checkpoint that the outsider kept; entries."""
    async with serving(folder, **settings) as live:
        key = (await live.get("/v1/log/key", token=None))["key"]
        await live.app.state.services.areas[LogService].sign_checkpoint(
            now=live.now, epoch=live.application.store.epoch
        )
        export = folder / "log.jsonl"
        await write_export(export, live.application.store.log, key=parse_verifier_key(key), opened=True)
        assert ledger.checkpoints
        for note in ledger.checkpoints:
            verdict = verify_export(export, checkpoint=note, public_key=key, now=live.now)
            assert verdict, verdict.findings
            assert verdict.anchored
        size, _ = await live.application.store.log.root()
        return size
