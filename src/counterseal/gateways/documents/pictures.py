# SPDX-License-Identifier: Apache-2.0
"""Pages as PNG for people: drawn in the sandbox, written out here from bare pixels, so that no file from in there
reaches a browser."""

from __future__ import annotations

import io

from PIL import Image

from counterseal.gateways.documents.sandbox import Sandbox


class Drawer:
    """Draws pages in a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def page(self, data: bytes, number: int, width: int) -> bytes | None:
        """A page (1-based) of a PDF as PNG, None where it cannot be drawn. Blocks. Raises SandboxError."""
        drawn = self._sandbox.draw(data, number, width)
        if drawn is None:
            return None
        held = io.BytesIO()
        Image.frombytes("RGB", (drawn.width, drawn.height), drawn.pixels).save(held, "PNG", compress_level=3)
        return held.getvalue()
