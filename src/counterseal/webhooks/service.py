# SPDX-License-Identifier: Apache-2.0
"""Commands about endpoints: each is one transaction with its log entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from counterseal.core.effects import Publish
from counterseal.core.errors import NotFoundError
from counterseal.core.happenings import TEST, body_of
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Message, Store
from counterseal.webhooks import model as m
from counterseal.webhooks.ports import Clock, Poster, Random

ID_BYTES = 8
SECRET_BYTES = 32
MESSAGE_BYTES = 16

_encode = msgspec.msgpack.Encoder().encode


class Made(msgspec.Struct, frozen=True):
    """An endpoint, and its secret where it is shown: never a second time."""

    endpoint: m.Endpoint
    secret: str | None
    replayed: bool = False


class Done(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a command under its Idempotency-Key: no secrets. `count`: messages that go out again."""

    id: str
    count: int = 0
    message: str = ""


class Webhooks:
    """The area's service."""

    def __init__(self, store: Store, clock: Clock, random: Random, poster: Poster) -> None:
        self._store, self._clock, self._random, self._poster = store, clock, random, poster

    async def endpoints(self) -> list[m.Endpoint]:
        """All, oldest first."""
        board = await self._store.read(m.BOARD)
        lines = board.lines if isinstance(board, m.Board) else ()
        found = [await self._store.read(m.subject_of(line.id)) for line in lines]
        return [each for each in found if isinstance(each, m.Endpoint)]

    async def endpoint(self, name: str) -> m.Endpoint:
        """One. Raises NotFoundError."""
        board = await self._store.read(m.BOARD)
        found = await self._store.read(m.subject_of(name))
        listed = isinstance(board, m.Board) and any(line.id == name for line in board.lines)
        if not listed or not isinstance(found, m.Endpoint):
            raise _unknown()
        return found

    async def deliveries(self, name: str) -> list[m.Attempt]:
        """The newest tries, newest first. Raises NotFoundError."""
        await self.endpoint(name)
        found = await self._store.read(m.log_of(name))
        return list(reversed(found.attempts)) if isinstance(found, m.Deliveries) else []

    async def create(
        self,
        url: str,
        types: Iterable[str],
        description: str,
        *,
        by: str,
        officers: tuple[str, ...],
        idempotency: Idempotency | None = None,
    ) -> Made:
        """A new endpoint and its secret. Raises InputError, WebhookRuleError."""
        chosen = self._check(url, types, description)
        now, name, key = self._now(), f"wh_{self._random(ID_BYTES).hex()}", self._random(SECRET_BYTES)

        def function(loaded: Loaded) -> Commit[Done]:
            board = _board(loaded)
            if len(board.lines) >= m.MOST_ENDPOINTS:
                raise m.WebhookRuleError(f"there is room for {m.MOST_ENDPOINTS} endpoints", code="webhooks_full")
            made = m.Endpoint(
                *(name, url, chosen, description, now, by, officers, (m.Secret(key, now),)), changed=now
            )
            changes = (
                Change(m.BOARD, m.Board((*board.lines, m.Line(name, chosen)))),
                Change(m.subject_of(name), made, m.entry("webhook_created", now, by, made)),
                Change(m.log_of(name), m.Deliveries()),
            )
            return Commit(Done(name), changes)

        keys = [m.BOARD, m.subject_of(name), m.log_of(name)]
        done = await self._store.transact(keys, function, now=now, idempotency=idempotency)
        found = await self.endpoint(done.result.id)
        return Made(found, None if done.replayed else m.shown_secret(key), done.replayed)

    async def update(
        self,
        name: str,
        url: str,
        types: Iterable[str],
        description: str,
        *,
        by: str,
        officers: tuple[str, ...],
        idempotency: Idempotency | None = None,
    ) -> Committed[Done]:
        """Another URL, other types, another description. Raises InputError, NotFoundError."""
        chosen = self._check(url, types, description)

        def change(found: m.Endpoint, now: int) -> m.Endpoint:
            changed = {"url": url, "types": chosen, "description": description, "officers": officers}
            return msgspec.structs.replace(found, **changed, changed=now, failing=None)

        return await self._change(name, "webhook_updated", by, change, idempotency)

    async def disable(self, name: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Messages wait from now on, up to 30 days. Raises NotFoundError."""

        def change(found: m.Endpoint, now: int) -> m.Endpoint:
            if found.disabled is not None:
                return found
            return msgspec.structs.replace(found, disabled=now, disabled_by=by)

        return await self._change(name, "webhook_disabled", by, change, idempotency)

    async def enable(self, name: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """What waited goes out within the hour. Raises NotFoundError."""

        def change(found: m.Endpoint, now: int) -> m.Endpoint:
            return msgspec.structs.replace(found, disabled=None, disabled_by="", failing=None, changed=now)

        return await self._change(name, "webhook_enabled", by, change, idempotency)

    async def rotate(self, name: str, *, by: str, idempotency: Idempotency | None = None) -> Made:
        """A new secret; both sign for 24 h. Raises NotFoundError, WebhookRuleError."""
        key = self._random(SECRET_BYTES)
        done = await self._change(
            name, "webhook_secret_rotated", by, lambda found, now: m.rotated(found, key, now), idempotency
        )
        shown = None if done.replayed else m.shown_secret(key)
        return Made(await self.endpoint(name), shown, done.replayed)

    async def delete(self, name: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Gone, with its secrets and everything that waited for it. Raises NotFoundError."""
        now = self._now()

        def function(loaded: Loaded) -> Commit[Done]:
            board, found = _board(loaded), _endpoint(loaded, name)
            left = m.Board(tuple(line for line in board.lines if line.id != name))
            return Commit(Done(name), (Change(m.BOARD, left, m.entry("webhook_deleted", now, by, found)),))

        keys = [m.BOARD, m.subject_of(name)]
        done = await self._store.transact(keys, function, now=now, idempotency=idempotency)
        for subject in (m.subject_of(name), m.log_of(name)):  # again on a repetition: a crash may have come between
            await self._store.erase(subject, now)
        return done

    async def test(self, name: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Send a message of type `test`, whatever the filter says. Raises NotFoundError, WebhookRuleError."""
        now, message = self._now(), f"ev_{self._random(MESSAGE_BYTES).hex()}"
        body = body_of(Publish(message, TEST, {}, now))

        def function(loaded: Loaded) -> Commit[Done]:
            found = _enabled(_endpoint(loaded, name))
            out = _encode(m.Outgoing(message, TEST, body))
            row = Message(f"{message}.{name}", m.TOPIC, m.subject_of(name), out)
            entry = m.entry("webhook_tested", now, by, found)
            return Commit(Done(name, 1, message), (Change(m.subject_of(name), found, entry, messages=(row,)),))

        keys = [m.BOARD, m.subject_of(name)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    async def replay(
        self, name: str, attempt: str, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """Send the message of one try again, under its id. Raises NotFoundError, WebhookRuleError."""

        def chosen(attempts: list[m.Attempt]) -> list[m.Attempt]:
            found = [each for each in attempts if each.id == attempt]
            if not found:
                raise NotFoundError("there is no such delivery", code="unknown_delivery")
            return found

        return await self._again(name, chosen, by, idempotency)

    async def replay_failed(
        self, name: str, since: int, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """Send again what failed since `since` (ms) and has not got through, of the tries that are kept."""

        def chosen(attempts: list[m.Attempt]) -> list[m.Attempt]:
            through = {each.message for each in attempts if each.result == "delivered"}
            latest = {each.message: each for each in attempts if each.at >= since}
            return [each for message, each in latest.items() if message not in through]

        return await self._again(name, chosen, by, idempotency)

    async def _again(
        self,
        name: str,
        choose: Callable[[list[m.Attempt]], list[m.Attempt]],
        by: str,
        idempotency: Idempotency | None,
    ) -> Committed[Done]:
        """What waits is brought forward and begins its tries afresh; what is over gets a new row."""
        now, mark = self._now(), self._random(ID_BYTES).hex()
        waiting: list[str] = []

        def function(loaded: Loaded) -> Commit[Done]:
            found = _enabled(_endpoint(loaded, name))
            kept = loaded.states.get(m.log_of(name))
            attempts = choose(list(kept.attempts) if isinstance(kept, m.Deliveries) else [])
            waiting[:] = [each.row for each in attempts if each.result == "failed"]
            rows = tuple(
                Message(
                    f"{each.message}.{name}.{mark}",
                    m.TOPIC,
                    m.subject_of(name),
                    _encode(m.Outgoing(each.message, each.type, each.body, replay=True)),
                )
                for each in attempts
                if each.result != "failed"
            )
            entry = m.entry("webhook_replayed", now, by, found)
            change = Change(m.subject_of(name), found, entry, messages=rows)
            return Commit(Done(name, len(attempts)), (change,))

        keys = [m.BOARD, m.subject_of(name), m.log_of(name)]
        done = await self._store.transact(keys, function, now=now, idempotency=idempotency)
        for row in waiting:
            await self._store.postponed(row, until=now, afresh=True)
        return done

    async def _change(
        self,
        name: str,
        kind: str,
        by: str,
        change: Callable[[m.Endpoint, int], m.Endpoint],
        idempotency: Idempotency | None,
    ) -> Committed[Done]:
        now = self._now()

        def function(loaded: Loaded) -> Commit[Done]:
            board, found = _board(loaded), _endpoint(loaded, name)
            after = change(found, now)
            changes = [Change(m.subject_of(name), after, m.entry(kind, now, by, after))]
            if after.types != found.types:
                lines = tuple(m.Line(name, after.types) if line.id == name else line for line in board.lines)
                changes.append(Change(m.BOARD, m.Board(lines)))
            return Commit(Done(name), tuple(changes))

        keys = [m.BOARD, m.subject_of(name)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    def _check(self, url: str, types: Iterable[str], description: str) -> tuple[str, ...]:
        self._poster.check(url)
        m.check_description(description)
        return m.check_types(types)

    def _now(self) -> int:
        self._clock.trusted()  # to look is to notice a jump
        return self._clock.now()


def _board(loaded: Loaded) -> m.Board:
    found = loaded.states.get(m.BOARD)
    return found if isinstance(found, m.Board) else m.Board()


def _endpoint(loaded: Loaded, name: str) -> m.Endpoint:
    found = loaded.states.get(m.subject_of(name))
    if not isinstance(found, m.Endpoint) or all(line.id != name for line in _board(loaded).lines):
        raise _unknown()
    return found


def _enabled(endpoint: m.Endpoint) -> m.Endpoint:
    if endpoint.disabled is not None:
        raise m.WebhookRuleError("this endpoint is disabled", code="webhook_disabled", hint="Enable it first.")
    return endpoint


def _unknown() -> NotFoundError:
    return NotFoundError("there is no such endpoint", code="unknown_webhook")
