# SPDX-License-Identifier: Apache-2.0
"""Tiny games with results worked out by hand, one for each clause of docs/prover-model.md."""

from __future__ import annotations

from dataclasses import dataclass, field

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Gift, Start
from tests.support.duel import DAY, HOUR, account, duel

Result = int | str | None
ENTER = "enter: {require: password and totp, grants: session, starts: entered, notify: email}\n"
BY_PASSKEY = (
    "by_passkey: {require: passkey, grants: [session, key, address], notify: push}\n"  # no owner here has one
)


@dataclass(frozen=True)
class Duel:
    """A game, and what some rules of it come to: `silent`, the window in ms, None = never."""

    name: str
    policy: Policy
    start: Start
    capabilities: tuple[str, ...]
    expected: dict[str, Result]
    gift: Gift = field(default_factory=Gift)


DUELS: list[Duel] = []


def game(  # a call reads as a sentence: the rules, the account, the attacker, the result
    name: str,
    actions: str,
    outflows: str,
    start: Start,
    capabilities: str,
    gift: Gift | None = None,
    **expected: Result,
) -> None:
    DUELS.append(Duel(name, duel(actions, outflows), start, tuple(capabilities.split()), expected, gift or Gift()))


# ---------------------------------------------------------------- proofs and one-shot capabilities

TWICE = "withdraw: {require: session and totp, notify: email}\np2p: {require: session, notify: email}"
game("a relayed code opens one door", ENTER, TWICE, account("password totp"), "relay", withdraw=None, p2p=0)
game("a seed opens both", ENTER, TWICE, account("password totp"), "relay totp_seed", withdraw=0, p2p=0)
game(
    "two relays, two doors",
    ENTER.replace("totp", "sms"),
    TWICE.replace("totp", "sms"),
    account("password sms"),
    "relay sms_once",
    withdraw=0,
)
game(
    "all codes of one relay go into one action",
    "",
    "withdraw: {require: totp and sms}",
    account("totp sms"),
    "relay",
    withdraw="silent",
)
CHANNELS = "withdraw: {require: '2 of (sms, voice, totp)'}"
game("two codes of one channel count once", "", CHANNELS, account("sms voice totp"), "sim_swap", withdraw=None)
game("two of two channels", "", CHANNELS, account("sms voice totp"), "sim_swap totp_seed", withdraw="silent")
game(
    "a factor that is not enrolled proves nothing",
    "",
    "withdraw: {require: totp}",
    account("sms"),
    "totp_seed",
    withdraw=None,
)
game(
    "a relayed code given to a delayed action is remembered",
    "",
    "withdraw: {require: totp, delay: 24h, notify: email}",
    account("totp"),
    "relay",
    withdraw=DAY,
)
game(
    "either of two one-shots is enough and the other is left",
    ENTER.replace("totp", "sms"),
    "withdraw: {require: session and totp}\np2p: {require: session and sms}",
    account("password sms totp"),
    "relay sms_once pw_leak",
    withdraw=0,
    p2p=0,
)

# ---------------------------------------------------------------- facts

LOSE = BY_PASSKEY + "add: {verb: bind, require: session and password, grants: address, revokes: session}"
AFTER = "withdraw: {require: session and address}"
game("a stolen session is lost", LOSE, AFTER, account("password"), "session_theft pw_leak", withdraw=None)
game("what malware gives is never lost", LOSE, AFTER, account("password"), "malware pw_leak", withdraw="silent")
game(
    "a gift is never lost",
    LOSE,
    AFTER,
    account("password"),
    "session_theft pw_leak",
    Gift(gives=frozenset({"session"})),
    withdraw="silent",
)
AGED = "withdraw: {require: address and age(address) >= 24h, notify: email}"
game(
    "an address told of ages under the owner's eyes",
    "add: {verb: bind, require: password, grants: address, notify: email}",
    AGED,
    account("password"),
    "pw_leak",
    withdraw=DAY,
)
game(
    "an address not told of ages before the first notice",
    "add: {verb: bind, require: password, grants: address}",
    AGED,
    account("password"),
    "pw_leak",
    withdraw=0,
)
game(
    "a fact lost and granted again is new",
    "add: {verb: bind, require: password, grants: address, revokes: address, notify: email}",
    "withdraw: {require: address and age(address) >= 24h}",
    account("password", facts={"address": DAY}),
    "pw_leak",
    withdraw="silent",
)
game(
    "a new one has to age again",
    BY_PASSKEY
    + "add: {verb: bind, require: password and address, grants: [address, key], revokes: address, notify: email}",
    "withdraw: {require: key and address and age(address) >= 24h}",
    account("password", facts={"address": DAY}),
    "pw_leak",
    withdraw=DAY,
)

# ---------------------------------------------------------------- clocks

SETTLED = "withdraw: {require: session and since(entered) >= 24h, notify: email}"
game("a clock starts with the log-in", ENTER, SETTLED, account("password totp"), "pw_leak totp_seed", withdraw=DAY)
game("a clock that never ran is over", ENTER, SETTLED, account("password totp"), "session_theft", withdraw=0)
game(
    "waits of two actions run side by side",
    ENTER + "add: {verb: bind, require: session and totp, grants: address, notify: email, holds: weakened}",
    "withdraw: {require: address and age(address) >= 12h and since(weakened) >= 24h and since(entered) >= 48h}",
    account("password totp"),
    "pw_leak totp_seed",
    withdraw=2 * DAY,
)

# ---------------------------------------------------------------- strongest

DROP = "drop: {verb: disable, require: password, removes: totp, holds: weakened, notify: email}"
RANK = "withdraw: {require: 'strongest(totp, sms)'}\np2p: {require: totp and since(weakened) >= 24h}"
game(
    "a removed class counts until its hold is over",
    DROP,
    RANK,
    account("password totp sms"),
    "pw_leak sms_intercept",
    withdraw=DAY,
)
game(
    "without a hold the weaker one counts at once",
    DROP.replace("holds: weakened, ", ""),
    RANK.replace("weakened", "entered"),
    account("password totp sms"),
    "pw_leak sms_intercept",
    withdraw=0,
)
game("the strongest that there is", DROP, RANK, account("password sms"), "sms_intercept", withdraw="silent")
game("the strongest of none", DROP, RANK, account("password"), "sms_intercept", withdraw=None)
game(
    "who has the strongest needs no downgrade",
    DROP,
    RANK,
    account("password totp sms"),
    "totp_seed",
    withdraw="silent",
    p2p="silent",
)
game(
    "a class bound again stops fading",
    DROP.replace(", notify", ", grants: ticket, notify")
    + "\nagain: {verb: bind, require: password and ticket, grants: [totp, key], notify: email}"
    + "\ntoss: {verb: reset, require: password and key, removes: totp, grants: address}",
    "withdraw: {require: 'address and strongest(totp, sms)'}\np2p: {require: totp and since(weakened) >= 24h}",
    account("password totp sms"),
    "pw_leak sms_intercept",
    withdraw=0,
    p2p=DAY,
)
game(
    "what is removed is bound no more",
    "again: {verb: bind, require: password, grants: totp}\n"
    "drop: {verb: disable, require: password, removes: totp, grants: ticket}",
    "withdraw: {require: ticket and totp}\np2p: {require: totp}",
    account("password"),
    "pw_leak",
    withdraw="silent",
    p2p="silent",
)

# ---------------------------------------------------------------- notices

MOVE = "move: {verb: replace, require: password, grants: sms}"
PAY = "withdraw: {require: sms, notify: sms}"
game(
    "the replaced contact is told for seven days, then nobody",
    MOVE,
    PAY,
    account("password sms", "sms"),
    "pw_leak",
    withdraw="silent",
)
game(
    "binding leaves the owner's contact",
    MOVE.replace("replace", "bind"),
    PAY,
    account("password", "sms"),
    "pw_leak",
    withdraw=0,
)
game(
    "binding adds no second one",
    MOVE.replace("replace", "bind"),
    PAY,
    account("password sms", "sms"),
    "pw_leak",
)
game(
    "without waits the replaced contact is silent at once",
    MOVE,
    PAY,
    account("password sms", "sms"),
    "pw_leak",
    Gift(no_waits=True),
    withdraw="silent",
)
SLOW = "p2p: {require: password, delay: 24h, notify: push}"
HUSH = "hush: {verb: mute, require: password, silences: push, notify: push}"
game("muting is told on the channel that it mutes", HUSH, SLOW, account("password"), "pw_leak", p2p=DAY)
game(
    "muting that is not told silences what follows",
    HUSH.replace(", notify: push", ""),
    SLOW,
    account("password"),
    "pw_leak",
    p2p="silent",
)
game(
    "the own notice is the first",
    "",
    "withdraw: {require: password, delay: 6h, notify: email}\np2p: {require: password, notify: email}",
    account("password"),
    "pw_leak",
    withdraw=6 * HOUR,
    p2p=0,
)
game(
    "a muted channel tells nobody",
    "",
    "withdraw: {require: email, delay: 6h, notify: email}",
    account("email"),
    "email_takeover",
    withdraw="silent",
)
game(
    "a second channel tells",
    "",
    "withdraw: {require: email, delay: 6h, notify: [email, push]}",
    account("email"),
    "email_takeover",
    withdraw=6 * HOUR,
)
game(
    "a channel that the owner lacks tells nobody",
    "",
    "withdraw: {require: password, delay: 6h, notify: push}",
    account("password", "sms"),
    "pw_leak",
    withdraw="silent",
)
game(
    "a gift mutes",
    "",
    "withdraw: {require: password, delay: 6h, notify: push}",
    account("password", "push"),
    "pw_leak",
    Gift(mutes=frozenset({"push"})),
    withdraw="silent",
)
game(
    "a given proof needs the factor enrolled",
    "",
    "withdraw: {require: passkey}\np2p: {require: totp}",
    account("totp"),
    "",
    Gift(proves=frozenset({"passkey", "totp"})),
    withdraw=None,
    p2p="silent",
)

# ---------------------------------------------------------------- delays

game(
    "a ticket that takes its time",
    "ask: {verb: ask, require: password, grants: ticket, delay: 72h, notify: email}",
    "withdraw: {require: ticket and password}",
    account("password"),
    "pw_leak",
    withdraw=3 * DAY,
)
game(
    "a class lost on the way has to be bound again",
    "ask: {verb: ask, require: password, removes: sms, grants: ticket, delay: 12h, notify: email}\n"
    "again: {verb: bind, require: password, grants: sms, notify: email}",
    "withdraw: {require: ticket and sms, delay: 24h, notify: email}",
    account("password sms"),
    "pw_leak sms_intercept",
    withdraw=36 * HOUR,
)
game(
    "a class lost before the effect delays it for ever",
    "ask: {verb: ask, require: password, removes: sms, grants: ticket, delay: 12h, notify: email}",
    "withdraw: {require: ticket and sms, delay: 24h, notify: email}",
    account("password sms"),
    "pw_leak sms_intercept",
    withdraw=None,
)
game(
    "the attacker acts before what takes effect at the same moment",
    "arm: {verb: ask, require: key, delay: 30h, grants: ticket, revokes: key, notify: push}\n"
    "noisy: {verb: reset, require: key, grants: session, holds: weakened, notify: email}\n"
    "add: {verb: bind, require: key, grants: address}\n" + BY_PASSKEY,
    "withdraw: {require: session and ticket and since(weakened) >= 24h and address and age(address) >= 27h}",
    account("password", "sms email"),
    "key_leak",
    withdraw=DAY,
)
game(
    "what ends things is left out",
    "end: {verb: revoke, require: password, grants: session}",
    "withdraw: {require: session}",
    account("password"),
    "pw_leak",
    withdraw=None,
)

# ---------------------------------------------------------------- the judicial path

DESK = (
    "give_out: {verb: disclose, subject: request, require: letter, discloses: kba}\n"
    "back: {verb: recover, require: kba, grants: [totp, password], holds: weakened, notify: email}"
)
OUT = "withdraw: {require: totp and password and since(weakened) >= 24h, notify: email}"
game(
    "a forged order opens the account",
    DESK,
    OUT,
    account("password totp kba"),
    "forger",
    give_out="silent",
    withdraw=DAY,
)
game(
    "disclosed answers that the account does not know",
    DESK,
    OUT,
    account("password totp"),
    "forger",
    give_out="silent",
    withdraw=None,
)
game("answers had without an order", DESK, OUT, account("password totp kba"), "pii", give_out=None, withdraw=DAY)
game(
    "an order that the owner hears of",
    DESK.replace("kba}\n", "kba, delay: 48h, notify: push}\n", 1),
    OUT,
    account("password totp kba"),
    "forger",
    give_out=2 * DAY,
    withdraw=3 * DAY,
)
game(
    "nobody hears anything",
    DESK,
    OUT,
    account("password totp kba"),
    "forger deaf",
    give_out="silent",
    withdraw="silent",
)

# ---------------------------------------------------------------- what is kept and what is lost

game(
    "a fact granted again keeps its age",
    BY_PASSKEY + "more: {verb: bind, require: password, grants: [address, ticket], notify: email}",
    "withdraw: {require: ticket and address and age(address) >= 24h}",
    account("password", facts={"address": DAY}),
    "pw_leak",
    withdraw=0,
)
game(
    "what he bound and gave up proves nothing to a request either",
    "bind: {verb: bind, require: sms, grants: totp}\n"
    "swap: {verb: disable, require: password and totp, removes: totp, grants: ticket}\n"
    "give_out: {verb: disclose, subject: request, require: totp and ticket, discloses: kba}",
    "withdraw: {require: ticket}",
    account("password sms"),
    "pw_leak sms_once",
    give_out=None,
    withdraw="silent",
)
