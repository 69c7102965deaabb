# SPDX-License-Identifier: Apache-2.0
"""The proof of the policy in force over the API: made once in another process, kept in files, drawn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from counterseal.prover.prove import prove
from counterseal.prover.report.asjson import to_json
from counterseal.prover.report.glossary import glossary_of
from tests.support.server import HOUR, Live, problem, served, serving


async def made(live: Live, path: str = "/v1/policy/proof", seconds: float = 60.0) -> Any:
    """The reply once the proof is there."""
    async with asyncio.timeout(seconds):
        while True:
            response = await live.call("GET", path)
            if response.status_code != 202:
                assert response.status_code == 200, response.text
                return response
            assert int(response.headers["retry-after"]) >= 1
            found = response.json()
            assert 0 <= found["done"] <= found["profiles"]
            await asyncio.sleep(0.2)


@served(policy="okx-2024")
async def test_the_proof_is_the_provers_and_its_pictures_are_drawn(live: Live) -> None:
    """202 first; then what `prove` itself finds; a heat table and the time line of each kind of attack id."""
    first = await live.call("GET", "/v1/policy/proof")
    assert first.status_code == 202
    summary = (await made(live)).json()
    policy = live.application.policies.current
    chosen = [policy.vocabulary.profiles["sms_only"]]
    expected = to_json(prove(policy, 24 * HOUR, chosen), glossary_of(policy))["profiles"]["sms_only"]
    found = (await live.get("/v1/policy/proof/profile?profile=sms_only&most=10000"))["proof"]
    identities = [attack.pop("id") for attack in found["minimal"]]
    counters = [attack.pop("id") for one in found["properties"] for attack in one["counterexamples"]]
    assert found | {"alike": []} == expected | {"alike": []}
    assert summary["digest"] == policy.digest
    assert {each["profile"] for each in summary["profiles"]} == set(policy.vocabulary.profiles)
    mine = next(each for each in summary["profiles"] if each["profile"] == "sms_only")
    assert [one["verdict"] for one in mine["properties"]] == [one["verdict"] for one in found["properties"]]
    assert mine["minimal"] == len(identities)
    few = await live.get("/v1/policy/proof/profile?profile=sms_only&most=2")
    assert (len(few["proof"]["minimal"]), few["minimal_total"]) == (2, len(identities))
    paths = [f"picture.svg?profile=sms_only&attack={name}" for name in (identities[0], identities[-1], counters[0])]
    for path in ("heat.svg?profile=sms_only", *paths):
        drawn = await live.call("GET", f"/v1/policy/proof/{path}")
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert drawn.headers["content-security-policy"].startswith("default-src 'none'")
        assert drawn.text.startswith("<svg ")
        assert drawn.text.rstrip().endswith("</svg>")
    await _not_found(live)


async def _not_found(live: Live) -> None:
    """404 with its code for an unknown profile or attack, 422 for what is no id."""
    base = "/v1/policy/proof"
    problem(await live.call("GET", f"{base}/profile?profile=nobody"), 404, "unknown_profile")
    problem(await live.call("GET", f"{base}/heat.svg?profile=summary"), 404, "unknown_profile")
    problem(await live.call("GET", f"{base}/picture.svg?profile=sms_only&attack=m-999999"), 404, "unknown_attack")
    problem(await live.call("GET", f"{base}/picture.svg?profile=sms_only&attack=p-99-0"), 404, "unknown_attack")
    for query in ("profile=..%2Fx&attack=m-0", "profile=sms_only&attack=m--1", "attack=m-0"):
        problem(await live.call("GET", f"{base}/picture.svg?{query}"), 422, "validation_failed")


def test_a_proof_outlives_a_restart_and_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    """The second server reads it at once; a file that cannot be read counts as none."""
    asyncio.run(_restarted(tmp_path))


async def _restarted(tmp_path: Path) -> None:
    async with serving(tmp_path, policy="okx-2024") as live:
        before = (await made(live)).json()
    async with serving(tmp_path, policy="okx-2024") as live:
        again = await live.call("GET", "/v1/policy/proof")
        assert (again.status_code, again.json()) == (200, before)
    [summary] = (tmp_path / "proofs").glob("*/summary.msgpack")
    summary.write_bytes(summary.read_bytes()[:100])
    async with serving(tmp_path, policy="okx-2024") as live:
        assert (await live.call("GET", "/v1/policy/proof")).status_code == 202


def test_a_server_that_stops_leaves_no_half_proof(tmp_path: Path) -> None:
    """Stopping while it is made ends the process and leaves nothing that counts as a proof."""
    asyncio.run(_stopped(tmp_path))


async def _stopped(tmp_path: Path) -> None:
    async with serving(tmp_path, policy="hardened") as live:
        assert (await live.call("GET", "/v1/policy/proof")).status_code == 202
        await asyncio.sleep(1.0)
        process = next(iter(live.application.console.proofs._pool._processes.values()))
    process.join(10)
    assert not process.is_alive()
    assert not list((tmp_path / "proofs").glob("*/summary.msgpack"))
