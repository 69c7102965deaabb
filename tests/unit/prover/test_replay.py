# SPDX-License-Identifier: Apache-2.0
"""The replay semantics, clause by clause of docs/prover-model.md: proofs, facts, clocks and `strongest`."""

from __future__ import annotations

from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Attack, Gift
from counterseal.prover.replay import replay
from tests.support.duel import DAY, HOUR, account, attack, confirmed, duel, refuted, step

# ---------------------------------------------------------------- proofs


def test_a_factor_that_is_not_enrolled_is_proved_to_no_account() -> None:
    policy = duel("", "withdraw: {require: totp}")
    claim = attack("totp_seed", None, 0, step(policy, "withdraw totp:totp_seed"))
    confirmed(policy, account("totp"), claim)
    assert "not enrolled" in refuted(policy, account("sms"), claim).sentence


def test_a_one_shot_capability_is_used_up_by_one_action_and_by_all_its_codes_at_once() -> None:
    policy = duel(
        "enter: {require: totp and sms, grants: session}",
        "withdraw: {require: session and sms}\np2p: {require: session}",
    )
    start = account("totp sms")
    enter = step(policy, "enter totp:relay sms:relay")
    confirmed(policy, start, attack("relay", None, 0, enter, step(policy, "p2p", facts="session")))
    again = step(policy, "withdraw sms:relay", facts="session")
    assert refuted(policy, start, attack("relay", None, 0, enter, again)).step == 1
    other = step(policy, "withdraw sms:sms_once", facts="session")
    confirmed(policy, start, attack("relay sms_once", None, 0, enter, other))
    both = step(policy, "enter totp:relay sms:sms_once")
    end = step(policy, "p2p", facts="session")
    assert "for nothing" in refuted(policy, start, attack("relay sms_once", None, 0, both, end)).sentence


def test_a_one_shot_capability_also_proves_other_things_at_any_time() -> None:
    """`relay` proves the password again and again."""
    policy = duel(
        "enter: {require: password and totp, grants: session}", "withdraw: {require: session and password}"
    )
    path = (
        step(policy, "enter password:relay totp:relay"),
        step(policy, "withdraw password:relay", facts="session"),
    )
    confirmed(policy, account("password totp"), attack("relay", None, 0, *path))


def test_k_of_counts_channels() -> None:
    policy = duel("", "withdraw: {require: '2 of (sms, voice, totp)'}")
    start = account("sms voice totp")
    one = step(policy, "withdraw sms:sim_swap voice:sim_swap")
    assert refuted(policy, start, attack("sim_swap totp_seed", None, 0, one)).step == 0
    two = step(policy, "withdraw voice:sim_swap totp:totp_seed")
    confirmed(policy, start, attack("sim_swap totp_seed", None, 0, two))


def test_requests_do_not_ask_for_enrolment_and_disclosed_values_are_proofs() -> None:
    policy = duel(
        """
        give_out: {verb: disclose, subject: request, require: letter, discloses: kba}
        back: {verb: recover, require: kba, grants: totp, notify: email}
        """,
        "withdraw: {require: totp, notify: email}",
    )
    give_out = step(policy, "give_out letter:forger")
    confirmed(policy, account("totp kba"), attack("forger", None, 0, give_out))
    chain = attack(
        "forger",
        0,
        0,
        give_out,
        step(policy, "back kba:disclosed > email"),
        step(policy, "withdraw totp:bound > email"),
    )
    verdict = confirmed(policy, account("totp kba"), chain)
    assert verdict.timeline[0].disclosed == ("kba",)
    assert verdict.timeline[1].granted == ("totp",)
    assert refuted(policy, account("totp"), chain).step == 1  # the account does not know these answers
    assert refuted(policy, account("totp kba"), replace(chain, path=chain.path[1:])).step == 0


def test_given_proofs_and_facts_and_channels() -> None:
    policy = duel(
        """
        by_passkey: {require: passkey, grants: session, notify: push}
        swap: {require: session, revokes: session, grants: address}
        """,
        "withdraw: {require: session and address and totp, notify: email}",
    )
    gift = Gift(proves=frozenset({"totp"}), gives=frozenset({"session"}), mutes=frozenset({"email"}))
    claim = attack(
        "",
        None,
        0,
        step(policy, "swap", facts="session"),
        step(policy, "withdraw totp:given > muted", facts="session address"),
    )
    confirmed(policy, account("totp"), claim, gift)
    refuted(policy, account("sms"), claim, gift)
    for less in (
        replace(gift, proves=frozenset()),
        replace(gift, gives=frozenset()),
        replace(gift, mutes=frozenset()),
    ):
        refuted(policy, account("totp"), claim, less)


# ---------------------------------------------------------------- facts and clocks


def test_what_a_capability_gives_once_can_be_lost_and_what_it_gives_cannot() -> None:
    policy = duel(
        """
        by_passkey: {require: passkey, grants: session, notify: push}
        swap: {require: session and age(session) >= 30d, revokes: session, grants: address}
        """,
        "withdraw: {require: session and address and age(session) >= 30d}",
    )
    path = (step(policy, "swap", facts="session"), step(policy, "withdraw", facts="session address"))
    confirmed(policy, account(""), attack("malware", None, 0, *path))
    assert refuted(policy, account(""), attack("session_theft", None, 0, *path)).step == 1
    assert refuted(policy, account(""), attack("malware", None, 0, path[1])).step == 0


def test_a_fact_that_he_holds_keeps_its_age_and_a_lost_one_starts_anew() -> None:
    actions = (
        "enter: {require: password, grants: session}\nagain: {verb: bind, require: password, grants: session%s}"
    )
    outflow = "withdraw: {require: session and age(session) >= 6h}"
    for revokes, good in (("", True), (", revokes: session", False)):
        policy = duel(actions % revokes, outflow)
        claim = attack(
            "pw_leak",
            None,
            6 * HOUR,
            step(policy, "enter password:pw_leak"),
            step(policy, "again password:pw_leak", at=3 * HOUR),
            step(policy, "withdraw", at=6 * HOUR, facts="session"),
        )
        assert replay(policy, account("password"), claim).confirmed is good


def test_a_clock_that_never_ran_is_over_and_every_restart_counts() -> None:
    policy = duel(
        "enter: {require: password, grants: session, starts: entered, notify: email}",
        "withdraw: {require: session and since(entered) >= 6h, notify: email}",
    )
    confirmed(
        policy, account("password"), attack("malware", 0, 0, step(policy, "withdraw > email", facts="session"))
    )
    enter = step(policy, "enter password:pw_leak > email")

    def path(*times: int, out: int) -> Attack:
        entered = (replace(enter, at=at, effect=at) for at in times)
        last = step(policy, "withdraw > email", at=out, facts="session")
        return attack("pw_leak malware", out - times[0], out, *entered, last)

    confirmed(policy, account("password"), path(0, out=6 * HOUR))
    confirmed(policy, account("password"), path(0, HOUR, out=7 * HOUR))
    assert refuted(policy, account("password"), path(0, HOUR, out=7 * HOUR - 1)).step == 2


# ---------------------------------------------------------------- strongest


def downgrade(policy: Policy, out: int) -> Attack:
    drop = step(policy, "drop password:pw_leak > email")
    last = step(policy, "withdraw sms:sms_intercept", at=out)
    return attack("pw_leak sms_intercept", out, out, drop, last)


def test_a_removed_class_counts_for_strongest_until_its_hold_is_over() -> None:
    policy = duel(
        "drop: {verb: disable, require: password, removes: totp, holds: weakened, notify: email}",
        "withdraw: {require: 'strongest(totp, sms)'}\np2p: {require: password and since(weakened) >= 12h}\n"
        "card: {require: password and since(weakened) >= 48h}",
    )
    start = account("password totp sms")
    assert refuted(policy, start, downgrade(policy, 12 * HOUR)).step == 1
    assert refuted(policy, start, downgrade(policy, 2 * DAY - 1)).step == 1
    verdict = confirmed(policy, start, downgrade(policy, 2 * DAY))  # the longest wait on its clock
    assert verdict.timeline[0].lost == ("totp",)
    assert (verdict.timeline[1].forgotten, verdict.timeline[1].at) == (("totp",), 2 * DAY)
    confirmed(policy, start, downgrade(policy, 0), Gift(no_waits=True))


def test_the_strongest_of_none_is_nobody_and_a_stretched_wait_fades_longer() -> None:
    policy = duel(
        "drop: {verb: disable, require: password, removes: totp, holds: weakened, notify: email}",
        "withdraw: {require: 'strongest(totp, sms)'}\np2p: {require: password and since(weakened) >= 24h}",
        "stretch: {exposed: 2}\n",
    )
    assert policy.longest_wait["weakened"] == 2 * DAY
    confirmed(policy, account("password totp sms"), downgrade(policy, 2 * DAY))
    assert refuted(policy, account("password totp sms"), downgrade(policy, DAY)).step == 1
    assert refuted(policy, account("password totp"), downgrade(policy, 2 * DAY)).step == 1


def test_a_class_that_is_bound_again_stops_fading() -> None:
    """Removed with a hold, bound again, and removed once more without one: nothing fades."""
    policy = duel(
        """
        drop:  {verb: disable, require: password, removes: totp, holds: weakened, notify: email}
        again: {verb: bind, require: password, grants: totp, notify: email}
        toss:  {verb: reset, require: password, removes: totp}
        """,
        "withdraw: {require: 'strongest(totp, sms)'}\np2p: {require: password and since(weakened) >= 24h}",
    )
    drop, again = step(policy, "drop password:pw_leak > email"), step(policy, "again password:pw_leak > email")
    toss, out = step(policy, "toss password:pw_leak"), step(policy, "withdraw sms:sms_intercept")
    start, who = account("password totp sms"), "pw_leak sms_intercept"
    confirmed(policy, start, attack(who, 0, 0, drop, again, toss, out))
    assert refuted(policy, start, attack(who, 0, 0, drop, again, out)).step == 2
    assert refuted(policy, start, attack(who, 0, 0, drop, out)).step == 1


def test_a_request_knows_no_enrolment_but_what_was_removed_is_not_the_attackers_any_more() -> None:
    """`strongest` still speaks of enrolled classes: a fading one blocks the weaker ones, unless it is proved."""
    policy = duel(
        """
        bind: {verb: bind, require: password, grants: totp}
        drop: {verb: disable, require: password, removes: totp, holds: weakened}
        plain: {verb: disclose, subject: request, require: totp, discloses: kba}
        ranked: {verb: disclose, subject: request, require: 'strongest(totp, sms)', discloses: kba}
        """,
        "withdraw: {require: password and since(weakened) >= 24h}",
    )
    who, start = "pw_leak sms_intercept totp_seed", account("password")
    bind, drop = step(policy, "bind password:pw_leak"), step(policy, "drop password:pw_leak")
    seed, own = step(policy, "plain totp:totp_seed"), step(policy, "plain totp:bound")
    confirmed(policy, start, attack(who, None, 0, seed))
    confirmed(policy, start, attack(who, None, 0, bind, own))
    assert refuted(policy, start, attack(who, None, 0, bind, drop, own)).step == 2
    confirmed(policy, start, attack(who, None, 0, bind, drop, seed))
    ranked = step(policy, "ranked totp:totp_seed")
    confirmed(policy, start, attack(who, None, 0, bind, ranked))
    confirmed(policy, start, attack(who, None, 0, bind, drop, ranked))
    sms = step(policy, "ranked sms:sms_intercept", at=DAY)
    assert refuted(policy, account("password sms"), attack(who, None, DAY, bind, sms)).step == 1
    confirmed(policy, account("password sms"), attack(who, None, DAY, bind, drop, sms))
