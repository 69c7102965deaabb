# SPDX-License-Identifier: Apache-2.0
"""The proof of the policy in force: made once in a process of its own, kept in files beside the database.

One folder for each policy digest, window and version of this program; one file for each profile, since a whole
proof is too much to hold. The folder gets its name when it is whole: a stop in between leaves nothing that counts.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

import msgspec
import structlog

from counterseal.core.errors import UnavailableError
from counterseal.core.policy.model import Policy
from counterseal.http.health import VERSION
from counterseal.http.routers.proof import Made, Part, ProofFailedError, Running, Summary
from counterseal.prover.proof import Proof, Verdict
from counterseal.wiring.beside import end, one_beside

log = structlog.get_logger("counterseal.proofs")
WINDOW = 24 * 3_600_000
KEEP = 3  # folders of earlier policies
AGAIN = 600.0  # seconds after a failure
PROGRESS = "progress"
SUMMARY = "summary.msgpack"

_encode = msgspec.msgpack.Encoder().encode


class Proofs:
    """`http.routers.proof.Proofs` on files. `policy` gives the one in force; `close` ends the process."""

    def __init__(self, folder: Path, policy: Callable[[], Policy], *, window: int = WINDOW) -> None:
        self._folder, self._policy, self._window = folder, policy, window
        self._making: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._stopped = False
        self._read = lru_cache(maxsize=4)(_read_part)

    async def summary(self) -> Made | Running:
        """The proof of the policy in force, or how far it is. The first to ask sets it going."""
        policy = self._policy()
        place = self._place(policy)
        found = await asyncio.to_thread(_read_summary, place)
        if found is not None:
            return Made(found, policy)
        self._start(policy, place)
        done = await asyncio.to_thread(_progress, _draft(place))
        return Running(policy.name, policy.digest, done, len(policy.vocabulary.profiles))

    async def part(self, profile: str) -> Part | None:
        """What was proved of one profile; None = the proof has none of this name. Call it after `summary`."""
        path = self._place(self._policy()) / f"{profile}.msgpack"
        return await asyncio.to_thread(self._read, path)

    async def close(self) -> None:
        """Stop a proof that is being made, and wait until it has."""
        self.stop()
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    def stop(self) -> None:
        """End the process that proves, if one does."""
        self._stopped = True
        pool, self._pool = self._pool, None
        if pool is not None:
            end(pool)
            pool.shutdown(wait=False, cancel_futures=True)

    def _place(self, policy: Policy) -> Path:
        return self._folder / f"{policy.digest.removeprefix('sha256:')[:40]}-{self._window}-{VERSION}"

    def _start(self, policy: Policy, place: Path) -> None:
        if place.name in self._making:
            return
        when, why = self._failed.get(place.name, (0.0, ""))
        if why and time.monotonic() - when < AGAIN:
            raise ProofFailedError(f"the policy could not be proved: {why}")
        task = asyncio.create_task(self._make(policy, place), name="counterseal-proof")
        self._making[place.name] = task
        task.add_done_callback(lambda _: self._making.pop(place.name, None))

    async def _make(self, policy: Policy, place: Path) -> None:
        started = time.monotonic()
        try:
            if self._pool is None:
                self._pool = one_beside()
            given = (policy.text, policy.vocabulary.text, policy.digest, self._window, str(place))
            await asyncio.get_running_loop().run_in_executor(self._pool, make, *given)
        except Exception as error:  # noqa: BLE001 - whatever it was: the API goes on and says so
            self._pool = None
            self._failed[place.name] = (time.monotonic(), f"{type(error).__name__}: {error}"[:300])
            if not self._stopped:
                log.warning("proof_failed", policy=policy.name, error=type(error).__name__)
        else:
            log.info("proof_made", policy=policy.name, seconds=round(time.monotonic() - started, 1))
            if self._pool is not None:
                self._pool.shutdown(wait=False)
                self._pool = None


def make(text: str, vocabulary: str, digest: str, window: int, place: str) -> None:
    """Prove a policy under its own vocabulary (in its own process, behind everything else) and write what was found
    below `place`. `window`: ms."""
    from counterseal.prover.prove import prove  # noqa: PLC0415 - only the process that proves needs them
    from counterseal.wiring.policies import read  # noqa: PLC0415

    policy, _ = read(text, vocabulary)
    if policy.digest != digest:
        raise UnavailableError("the policy in force is not what its digest says")
    final = Path(place)
    draft = _draft(final)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)

    def done(count: int) -> None:
        (draft / PROGRESS).write_text(str(count))

    write(prove(policy, window, timer=time.process_time, done=done), draft)
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)
    _forget(final)


def write(proof: Proof, folder: Path) -> None:
    """A proof as files: one for each profile, and what is said of all of them."""
    for each in proof.profiles:
        (folder / f"{each.profile}.msgpack").write_bytes(_encode(Part(each, _head(proof))))
    profiles = tuple(
        Summary.Profile(
            each.profile,
            each.factors,
            each.channels,
            each.profiles_alike,
            each.sets,
            len(each.minimal),
            tuple(_verdict(one) for one in each.verdicts),
        )
        for each in proof.profiles
    )
    (folder / SUMMARY).write_bytes(_encode(Summary(_head(proof), profiles)))


def _head(proof: Proof) -> Proof:
    return msgspec.structs.replace(proof, profiles=())


def _verdict(one: Verdict) -> Verdict:
    return msgspec.structs.replace(one, attacks=one.attacks[:1])


def _draft(place: Path) -> Path:
    return place.with_name(f"{place.name}.part")


def _read_summary(place: Path) -> Summary | None:
    try:
        return msgspec.msgpack.decode((place / SUMMARY).read_bytes(), type=Summary)
    except (OSError, msgspec.MsgspecError):  # none, or one that this program cannot read: it is made again
        return None


def _read_part(path: Path) -> Part | None:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Part)
    except (OSError, msgspec.MsgspecError):
        return None


def _progress(draft: Path) -> int:
    try:
        return int((draft / PROGRESS).read_text() or "0")
    except (OSError, ValueError):
        return 0


def _forget(newest: Path) -> None:
    """Remove the folders of the policies that were proved longest ago."""
    others = [path for path in newest.parent.iterdir() if path.is_dir() and path != newest]
    for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
