# SPDX-License-Identifier: Apache-2.0
"""Mails through the whole way of the desk: kinds, the closed process, the zone's file, the check again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from counterseal.gateways.dns_names import NoNames, ZoneNames
from counterseal.gateways.documents.kinds import kind_of
from counterseal.gateways.documents.sandbox import Sandbox
from counterseal.judicial.examination import Examiner
from counterseal.judicial.model import Verdict
from counterseal.judicial.ports import Names
from tests.corpus_mail import FORGED, GENUINE
from tests.corpus_mail.world import world

pytestmark = pytest.mark.needs("bwrap")

KNOWN = (
    "relaxed_simple",
    "ed25519",
    "from_a_mailbox_file",
    "smime_detached",
    "smime_opaque",
    "pgp_mime",
    "with_pdf",
)
FALSE = ("body_changed", "look_alike_homoglyph", "smime_revoked", "pgp_changed", "header_ends_twice", "too_deep")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> ZoneNames:
    """The offline zone as operators write it."""
    path: Path = tmp_path_factory.mktemp("names") / "names.json"
    texts = {
        name: None if answer.status == "unknown" else list(answer.texts) for name, answer in world().zone.items()
    }
    path.write_bytes(msgspec.json.encode(texts))
    return ZoneNames.read(path)


def _verdict(sandbox: Sandbox, names: Names, data: bytes) -> Verdict:
    return Examiner(sandbox, names, kind_of).examine(data, world().context()).verdict


@pytest.mark.parametrize("name", KNOWN)
def test_a_genuine_mail_is_verified_inside_the_sandbox(sandbox: Sandbox, zone: ZoneNames, name: str) -> None:
    assert _verdict(sandbox, zone, GENUINE[name](Random(name))) == Verdict.VERIFIED


@pytest.mark.parametrize("name", FALSE)
def test_a_forged_mail_is_not(sandbox: Sandbox, zone: ZoneNames, name: str) -> None:
    make, right = FORGED[name]
    assert _verdict(sandbox, zone, make(Random(name))) in right


def test_without_names_nothing_can_be_verified(sandbox: Sandbox) -> None:
    assert _verdict(sandbox, NoNames(), GENUINE["ed25519"](Random(1))) == Verdict.CANNOT_VERIFY
