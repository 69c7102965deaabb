# SPDX-License-Identifier: Apache-2.0
"""SDK and routers are written apart, since the SDK imports nothing of the server; this holds them together."""

import importlib
import inspect
import pkgutil
from decimal import Decimal
from typing import get_args, get_type_hints

import msgspec
import pytest

from counterseal.http import access, routers
from counterseal.http.body import JsonBody, Query, Upload
from counterseal.sdk import AsyncCounterseal, Counterseal, endpoints
from counterseal.sdk import ask as given
from counterseal.sdk.brakes import Spot
from counterseal.sdk.publishing_replies import Verdict
from counterseal.sdk.transport import Call
from tests.unit.sdk.desk_samples import DESK_SAMPLES
from tests.unit.sdk.incident_samples import INCIDENT_SAMPLES

ADDRESS = given.Address(chain="eth", address="0x" + "1" * 40, memo="m")
SAMPLES = {
    "asset": "X",
    "brake": "b",
    "accepts": ("similar_number:ct_1",),
    "authority": "nm-court",
    "contact": {
        "kind": "phone",
        "value": "+12025550179",
        "uses": ["call_back"],
        "source": {"where": "directory", "at": 1},
    },
    "contact_id": "ct_1",
    "country": "nm",
    "details": {"name": "District Court", "country": "nm", "role": "court"},
    "digest": "0" * 64,
    "domains": ("court.example",),
    "draft": "imp_1",
    "emails": ("clerk@court.example",),
    "first_contacts": [],
    "look": {"where": "calendar", "at": 1},
    "person": "of_1",
    "phones": ("+12025550179",),
    "end": 2,
    "public": True,
    "request": "jr_1",
    "start": 1,
    "received": 1,
    "somebody": {"name": "Jane Roe", "role": "judge", "source": {"where": "calendar", "at": 1}},
    "data": b"%PDF-1.7",
    "document": "doc_1",
    "destination": Spot("d", "c", "m"),
    "duration": 60_000,
    "reason": "r",
    "account": "alice",
    "action": "a",
    "webhook": "wh_1",
    "url": "https://a.example.test/",
    "types": ["account.frozen"],
    "description": "d",
    "delivery": "dl_1",
    "address": ADDRESS,
    "after": 3,
    "answer": "1",
    "approval": "ap_1",
    "capability": "sim_swap",
    "challenge": "c",
    "contacts": [given.NewContact(channel="push", value="d")],
    "context": ["ip_listed"],
    "days": 3,
    "enrol": [given.NewFactor(factor="sms", contact="+85251234567", label="l")],
    "evidence": "e",
    "factor": "sms",
    "factors": [given.NewFactor(factor="totp", secret="S", since=1)],
    "first": 1,
    "foreign": "act_1",
    "incident": "inc_1",
    "instance": "sms_1",
    "jwk": {"kty": "OKP"},
    "key": "k-1",
    "key_id": "k",
    "language": "zh",
    "limit": 9,
    "lock": given.NewLock(outflow="withdraw", off=True, limit=Decimal("1.50"), delay=3),
    "name": "n",
    "notice": "n",
    "now": 1,
    "objects": {"session": "s"},
    "officer": "o",
    "outflows": [given.Left(reference="r", account="a", asset="X", amount=Decimal("1E+3"), at=1, seal="s")],
    "payment": given.Outflow(
        asset="X", amount=Decimal(1), chain="eth", destination="d", memo="m", fee_cap=Decimal(1), audience="w"
    ),
    "more": {"objects": {"session": "s"}},
    "note": "n",
    "phrase": "p",
    "platform": "p",
    "policy": "sha256:" + "0" * 64,
    "position": 1,
    "prices": [given.Price(asset="X", value=Decimal(1), at=1, source="s")],
    "rule": "r",
    "scopes": ["actions:write"],
    "seal": "s",
    "second": 1,
    "second_officer": "cs_2",
    "since": 1,
    "size": 2,
    "source": "203.0.113.7",
    "span": 1,
    "staff": True,
    "strength": "weak",
    "suspicion": "s",
    "text": "counterseal: 1",
    "token_id": "t",
    "txid": "0x",
    "until": 1,
    "uphold": False,
    "version": "0" * 64,
    "verdict": Verdict("sha256:" + "0" * 64, "sha256:" + "1" * 64, current=True, at=1, weaker=False, failing=0),
    "vocabulary": "counterseal: 1",
    "window": 1,
}
KNOWN = [given.KnownObject(kind="address", facts=("address",), address=ADDRESS, since=1, label="l")]


def operations():
    return {
        name: each.build
        for name, each in vars(endpoints.Operations).items()
        if isinstance(each, endpoints.Endpoint)
    }


def call_of(name):
    """The call with every argument given."""
    build = operations()[name]
    samples = SAMPLES | DESK_SAMPLES.get(name, {}) | INCIDENT_SAMPLES.get(name, {})
    arguments = {each: samples[each] for each in inspect.signature(build).parameters}
    if name == "register":
        arguments["objects"] = KNOWN
    if name in {"list_tokens", "list_attestation_keys", "list_authorities"}:
        arguments["after"] = "id-1"
    return build(**arguments)


def route_of(call):
    names = [each.name for each in pkgutil.iter_modules(routers.__path__, routers.__name__ + ".")]
    modules = [access, *map(importlib.import_module, names)]
    routes = [route for module in modules if hasattr(module, "router") for route in module.router.routes]
    fitting = [r for r in routes if call.method in r.methods and r.path_regex.fullmatch(call.path)]
    assert len(fitting) == 1, f"{len(fitting)} routes for {call.method} {call.path}"
    return fitting[0]


def structs_in(kind):
    found = [kind] if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else []
    return found + [inner for part in get_args(kind) for inner in structs_in(part)]


def check_reply(ours, theirs, where):
    """Each member that we need is one that they always send, and so on downwards."""
    their_hints, our_hints = get_type_hints(theirs), get_type_hints(ours)
    for field in msgspec.structs.fields(ours):
        name = field.encode_name
        if name not in their_hints:
            assert not field.required, f"the server sends no `{where}.{name}`"
            continue
        for inner, outer in zip(structs_in(our_hints[field.name]), structs_in(their_hints[name]), strict=True):
            check_reply(inner, outer, f"{where}.{name}")


@pytest.mark.parametrize("name", operations())
def test_every_operation_is_one_of_the_server(name):
    call = call_of(name)
    assert isinstance(call, Call)
    route = route_of(call)
    body, query = route.dependency(JsonBody), route.dependency(Query)
    file = route.dependency(Upload) is not None
    assert (call.body is not None) == (body is not None or file)
    assert isinstance(call.body, bytes) == file
    if body is not None:
        msgspec.json.decode(msgspec.json.encode(call.body), type=body.kind)
    wanted = {field.encode_name for field in msgspec.structs.fields(query.kind)} if query else set()
    assert {field for field, _ in call.query} <= wanted
    assert bool(call.key) == (call.method != "GET")
    reply = route.operation.reply
    if call.reply is str:
        assert reply is None
    elif not structs_in(call.reply):
        assert reply is not None  # handed on as it comes
    elif call.member:
        (ours,), theirs = structs_in(call.reply), get_type_hints(reply)[call.member]
        check_reply(ours, structs_in(theirs)[0], name)
    else:
        check_reply(call.reply, reply, name)


@pytest.mark.parametrize("name", operations())
def test_both_clients_offer_it_with_its_documentation(name):
    build = operations()[name]
    assert build.__doc__
    for client in (Counterseal("https://guard.example"), AsyncCounterseal("https://guard.example")):
        assert getattr(client, name).__doc__ == build.__doc__
