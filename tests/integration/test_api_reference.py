# SPDX-License-Identifier: Apache-2.0
"""The pages that a person opens first work with everything they load."""

from __future__ import annotations

import re

from tests.support.server import Live, served


@served()
async def test_the_api_reference_finds_its_own_files(live: Live) -> None:
    """Every script and style of /docs is served from here (the pages' files once shadowed them)."""
    page = await live.client.get("/docs")
    assert page.status_code == 200
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert any(name.endswith(".js") for name in files)
    for name in files:
        assert (await live.client.get(name)).status_code == 200, name


@served()
async def test_home_leads_to_a_status_page_with_its_styles(live: Live) -> None:
    """The status page and every style that it names."""
    moved = await live.client.get("/")
    assert (moved.status_code, moved.headers["location"]) == (307, "/status")
    page = await live.client.get("/status")
    assert page.status_code == 200
    assert live.application.policies.current.digest in page.text
    for name in re.findall(r'href="(/static/[^"]+)"', page.text):
        assert (await live.client.get(name)).status_code == 200, name
