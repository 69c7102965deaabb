# SPDX-License-Identifier: Apache-2.0
"""A database with many accounts, made once by the guard's own registration and kept in var/bench."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from counterseal.access.model import Scope
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.guard.commands import run, subject_of
from counterseal.guard.model import Done
from counterseal.settings import Settings
from counterseal.store import tables
from counterseal.wiring.application import Application
from tests.bench import names, people

BATCH = 250
SCOPES = (Scope.ACTIONS_WRITE, Scope.ACTIONS_READ, Scope.SEALS_REDEEM, Scope.CLOCK_WRITE, Scope.AUDIT_READ)
FILES = ("counterseal.db", "master.key", "root.key", "token")


def settings_in(folder: Path, **more: object) -> Settings:
    """Settings of a server whose files lie in `folder`, on a simulated clock, all else as shipped."""
    given = {
        "database": folder / "counterseal.db",
        "master_key_file": folder / "master.key",
        "root_key_file": folder / "root.key",
        "clock": "simulated",
        "simulated_start_ms": people.NOW,
        **more,
    }
    return Settings.model_validate(given)


def seeded(root: Path, accounts: int, progress: Callable[[int], None]) -> Path:
    """The folder of a database with this many accounts; made if there is none for this code and policy."""
    folder = root / f"seed-{accounts}-{_fingerprint()}"
    if (folder / "done").exists():
        progress(accounts)
        return folder
    for old in root.glob(f"seed-{accounts}-*"):
        shutil.rmtree(old)
    folder.mkdir(parents=True)
    asyncio.run(_seed(folder, accounts, progress))
    (folder / "done").touch()
    return folder


def copy_of(folder: Path, to: Path) -> Path:
    """A copy to work on: what a run does must not change what the next one starts from."""
    for name in FILES:
        shutil.copyfile(folder / name, to / name)
        (to / name).chmod(0o600)
    return to


async def add(application: Application, numbers: range, progress: Callable[[int], None]) -> None:
    """Register these accounts, a batch in each commit."""
    policy, now = application.policies.current, application.clock.now()

    async def batch(some: range) -> None:
        names = [people.name_of(number) for number in some]
        inputs = [people.built(policy, number, now).register for number in some]

        def function(_loaded: Loaded) -> Commit[Done]:
            return Commit(Done("", now), tuple(map(change, names, inputs)))

        def change(name: str, given: object) -> Change:
            return run(policy, name, None, msgspec.structs.replace(given, id=name), now)[2]

        await application.store.transact([subject_of(name) for name in names], function, now=now)

    for start in range(numbers.start, numbers.stop, BATCH):
        some = range(start, min(start + BATCH, numbers.stop))
        await batch(some)
        progress(some.stop)


async def _seed(folder: Path, accounts: int, progress: Callable[[int], None]) -> None:
    application = Application(settings_in(folder))
    try:
        await add(application, range(accounts), progress)
        made = await application.access.create_token(
            name="bench", platform="exchange", scopes=SCOPES, lifetime=366 * people.DAY, by="bench"
        )
        (folder / "token").write_text(made.secret or "", encoding="ascii")
        await application.keys.open()  # not `build`: it would publish a policy, and each run serves its own
        await application.keys.publish(application.settings.root_key_file, application.clock.now())
    finally:
        application.store.close()


def _fingerprint() -> str:
    """Changes when the policy, the accounts or the schema do."""
    digest = hashlib.sha256(people.pack("hardened").digest.encode())
    for path in (Path(people.__file__), Path(names.__file__), Path(__file__), Path(tables.__file__)):
        digest.update(path.read_bytes())
    sample = msgspec.msgpack.encode(people.state(people.pack("hardened")).objects)
    digest.update(len(sample).to_bytes(4))
    return digest.hexdigest()[:12]
