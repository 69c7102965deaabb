# SPDX-License-Identifier: Apache-2.0
"""Codes and links in messages, step 0, and servers that must not be attacked."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from counterseal.demo.attacks import load_attacks
from counterseal.demo.exchange import Time
from counterseal.demo.model import DemoError
from counterseal.demo.player import code_in
from counterseal.demo.precursor import read_rule
from counterseal.demo.runner import _same_hour
from counterseal.demo.victim import link_in
from counterseal.gateways.packs import load_pack
from counterseal.notices.templates import link_url
from counterseal.notices.wording import catalogue_for
from counterseal.sdk import Counterseal
from counterseal.sdk.upkeep_replies import Message

DAY = 86_400_000


def message(text, channel="email"):
    return Message(id="m", channel=channel, to="x", subject="s", text=text, at=0)


def test_a_code_is_the_line_of_digits():
    assert code_in("Your code to withdraw\n\n123 456\n\nAmount: 480,000 USDT\n") == "123456"
    assert code_in("A withdrawal of 480000 USDT was approved.\n\nAmount: 480000\n") is None


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("button", ["freeze", "cancel"])
def test_a_link_is_found_by_the_words_above_it(language, button):
    words = catalogue_for(language).notice
    addresses = {each: link_url("http://127.0.0.1:1", each, f"{each}-token") for each in ("freeze", "cancel")}
    text = "\n\n".join(f"{words[each]}:\n{address}" for each, address in addresses.items())
    assert link_in(message(text), button, language) == addresses[button]
    assert link_in(message("nothing here"), button, language) == ""


@pytest.mark.parametrize(("pack", "outcome"), [("okx-2024", "disclosed"), ("hardened", "refused")])
def test_step_0_reads_the_rule_for_disclosure(pack, outcome):
    policy = load_pack(pack)
    result = read_rule(load_attacks()[0], policy, policy.vocabulary)
    assert result.outcome == outcome
    assert result.steps[0].line == policy.rules["disclose_identity"].line
    assert bool(result.steps[0].lacks) == (outcome == "refused")


def test_a_case_begins_at_its_own_time_of_day():
    assert _same_hour(100, 50) == 100
    assert _same_hour(100, 101) == 100 + DAY
    assert _same_hour(100, 100 + 2 * DAY) == 100 + 2 * DAY


def test_a_server_on_the_real_clock_is_refused():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"now": 1, "simulated": False, "trusted": True}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with (
                Counterseal(f"http://127.0.0.1:{server.server_port}", "cs_x") as client,
                pytest.raises(DemoError) as caught,
            ):
                Time(client)
        finally:
            server.shutdown()
            thread.join()
    assert caught.value.code == "clock_real"
