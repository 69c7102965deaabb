# SPDX-License-Identifier: Apache-2.0
"""Every error and warning of a policy document: exact code, line and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.policies import document, faults_of, loaded, marked


def action(keys: str) -> str:
    return document(actions=f"  extra: {{{keys}}}\n")


def requirement(text: str) -> str:
    return document(actions=f"  extra:\n    require: {text}\n")


def outflow(keys: str, name: str = "withdraw") -> str:
    return document(outflows=f"  {name}: {{{keys}}}\n")


def promise(keys: str) -> str:
    return document(
        outflows="  withdraw: {require: session and address and totp}\n", tail=f"properties:\n  - {{{keys}}}\n"
    )


ERRORS = {
    # shape
    "key_unknown": action("require: session, ¤hold: weakened"),
    "key_missing": document(actions="  ¤extra: {notify: sms}\n"),
    "key_missing at the top": "¤counterseal: 1\npolicy: x\nactions: {}\n",
    "key_misplaced": action("require: session, ¤limit: 10/24h"),
    "value_type": document(actions="  extra: ¤[session]\n"),
    "value_type of a word": action("require: ¤[session]"),
    "value_missing": action("require: session, notify: ¤''"),
    "name_invalid": document(actions="  ¤Extra: {require: session}\n"),
    "name_taken": document(
        actions="  withdraw: {require: session}\n",
        outflows="  ¤withdraw: {require: session and totp and address}\n",
    ),
    "name_taken by a channel": document(head="notices: {¤sms: [email]}\n"),
    "name_repeated": action("require: session, notify: [sms, ¤sms]"),
    "version_unknown": document().replace("counterseal: 1", "counterseal: ¤2"),
    "text_too_long": action(f"require: session, source: ¤{'x' * 2001}"),
    "choice_invalid": action("require: session, verb: ¤change"),
    "choice_invalid for truth": action("require: session, assumed: ¤yes"),
    "date_invalid": action("require: session, as_of: ¤june"),
    "amount_invalid": document(head="small: ¤1e3\n"),
    "duration_invalid": action("require: session, notify: sms, delay: ¤1w"),
    "wait_too_long": action("require: session, notify: sms, delay: ¤366d"),
    "limit_invalid": outflow("require: session and totp and address, limit: ¤2000"),
    "limit_invalid when zero": outflow("require: session and totp and address, limit: ¤0/24h"),
    "lasts_idle": action("require: session, grants: device, lasts: {¤session: 1h}"),
    "lasts_idle without facts": action("require: session, ¤lasts: 1h"),
    "sliding_idle": action("require: session, grants: device, sliding: ¤device"),
    # names
    "fact_unknown": action("require: session, revokes: ¤sesion"),
    "fact_unknown in age": requirement("session and age(¤sesion) >= 1h"),
    "factor_unknown": action("require: session, removes: ¤otp"),
    "factor_unknown in a list": requirement("strongest(passkey, ¤otp)"),
    "clock_unknown": action("require: session, notify: sms, holds: ¤weaken"),
    "clock_unknown in since": requirement("session and since(¤weaken) >= 1h"),
    "channel_unknown": action("require: session, notify: [sms, ¤pager]"),
    "grant_unknown": action("require: session, grants: ¤token"),
    "context_unknown": requirement("session and context:¤ip_liste"),
    "condition_unknown": document(head="stretch: {¤exposd: 2}\n"),
    "outflow_unknown": document(outflows="  ¤withdrawal: {require: session}\n"),
    "outflow_unknown not offered": document(outflows="  ¤withdrawal: not_offered\n"),
    "name_unknown": requirement("session and ¤pasword"),
    "name_unknown for a context": requirement("session and ¤ip_listed"),
    "name_unknown for a clock": requirement("session and ¤weakened"),
    # the grammar
    "expression_syntax": requirement("session and ¤and totp"),
    "expression_syntax at the end": requirement("session and¤"),
    "expression_syntax for a sign": requirement("session ¤& totp"),
    "expression_syntax for upper case": requirement("session ¤AND totp"),
    "expression_syntax without a wait": requirement("session and since(weakened)¤"),
    "expression_syntax for a smaller wait": requirement("session and since(weakened) ¤< 24h"),
    "expression_not": requirement("session and ¤not totp"),
    "expression_not as a sign": requirement("session and ¤!totp"),
    "expression_mixed": requirement("session and totp ¤or sms"),
    "expression_too_deep": requirement("(" * 16 + "¤session" + ")" * 16),
    "expression_too_large": requirement(" or ".join(["totp"] * 256 + ["¤sms"])),
    "requirement_too_large": requirement(
        "¤7 of (password, sms, email, totp, passkey, rcode, face, iddoc, support, guardian, gov_mail, "
        "signed_letter, portal, call_back, docket)"
    ),
    "count_invalid": requirement("session and ¤0 of (totp, sms)"),
    "never_holds": requirement("session and ¤2 of (sms, voice)"),
    "duration_invalid in since": requirement("session and since(weakened) >= ¤24"),
    "wait_too_long in since": requirement("session and since(weakened) >= ¤366d"),
    "name_repeated in a list": requirement("strongest(totp, ¤totp)"),
    # let
    "let_shadows": document(head="let: {¤totp: sms}\n"),
    "let_shadows a keyword": document(head="let: {¤strongest: sms}\n"),
    "let_cycle": document(head="let:\n  one: two and totp\n  two: sms and ¤one\n"),
    # meaning
    "age_without_fact": requirement("session and ¤age(address) >= 1h"),
    "delay_untold": action("require: session, ¤delay: 1h"),
    "fact_never_granted": requirement("session and ¤payout"),
    "unreachable": document(actions="  extra: {¤require: session and payout, grants: payout}\n"),
    "clock_ambiguous": document(actions="  ¤extra: {verb: bind, require: session, grants: address}\n"),
    "outflow_missing": document().replace("outflows:", "¤outflows:").replace("  gift: not_offered\n", ""),
    "outflow_contradicted": document(
        outflows="  large: {kind: withdraw, require: session and totp and address}\n  ¤withdraw: not_offered\n"
    ),
    "platform_trusted": outflow("¤require: password and face"),
    "request_effect": action("subject: request, require: gov_mail, ¤grants: session"),
    "discloses_misplaced": action("require: session, ¤discloses: kba"),
    "stretch_invalid": document(head="stretch: {exposed: ¤0}\n"),
    # properties
    "given_invalid": promise("name: x, given: ¤two capabilities, assert: no outflow"),
    "assert_invalid": promise("name: x, given: any capabilities, assert: ¤nothing leaves"),
    "capability_unknown": promise("name: x, given: [sim_swap, ¤simswap], assert: no outflow"),
    "factor_unknown in given": promise("name: x, given: enrolled(¤otp), assert: 'not substitutes(sms, totp)'"),
    "fact_unknown in assert": promise("name: x, given: lost <= 1 factor, assert: owner regains ¤sesion <= 7d"),
    "outflow_unknown in except": promise("name: x, given: any capabilities, assert: no outflow, except: ¤gift"),
    "profile_unknown": promise("name: x, given: any capabilities, assert: no outflow, profiles: ¤nobody"),
    "property_mismatch": promise("name: x, given: lost <= 1 factor, assert: ¤no outflow"),
}

WARNINGS = {
    "silence_untold": action("require: session, ¤silences: push"),
    "hold_untold": action("require: session, ¤holds: strengthened"),
    "hold_missing": document(
        actions="  extra: {verb: verify, require: session, grants: ¤verified_address}\n",
        outflows="  withdraw: {require: session and totp and verified_address}\n",
    ),
    "clock_idle": requirement("session and ¤since(recovered) >= 24h"),
    "platform_trust_idle": outflow("require: session and totp and address, ¤trusts: platform"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error_has_its_code_and_place(name):
    """Exactly one fault, with its code, line and column."""
    text, line, column = marked(ERRORS[name])
    found = [(fault.code, fault.span.line, fault.span.column) for fault in faults_of(text)]
    assert found == [(name.split()[0], line, column)]


@pytest.mark.parametrize("name", WARNINGS)
def test_warning_has_its_code_and_place(name):
    """A warning does not refuse the policy."""
    text, line, column = marked(WARNINGS[name])
    found = [(item.code, item.span.line, item.span.column, item.severity) for item in loaded(text).warnings]
    assert (name, line, column, "warning") in found


def test_sample_without_marks_loads_in_silence():
    """The document around the samples has no fault of its own."""
    assert loaded(document()).warnings == ()


def test_all_faults_are_reported_in_order():
    """Four mistakes, four faults, in the order of the text."""
    text = document(
        actions="  one: {require: sesion, holds: weaken}\n  two: {require: not totp, notify: pager}\n",
    )
    assert [fault.code for fault in faults_of(text)] == [
        "name_unknown",
        "clock_unknown",
        "expression_not",
        "channel_unknown",
    ]


def test_comma_inside_braces_is_explained():
    """YAML ends the value at the comma; both halves say so."""
    faults = faults_of(action("require: strongest(passkey, totp)"))
    assert [(fault.code, "comma" in fault.hint) for fault in faults] == [
        ("expression_syntax", True),
        ("key_unknown", True),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (requirement("session and pasword"), "Did you mean `password`?"),
        (action("require: session, notifi: sms"), "Did you mean `notify`?"),
        (
            action("require: strongest(passkey, totp)"),
            "Inside {...} and [...] a requirement that contains a comma needs quotes.",
        ),
        (requirement("session and since(weakened) > 24h"), "Waits are written `>=`: `since(weakened) >= 24h`."),
        (requirement("session AND totp"), "Write `and` in lower case."),
        (requirement("session and ip_listed"), "Write `context:ip_listed`."),
    ],
)
def test_hint_says_what_to_do(text, hint):
    """Every likely mistake gets its cure."""
    assert faults_of(text)[0].hint == hint


def test_every_code_is_documented():
    """docs/policy.md has a row for each code that the tests know."""
    root = next(path for path in Path(__file__).parents if (path / "pyproject.toml").exists())
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", (root / "docs/policy.md").read_text(), re.MULTILINE))
    assert {name.split()[0] for name in (*ERRORS, *WARNINGS)} <= documented
