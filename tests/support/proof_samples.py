# SPDX-License-Identifier: Apache-2.0
"""Proofs worked out by hand from policies/okx-2024.yaml and policies/hardened.yaml, for tests of reports.

Rules, lines and limits are the packs' own; what is made up are the shapes that the packs do not have at once:
a silent path, a long wait, an undecided property.
"""

from __future__ import annotations

from decimal import Decimal

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.findings import Attack, Step, Use
from counterseal.prover.proof import (
    Carrier,
    Cell,
    Duals,
    Loss,
    ProfileProof,
    Proof,
    Recovery,
    Starvation,
    Verdict,
)

HOUR = 3_600_000
OKX = load_pack("okx-2024")
HARDENED = load_pack("hardened")


def step(policy: Policy, action: str, uses: str = "", *, at=0, wait=0, notice="none", reached=(), facts=()) -> Step:
    """`uses`: `sms<sms_intercept password<bound`; times in hours."""
    given = tuple(Use(*each.split("<")) for each in uses.split())
    line = policy.rules[action].line
    begin = round(at * HOUR)
    return Step(action, begin, begin + round(wait * HOUR), given, tuple(facts), notice, tuple(reached), line)


def attack(capabilities, path, window) -> Attack:
    """`window`: hours; None = silent."""
    last = path[-1]
    return Attack(
        tuple(capabilities), last.action, None if window is None else round(window * HOUR), last.effect, tuple(path)
    )


def sms_alone(outflow: str = "withdraw_api") -> Attack:
    """An intercepted SMS resets the password, enters, verifies an address and makes a key, all at once."""
    sms, told = "sms<sms_intercept", {"notice": "reached", "reached": ("email",)}
    enter = (
        step(OKX, "forgot_password", sms, **told),
        step(OKX, "login_new_device", f"password<bound {sms}", **told),
    )
    if outflow == "p2p_release":
        return attack(["sms_intercept"], (*enter, step(OKX, outflow, sms, facts=["session"], **told)), 0)
    way = (
        *enter,
        step(OKX, "add_address", sms, facts=["session"], **told),
        step(OKX, "verify_address", sms, facts=["session", "address"]),
        step(OKX, "create_api_withdraw", sms, facts=["session"], **told),
        step(OKX, "withdraw_api", facts=["api_withdraw", "verified_address"], **told),
    )
    return attack(["sms_intercept"], way, 0)


def mailbox() -> Attack:
    """Every notice of okx-2024 to this profile goes by e-mail, and the attacker reads and deletes it: silent."""
    mail, hidden = "email<email_takeover", {"notice": "muted"}
    way = (
        step(OKX, "forgot_password", mail, **hidden),
        step(OKX, "login_new_device", f"password<bound {mail}", **hidden),
        step(OKX, "p2p_release", mail, facts=["session"], **hidden),
    )
    return attack(["email_takeover"], way, None)


def withdrawal() -> Attack:
    """The hold of a new device runs from the log-in, which is told: a day."""
    sms, told = "sms<sms_intercept", {"notice": "reached", "reached": ("email",)}
    way = (
        step(OKX, "forgot_password", sms, **told),
        step(OKX, "login_new_device", f"password<bound {sms}", **told),
        step(OKX, "reset_fundpw", sms, facts=["session"], **told),
        step(OKX, "withdraw", f"{sms} fundpw<bound", at=24, facts=["session"], **told),
    )
    return attack(["sms_intercept"], way, 24)


def forged() -> Attack:
    """The forged order of June 2024 and a synthetic face."""
    told = {"notice": "reached", "reached": ("email",)}
    way = (
        step(OKX, "disclose_identity", "gov_mail<hacked_gov_mailbox letter<forged_order"),
        step(OKX, "face_recovery", "face<face_deepfake kba<disclosed", **told),
        step(OKX, "login_new_device", "password<bound sms<bound", **told),
        step(OKX, "p2p_release", "sms<bound", facts=["session"], **told),
    )
    return attack(["face_deepfake", "forged_order", "hacked_gov_mailbox"], way, 0)


def disclosure() -> Attack:
    """Data leave, not value."""
    way = (step(OKX, "disclose_identity", "gov_mail<authority_insider letter<authority_insider"),)
    return attack(["authority_insider"], way, None)


def slow(window: float = 50.5, wait: float = 24) -> Attack:
    """Hardened: two muted steps, a long silent wait, then told, and the payment takes effect a day later."""
    both = {"notice": "reached", "reached": ("email", "push")}
    totp, uses = "totp<totp_seed", "password<pw_leak totp<totp_seed email<email_takeover"
    way = (
        step(HARDENED, "login_new_device", uses, **both),
        step(HARDENED, "add_address", f"{totp} email<email_takeover", facts=["session"], **both),
        step(
            HARDENED,
            "withdraw",
            f"{totp} email<email_takeover",
            at=window - wait,
            wait=wait,
            facts=["session", "address"],
            **both,
        ),
    )
    return attack(["email_takeover", "pw_leak", "totp_seed"], way, window)


def cells(names, outflows, windows) -> tuple[Cell, ...]:
    """`windows`: per outflow s (silent), n (never) or hours."""
    found = []
    for outflow, window in zip(outflows, windows.split(), strict=True):
        hours = None if window in "sn" else round(float(window) * HOUR)
        found.append(Cell(tuple(names.split("+")), outflow, window == "s", hours))
    return tuple(found)


def lines(policy: Policy, *attacks: Attack) -> dict[int, str]:
    """Every line that a path names."""
    text = policy.text.splitlines()
    return {each.line: text[each.line - 1] for found in attacks for each in found.path}


OUTFLOWS = tuple(rule.name for rule in OKX.rules.values() if rule.outflow)
HEAT = (
    *cells("sms_intercept", OUTFLOWS, "24 24 0 0 0 0 0"),
    *cells("sim_swap", OUTFLOWS, "24 24 0 0 0 0 0"),
    *cells("email_takeover", OUTFLOWS, "s s s s s s s"),
    *cells("session_theft", OUTFLOWS, "n n n n n n s"),
    *cells("pw_leak", OUTFLOWS, "n n n n n n n"),
    *cells("totp_seed", OUTFLOWS, "n n n n n n n"),
    *cells("guardian_takeover", OUTFLOWS, "n n n n n n n"),
    *cells("api_key_leak", OUTFLOWS, "n n n n n n s"),
    *cells("judicial_pii+face_deepfake", OUTFLOWS, "26.5 80 0 12 0 6 0"),
    *cells("face_deepfake+forged_order+hacked_gov_mailbox", OUTFLOWS, "24 24 0 0 0 0 0"),
    *cells("deepfake_injection+forged_order+hacked_gov_mailbox+otp_relay", OUTFLOWS, "100 72 48 0 n 1 0"),
)
MINIMAL = (mailbox(), sms_alone(), sms_alone("p2p_release"), forged())


def prop(policy: Policy, number: int, holds: str, **facts) -> Verdict:
    """The verdict of the policy's property of this number."""
    stated = policy.properties[number]
    return Verdict(stated.name, stated.line, stated.given, stated.assertion, holds, **facts)


def okx_profile(name: str = "sms_only") -> ProfileProof:
    """What okx-2024 gives an owner with SMS."""
    profile = OKX.vocabulary.profiles[name]
    return ProfileProof(
        profile=name,
        factors=profile.factors,
        channels=profile.channels,
        sets=33_554_432,
        same={"face_deepfake": ("deepfake_injection",)},
        verdicts=(
            prop(OKX, 0, "no", attacks=MINIMAL, lines=tuple(each.line for each in mailbox().path)),
            prop(OKX, 1, "no", attacks=MINIMAL[:3]),
            prop(OKX, 2, "no", attacks=(mailbox(),)),
            prop(OKX, 3, "no", attacks=(forged(),)),
            prop(
                OKX, 4, "undecided", note="sms and totp are alternatives of one rule: 2^20 sets were not searched"
            ),
            prop(OKX, 5, "no", attacks=(disclosure(),)),
            prop(OKX, 6, "yes", rests_on=("face", "iddoc")),
        ),
        minimal=MINIMAL,
        heat=HEAT,
        losses=(
            Loss(1, 24 * HOUR, None, ("email_takeover",)),
            Loss(2, 0, Decimal("4460000.00"), ("sms_intercept", "pw_leak")),
        ),
        duals=Duals(
            recoveries=(
                Recovery(("sms",), (), {"session": 0, "withdraw": 24 * HOUR}, ("login",)),
                Recovery(
                    ("password",), ("sim_swap",), {"session": 0, "withdraw": None}, ("forgot_password", "login")
                ),
            ),
            unreachable=(),
            needs={},
            starvation=(Starvation(("sms_intercept",), "reset_totp", "weakened", "withdraw", 99),),
        ),
        carriers=(
            Carrier("factor", "face", "no capability of a lost owner", ("owner is never locked out",)),
            Carrier("operations", "two_honest_officers", "two officers together act only as they should", ()),
        ),
        profiles_alike=("password, sms, email; sms, email",),
    )


def hardened_profile(name: str = "totp_user_push") -> ProfileProof:
    """A profile whose properties hold."""
    profile = HARDENED.vocabulary.profiles[name]
    outflows = tuple(rule.name for rule in HARDENED.rules.values() if rule.outflow)
    windows = ["n"] * len(outflows)
    windows[1] = "50.5"
    return ProfileProof(
        profile=name,
        factors=profile.factors,
        channels=profile.channels,
        sets=4_096,
        same={},
        verdicts=(
            prop(HARDENED, 0, "yes", rests_on=("push",)),
            prop(HARDENED, 1, "yes", rests_on=("push", "honest_host")),
        ),
        minimal=(),
        heat=cells("email_takeover+pw_leak+totp_seed", outflows, " ".join(windows)),
        losses=(Loss(1, 24 * HOUR, Decimal(500), ("owner_deceived",)),),
        duals=Duals(
            recoveries=(Recovery(("totp",), (), {"session": 72 * HOUR}, ("ask_recovery", "finish_recovery")),),
            unreachable=("withdraw_api",),
            needs={"withdraw_api": ("ip_listed",), "offmarket_trade": ("fair_price",)},
            starvation=(),
        ),
        carriers=(
            Carrier("channel", "push", "nobody mutes push", ("no single capability drains",)),
            Carrier("operations", "honest_host", "the host is the operator's", ("nobody drains silently",)),
        ),
    )


def okx() -> Proof:
    """Two profiles that fail."""
    profiles = (okx_profile(), okx_profile("totp_user"))
    return proof_of(OKX, profiles, *MINIMAL, disclosure(), withdrawal())


def hardened() -> Proof:
    """One profile that holds."""
    return proof_of(HARDENED, (hardened_profile(),), slow())


def proof_of(policy: Policy, profiles: tuple[ProfileProof, ...], *attacks: Attack) -> Proof:
    """The whole answer over these profiles."""
    return Proof(
        policy=policy.name,
        digest=policy.digest,
        source=policy.name,
        window=24 * HOUR,
        currency=policy.currency,
        small=policy.small,
        profiles=profiles,
        outflows=tuple(rule.name for rule in policy.rules.values() if rule.outflow),
        lines=lines(policy, *attacks),
        seconds={"bound": 0.0042, "exact": 0.31, "replay": 0.002},
    )
