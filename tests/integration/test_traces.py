# SPDX-License-Identifier: Apache-2.0
"""Traces say where time went, in the caller's trace, and nothing about whom; a receiver that is away is no harm."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.http.logs import configure_logging
from counterseal.workers.loop import cause
from counterseal.workers.relay import FanOut, Relay, Subscription, Told
from tests.integration.test_webhooks import created
from tests.support.otlp import Receiver, attributes, receiving
from tests.support.receiver import receiving as hearing
from tests.support.server import ADDRESS, Live, served

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
ALLOWED = {
    "counterseal.account",
    "counterseal.batch_size",
    "counterseal.channel",
    "counterseal.commit_us",
    "counterseal.factor",
    "counterseal.replayed",
    "counterseal.subjects",
    "counterseal.verified",
    "counterseal.wait_us",
    "counterseal.worker",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def traced(flags: str = "01") -> dict[str, str]:
    return {"traceparent": f"00-{TRACE}-{PARENT}-{flags}", "tracestate": "vendor=lin.wei@example.test"}


def run(receiver: Receiver, function: Any, **settings: Any) -> None:
    otlp = {"url": receiver.url, "ratio": 1.0, "headers": {"x-api-key": "the-receivers-own-key"}}
    with tempfile.TemporaryDirectory() as folder:
        served(**{"otlp": otlp} | settings)(function)(tmp_path=Path(folder))


def test_a_withdrawal_is_one_trace_of_the_callers_and_holds_nothing_personal(  # noqa: PLR0915 - one flow
    receiver: Receiver,
) -> None:
    known: list[str] = []

    async def flow(live: Live) -> None:
        person = await live.owner()
        action = await person.ask("withdraw", amount="123.45")
        answer = person.totp()
        body = {"factor": "totp", "answer": answer}
        path = f"/v1/actions/{action['id']}/proofs"
        response = await live.call(
            "POST", path, body, headers=traced() | {"x-request-id": person.account + "-abcd"}
        )
        assert response.status_code == 200, response.text
        challenge, code = await person.code(await person.ask("withdraw_small", amount="10"), "email")
        assert challenge
        await live.get(f"/v1/accounts/{person.account}/posture")
        wrong = await live.call("GET", "/v1/accounts/u-nobody-here", headers=traced())
        assert (wrong.status_code, wrong.json()["trace_id"]) == (404, TRACE)
        known.extend(
            [person.account, person.phone, person.mail, answer, code, ADDRESS, "123.45", action["id"], "blue heron",
             "u-nobody-here", "example.test", *live.tokens.values(), "the-receivers-own-key"]
        )  # fmt: skip

    run(receiver, flow)
    proof = receiver.wait("POST /v1/actions/{action}/proofs")[0]
    assert (proof.trace_id.hex(), proof.parent_span_id.hex()) == (TRACE, PARENT)
    inside = {span.name: span for span in receiver.spans if span.trace_id.hex() == TRACE}
    assert inside["store.transact"].parent_span_id == proof.span_id
    assert inside["step"].parent_span_id == inside["store.transact"].span_id
    assert inside["verify"].parent_span_id == inside["step"].span_id
    assert attributes(inside["verify"]) == {"counterseal.factor": "totp", "counterseal.verified": True}
    store = attributes(inside["store.transact"])
    assert "account" in store["counterseal.subjects"].split(",")
    assert store["counterseal.batch_size"] >= 1
    assert store["counterseal.wait_us"] > 0 < store["counterseal.commit_us"]
    took = (store["counterseal.wait_us"] + store["counterseal.commit_us"]) * 1000
    assert took <= inside["store.transact"].end_time_unix_nano - inside["store.transact"].start_time_unix_nano
    assert attributes(receiver.named("outbox.deliver")[0])["counterseal.channel"] in {"sms", "email"}
    assert receiver.named("prover.posture")
    assert attributes(receiver.named("GET /v1/accounts/{account}")[-1])["error.type"] == "unknown_account"
    accounts = {attributes(span).get("counterseal.account") for span in receiver.spans} - {None}
    assert accounts
    assert all(re.fullmatch(r"acc_[0-9a-f]{12}", each) for each in accounts)
    assert {key for span in receiver.spans for key in attributes(span)} <= ALLOWED
    assert all(span.trace_state == "" for span in receiver.spans)
    everything = b"".join(each.SerializeToString() for each in receiver.requests).decode("latin-1")
    assert [value for value in known if value in everything] == []
    assert receiver.resources[0]["service.name"] == "counterseal"
    assert receiver.headers[0]["x-api-key"] == "the-receivers-own-key"


def test_a_delivery_stands_in_the_trace_of_the_request_that_caused_it(receiver: Receiver) -> None:
    """A notice's span, the header of a webhook, and what a subscriber such as the bus is told; what nobody traced
    carries none."""
    receiver.requests.clear()
    heard: list[str | None] = []
    told: list[str | None] = []

    async def takes(_told: Told) -> None:
        told.append(cause())

    async def flow(live: Live) -> None:
        store, clock, relays = live.application.store, live.application.clock, live.application.relays
        listening = (Subscription("one", takes),)
        relays.spread = FanOut(store, clock, listening)
        relays.relay = Relay(store, clock, listening, count=live.application.metrics.relayed)
        async with hearing() as hook:
            await created(live, hook.url, "account.frozen")
            one, two = await live.owner(), await live.owner()
            for person, headers in ((one, traced()), (two, traced("00"))):
                path = f"/v1/accounts/{person.account}/freeze"
                assert (await live.call("POST", path, {"kind": "owner"}, headers=headers)).status_code == 200
                await live.settle()
            heard.extend(got.headers.get("traceparent") for got in hook.got)

    run(receiver, flow)
    request = receiver.wait("POST /v1/accounts/{account}/freeze")[0]
    mine = {span.span_id: span for span in receiver.spans if span.trace_id.hex() == TRACE}
    delivered = [span for span in mine.values() if span.name == "outbox.deliver"]
    assert {attributes(span)["counterseal.channel"] for span in delivered} >= {"email", "sms"}
    for span in delivered:
        above = mine[span.parent_span_id]
        assert (above.name, above.parent_span_id) == ("store.transact", request.span_id)
    first, second = heard
    assert first is not None
    version, trace, parent, flags = first.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert bytes.fromhex(parent) in mine
    assert second is None
    assert told == [first, ""]


def test_a_worker_that_finds_nothing_to_do_sends_no_span(receiver: Receiver) -> None:
    receiver.requests.clear()

    async def flow(live: Live) -> None:
        await asyncio.sleep(1.5)  # a dozen turns of each
        await live.get("/v1/policy")

    run(receiver, flow)
    receiver.wait("GET /v1/policy")
    workers = [attributes(span)["counterseal.worker"] for span in receiver.named("worker.turn")]
    assert workers.count("timers") == 0
    assert workers.count("outbox") <= 1


def test_a_caller_may_decline_a_trace_and_cannot_demand_one(receiver: Receiver) -> None:
    receiver.requests.clear()

    async def flow(live: Live) -> None:
        await live.call("GET", "/v1/policy", headers=traced("00"))

    run(receiver, flow)
    assert [span for span in receiver.spans if span.trace_id.hex() == TRACE] == []

    async def demand(live: Live) -> None:
        response = await live.call("GET", "/v1/accounts/u-nobody", headers=traced("01"))
        assert "trace_id" not in response.json()

    run(receiver, demand, otlp={"url": receiver.url, "ratio": 0.0})
    assert receiver.spans == [] or all(span.trace_id.hex() != TRACE for span in receiver.spans)


def test_log_lines_of_a_request_name_its_trace(receiver: Receiver) -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    async def flow(live: Live) -> None:
        await live.call("GET", "/v1/policy", headers=traced())
        await asyncio.sleep(0.05)

    try:
        configure_logging(stream=stream)
        run(receiver, flow, access_log="all")
    finally:
        configure_logging(stream=sys.stderr)
        root.handlers[:] = before
        root.setLevel(level)
    lines = [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    assert [line["trace_id"] for line in lines if line.get("route") == "/v1/policy"] == [TRACE]


@pytest.mark.parametrize("fault", ["away", "refuses", "slow"])
def test_a_receiver_that_fails_slows_nothing_and_is_counted(fault: str) -> None:
    async def flow(live: Live) -> None:
        took = []
        for _ in range(20):
            begun = time.perf_counter()
            await live.get("/v1/policy")
            took.append(time.perf_counter() - begun)
        assert sorted(took)[10] < 0.5
        for _ in range(80):
            text = (await live.client.get("/metrics")).text
            if re.search(r'^counterseal_spans_total\{result="dropped"\} [1-9]', text, re.MULTILINE):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(text)

    with receiving() as receiver:
        receiver.status, receiver.delay = (400, 0.0) if fault == "refuses" else (200, 3.0)
        url = "http://127.0.0.1:9/v1/traces" if fault == "away" else receiver.url
        begun = time.monotonic()
        run(receiver, flow, otlp={"url": url, "ratio": 1.0, "timeout_ms": 200})
        assert time.monotonic() - begun < 20


def test_without_otlp_nothing_of_the_sdk_is_loaded() -> None:
    code = (
        "import sys, counterseal.wiring.application, counterseal.cli.serve;"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_full_queue_drops_and_never_waits() -> None:
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult  # noqa: PLC0415

    from counterseal.gateways.telemetry import SpanQueue  # noqa: PLC0415

    counts = {"exported": 0, "dropped": 0}

    class Slow(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:
            time.sleep(0.5)
            return SpanExportResult.SUCCESS

    def count(result: str, number: int) -> None:
        counts[result] += number

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanQueue(Slow(), count, length=8, pause=0.05))
    tracer = provider.get_tracer("test")
    begun = time.monotonic()
    for _ in range(100):
        tracer.start_span(secrets.token_hex(4)).end()
    assert time.monotonic() - begun < 0.4
    provider.shutdown()
    assert counts["dropped"] >= 80
    assert sum(counts.values()) == 100
