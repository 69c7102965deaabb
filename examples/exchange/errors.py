# SPDX-License-Identifier: Apache-2.0
"""Errors of the exchange. Each has a stable code, a sentence for people and an HTTP status for the edge."""

from __future__ import annotations


class ExchangeError(Exception):
    """Root of the tree."""

    status = 400

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class RequestError(ExchangeError):
    """What was sent cannot be carried out as it is."""

    status = 422


class UnknownError(ExchangeError):
    """There is no such thing, or it is somebody else's."""

    status = 404


class SignInError(ExchangeError):
    """The password, session or device is not one that we know. Never says which."""

    status = 401


class TooManyError(ExchangeError):
    """Too many wrong passwords."""

    status = 429


class RefusedError(ExchangeError):
    """The payer will not pay this: not now, and not with this seal."""

    status = 409


class PortError(ExchangeError):
    """Something else listens where we want to."""


class AwayError(ExchangeError):
    """Counterseal or a part of the exchange did not answer. Nothing may be assumed; nothing was paid for it."""

    status = 503
