# SPDX-License-Identifier: Apache-2.0
"""Schemathesis makes requests from our own document, sound and broken ones; the answers must keep to it."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from counterseal.access.model import CODECS, Scope
from counterseal.access.service import AccessService
from counterseal.gateways.clock import SimulatedClock
from counterseal.http.app import create_app
from counterseal.http.services import Services
from counterseal.settings import Settings
from counterseal.store.memory import MemoryStore
from tests.support.http_app import NOW, Holder
from tests.support.lab_policy import lab_policy


@pytest.fixture(scope="module")
def secret() -> str:
    scopes = [Scope.ADMIN, Scope.AUDIT_READ]
    made = asyncio.run(ACCESS.create_token(name="n", platform="p", scopes=scopes, by="t"))
    assert made.secret is not None
    return made.secret


STORE, CLOCK = MemoryStore(CODECS), SimulatedClock(NOW)
ACCESS = AccessService(STORE, CLOCK, secrets.token_bytes)
schema = schemathesis.openapi.from_asgi(
    "/openapi.json",
    create_app(
        Services(
            settings=Settings(clock="simulated", access_log="off"),
            store=STORE,
            clock=CLOCK,
            access=ACCESS,
            policy=Holder(lab_policy()),
        )
    ),
)


@schema.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_every_answer_keeps_to_the_document(case: Any, secret: str) -> None:
    # A rule between two fields is no part of a schema; and the token below is real, whatever was generated.
    case.call_and_validate(
        headers={"Authorization": f"Bearer {secret}"},
        excluded_checks=[positive_data_acceptance, ignored_auth],
    )
