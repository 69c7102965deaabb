# SPDX-License-Identifier: Apache-2.0
"""A signer that imports the SDK loads none of the server."""

from __future__ import annotations

import subprocess
import sys

SERVER = {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "pydantic", "structlog", "typer", "ruamel"}
CODE = """
import sys
import {module}
print("\\n".join(sorted(sys.modules)))
"""


def loaded(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_the_sdk_imports_no_server_code() -> None:
    modules = loaded("counterseal.sdk")
    assert "counterseal.sdk.verifier" in modules
    outside = {m for m in modules if m.startswith("counterseal.") and not (m + ".").startswith("counterseal.sdk.")}
    assert outside == set()
    assert {m.partition(".")[0] for m in modules} & SERVER == set()


def test_the_check_would_see_server_code() -> None:
    """The same look at a module of the server finds some: the test above can fail."""
    modules = loaded("counterseal.guard.seals")
    assert {m for m in modules if m.startswith("counterseal.core")}
