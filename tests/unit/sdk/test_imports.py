# SPDX-License-Identifier: Apache-2.0
"""A signer that imports the SDK loads none of the server."""

from __future__ import annotations

import subprocess
import sys

import pytest

from counterseal import sdk

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


@pytest.mark.parametrize("module", ["counterseal.sdk", "counterseal.sdk.client", "counterseal.sdk.aio"])
def test_the_sdk_imports_no_server_code(module: str) -> None:
    modules = loaded(module)
    assert "counterseal.sdk.verifier" in modules
    outside = {m for m in modules if m.startswith("counterseal.") and not (m + ".").startswith("counterseal.sdk.")}
    assert outside == set()
    assert {m.partition(".")[0] for m in modules} & SERVER == set()


def test_a_signer_that_only_verifies_loads_no_http_client() -> None:
    assert "httpx2" not in loaded("counterseal.sdk.verifier")


def test_the_clients_are_there_when_named() -> None:
    for name in sdk.__all__:
        assert getattr(sdk, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = sdk.Server  # type: ignore[attr-defined]


def test_the_check_would_see_server_code() -> None:
    """The same look at a module of the server finds some: the test above can fail."""
    modules = loaded("counterseal.guard.seals")
    assert {m for m in modules if m.startswith("counterseal.core")}
