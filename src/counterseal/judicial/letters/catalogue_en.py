# SPDX-License-Identifier: Apache-2.0
"""What letters say in English. Nothing here states law, promises data, or says whether somebody is a client."""

from __future__ import annotations

from counterseal.judicial.letters.model import SLOT, LetterKind, Words

_K = LetterKind

ENGLISH = Words(
    language="en",
    subjects={
        _K.ACKNOWLEDGEMENT: "[{reference}] We received your request",
        _K.CLARIFICATION: "[{reference}] We need more before we can go on",
        _K.REFUSAL: "[{reference}] We cannot serve this request",
        _K.PARTIAL: "[{reference}] We can serve a part of this request",
        _K.DELIVERY: "[{reference}] A package is ready for you",
    },
    bodies={
        _K.ACKNOWLEDGEMENT: (
            "We received {what} in the name of your authority, and are checking that it is genuine.",
            "We call your office on a number of our own register, never on one that stands in the request.",
            "Nothing is released before this check is done, and no deadline replaces it.",
            "If your authority did not send this request, please tell us at once.",
        ),
        _K.CLARIFICATION: (
            "We received {what} in the name of your authority. Before we can go on we need:",
            "{reasons}",
            "Until we have it we go on keeping what the request names, and release nothing.",
        ),
        _K.REFUSAL: (
            "We received {what} in the name of your authority. We cannot serve it:",
            "{reasons}",
            "This says nothing of whether anybody named in it is known to us. A new request is looked at afresh.",
        ),
        _K.PARTIAL: (
            "We received {what} in the name of your authority. We can serve it as far as it asks for:",
            "{categories}",
            "We cannot serve the rest:",
            "{reasons}",
        ),
        _K.DELIVERY: (
            "The answer is ready. It is encrypted to the key that your office confirmed on our call.",
            "It can be fetched once, within 72 hours, here:",
            SLOT,
            "Please confirm by telephone that you fetched it. If somebody else did, tell us at once.",
        ),
    },
    head={
        "to": "To: {authority}",
        "reference": "Our reference: {reference}",
        "case": "Your case number, as stated: {case}",
        "received": "Received: {received}",
        "time": "%Y-%m-%d %H:%M UTC",
        "none": "(please name)",
    },
    foot=(
        "Please quote our reference in every reply. This letter holds no data of any client.",
        "{platform}",
    ),
    types={
        "disclosure": "a request for data",
        "emergency": "an emergency request for data",
        "preservation": "a request to preserve data",
        "freeze": "a request to freeze an account",
        "seizure": "a request to seize assets",
        "amendment": "a change of an earlier request",
        "withdrawal": "a withdrawal of an earlier request",
    },
    clarify={
        "case_number": "the case number",
        "order": "the order itself, complete and readable",
        "signature": "the order with a signature that can be verified, or sent from an address of your authority",
        "officer": "name, office and supervisor of the officer in charge",
        "legal_basis": "the provision on which the request rests",
        "identifiers": "for each person one exact account number, e-mail address or international telephone number",
        "categories": "which data are asked for, by category",
        "window": "the time for which data are asked for, from when to when",
        "users": "a reason for each person, since the request names more than {most}",
        "silence": "the basis on which the persons are not to be told, and until when",
        "delivery_key": "a public key (age or OpenPGP), which we then confirm by telephone",
        "language": "a translation of the request",
        "conflict": "which of two orders that contradict each other is in force",
        "authenticity": "a conversation with your office: we could not yet reach it on the numbers of our register",
    },
    refuse={
        "authenticity": "we could not confirm that it comes from your authority",
        "legal_basis": "it does not state a provision that allows it",
        "scope": "it asks for more than the provision stated allows",
        "role": "the provision stated is for another kind of authority",
        "identifiers": "the persons are not named so that they cannot be taken for others",
        "channel": "it has to come through the central authority or the official channel",
        "type": "we do not serve requests of this kind",
        "no_answer": "our questions were not answered",
        "withdrawn": "it was withdrawn",
        "duplicate": "it is the same as an earlier request of yours",
    },
    categories={
        "existence": "whether there is an account",
        "subscriber": "subscriber data",
        "identification": "data that identify a user at a time",
        "traffic": "log-ins and sessions in the window",
        "transactions": "transactions in the window",
        "balances": "balances",
        "identity": "identity documents",
        "devices": "devices",
        "content": "messages in the window",
    },
    bullet="- ",
    end=";",
    stop=".",
)
