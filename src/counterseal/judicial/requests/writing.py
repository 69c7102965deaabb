# SPDX-License-Identifier: Apache-2.0
"""One way to change a request: look things up, decide with a pure step, commit state, log and effects together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store
from counterseal.judicial.requests.decision import Decided, decide
from counterseal.judicial.requests.lookup import Lookup, Tools
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.ports import Clock
from counterseal.judicial.requests.record import keys_of, loaded_request, saved
from counterseal.judicial.requests.stored import Opened

Step = Callable[[JudicialRequest, int], JudicialRequest]
Also = Callable[[Loaded, JudicialRequest, int], tuple[Change, ...]]


class Writing:
    """Base of the area's services."""

    def __init__(self, store: Store, clock: Clock, tools: Tools) -> None:
        self._store, self._clock, self._tools = store, clock, tools
        self.lookup = Lookup(store, tools)

    def now(self) -> int:
        """The desk's time (ms)."""
        return self._clock.now()

    async def _write(
        self,
        request: str,
        step: Step,
        what: str,
        idempotency: Idempotency | None = None,
        *,
        keys: Sequence[str] = (),
        also: Also | None = None,
    ) -> Committed[Opened]:
        """Commit what `step` makes of the request. `also`: changes of other subjects (`keys`) in the same commit.
        Raises NotFoundError and what the step raises."""
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Opened]:
            before = loaded_request(loaded, request)
            after = step(before, now)
            more = () if also is None else also(loaded, after, now)
            return Commit(Opened(request), (*saved(loaded, before, after, what, now), *more))

        wanted = (*keys_of(request), *(each for each in keys if each not in keys_of(request)))
        return await self._store.transact(wanted, function, now=now, idempotency=idempotency)

    async def _again(self, idempotency: Idempotency | None) -> Committed[Opened] | None:
        """The earlier result of a repeated write: what it looked up then is not looked up again."""
        return None if idempotency is None else await self._store.replayed(idempotency)

    async def _decided(self, request: JudicialRequest, now: int, assume: Sequence[str] = ()) -> Decided:
        """What the rule says of it now. Raises NotServedError."""
        lookup = self.lookup
        about = await lookup.about(request)
        return decide(lookup.policy(), request, lookup.pack(request), now, about=about, assume=assume)
