# SPDX-License-Identifier: Apache-2.0
"""The console as built from web/: an index for every address of its pages, and files whose names are hashes."""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path
from typing import Final

import msgspec
from starlette.responses import Response

from counterseal.core.errors import NotFoundError
from counterseal.http.pages_security import HTML, page

FOLDER: Final = Path(__file__).resolve().parent / "console"
INDEX: Final = "index.html"
ASSETS: Final = "assets/"  # Vite puts a hash of the content into the name of each file below
FOREVER: Final = "public, max-age=31536000, immutable"
# Nothing but our own files, no inline script or style, no frame around it, no form to anywhere else.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_COMPRESSED: Final = frozenset({".css", ".html", ".js", ".json", ".svg"})
_TYPES: Final = {".html": HTML, ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_SMALLEST: Final = 512  # below this, gzip saves nothing

_NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Console not built · Counterseal</title>
<link rel="stylesheet" href="/static/tokens.css">
<link rel="stylesheet" href="/static/base.css">
<main>
<h1>The console is not built</h1>
<p>Run <code>make web</code> in the source tree, then load this page again.
It needs Node 20.19 or later, or brings one.</p>
<p>The API works without it: see <a href="/docs">the reference</a> and
<a href="/status">the status of this server</a>.</p>
</main>
</html>
"""


class File(msgspec.Struct, frozen=True):
    """One file as it is sent: whole, and compressed where that is shorter."""

    content: bytes
    packed: bytes | None
    media_type: str


class ConsoleFiles:
    """The files below `folder`, read when they are first asked for; a new build is seen without a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: tuple[int, int] | None = None
        self._files: dict[str, File] = {}

    def response(self, path: str, *, gzipped: bool) -> Response:
        """The answer to GET /console/`path`. Raises NotFoundError for an asset that is not of this build.

        `gzipped`: the caller takes gzip. Every other path is an address inside the console and gets the index.
        """
        files = self._load()
        if not files:
            return page(_NOT_BUILT)
        if path.startswith(ASSETS):
            found = files.get(path)
            if found is None:
                raise NotFoundError("there is no such file", code="unknown_file", hint="load the page again")
            return _answer(found, gzipped=gzipped, cache=FOREVER)
        return _answer(files[INDEX], gzipped=gzipped, cache="no-cache")

    def _load(self) -> dict[str, File]:
        """All files of the build that lies there now; none if there is no index."""
        try:
            status = (self._folder / INDEX).stat()
        except FileNotFoundError:
            return {}
        built = (status.st_mtime_ns, status.st_size)
        if built != self._built:
            files = [path for path in self._folder.rglob("*") if path.is_file()]
            self._files = {path.relative_to(self._folder).as_posix(): _read(path) for path in files}
            self._built = built
        return self._files


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110 section 12.5.3)."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _read(path: Path) -> File:
    content = path.read_bytes()
    packed = gzip.compress(content, mtime=0) if path.suffix in _COMPRESSED and len(content) >= _SMALLEST else None
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(content, packed, kind)


def _answer(file: File, *, gzipped: bool, cache: str) -> Response:
    headers = {"cache-control": cache, "content-security-policy": POLICY, "vary": "Accept-Encoding"}
    if gzipped and file.packed is not None:
        return Response(file.packed, headers=headers | {"content-encoding": "gzip"}, media_type=file.media_type)
    return Response(file.content, headers=headers, media_type=file.media_type)
