# SPDX-License-Identifier: Apache-2.0
"""The console as it is served: index for its addresses, hashed files for ever, a policy without exceptions."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import httpx2
import pytest

from counterseal.core.errors import NotFoundError
from counterseal.http.console_files import POLICY, ConsoleFiles, accepts_gzip
from counterseal.http.routers import home
from tests.support.http_app import running

SCRIPT = b"export const made = 1;\n" * 64
INDEX = b"<!doctype html><script type=module src=/console/assets/index-a1B2.js></script>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A small build."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(INDEX)
    (tmp_path / "assets" / "index-a1B2.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "inter-c3.woff2").write_bytes(b"wOF2" * 400)
    return tmp_path


@pytest.mark.parametrize("path", ["", "accounts/u-1001", "signin", "../../settings.py", "index.html", "log/"])
def test_every_address_of_the_console_gets_the_index_unkept(built: Path, path: str) -> None:
    response = ConsoleFiles(built).response(path, gzipped=False)
    assert (response.status_code, response.body) == (200, INDEX)
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-security-policy"] == POLICY


def test_a_hashed_file_is_kept_for_ever_and_sent_compressed_to_who_takes_it(built: Path) -> None:
    files = ConsoleFiles(built)
    plain = files.response("assets/index-a1B2.js", gzipped=False)
    packed = files.response("assets/index-a1B2.js", gzipped=True)
    assert plain.body == gzip.decompress(packed.body) == SCRIPT
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    for response in (plain, packed):
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"
        assert response.headers["vary"] == "Accept-Encoding"


def test_fonts_are_not_compressed_twice(built: Path) -> None:
    response = ConsoleFiles(built).response("assets/inter-c3.woff2", gzipped=True)
    assert "content-encoding" not in response.headers
    assert response.headers["content-type"] == "font/woff2"


@pytest.mark.parametrize("path", ["assets/index-gone.js", "assets/../index.html", "assets/%2e%2e/index.html"])
def test_an_asset_of_another_build_is_missing_and_never_the_index(built: Path, path: str) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        ConsoleFiles(built).response(path, gzipped=False)


def test_a_new_build_is_seen_without_a_restart(built: Path) -> None:
    files = ConsoleFiles(built)
    files.response("", gzipped=False)
    (built / "assets" / "index-d4.js").write_bytes(b"2")
    (built / "index.html").write_bytes(INDEX + b"<!-- d4 -->")
    assert files.response("assets/index-d4.js", gzipped=False).body == b"2"


def test_without_a_build_a_page_says_what_to_do(tmp_path: Path) -> None:
    response = ConsoleFiles(tmp_path).response("accounts", gzipped=True)
    assert response.status_code == 200
    assert b"make web" in response.body
    assert "script-src" not in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip, br", True),
        ("*", True),
        ("br;q=1, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("", False),
        ("br", False),
    ],
)
def test_gzip_goes_to_who_asked_for_it(header: str, takes: bool) -> None:
    assert accepts_gzip(header) is takes


def test_the_app_serves_it_to_everybody_with_the_edge_s_headers(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "CONSOLE", ConsoleFiles(built))

    async def ask() -> list[httpx2.Response]:
        below = ("accounts/u-1", "assets/index-a1B2.js", "assets/index-0.js")
        paths = ("/console", "/console?outcome=deny&text=a%26b", *(f"/console/{path}" for path in below))
        async with running(routers=(home.router,)) as live:
            return [await live.client.get(path) for path in paths]

    root, filtered, page, asset, gone = asyncio.run(ask())
    assert (root.status_code, root.headers["location"]) == (308, "/console/")
    assert filtered.headers["location"] == "/console/?outcome=deny&text=a%26b"
    assert (page.status_code, page.content) == (200, INDEX)
    assert page.headers["content-security-policy"] == POLICY
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert (asset.content, asset.headers["cache-control"]) == (SCRIPT, "public, max-age=31536000, immutable")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_file")
    assert gone.headers["cache-control"] == "no-store"


def test_by_its_address_the_console_leads_to_its_name_where_passkeys_work(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for what a person opens, only to the name in the settings, only where it is the same port."""
    monkeypatch.setattr(home, "CONSOLE", ConsoleFiles(built))
    paths = ("/console", "/console/", "/console/enrol/a%2Fb?next=%2Fx", "/console/assets/index-a1B2.js")

    async def ask(host: str, base_url: str) -> list[httpx2.Response]:
        async with running(routers=(home.router,), base_url=base_url) as live:
            return [await live.client.get(path, headers={"Host": host}) for path in paths]

    def led(host: str, base_url: str) -> list[str | None]:
        return [each.headers.get("location") for each in asyncio.run(ask(host, base_url))]

    for base_url in ("http://127.0.0.1:8400", "http://localhost:8400"):
        root, page, deep, asset = led("127.0.0.1:8400", base_url)
        assert (root, page) == ("http://localhost:8400/console/", "http://localhost:8400/console/")
        assert (deep, asset) == ("http://localhost:8400/console/enrol/a%2Fb?next=%2Fx", None)
        assert asyncio.run(ask("127.0.0.1:8400", base_url))[1].headers["cache-control"] == "no-store"
    stays = ["/console/", None, None, None]
    assert led("localhost:8400", "http://127.0.0.1:8400") == stays
    assert led("127.0.0.1:9000", "http://127.0.0.1:8400") == stays  # a forwarded port: its name may lead nowhere
    assert led("127.0.0.1:8400", "https://guard.example") == stays
    assert led("evil.example", "http://127.0.0.1:8400") == stays
