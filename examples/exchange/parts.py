# SPDX-License-Identifier: Apache-2.0
"""From a part's folder to the running part. A folder holds what its part may know, and nothing of another part."""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.sdk import AsyncCounterseal, Counterseal, SdkError, SealVerifier, UnsafeAcceptTestSeals
from counterseal.sdk.transport import Retry
from counterseal.sdk.verifier import system_clock
from examples.exchange.auth import Auth
from examples.exchange.chain import Chain, FileChain
from examples.exchange.feed import FixedVenues
from examples.exchange.guarded import Guarded
from examples.exchange.ledger import Ledger
from examples.exchange.market import Exchange
from examples.exchange.orders import Orders
from examples.exchange.pages.front import Front
from examples.exchange.pages.profiles import Profiles
from examples.exchange.payer import AUDIENCE, Payer
from examples.exchange.payouts import Payouts
from examples.exchange.records import Records
from examples.exchange.service import Part, PartClient
from examples.exchange.world import World

# A customer waits for the web part: two tries within ten seconds. A receipt lives ten seconds, so the payer's
# two tries end well before; what is left open then is for `Payer.resolve`.
WEB_TIMEOUT, WEB_RETRY = 4_000, Retry(attempts=2, first=200, cap=500, longest=1_000)  # ms
PAYER_TIMEOUT, PAYER_RETRY = 3_000, Retry(attempts=2, first=100, cap=300, longest=500)  # ms
WORLD_TIMEOUT: Final = 60_000  # ms: a clock that moves by days works off what becomes due on the way
PART_TIMEOUT: Final = 20.0  # s: longer than the payer's two calls of the guard take at the worst
CONFIG: Final = "config.json"
SHARED: Final = "desk.whsec"  # of the records: the desk needs the same file (desk.platform.secret_file)


class Peer(msgspec.Struct, frozen=True):
    """How to reach another part, and the token by which it knows the caller."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Peer(url={self.url!r})"


class Config(msgspec.Struct, frozen=True):
    """config.json of a part. `simulated`: the guard's clock is set by hand, and its test seals are accepted.

    `root`: the guard's root key, pinned. `port`, `own`: where this part listens, and for whose token. `public`: the
    guard's origin for browsers; `world`: of a demonstration, and then the web part has pages.
    """

    guard: str
    token: str
    port: int = 0
    own: str = ""
    auth: Peer | None = None
    payer: Peer | None = None
    world: Peer | None = None
    public: str = ""
    root: dict[str, Any] | None = None
    simulated: bool = False

    def __repr__(self) -> str:
        return f"Config(guard={self.guard!r}, port={self.port})"  # no token ends up in a log or a traceback


def read_config(folder: Path) -> Config:
    """The configuration of a part."""
    return msgspec.json.decode((folder / CONFIG).read_bytes(), type=Config)


def write_private(path: Path, content: bytes) -> None:
    """A file that its owner alone may read, from its first byte on; FileExistsError if it is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def clock_of(config: Config) -> Callable[[], int]:
    """This machine's clock, or the guard's where that is simulated."""
    return GuardClock(config.guard) if config.simulated else system_clock


class GuardClock:
    """A guard's simulated clock. While the guard is away it stands still, as that clock does."""

    def __init__(self, guard: str) -> None:
        self._guard = Counterseal(guard, timeout=1_000, retry=Retry(attempts=1))
        self._last = 0

    def __call__(self) -> int:
        """The time in ms."""
        with suppress(SdkError):
            self._last = self._guard.read_clock().now
        return self._last


def open_auth(folder: Path, config: Config) -> Auth:
    """The auth service."""
    key = Ed25519PrivateKey.from_private_bytes((folder / "attestation.key").read_bytes())
    guard = Counterseal(config.guard, config.token, timeout=WEB_TIMEOUT, retry=WEB_RETRY)
    return Auth(folder / "auth.db", key, guard, clock_of(config))


def open_records(folder: Path, config: Config) -> tuple[Records, str]:
    """The customers' records, and the secret that they share with the judicial desk. The ledger lies beside it on a
    machine that runs both; on another one there is none, and nothing is known of money."""
    book = folder.parent / "payer" / "ledger.db"
    ledger = Ledger(book) if book.exists() else None
    secret = (folder / SHARED).read_text("ascii").strip()
    return Records(folder / "records.db", clock_of(config), ledger), secret


def open_verifier(config: Config, guard: Counterseal, minimum_epoch: int) -> SealVerifier:
    """The first gate: the root pinned in the configuration, the key set from wherever."""
    if config.root is None:
        raise ValueError("a payer needs the guard's root key in its configuration")
    unsafe = None
    if config.simulated:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing of value moves on a simulated clock
            unsafe = UnsafeAcceptTestSeals()
    return SealVerifier(
        config.root,
        AUDIENCE,
        jwks_source=lambda: guard.key_set().jwks_token,
        minimum_epoch=minimum_epoch,
        clock=clock_of(config),
        unsafe=unsafe,
    )


def open_payer(
    folder: Path, config: Config, *, guard: Counterseal | None = None, chain: Chain | None = None
) -> tuple[Ledger, Payer, Exchange]:
    """The payer and its ledger. The process holds `lock` of this folder."""
    ledger = Ledger(folder / "ledger.db")
    guard = guard or Counterseal(config.guard, config.token, timeout=PAYER_TIMEOUT, retry=PAYER_RETRY)
    verifier = open_verifier(config, guard, Payouts(ledger).epoch())
    clock = clock_of(config)
    payer = Payer(ledger, guard, verifier, chain or FileChain(folder / "chain.db"), clock)
    return ledger, payer, Exchange(ledger, payer, FixedVenues(), clock)


def open_web(
    folder: Path, config: Config, auth: httpx2.AsyncClient, payer: httpx2.AsyncClient
) -> tuple[Guarded, Part, Part]:
    """The web part: guard, auth service and payer are all somewhere else."""
    if config.auth is None or config.payer is None:
        raise ValueError("the web part needs to know the auth service and the payer")
    guard = AsyncCounterseal(config.guard, config.token, timeout=WEB_TIMEOUT, retry=WEB_RETRY)
    to_payer = Part(payer, config.payer.token)
    guarded = Guarded(guard, to_payer, Orders(folder / "web.db"), clock_of(config))
    return guarded, Part(auth, config.auth.token), to_payer


def open_front(folder: Path, config: Config, guarded: Guarded, auth: Part, payer: Part) -> Front | None:
    """The pages' way to the other parts; None without a demonstration's world around."""
    if config.world is None:
        return None
    return Front(
        guarded=guarded,
        auth=auth,
        payer=payer,
        world=Part(peer_client(config.world), config.world.token),
        profiles=Profiles(folder / "pages.db"),
        own=f"http://127.0.0.1:{config.port}",
        counterseal=config.public,
    )


def open_world(home: Path, config: Config) -> World:
    """The demonstration's world: the bank writes into the payer's ledger, as a person with a key to it would."""
    if config.payer is None:
        raise ValueError("the world needs to know the payer")
    guard = Counterseal(config.guard, config.token, timeout=WORLD_TIMEOUT)
    client = httpx2.Client(base_url=config.payer.url, timeout=PART_TIMEOUT, trust_env=False)
    return World(guard, Ledger(home / "payer" / "ledger.db"), PartClient(client, config.payer.token))


def peer_client(peer: Peer | None) -> httpx2.AsyncClient:
    """HTTP to another part; never through a proxy of the environment."""
    return httpx2.AsyncClient(base_url="" if peer is None else peer.url, timeout=PART_TIMEOUT, trust_env=False)


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """One process for this folder; OSError if there is one. The kernel lets go when the process ends, however."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
