# SPDX-License-Identifier: Apache-2.0
"""Every class of the mail corpus: genuine ones are verified, forged ones get the verdict that is right for them."""

from __future__ import annotations

import hashlib
from random import Random

import pytest

from counterseal.gateways.documents.mail import check_mail
from counterseal.gateways.documents.mail_sender import match
from counterseal.gateways.documents.mail_words import Mailbox
from counterseal.judicial.findings import CATALOGUE
from counterseal.judicial.model import JUDICIAL_ROLES, Answer, Context, Registered, Verdict, verdict_of
from tests.corpus_mail import FORGED, GENUINE, world
from tests.corpus_mail.desk import examine
from tests.corpus_mail.drafts import court, order
from tests.corpus_mail.signer import sign

NAMES = [
    pytest.param(name, marks=pytest.mark.needs("openssl")) if "openssl" in name else pytest.param(name)
    for name in GENUINE
]


@pytest.mark.parametrize("name", NAMES)
def test_a_genuine_mail_is_verified(name: str) -> None:
    verdict, checked = examine(GENUINE[name](Random(name)))
    against = [(each.code, each.sentence) for each in checked.findings if each.effect not in {"note", "supports"}]
    assert (verdict, against) == (Verdict.VERIFIED, [])
    assert checked.signer is not None
    assert checked.signer.role in JUDICIAL_ROLES
    assert checked.covered is not None
    assert checked.covered.whole


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_mail_gets_its_verdict(name: str) -> None:
    make, right = FORGED[name]
    verdict, checked = examine(make(Random(name)))
    assert verdict in right, [(each.code, each.sentence) for each in checked.findings if each.effect != "note"]


def test_there_are_as_many_classes_as_promised() -> None:
    assert len(GENUINE) >= 20
    assert len(FORGED) >= 40


def test_with_nothing_registered_nothing_is_verified() -> None:
    bare = Context(world.NOW)
    for make in (make for name, make in GENUINE.items() if "openssl" not in name):
        checked = check_mail(make(Random(1)), bare)
        assert not [each for each in checked.findings if each.effect == "supports"]
        assert checked.needs == ()


def test_no_name_of_a_stranger_is_looked_up() -> None:
    """A key under a name of its own would tell the sender when the mail is opened, and by whom."""
    registered = (world.COURT, world.JUSTICE, world.POLICE, world.SILENT, world.STRICT, "mail.example")
    for make, _ in FORGED.values():
        checked = check_mail(make(Random(3)), world.world().context())
        for name in checked.needs:
            assert name.endswith((*registered, "_dmarc.gov.example", "_dmarc.example")), name


def test_a_mail_seen_before_proves_nothing_new() -> None:
    made = sign(order(Random(5)), court())
    mark = hashlib.sha256(made.get("Message-ID").encode()).hexdigest()
    verdict, checked = examine(made.raw(), seen=frozenset({mark}))
    assert verdict == Verdict.NEUTRAL
    assert mark in {each.where for each in checked.findings if each.code == "mail_mark"}


def test_the_same_text_under_another_message_id_is_seen() -> None:
    one = order(Random(6))
    _, checked = examine(sign(one, court()).raw())
    marks = frozenset(each.where for each in checked.findings if each.code == "mail_mark")
    again = sign(one.put("Message-ID", "<other@court.gov.example>"), court()).raw()
    verdict, checked = examine(again, seen=marks)
    assert verdict == Verdict.NEUTRAL
    assert [each.where for each in checked.findings if each.code == "mail_repeated"] == ["body"]


def test_a_persons_signature_needs_no_dns() -> None:
    """Offline, each name is unknown; a mail that only its domain vouches for then cannot be verified."""
    for name, right in (("smime_detached", Verdict.VERIFIED), ("relaxed_relaxed", Verdict.CANNOT_VERIFY)):
        data = GENUINE[name](Random(1))
        asked = check_mail(data, world.world().context()).needs
        checked = check_mail(data, world.world().context(names=dict.fromkeys(asked, Answer("unknown"))))
        assert verdict_of(checked.findings) == right


def test_users_of_a_shared_domain_are_taken_for_the_least_of_them() -> None:
    box = Mailbox("", "x", "gov.example")
    court, police = (
        Registered("C", "court", domains=("gov.example",)),
        Registered("P", "police", domains=("gov.example",)),
    )
    judge = Registered("J", "judge", domains=("gov.example",), addresses=("judge@gov.example",))
    assert match(box, (court, judge, police)) == police
    assert match(box, (judge, court)) == court
    assert match(Mailbox("", "Judge", "gov.example"), (court, police, judge)) == judge
    assert match(Mailbox("", "x", "below.gov.example"), (court, police, judge)) is None


def test_every_sentence_can_be_said_in_both_languages() -> None:
    for name in ("relaxed_relaxed", "forwarded_within", "with_pdf", "sealed_on_the_way", "servers_on_the_way"):
        for each in examine(GENUINE[name](Random(2)))[1].findings:
            assert each.sentence
            assert CATALOGUE[each.code].chinese
            assert "{" not in each.sentence + each.chinese


def test_an_attachment_is_listed_with_its_digest() -> None:
    _, checked = examine(GENUINE["with_pdf"](Random(4)))
    (listed,) = [each for each in checked.findings if each.code == "attachment"]
    assert "order.pdf" in listed.sentence
    assert "pdf" in listed.sentence
    assert "sha256 " in listed.where
