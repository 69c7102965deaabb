# SPDX-License-Identifier: Apache-2.0
"""What `wiring` hands to the HTTP edge, and how a route gets at it."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from fastapi import Depends
from starlette.middleware import Middleware
from starlette.requests import Request

from counterseal.access.service import AccessService
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store
from counterseal.http.metrics import Metrics
from counterseal.settings import Settings

T = TypeVar("T")

# Says what is wrong in one sentence, or None.
Check = Callable[[], Awaitable[str | None]]
Worker = Callable[[], AbstractAsyncContextManager[None]]


class Clock(Protocol):
    """The clock as the edge needs it; `gateways.clock` has the adapters."""

    @property
    def simulated(self) -> bool:
        """Whether a person sets this clock."""
        ...

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def trusted(self) -> bool:
        """Whether outflows may rest on `now()`."""
        ...


class PolicyHolder(Protocol):
    """Where the policy in force is; a reload replaces it."""

    @property
    def current(self) -> Policy | None:
        """The policy in force, or None before one is loaded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that routes use. Area services stand in `areas` by their class.

    `workers`: entered at start-up in order and left in reverse. `checks`: more checks for /readyz by name.
    `layers`: around the routes, inside the edge. `pseudonym_key`: makes the names of accounts in the log; random,
    it holds for one run of the process.
    """

    settings: Settings
    store: Store
    clock: Clock
    access: AccessService
    policy: PolicyHolder
    metrics: Metrics = field(default_factory=Metrics)
    areas: Mapping[type, Any] = field(default_factory=dict)
    workers: tuple[Worker, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    watches: Mapping[str, Check] = field(default_factory=dict)  # the same: while one fails it is `degraded`
    layers: tuple[Middleware, ...] = ()
    pseudonym_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def area(self, kind: type[T]) -> T:
        """The area service of this class; LookupError if `wiring` gave none."""
        try:
            return cast("T", self.areas[kind])
        except KeyError:
            raise LookupError(f"no {kind.__name__} among the services") from None


def services_of(request: Request) -> Services:
    """The services of the app that serves this request."""
    return cast("Services", request.scope["app"].state.services)


class Area:
    """Dependency: one area service."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        """The service of this class."""
        return services_of(request).area(self.kind)


async def _services(request: Request) -> Services:
    return services_of(request)


def area(kind: type) -> Any:
    """The area service of this class.

    `guard: Annotated[GuardService, area(GuardService)]`
    """
    return Depends(Area(kind))


services: Any = Depends(_services)  # `services: Annotated[Services, services]`
