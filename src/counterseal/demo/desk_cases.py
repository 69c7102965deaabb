# SPDX-License-Identifier: Apache-2.0
"""The forgeries of the demonstration, and what came of each: read from the server's answers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from counterseal.demo.desk_papers import COURT, LOOKALIKE, appended, order, replaced
from counterseal.demo.desk_world import AUTHORITY, ROOT, Desk, contact_of

REFUSED = 400


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One request under one policy. `result`: released, reachable, stopped; `at`: where, in words;
    `forging`: the size of the smallest set of capabilities that forges what the rule asks for."""

    case: str
    policy: str
    result: str
    at: str = ""
    request: str = ""
    state: str = ""
    forging: int | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A forgery. `make`: its papers; `answers`: what the number called says, called only where the policy's own
    answer is not yes already; `trick`: what the forger does besides."""

    id: str
    title: str
    make: Callable[[Desk, str], list[tuple[str, bytes]]]
    type: str = "disclosure"
    basis: str = "court_order"
    answers: str = "denied"
    trick: str = ""


def _mailed(desk: Desk, text: str, paper: bytes, **more: Any) -> list[tuple[str, bytes]]:
    return [("order.eml", desk.papers.mail(text, **more)), ("order.pdf", paper)]


def _template(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, order(text))


def _lookalike(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, order(text), domain=LOOKALIKE)


def _citizen(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, desk.papers.signed(text, "citizen"))


def _revoked(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, desk.papers.signed(text, "revoked"))


def _shadow(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, replaced(desk.papers.signed(f"{text} Nobody."), text))


def _tail(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    return _mailed(desk, text, appended(desk.papers.signed(text)))


CASES = (
    Case(id="hacked_mailbox", title="hacked mailbox, stolen template", make=_template),
    Case(id="lookalike_domain", title="look-alike domain", make=_lookalike),
    Case(id="citizen_certificate", title="citizen's certificate", make=_citizen),
    Case(id="revoked_judge", title="revoked judge", make=_revoked),
    Case(id="shadow_replace", title="page replaced after signing", make=_shadow),
    Case(id="tail_append", title="bytes behind the end", make=_tail),
    Case(id="portal_fraud", title="fraud in the portal", make=_template, trick="portal"),
    Case(id="forged_freeze", title="forged freeze", make=_template, type="freeze"),
    Case(id="emergency", title="emergency request", make=_template, type="emergency", basis="danger_to_life"),
    Case(id="registry_poisoning", title="poisoned registry", make=_template, trick="poison"),
    Case(id="number_in_document", title="call-back number in the letter", make=_template, trick="number"),
    Case(id="retroactive", title="discovered afterwards", make=_template, answers="unanswered", trick="later"),
)


def play(desk: Desk, case: Case, policy: str, number: int) -> Outcome:
    """Play a forgery on a desk. Raises DemoError where a step that has nothing to do with it fails."""
    account, case_number = desk.account(), f"{number}/2026"
    poisoned = _poison(desk, number) if case.trick == "poison" else ""
    text = f"Case {case_number}: name and address of account {account}. Call +1 303 555 01{number:02d}."
    portal = case.trick == "portal"
    request = intake(desk, case.make(desk, text), account, case_number, case.type, case.basis, portal=portal)
    told = ""
    if not desk.read(request)["decision"]["allowed"]:
        told = _call(desk, case, request, poisoned, number)
    status, answer = desk.finish(request, case.basis, case.type)
    held = desk.read(request)
    if case.trick == "later":
        desk.ines.done("POST", f"{ROOT}/{request}/suspect", {"reason": "the court rang: it is not theirs"})
    return judged(case.id, policy, held, status, answer, told)


def intake(
    desk: Desk,
    papers: list[tuple[str, bytes]],
    account: str,
    number: str,
    kind: str,
    basis: str,
    *,
    portal: bool = False,
    **more: Any,
) -> str:
    """A request from its papers to the evidence that the desk finds itself; its id. `portal`: handed in there."""
    claim = {"authority": COURT, "officer": "J. Doe", "delivery_key": desk.key}
    asked = {
        "case_number": number,
        "identifiers": [{"kind": "account", "value": account}],
        "categories": ["subscriber"],
    } | more
    if portal:
        desk.portal.sign_in()
        request = desk.portal.hand_in(papers, type=kind, delivery_key=desk.key, **asked)
    else:
        request = desk.opened(papers, claim=claim, type=kind, **asked)
    triage = {"type": kind, "pack": "generic", "authority": AUTHORITY, "legal_basis": basis, "accounts": [account]}
    desk.vera.done("POST", f"{ROOT}/{request}/triage", triage | asked)
    return request


def judged(
    case: str, policy: str, held: dict[str, Any], status: int, answer: dict[str, Any], told: str = ""
) -> Outcome:
    """The outcome that these answers of the server mean."""
    request, decision = held["request"], held["decision"]
    forging = (decision.get("cut") or {}).get("size_rule")
    if status < REFUSED and request["state"] in {"approved", "executed"}:
        result, at = "released", "two officers approved it"
    elif decision["allowed"] or forging == 1:
        result = "reachable"
        at = "the rule allows it" if decision["allowed"] else "one more forgery satisfies the rule"
    else:
        result, at = "stopped", told or _against(request) or f"{answer.get('step')}: {answer.get('code')}"
    return Outcome(
        case=case,
        policy=policy,
        result=result,
        at=at,
        request=request["id"],
        state=request["state"],
        forging=forging,
    )


def _against(request: dict[str, Any]) -> str:
    return ", ".join(each["kind"] for each in request["evidence"] if each["result"] == "contradicts")


def _call(desk: Desk, case: Case, request: str, poisoned: str, number: int) -> str:
    """The call that is made before anything else; where the server refuses or the office denies, in words."""
    against = _against(desk.read(request)["request"])
    if case.trick in {"poison", "number"}:
        called = poisoned or f"+13035550{100 + number}"
        status, told = desk.called(request, "confirmed", called)  # the forger answers there
        if status < REFUSED:
            return ""
        refused = f"call-back: {told['code']}"
        return f"{against}, {refused}" if against else refused
    status, told = desk.called(request, case.answers)
    if status >= REFUSED:
        return f"call-back: {told['code']}"
    stop = f"call-back: {case.answers}"
    return f"{against}, {stop}" if against else stop


def _poison(desk: Desk, number: int) -> str:
    """Two officers are talked into a number of the forger's: the contact's id, or its value where refused."""
    value = f"+13035550{100 + number}"
    path = f"/v1/desk/authorities/{AUTHORITY}/contacts"
    body = contact_of("phone", value, "call_back", desk.client.read_clock().now)
    desk.signed(path, body, desk.ines, desk.omar)
    held = desk.ines.done("GET", f"/v1/desk/authorities/{AUTHORITY}")["contacts"]
    return next((str(each["id"]) for each in held if each["value"].replace(" ", "") == value), value)
