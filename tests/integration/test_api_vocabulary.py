# SPDX-License-Identifier: Apache-2.0
"""The setting `vocabulary`: a document of one's own in place of the shipped one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from counterseal.core.errors import NotFoundError
from counterseal.gateways.packs import configured_pack, packs_directory
from tests.support.server import serving, settings_in


def test_a_vocabulary_of_ones_own_is_in_force(tmp_path: Path) -> None:
    """Its channels are the server's, and its digest is part of the policy's."""
    text = (packs_directory() / "vocabulary.yaml").read_text("utf-8")
    mine = tmp_path / "words.yaml"
    mine.write_text(text.replace("\nchannels: [sms,", "\nchannels: [pager, sms,", 1), "utf-8")

    async def inside() -> None:
        async with serving(tmp_path, vocabulary=mine) as live:
            names = [each["name"] for each in (await live.get("/v1/channels"))["items"]]
            assert "pager" in names
            policy = await live.get("/v1/policy")
            assert policy["digest"] == configured_pack("hardened", mine).digest
            assert policy["digest"] != configured_pack("hardened", None).digest

    asyncio.run(inside())


def test_a_vocabulary_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """With the path in the sentence, before anything is served."""
    settings = settings_in(tmp_path, vocabulary=tmp_path / "missing.yaml")
    with pytest.raises(NotFoundError, match=r"missing\.yaml") as caught:
        configured_pack(settings.policy, settings.vocabulary)
    assert caught.value.code == "vocabulary_missing"
