# SPDX-License-Identifier: Apache-2.0
"""Two officers, erasure, and the log that outsiders can check over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from counterseal.audit.export import write_export
from counterseal.audit.keys import verify_ed25519
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.core.checkpoint import open_checkpoint
from counterseal.core.merkle import verify_consistency, verify_inclusion
from counterseal.core.note import parse_verifier_key
from tests.support.server import DAY, HOUR, OFFICERS, Live, problem, reasons, served

TWO = ("staff-freeze", "unfreeze", "erase", "suspicions/sus_0/clear", "notices/n/confirm")


@served()
async def test_one_officer_is_not_enough(live: Live) -> None:
    """Alone, twice the same, the second without the scope, a second that is no token: refused, nothing done."""
    person = await live.owner()
    made = await live.post("/v1/tokens", {"name": "n", "platform": "exchange", "scopes": ["admin"]}, 201)
    for rest in TWO:
        path = f"/v1/accounts/{person.account}/{rest}"
        ines = {"token": OFFICERS[0]}
        problem(await live.call("POST", path, **ines), 403, "two_officers")
        for second, status, code in (
            (live.tokens[OFFICERS[0]], 403, "two_officers"),
            (made["token"], 403, "insufficient_scope"),
            ("cs_nothing", 401, "token_refused"),
        ):
            answer = await live.call("POST", path, headers={"Second-Officer": second}, **ines)
            problem(answer, status, code)
        platform = await live.call("POST", path, headers={"Second-Officer": live.tokens[OFFICERS[1]]})
        problem(platform, 403, "insufficient_scope")
    account = await live.get(f"/v1/accounts/{person.account}")
    assert account["freezes"] == []


@served()
async def test_two_tokens_of_one_officer_are_one_officer(live: Live) -> None:
    """A person counts, not a token."""
    person = await live.owner()
    body = {"name": "n", "platform": "exchange", "scopes": ["staff:officer"], "officer": OFFICERS[0]}
    made = await live.post("/v1/tokens", body, 201)
    path = f"/v1/accounts/{person.account}/staff-freeze"
    answer = await live.call("POST", path, token=OFFICERS[0], headers={"Second-Officer": made["token"]})
    problem(answer, 403, "two_officers")
    problem(await live.call("POST", "/v1/tokens", body | {"officer": None}), 422, "token_officer_missing")


@served()
async def test_a_staff_freeze_stops_nearly_everything(live: Live) -> None:
    """Outflows and changes are refused; logging in is not; two officers lift it and the hold begins anew."""
    person = await live.owner()
    refused = await live.call("POST", f"/v1/accounts/{person.account}/freeze", {"kind": "staff"})
    problem(refused, 403, "two_officers")
    await live.officers(f"/v1/accounts/{person.account}/staff-freeze")
    for rule, amount in (("withdraw_small", "10"), ("add_address", None)):
        more = {} if amount else {"address": {"chain": "eth", "address": "0x" + "11" * 20}}
        action = await person.ask(rule, amount=amount, **more)
        assert "frozen" in reasons(await person.staff_view(action))
    person.session = "s2"
    assert (await person.done("login", "password", "totp"))["status"] == "done"
    await live.officers(f"/v1/accounts/{person.account}/unfreeze")
    assert (await live.officers(f"/v1/accounts/{person.account}/unfreeze", None, 409))["code"] == "not_frozen"
    held = await person.done("withdraw_small", "totp", "email", amount="10")
    assert held["decision"]["outcome"] == "hold"
    await live.advance(24 * HOUR)
    await person.sealed("10")


@served()
async def test_two_officers_withdraw_a_suspicion(live: Live) -> None:
    """Then the factor counts again."""
    person = await live.owner()
    body = {"capability": "totp_seed", "until": live.now + DAY, "since": live.now - DAY, "evidence": "x"}
    made = await live.post(f"/v1/accounts/{person.account}/suspicions", body)
    refused = await person.done("withdraw_small", "email", amount="10")
    assert "suspected" in reasons(refused)
    await live.officers(f"/v1/accounts/{person.account}/suspicions/{made['id']}/clear")
    missing = await live.officers(f"/v1/accounts/{person.account}/suspicions/{made['id']}/clear", None, 404)
    assert missing["code"] == "unknown_suspicion"
    await person.sealed("10")


async def _export(live: Live, folder: Path, name: str) -> Path:
    """Sign a checkpoint and export the log."""
    log: LogService = live.app.state.services.areas[LogService]
    await log.sign_checkpoint(now=live.now, epoch=live.application.store.epoch)
    path = folder / name
    key = parse_verifier_key((await live.get("/v1/log/key"))["key"])
    await write_export(path, live.application.store.log, key=key, opened=True)
    return path


def _payloads(export: Path) -> bytes:
    """Everything that an opened export shows."""
    lines = map(json.loads, export.read_text().splitlines())
    return b"".join(base64.b64decode(line["payload"]) for line in lines if line.get("payload"))


@served()
async def test_an_erased_account_is_gone_and_the_log_still_verifies(live: Live, tmp_path_factory: Any) -> None:
    """404 everywhere, its id is not used again, nothing personal in the export, and every proof still holds."""
    folder = tmp_path_factory.mktemp("export")
    person = await live.owner()
    paid = await person.sealed("10")
    before = await _export(live, folder, "before.jsonl")
    witnessed = (await live.call("GET", "/v1/log/checkpoint", token=None)).text
    assert person.mail.encode() in _payloads(before)
    await live.officers(f"/v1/accounts/{person.account}/erase")

    problem(await live.call("GET", f"/v1/accounts/{person.account}"), 404, "unknown_account")
    for path in (f"/v1/actions/{paid['id']}/decide", f"/v1/seals/{paid['seal']['id']}/redeem"):
        assert (await live.call("POST", path)).status_code == 404
    again = await live.call("POST", "/v1/accounts", {"account": person.account, "factors": [{"factor": "totp"}]})
    assert again.status_code == 409, again.text
    timeline = (await live.call("GET", f"/v1/accounts/{person.account}/timeline")).text
    assert person.mail not in timeline
    await live.settle()

    after = await _export(live, folder, "after.jsonl")
    assert person.mail.encode() not in _payloads(after)
    key = (await live.get("/v1/log/key"))["key"]
    verdict = verify_export(after, checkpoint=witnessed, public_key=key, now=live.now, max_age=60_000)
    assert verdict, verdict.findings
    assert verdict.anchored


@served()
async def test_the_log_proves_itself_over_http(live: Live) -> None:
    """A checkpoint's signature, the place of an action's entry in it, and that the next one extends it."""
    log: LogService = live.app.state.services.areas[LogService]
    key = await live.get("/v1/log/key", token=None)

    async def checkpoint() -> Any:
        await log.sign_checkpoint(now=live.now, epoch=0)
        note = await live.call("GET", "/v1/log/checkpoint", token=None)
        assert note.headers["content-type"].startswith("text/plain")
        return open_checkpoint(note.text, parse_verifier_key(key["key"]), verify_ed25519)

    person = await live.owner()
    asked = await person.ask("login")
    first = await checkpoint()
    assert first.size > asked["log_position"]
    found = await live.get(f"/v1/log/inclusion?position={asked['log_position']}&size={first.size}", token=None)
    leaf = base64.b64decode(found["leaf_hash"])
    proof = [base64.b64decode(item) for item in found["proof"]]
    verify_inclusion(found["position"], found["size"], leaf, proof, first.root)

    [entry] = (await live.get(f"/v1/log/entries?first={asked['log_position']}&limit=1"))["entries"]
    assert hashlib.sha256(b"\0" + entry["leaf"].encode()).digest() == leaf
    assert person.account not in entry["leaf"]

    await person.sealed("10")
    second = await checkpoint()
    both = await live.get(f"/v1/log/consistency?first={first.size}&second={second.size}", token=None)
    steps = [base64.b64decode(item) for item in both["proof"]]
    verify_consistency(first.size, second.size, first.root, second.root, steps)
    problem(await live.call("GET", f"/v1/log/inclusion?position={second.size}"), 404, "log_range")


@served()
async def test_officers_confirm_a_notice_that_nobody_took(live: Live) -> None:
    """Not before seven days; then the hold of the change begins."""
    body = {"account": "mute", "factors": [{"factor": "totp"}, {"factor": "password"}]}
    await live.post("/v1/accounts", body, 201)
    missing = await live.officers("/v1/accounts/mute/notices/none/confirm", None, 404)
    assert missing["code"] == "unknown_notice"
