# SPDX-License-Identifier: Apache-2.0
"""/healthz says that the process runs, /readyz that it can decide, /metrics how it does."""

import asyncio
import importlib.metadata
from typing import Annotated, Final

from starlette.requests import Request
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import CountersealError
from counterseal.http.auth import Requires
from counterseal.http.body import Reply, reply
from counterseal.http.metrics import CONTENT_TYPE
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.http.services import Check, Services, services

CHECK_SECONDS: Final = 2.0
VERSION: Final = importlib.metadata.version("counterseal")
PROBE: Final = "token:health-probe"  # a subject that no one has: reading it reaches the store and finds nothing

router = Router(tags=["health"])


class Health(Reply, frozen=True):
    """The process runs."""

    status: str
    version: str


class CheckResult(Reply, frozen=True):
    """One check: `detail` says what is wrong."""

    name: str
    ok: bool
    detail: str


class Readiness(Reply, frozen=True):
    """`ready`, `degraded` (both 200: it decides, and something beside it is away) or `not ready` (503), and every
    check."""

    status: str
    checks: tuple[CheckResult, ...]


@router.get(
    "/healthz",
    **operation("Whether the process runs", reply=Health, example=Health(status="ok", version=VERSION)),
)
async def healthz() -> Response:
    """Looks at nothing: restart the process when this fails."""
    return reply(Health(status="ok", version=VERSION))


@router.get(
    "/readyz",
    **operation(
        "Whether this server can decide",
        reply=Readiness,
        example=Readiness(
            status="ready",
            checks=(
                CheckResult(name="store", ok=True, detail=""),
                CheckResult(name="policy", ok=True, detail=""),
                CheckResult(name="clock", ok=True, detail=""),
            ),
        ),
        others={
            503: Readiness(
                status="not ready",
                checks=(CheckResult(name="policy", ok=False, detail="no policy is loaded"),),
            )
        },
    ),
)
async def readyz(given: Annotated[Services, services]) -> Response:
    """503 while the store does not answer, no policy is loaded or the clock is not trusted."""
    checks: dict[str, Check] = {
        "store": lambda: _store(given),
        "policy": lambda: _policy(given),
        "clock": lambda: _clock(given),
        **given.checks,
    }
    results = tuple([_noted(await _run(name, check), given) for name, check in checks.items()])
    ready = all(result.ok for result in results)
    beside = tuple([await _run(name, check) for name, check in given.watches.items()])
    well = "ready" if all(result.ok for result in beside) else "degraded"
    body = Readiness(status=well if ready else "not ready", checks=(*results, *beside))
    return reply(body, status=200 if ready else 503, headers=None if ready else {"Retry-After": "1"})


@router.get(
    "/metrics",
    **operation(
        "Prometheus metrics",
        example="counterseal_log_entries 1024.0\n",
        media_type="text/plain",
        problems=(401, 403),
    ),
)
async def metrics(request: Request, given: Annotated[Services, services]) -> Response:
    """Open on a loopback address; elsewhere a token with `audit:read`, unless `metrics_access` says otherwise."""
    if not given.settings.metrics_open:
        await Requires([Scope.AUDIT_READ])(request)
    return Response(given.metrics.render(), media_type=CONTENT_TYPE)


async def _run(name: str, check: Check) -> CheckResult:
    """One check with a limit of time; what a check raises is shown only if it is a sentence of ours."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            fault = await check()
    except CountersealError as error:
        fault = error.sentence
    except TimeoutError:
        fault = "did not answer in time"
    except Exception as error:  # noqa: BLE001 - a check that breaks is a check that fails
        fault = f"failed: {type(error).__name__}"
    return CheckResult(name=name, ok=fault is None, detail=fault or "")


def _noted(result: CheckResult, given: Services) -> CheckResult:
    """A policy that is in force and not the settings' is well, and worth a word."""
    note = getattr(given.policy, "note", "") if result.name == "policy" and result.ok else ""
    return CheckResult(name=result.name, ok=True, detail=note) if note else result


async def _store(given: Services) -> str | None:
    await given.store.read(PROBE)
    return None


async def _policy(given: Services) -> str | None:
    return None if given.policy.current is not None else "no policy is loaded"


async def _clock(given: Services) -> str | None:
    return None if given.clock.trusted() else "the clock jumped; outflows wait until it agrees or is confirmed"
