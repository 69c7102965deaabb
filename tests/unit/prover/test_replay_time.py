# SPDX-License-Identifier: Apache-2.0
"""The replay semantics, clause by clause of docs/prover-model.md: notices, delays, one whole theft."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.findings import Attack, Gift, start_of
from tests.support.duel import DAY, HOUR, account, attack, confirmed, duel, refuted, step, with_step

# ---------------------------------------------------------------- notices


def test_the_old_contact_is_told_for_seven_days() -> None:
    policy = duel("move: {verb: replace, require: password, grants: sms}", "withdraw: {require: sms, notify: sms}")
    start = account("password sms", "sms")

    def path(out: int, told: str, window: int | None, verb: Policy = policy) -> Attack:
        last = step(verb, f"withdraw sms:bound > {told}", at=out)
        return attack("pw_leak", window, out, step(verb, "move password:pw_leak"), last)

    confirmed(policy, start, path(7 * DAY - 1, "sms", 0))
    verdict = confirmed(policy, start, path(7 * DAY, "muted", None))
    assert (verdict.timeline[1].silenced, verdict.timeline[1].at) == (("sms",), 7 * DAY)
    refuted(policy, start, path(7 * DAY - 1, "muted", None))
    confirmed(policy, start, path(0, "muted", None), Gift(no_waits=True))
    binding = duel("move: {verb: bind, require: password, grants: sms}", "withdraw: {require: sms, notify: sms}")
    bare = account("password", "sms")
    confirmed(binding, bare, path(8 * DAY, "sms", 0, binding))
    refuted(binding, bare, path(8 * DAY, "muted", None, binding))
    refuted(binding, start, path(8 * DAY, "sms", 0, binding))  # there is one already


def test_the_seven_days_of_a_contact_run_once() -> None:
    policy = duel("move: {verb: replace, require: password, grants: sms}", "withdraw: {require: sms, notify: sms}")
    move = step(policy, "move password:pw_leak")
    again = replace(move, at=6 * DAY, effect=6 * DAY)
    last = step(policy, "withdraw sms:bound > muted", at=7 * DAY)
    confirmed(policy, account("password sms", "sms"), attack("pw_leak", None, 7 * DAY, move, again, last))


def test_an_action_is_told_before_it_silences() -> None:
    policy = duel(
        "hush: {verb: mute, require: password, silences: push, notify: push}",
        "withdraw: {require: password, delay: 24h, notify: push}",
    )
    out = replace(step(policy, "withdraw password:pw_leak > muted", effect=DAY), at=0)
    claim = attack("pw_leak", DAY, DAY, step(policy, "hush password:pw_leak > push"), out)
    verdict = confirmed(policy, account("password"), claim)
    assert verdict.timeline[0].silenced == ("push",)
    refuted(policy, account("password"), replace(claim, window=None))
    silent = with_step(claim, 0, notice="muted", reached=())
    refuted(policy, account("password"), replace(silent, window=None))
    deaf = replace(silent, window=None, capabilities=("pw_leak", "deaf"))
    confirmed(policy, account("password"), deaf)


def test_the_window_of_an_outflow_whose_own_notice_is_the_first_is_its_delay() -> None:
    policy = duel("", "withdraw: {require: password, delay: 6h, notify: [sms, email]}")
    out = step(policy, "withdraw password:pw_leak > sms email", effect=6 * HOUR)
    confirmed(policy, account("password"), attack("pw_leak", 6 * HOUR, 6 * HOUR, out))
    refuted(policy, account("password"), attack("pw_leak", 0, 6 * HOUR, out))
    refuted(policy, account("password"), attack("pw_leak", 0, 0, out))
    refuted(policy, account("password", "push"), attack("pw_leak", 6 * HOUR, 6 * HOUR, out))


# ---------------------------------------------------------------- delays

PENDING = duel(
    """
    ask:   {verb: ask, require: sms, delay: 24h, grants: ticket, notify: email}
    drop:  {verb: disable, require: password, removes: sms}
    again: {verb: bind, require: password, grants: sms}
    """,
    """
    withdraw: {require: ticket}
    p2p:      {require: ticket and totp, delay: 24h, notify: email}
    """,
)
SIM = account("password sms totp")


def pending(*, effect: int, window: int, at: tuple[int, int], out: int) -> Attack:
    return attack(
        "pw_leak sms_intercept",
        window,
        out,
        step(PENDING, "ask sms:sms_intercept > email", effect=effect),
        step(PENDING, "drop password:pw_leak", at=at[0]),
        step(PENDING, "again password:pw_leak", at=at[1]),
        step(PENDING, "withdraw", at=out, facts="ticket"),
    )


def test_what_is_pending_waits_while_its_requirement_does_not_hold() -> None:
    late = pending(effect=30 * HOUR, window=30 * HOUR, at=(HOUR, 30 * HOUR), out=30 * HOUR)
    confirmed(PENDING, SIM, late)
    assert refuted(PENDING, SIM, with_step(late, 0, effect=DAY)).step == 0
    back = pending(effect=DAY, window=DAY, at=(HOUR, 2 * HOUR), out=DAY)
    confirmed(PENDING, SIM, back)
    never = replace(late, path=(*late.path[:2], late.path[3]))
    assert refuted(PENDING, SIM, never).step == 2


def test_at_the_moment_of_the_effect_the_attacker_acts_before_or_after_it() -> None:
    """Dropped at 24 h: before the effect it stops it, after the effect it does not."""
    after = pending(effect=DAY, window=DAY, at=(DAY, DAY), out=DAY)
    confirmed(PENDING, SIM, after)
    before = pending(effect=30 * HOUR, window=30 * HOUR, at=(DAY, 30 * HOUR), out=30 * HOUR)
    confirmed(PENDING, SIM, before)
    too_late = pending(effect=30 * HOUR, window=30 * HOUR, at=(DAY + 1, 30 * HOUR), out=30 * HOUR)
    assert refuted(PENDING, SIM, too_late).step == 0


def test_an_action_is_not_asked_again_while_it_is_pending() -> None:
    ask = step(PENDING, "ask sms:sms_intercept > email", effect=DAY)
    out = step(PENDING, "withdraw", at=DAY, facts="ticket")
    confirmed(PENDING, SIM, attack("sms_intercept", DAY, DAY, ask, out))
    twice = attack("sms_intercept", DAY, DAY, ask, replace(ask, at=HOUR, effect=25 * HOUR), out)
    assert "pending" in refuted(PENDING, SIM, twice).sentence
    once_more = replace(ask, at=DAY, effect=2 * DAY)
    confirmed(PENDING, SIM, attack("sms_intercept", DAY, DAY, ask, once_more, out))


def test_a_pending_action_counts_only_the_proofs_that_it_was_given() -> None:
    policy = duel(
        """
        ask: {verb: ask, require: sms or totp, delay: 24h, grants: ticket, notify: email}
        drop: {verb: disable, require: password, removes: sms}
        """,
        "withdraw: {require: ticket}",
    )

    def path(proofs: str) -> Attack:
        return attack(
            "pw_leak sms_intercept totp_seed",
            DAY,
            DAY,
            step(policy, f"ask {proofs} > email", effect=DAY),
            step(policy, "drop password:pw_leak", at=HOUR),
            step(policy, "withdraw", at=DAY, facts="ticket"),
        )

    start = account("password sms totp")
    confirmed(policy, start, path("totp:totp_seed"))
    confirmed(policy, start, path("sms:sms_intercept totp:totp_seed"))
    assert refuted(policy, start, path("sms:sms_intercept")).step == 2


def test_a_one_shot_proof_is_kept_with_what_is_pending() -> None:
    policy = duel("", "withdraw: {require: totp, delay: 24h, notify: email}")
    out = step(policy, "withdraw totp:relay > email", effect=DAY)
    confirmed(policy, account("totp"), attack("relay", DAY, DAY, out))


def test_an_outflow_may_be_asked_before_other_steps_and_stands_last() -> None:
    """Its session is taken away an hour later; he gets a new one before it is due."""
    policy = duel(
        """
        enter: {require: password, grants: session}
        swap: {require: session, revokes: session, grants: address}
        """,
        "withdraw: {require: session, delay: 24h, notify: email}",
    )
    out = step(policy, "withdraw > email", effect=DAY, facts="session")
    enter = step(policy, "enter password:pw_leak", at=2 * HOUR)
    swap = step(policy, "swap", at=HOUR, facts="session")
    start = account("password")
    confirmed(policy, start, attack("pw_leak session_theft", DAY, DAY, swap, enter, out))
    assert refuted(policy, start, attack("pw_leak session_theft", DAY, DAY, swap, out)).step == 1
    late = replace(enter, at=30 * HOUR, effect=30 * HOUR)
    out = replace(out, effect=30 * HOUR)
    confirmed(policy, start, attack("pw_leak session_theft", 30 * HOUR, 30 * HOUR, swap, late, out))
    too_late = replace(late, at=31 * HOUR, effect=31 * HOUR)
    refuted(policy, start, attack("pw_leak session_theft", 30 * HOUR, 30 * HOUR, swap, too_late, out))


def test_what_takes_effect_by_itself_waits_for_an_age() -> None:
    """Due after an hour, but its requirement asks for a session of six hours, and the first one was lost."""
    policy = duel(
        """
        enter: {require: password, grants: session}
        swap: {require: session, revokes: session, grants: address}
        """,
        "withdraw: {require: session and age(session) >= 6h, delay: 1h, notify: email}",
    )
    path = (
        step(policy, "swap", facts="session"),
        step(policy, "enter password:pw_leak"),
        step(policy, "withdraw > email", effect=6 * HOUR, facts="session"),
    )
    claim = attack("session_theft pw_leak", 6 * HOUR, 6 * HOUR, *path)
    confirmed(policy, account("password"), claim)
    for effect in (HOUR, 6 * HOUR - 1, 6 * HOUR + 1):
        wrong = replace(with_step(claim, 2, effect=effect), window=effect, leaves=effect)
        assert refuted(policy, account("password"), wrong).step == 2


def test_no_waits_makes_every_delay_and_age_nothing() -> None:
    gift = Gift(no_waits=True)
    claim = attack(
        "sms_intercept totp_seed",
        0,
        0,
        step(PENDING, "ask sms:sms_intercept > email"),
        step(PENDING, "p2p totp:totp_seed > email", facts="ticket"),
    )
    confirmed(PENDING, SIM, claim, gift)
    refuted(PENDING, SIM, claim)


def test_the_attacker_ends_nothing_of_his_own() -> None:
    policy = duel("end: {verb: revoke, require: password, grants: session}", "withdraw: {require: session}")
    path = (step(policy, "end password:pw_leak"), step(policy, "withdraw", facts="session"))
    assert refuted(policy, account("password"), attack("pw_leak", None, 0, *path)).step == 0


# ---------------------------------------------------------------- the theft that it all began with


def june_2024(policy: Policy, reached: str) -> Attack:
    """A forged order, identity data, a synthetic face, and coins released in a P2P sale."""
    return attack(
        "forged_order hacked_gov_mailbox face_deepfake",
        0,
        0,
        step(policy, "disclose_identity gov_mail:hacked_gov_mailbox letter:forged_order"),
        step(policy, f"face_recovery face:face_deepfake iddoc:disclosed > {reached}"),
        step(policy, f"login_new_device password:bound sms:bound > {reached}"),
        step(policy, f"p2p_release totp:bound > {reached}", facts="session"),
    )


def test_the_theft_of_june_2024_is_confirmed_under_the_rules_of_its_time() -> None:
    policy = load_pack("okx-2024")
    start = start_of(policy.vocabulary.profiles["totp_user"])
    told = june_2024(policy, "email")
    verdict = confirmed(policy, start, told)
    assert verdict.timeline[0].disclosed == ("iddoc", "kba")
    assert verdict.timeline[1].granted == ("email", "password", "sms", "totp")
    assert verdict.timeline[1].silenced == ("sms",)
    assert refuted(policy, start, replace(told, path=told.path[1:])).step == 0
    assert refuted(policy, start, replace(told, capabilities=told.capabilities[:2])).step == 1
