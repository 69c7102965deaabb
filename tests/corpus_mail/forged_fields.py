# SPDX-License-Identifier: Apache-2.0
"""Forged mails by fields that nobody signed, and genuine ones that come again."""

from __future__ import annotations

import base64
from random import Random

from tests.corpus_mail.classes import C, N, forged
from tests.corpus_mail.drafts import FIELDS, court, date, order
from tests.corpus_mail.forged_headers import raw
from tests.corpus_mail.signer import sign
from tests.corpus_mail.world import COURT, EVIL, JUDGE

# ---------------------------------------------------------------- what nobody signed


@forged(C)
def reply_elsewhere(random: Random) -> bytes:
    return sign(order(random), court()).add("Reply-To", f"judge.lin@{EVIL}").raw()


@forged(C)
def reply_to_imitation(random: Random) -> bytes:
    return sign(order(random), court()).add("Reply-To", f"Judge Lin <judge.lin@{COURT}.{EVIL}>").raw()


@forged(N)
def reply_within_unsigned(random: Random) -> bytes:
    return sign(order(random), court()).add("Reply-To", f"other@{COURT}").raw()


@forged(N)
def reply_within_signed(random: Random) -> bytes:
    made = order(random).add("Reply-To", f"other@{COURT}")
    return sign(made, court(h=(*FIELDS, "reply-to"))).raw()


@forged(C)
def reply_unreadable(random: Random) -> bytes:
    made = order(random).add("Reply-To", f"{JUDGE}, x@{EVIL}")
    return sign(made, court(h=(*FIELDS, "reply-to"))).raw()


@forged(N)
def sender_added(random: Random) -> bytes:
    return sign(order(random), court()).add("Sender", f"x@{EVIL}").raw()


@forged(N)
def copy_added(random: Random) -> bytes:
    return sign(order(random), court()).add("Cc", f"legal@{EVIL}").raw()


for _field in ("to", "subject", "date"):

    def _left(random: Random, field: str = _field) -> bytes:
        return sign(order(random), court(h=tuple(each for each in FIELDS if each != field))).raw()

    _left.__name__ = f"unsigned_{_field}"
    forged(N)(_left)


@forged(N)
def recipient_added(random: Random) -> bytes:
    """The court wrote to nobody by name; anyone can add the To of a replay."""
    made = sign(order(random).drop("To"), court(h=tuple(each for each in FIELDS if each != "to")))
    return made.add("To", "desk@exchange.example").raw()


@forged(N)
def hidden_in_subject(random: Random) -> bytes:
    word = base64.b64encode("Order\u200b \u202eecnevres".encode()).decode()
    return raw(order(random).put("Subject", f"=?utf-8?B?{word}?="))


# ---------------------------------------------------------------- old ones again


@forged(N)
def six_years_old(random: Random) -> bytes:
    return raw(order(random).put("Date", date(-6 * 365 * 24)))


@forged(N)
def four_days_old(random: Random) -> bytes:
    return raw(order(random).put("Date", date(-73)))


@forged(N)
def of_tomorrow(random: Random) -> bytes:
    return raw(order(random).put("Date", date(30)))


@forged(N)
def no_date(random: Random) -> bytes:
    return raw(order(random).drop("Date"))


@forged(N)
def strange_date(random: Random) -> bytes:
    return raw(order(random).put("Date", "yesterday"))


@forged(N)
def no_message_id(random: Random) -> bytes:
    return raw(order(random).drop("Message-ID"))


@forged(C)
def date_changed(random: Random) -> bytes:
    return raw(order(random).put("Date", date(-90))).replace(date(-90).encode(), date(-2).encode())
