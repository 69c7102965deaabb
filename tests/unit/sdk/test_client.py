# SPDX-License-Identifier: Apache-2.0
"""Both clients against a real HTTP server that answers by a script."""

import asyncio
import json
import logging
import socket
import threading
from collections import deque
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from counterseal.sdk import AsyncCounterseal, Counterseal, SdkError, calls, problems, upkeep
from counterseal.sdk import ask as given
from counterseal.sdk.transport import Retry, UnsafePlainHttp

TOKEN = "cs_0123456789abcdef"
DROP = object()
ACTION = {
    "id": "act_1",
    "account": "alice",
    "action": "withdraw",
    "status": "sealed",
    "asked": 1717934400000,
    "due": None,
    "delay": 0,
    "decision": {
        "outcome": "allow",
        "rule": "withdraw",
        "line": 12,
        "policy": "sha256:00",
        "at": 1717934400000,
        "until": None,
        "reasons": [{"code": "frozen", "text": "the account is frozen", "about": "f1", "until": 5}],
        "alternatives": [["totp"], ["email", "sms"]],
        "candidates": ["sms"],
    },
    "proofs": [{"factor": "totp", "at": 1}],
    "challenge": None,
    "seal": {"id": "seal_1", "token": "e.y.J", "expires": 9, "state": "issued", "txid": ""},
    "shown": {"totp_1": ["otpauth://totp/x"]},
    "log_position": 4,
    "added_by_a_newer_guard": True,
}


def problem(code, status, **members):
    body = {"type": f"urn:counterseal:problem:{code}", "title": code, "status": status, "code": code, **members}
    return status, {"Content-Type": "application/problem+json"}, json.dumps(body).encode()


def ok(value=ACTION, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class Script:
    """Answers in order; the last one again and again."""

    def __init__(self):
        self.answers = deque()
        self.seen = []

    def next(self):
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def script():
    held = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            size = int(self.headers.get("Content-Length", 0))
            held.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(size)))
            answer = held.next()
            if answer is DROP:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["sync", "async"])
def send(request, script):
    """Send one call with either client; `pauses` are the seconds that it slept."""
    pauses = []

    def sync(call, **options):
        with Counterseal(script.url, TOKEN, sleep=pauses.append, **options) as client:
            return client.send(call)

    async def sleep(seconds):
        pauses.append(seconds)

    async def asynchronous(call, **options):
        async with AsyncCounterseal(script.url, TOKEN, sleep=sleep, **options) as client:
            return await client.send(call)

    def run(call, **options):
        return sync(call, **options) if request.param == "sync" else asyncio.run(asynchronous(call, **options))

    run.pauses = pauses
    return run


class TestWhatIsSent:
    def test_an_ask_is_the_documented_request(self, script, send):
        script.answers.append(ok())
        payment = given.Outflow(asset="USDT", amount=Decimal("1E+3"), chain="tron", destination="T1")
        action = send(calls.ask("alice", "withdraw", objects={"session": "s1"}, payment=payment, context=["x"]))
        method, path, headers, body = script.seen[0]
        assert (method, path) == ("POST", "/v1/accounts/alice/actions")
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert headers["Content-Type"] == "application/json"
        assert json.loads(body) == {
            "action": "withdraw",
            "objects": {"session": "s1"},
            "payment": {"asset": "USDT", "amount": "1000", "chain": "tron", "destination": "T1"},
            "context": ["x"],
        }
        assert action.allowed
        assert action.seal.token == "e.y.J"
        assert action.decision.alternatives == (("totp",), ("email", "sms"))
        assert action.decision.reasons[0].until == 5

    def test_an_id_cannot_become_another_path(self, script, send):
        script.answers.append(ok())
        send(calls.read_action("../tokens?x=1"))
        assert script.seen[0][1] == "/v1/actions/..%2Ftokens%3Fx%3D1"
        for text in ("", ".", ".."):
            with pytest.raises(problems.ClientInputError):
                calls.read_action(text)

    def test_two_officers_are_two_tokens(self, script, send):
        script.answers.append(ok({"account": "alice", "at": 1}))
        send(calls.unfreeze("alice", second_officer="cs_second"))
        assert script.seen[0][2]["Second-Officer"] == "cs_second"

    def test_reads_carry_no_idempotency_key(self, script, send):
        script.answers.append(ok())
        send(calls.read_action("a"))
        assert "Idempotency-Key" not in script.seen[0][2]

    def test_each_write_has_a_key_of_its_own(self):
        assert calls.decide("a").key != calls.decide("a").key
        assert calls.decide("a", key="mine").key == "mine"

    def test_a_float_amount_is_never_sent(self):
        with pytest.raises(SdkError, match="not a finite number"):
            calls.ask("a", "withdraw", payment=given.Outflow(asset="X", amount=Decimal("NaN")))


class TestTryingAgain:
    def test_the_key_stays_over_503_and_a_dropped_connection(self, script, send):
        busy = problem("unavailable", 503)
        script.answers.extend([(503, {**busy[1], "Retry-After": "2"}, busy[2]), DROP, ok()])
        action = send(calls.decide("act_1"))
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in script.seen}
        assert action.id == "act_1"
        assert len(script.seen) == 3
        assert len(keys) == 1
        assert send.pauses[0] == 2
        assert 0.2 <= send.pauses[1] <= 0.4  # the second pause of 200 ms doubled, half of it by chance

    def test_a_long_retry_after_is_raised_at_once(self, script, send):
        status, headers, body = problem("throttled", 429, detail="too many wrong answers")
        script.answers.append((status, {**headers, "Retry-After": "3600"}, body))
        with pytest.raises(problems.ThrottledError, match="too many wrong answers") as caught:
            send(calls.prove("a", "totp", "123456"))
        assert caught.value.retry_after == 3_600_000
        assert send.pauses == []

    def test_it_gives_up(self, script, send):
        script.answers.append(problem("unavailable", 503))
        with pytest.raises(problems.UnavailableError):
            send(upkeep.read_clock(), retry=Retry(attempts=3))
        assert len(script.seen) == 3
        assert len(send.pauses) == 2

    def test_refusals_are_not_repeated(self, script, send):
        script.answers.append(problem("proof_refused", 422, detail="that did not work"))
        with pytest.raises(problems.ProofRefusedError):
            send(calls.prove("a", "totp", "123456"))
        assert len(script.seen) == 1

    def test_no_answer(self, script, send):
        script.answers.append(DROP)
        with pytest.raises(problems.NoAnswerError, match="no answer from the guard") as caught:
            send(calls.decide("a"), retry=Retry(attempts=2))
        assert caught.value.__cause__ is not None
        assert len(script.seen) == 2

    def test_pauses_grow_to_a_cap(self):
        retry = Retry(first=200, cap=1_000)
        assert [retry.pause(attempt, lambda: 1.0) for attempt in range(5)] == [200, 400, 800, 1000, 1000]
        assert retry.pause(0, lambda: 0.0) == 100


class TestProblems:
    @pytest.mark.parametrize(
        ("code", "status", "kind"),
        [
            ("request_malformed", 400, problems.BadRequestError),
            ("token_refused", 401, problems.UnauthenticatedError),
            ("insufficient_scope", 403, problems.ForbiddenError),
            ("unknown_account", 404, problems.NotFoundError),
            ("account_exists", 409, problems.ConflictError),
            ("body_too_large", 413, problems.BadRequestError),
            ("unknown_action", 422, problems.RefusedInputError),
            ("proof_refused", 422, problems.ProofRefusedError),
            ("proof_refused", 403, problems.ForbiddenError),  # the status decides, not the code
            ("internal_error", 500, problems.ServerError),
        ],
    )
    def test_each_status_has_its_error(self, script, send, code, status, kind):
        script.answers.append(
            problem(code, status, detail="what is wrong", hint="do this", instance="urn:counterseal:request:r-7")
        )
        with pytest.raises(problems.ApiError) as caught:
            send(calls.read_action("a"))
        error = caught.value
        assert type(error) is kind
        assert (error.code, error.hint, error.status, error.request_id) == (code, "do this", status, "r-7")
        assert error.diagnostics() == "what is wrong. do this.\nrequest r-7"

    def test_a_refused_redemption_says_why(self, script, send):
        script.answers.append(
            problem("redemption_refused", 409, detail="frozen", decision=ACTION["decision"] | {"outcome": "deny"})
        )
        with pytest.raises(problems.RedemptionRefusedError) as caught:
            send(calls.redeem("seal_1"))
        assert caught.value.decision.outcome == "deny"

    def test_faults_are_kept(self, script, send):
        faults = [{"pointer": "/amount", "detail": "is not a number"}]
        script.answers.append(problem("validation_failed", 422, detail="wrong", errors=faults))
        with pytest.raises(problems.RefusedInputError) as caught:
            send(calls.read_action("a"))
        assert "/amount: is not a number" in caught.value.diagnostics()

    @pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"", b"\xff\xfe", b"[1]"])
    def test_a_failure_that_is_no_problem_document(self, script, send, body):
        script.answers.append((502, {"Content-Type": "text/html"}, body))
        with pytest.raises(problems.ServerError, match="status 502"):
            send(upkeep.read_clock())

    @pytest.mark.parametrize("answer", [(200, {}, b"<html>"), ok({"id": 1}), (302, {"Location": "/x"}, b"")])
    def test_an_answer_of_something_else(self, script, send, answer):
        script.answers.append(answer)
        with pytest.raises(problems.ReplyError):
            send(calls.read_action("a"))
        assert len(script.seen) == 1  # a redirect is not followed: it would carry the token away


class TestSecrets:
    def test_nothing_secret_is_logged_or_shown(self, script, send, caplog):
        caplog.set_level(logging.DEBUG)
        script.answers.append(problem("proof_refused", 422, detail="that did not work"))
        with pytest.raises(problems.ProofRefusedError) as caught:
            send(calls.prove("act_1", "totp", "987654"))
        texts = [caplog.text, repr(caught.value), str(caught.value), repr(calls.prove("a", "totp", "987654"))]
        texts.append(repr(Counterseal(script.url, TOKEN)))
        texts.append(repr(given.NewFactor(factor="totp", secret="987654")))
        assert not [text for text in texts if TOKEN in text or "987654" in text]

    def test_no_token_over_plain_http_to_another_machine(self):
        with pytest.raises(problems.ClientInputError, match="plain HTTP"):
            Counterseal("http://guard.example", TOKEN)
        with pytest.warns(UserWarning, match="unencrypted"):
            Counterseal("http://guard.example", TOKEN, unsafe=UnsafePlainHttp())
        Counterseal("https://guard.example", TOKEN)

    @pytest.mark.parametrize("url", ["guard.example", "ftp://guard.example", "https://", "https://u:p@host"])
    def test_a_base_url_is_a_scheme_and_a_host(self, url):
        with pytest.raises(problems.ClientInputError):
            Counterseal(url, TOKEN)

    def test_a_token_is_one_word(self):
        with pytest.raises(problems.ClientInputError):
            Counterseal("https://guard.example", "cs_1\r\nX: y")
