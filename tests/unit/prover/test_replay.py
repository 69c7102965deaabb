# SPDX-License-Identifier: Apache-2.0
"""The replay semantics: paths written by hand for each clause of docs/prover-model.md, and corruptions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.findings import Attack, Gift, Start, Step, Use, start_of
from counterseal.prover.replay import Confirmed, Refuted, replay
from tests.reference.attack import witnesses
from tests.support.duel import DAY, HOUR, account, attack, duel, step
from tests.support.duels import DUELS, Duel


def confirmed(policy: Policy, start: Start, claim: Attack, gift: Gift | None = None) -> Confirmed:
    verdict = replay(policy, start, claim, gift or Gift())
    assert isinstance(verdict, Confirmed), verdict
    assert verdict.confirmed is True
    assert (verdict.window, verdict.leaves) == (claim.window, claim.leaves)
    return verdict


def refuted(policy: Policy, start: Start, claim: Attack, gift: Gift | None = None) -> Refuted:
    verdict = replay(policy, start, claim, gift or Gift())
    assert isinstance(verdict, Refuted), verdict
    assert verdict.confirmed is False
    assert verdict.sentence
    return verdict


# ---------------------------------------------------------------- one whole path

LONG = duel(
    """
    enter: {require: password and totp, grants: session, starts: entered, notify: [email, push]}
    add:   {verb: bind, require: session and totp, grants: address, holds: weakened, notify: email}
    """,
    """
    withdraw: {require: session and totp and age(address) >= 24h and address and since(entered) >= 6h, notify: mail}
    p2p:      {require: session, delay: 2h, notify: push}
    """,
    "notices: {mail: [email]}\n",
)
OWNER = account("password totp")


def long_path() -> Attack:
    return attack(
        "pw_leak totp_seed",
        DAY,
        DAY,
        step(LONG, "enter password:pw_leak totp:totp_seed > email push"),
        step(LONG, "add totp:totp_seed > email", facts="session"),
        step(LONG, "withdraw totp:totp_seed > email", at=DAY, facts="session address"),
    )


def test_a_path_is_confirmed_and_tells_what_changed() -> None:
    first, second, third = confirmed(LONG, OWNER, long_path()).timeline
    assert (first.at, first.step, first.granted, first.restarted) == (0, 0, ("session",), ("entered",))
    assert (second.granted, second.restarted) == (("address",), ("weakened",))
    assert (third.at, third.step, third.empty) == (DAY, 2, True)


CORRUPTIONS: list[tuple[str, int | None, Callable[[Attack], Attack]]] = [
    ("the wait is too short", 2, lambda a: _step(a, 2, at=DAY - 1, effect=DAY - 1)),
    ("the effect comes later", 0, lambda a: _step(a, 0, effect=1)),
    ("the clock does not run from the first step", 0, lambda a: _shift(a, HOUR)),
    (
        "steps run backwards",
        1,
        lambda a: replace(a, path=(*(replace(s, at=HOUR - i) for i, s in enumerate(a.path[:2])), a.path[2])),
    ),
    ("a proof is missing", 0, lambda a: _step(a, 0, uses=a.path[0].uses[:1])),
    ("a proof is given twice", 1, lambda a: _step(a, 1, uses=a.path[1].uses * 2)),
    ("a proof that nobody asked for", 1, lambda a: _step(a, 1, uses=(*a.path[1].uses, Use("password", "pw_leak")))),
    ("a source that does not prove it", 1, lambda a: _step(a, 1, uses=(Use("totp", "pw_leak"),))),
    ("nothing of his own is bound", 1, lambda a: _step(a, 1, uses=(Use("totp", "bound"),))),
    ("nothing was disclosed", 1, lambda a: _step(a, 1, uses=(Use("totp", "disclosed"),))),
    ("nothing is given", 1, lambda a: _step(a, 1, uses=(Use("totp", "given"),))),
    ("a source out of nowhere", 1, lambda a: _step(a, 1, uses=(Use("totp", "luck"),))),
    ("a capability that he does not have", 0, lambda a: replace(a, capabilities=("pw_leak",))),
    ("a capability that there is not", None, lambda a: replace(a, capabilities=("luck",))),
    ("a fact that he does not hold", 0, lambda a: _step(a, 0, facts=("session",))),
    ("a fact that the rule does not ask for", 2, lambda a: _step(a, 2, facts=("session", "key"))),
    ("the notice is said to be muted", 0, lambda a: _step(a, 0, notice="muted", reached=())),
    ("the notice is said not to be sent", 1, lambda a: _step(a, 1, notice="none", reached=())),
    ("a channel is left out", 0, lambda a: _step(a, 0, reached=("email",))),
    ("a channel is made up", 1, lambda a: _step(a, 1, reached=("email", "sms"))),
    ("another line", 1, lambda a: _step(a, 1, line=a.path[1].line + 1)),
    ("a shorter window", None, lambda a: replace(a, window=DAY - 1)),
    ("a longer window", None, lambda a: replace(a, window=DAY + 1)),
    ("said to be silent", None, lambda a: replace(a, window=None)),
    ("value leaves earlier", 2, lambda a: replace(a, leaves=DAY - HOUR)),
    ("value leaves later", 2, lambda a: replace(a, leaves=DAY + HOUR)),
    ("an action that there is not", 1, lambda a: _step(a, 1, action="wish")),
    ("another action's name", 0, lambda a: _step(a, 0, action="add", line=a.path[1].line)),
    ("another outflow", 2, lambda a: replace(a, outflow="p2p")),
    ("no steps", None, lambda a: replace(a, path=())),
    ("the last step moves no value", 1, lambda a: replace(a, outflow="add", path=a.path[:2], leaves=0, window=0)),
    ("without the address", 1, lambda a: replace(a, path=(a.path[0], a.path[2]))),
]


def _step(claim: Attack, index: int, **changes: object) -> Attack:
    path = list(claim.path)
    path[index] = replace(path[index], **changes)
    return replace(claim, path=tuple(path))


def _shift(claim: Attack, wait: int) -> Attack:
    path = tuple(replace(one, at=one.at + wait, effect=one.effect + wait) for one in claim.path)
    return replace(claim, path=path, leaves=claim.leaves + wait)


@pytest.mark.parametrize(("name", "index", "corrupt"), CORRUPTIONS, ids=[name for name, _, _ in CORRUPTIONS])
def test_a_corrupted_path_is_refuted_at_the_step_that_fails(
    name: str, index: int | None, corrupt: Callable[[Attack], Attack]
) -> None:
    assert refuted(LONG, OWNER, corrupt(long_path())).step == index


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


def test_the_strongest_of_none_is_nobody_and_a_stretched_wait_fades_no_longer() -> None:
    policy = duel(
        "drop: {verb: disable, require: password, removes: totp, holds: weakened, notify: email}",
        "withdraw: {require: 'strongest(totp, sms)'}\np2p: {require: password and since(weakened) >= 24h}",
        "stretch: {exposed: 2}\n",
    )
    assert policy.longest_wait["weakened"] == 2 * DAY
    confirmed(policy, account("password totp sms"), downgrade(policy, DAY))
    assert refuted(policy, account("password totp"), downgrade(policy, DAY)).step == 1


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
    confirmed(binding, start, path(8 * DAY, "sms", 0, binding))
    refuted(binding, start, path(8 * DAY, "muted", None, binding))


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
    silent = _step(claim, 0, notice="muted", reached=())
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
    assert refuted(PENDING, SIM, _step(late, 0, effect=DAY)).step == 0
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
        wrong = replace(_step(claim, 2, effect=effect), window=effect, leaves=effect)
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
        step(policy, "disclose_identity gov_mail:hacked_gov_mailbox signed_letter:forged_order"),
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


# ---------------------------------------------------------------- corruptions of ways that the brute force found


@cache
def found() -> list[tuple[Duel, Attack]]:
    every = ((case, witnesses(case.policy, case.start, case.capabilities, case.gift)) for case in DUELS)
    return [(case, way) for case, ways in every for way in ways.values() if way is not None]


WAITS = (-DAY, -HOUR, -1, 1, HOUR, DAY)


def _earlier_end(way: Attack, wait: int) -> Attack:
    """A later end is as good where nobody was told before; an earlier one would have been found."""
    last = way.path[-1]
    return replace(
        _step(way, len(way.path) - 1, at=last.at - wait, effect=last.effect - wait), leaves=way.leaves - wait
    )


def _other_window(way: Attack, wait: int) -> Attack:
    return replace(way, window=way.window + wait if way.window is not None else abs(wait))


def corruptions(way: Attack) -> st.SearchStrategy[Attack]:
    """One claim of one step, or of the whole, made false."""
    index = st.shared(st.integers(0, len(way.path) - 1), key="index")

    def of_step(change: Callable[[Step], st.SearchStrategy[dict[str, object]]]) -> st.SearchStrategy[Attack]:
        return index.flatmap(lambda n: change(way.path[n]).map(lambda fields: _step(way, n, **fields)))

    waits = st.sampled_from(WAITS)
    proved = [n for n, one in enumerate(way.path) if one.uses]
    notices = ("reached", "muted", "none")
    channels = st.sets(st.sampled_from(("sms", "email", "push")))
    kinds = [
        of_step(lambda one: waits.map(lambda wait: {"at": one.at + wait})),
        of_step(lambda one: waits.map(lambda wait: {"effect": one.effect + wait})),
        of_step(lambda one: st.sampled_from([{"notice": name} for name in notices if name != one.notice])),
        of_step(lambda one: channels.filter(lambda c: c != {*one.reached}).map(lambda c: {"reached": tuple(c)})),
        of_step(lambda one: st.sampled_from([{"line": one.line - 1}, {"line": one.line + 1}])),
        of_step(lambda one: st.just({"facts": (*one.facts, "ticket", "key")})),
        waits.map(lambda wait: replace(way, leaves=way.leaves + wait)),
        waits.map(lambda wait: _earlier_end(way, abs(wait))),
        waits.map(lambda wait: _other_window(way, wait)),
    ]
    if way.window is not None:
        kinds.append(st.just(replace(way, window=None)))
    if proved:
        which = st.sampled_from(proved)
        kinds.append(which.map(lambda n: _step(way, n, uses=way.path[n].uses[1:])))
        kinds.append(which.map(lambda n: _step(way, n, uses=way.path[n].uses[:-1])))
        kinds.append(which.map(lambda n: _step(way, n, uses=(Use(way.path[n].uses[0].factor, "key_leak"),))))
    return st.one_of(kinds)


@st.composite
def corrupted(draw: st.DrawFn) -> tuple[Duel, Attack, Attack]:
    case, way = draw(st.sampled_from(found()))
    return case, way, draw(corruptions(way))


@settings(max_examples=400, deadline=None)
@given(corrupted())
def test_any_small_corruption_of_a_way_is_refuted(drawn: tuple[Duel, Attack, Attack]) -> None:
    case, way, wrong = drawn
    assert replay(case.policy, case.start, way, case.gift).confirmed
    verdict = replay(case.policy, case.start, wrong, case.gift)
    assert isinstance(verdict, Refuted), (case.name, wrong)
