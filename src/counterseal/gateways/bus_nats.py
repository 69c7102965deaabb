# SPDX-License-Identifier: Apache-2.0
"""The bus over NATS JetStream, with FastStream: a message is out when the stream has acknowledged it.

Subject `counterseal.<type>.<account>`: a consumer picks types and accounts by NATS' own filters. The account
stands there as 16 hexadecimal digits of its SHA-256, for its id may hold signs that a subject cannot. `Nats-Msg-Id`
is the happening's id: the stream drops repetitions within `DUPLICATES`; consumers drop later ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import Any, Final

from faststream.nats import NatsBroker
from faststream.nats.security import NatsCredentials
from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from counterseal.core.errors import UnavailableError

STREAM: Final = "COUNTERSEAL"
PREFIX: Final = "counterseal"
DUPLICATES: Final = 3_600  # s for which the stream knows ids
KEPT: Final = 30 * 86_400  # s for which it keeps messages
SECONDS: Final = 5.0
ID_HEADER: Final = "Nats-Msg-Id"
TRACE: Final = "traceparent"


class BusUnavailableError(UnavailableError):
    """The bus did not acknowledge; the row stays and is tried again."""

    code = "bus_unavailable"


class NatsBus:
    """The bus over one connection that is opened at the first message and comes back by itself.

    `url`: nats:// or tls://, with user and password in it; `credentials`: a NATS .creds file; `replicas`: of a
    stream that is made here.
    """

    def __init__(self, url: str, *, credentials: str | None = None, replicas: int = 1) -> None:
        options: dict[str, Any] = {} if credentials is None else {"security": NatsCredentials(credentials)}
        self._broker = NatsBroker(
            url,
            connect_timeout=int(SECONDS),
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            pending_size=0,  # what the server does not have is not sent: the outbox keeps it
            logger=logging.getLogger("counterseal.bus"),
            **options,
        )
        self._replicas = replicas
        self._connection: Client | None = None
        self._opening = asyncio.Lock()

    async def publish(self, topic: str, account: str, identity: str, body: bytes, *, trace: str = "") -> None:
        """Hand one message to the stream and wait for its word. `trace`: a W3C `traceparent`, which goes along as a
        header. Raises BusUnavailableError."""
        headers = {ID_HEADER: identity, "content-type": "application/json"} | ({TRACE: trace} if trace else {})
        try:
            async with asyncio.timeout(SECONDS * 2):
                await self._start()
                await self._broker.publish(
                    body,
                    subject_of(topic, account),
                    headers=headers,
                    stream=STREAM,
                    timeout=SECONDS,
                )
        except Exception as error:
            raise BusUnavailableError(f"the bus did not take a message: {type(error).__name__}") from error

    async def close(self) -> None:
        """End the connection."""
        if self._connection is None:
            return
        try:
            await self._broker.stop()
        except Error:  # a connection that is broken has nothing to hand over
            await self._connection.close()
        self._connection = None

    async def _start(self) -> None:
        async with self._opening:
            if self._connection is not None:
                return
            connection = await self._broker.connect()
            stream = connection.jetstream()
            try:
                await stream.stream_info(STREAM)  # an operator's own settings stay as they are
            except NotFoundError:
                await stream.add_stream(stream_config(self._replicas))
            await self._broker.start()
            self._connection = connection


def stream_config(replicas: int = 1) -> StreamConfig:
    """The stream as it is made where there is none: on disk, by age."""
    return StreamConfig(
        name=STREAM,
        subjects=[f"{PREFIX}.>"],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        max_age=KEPT,
        duplicate_window=DUPLICATES,
        num_replicas=replicas,
    )


def subject_of(topic: str, account: str) -> str:
    """`counterseal.<type>.<account>`."""
    return f"{PREFIX}.{topic}.{hashlib.sha256(account.encode()).hexdigest()[:16]}"
