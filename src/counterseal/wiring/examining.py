# SPDX-License-Identifier: Apache-2.0
"""The verdict on a version, in a process of its own behind everything else: all properties, and the difference."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

import msgspec

from counterseal.core.errors import CountersealError, UnavailableError
from counterseal.core.policy.model import Policy
from counterseal.prover.case import Case
from counterseal.prover.difference import Change, Difference, diff
from counterseal.prover.findings import Attack, start_of
from counterseal.prover.profiles import alike
from counterseal.prover.verdicts import applies, verdict
from counterseal.publishing.apart import apart
from counterseal.publishing.model import Gain, OwnerLoss, PropertyRow, Verdict, Version
from counterseal.wiring.beside import end, one_beside
from counterseal.wiring.policies import read

LONGEST = 900.0
"""Seconds for one examination: a draft that takes longer must not keep a roll back waiting."""
MOST_ROWS = 200
"""Changes kept of each kind, each kind of account: no vocabulary of this size has more."""

_decode = msgspec.msgpack.Decoder(Verdict).decode
_encode = msgspec.msgpack.Encoder().encode


class Examiner:
    """`publishing.ports.Examine`. One at a time; the same question asked twice is answered once."""

    def __init__(self, *, longest: float = LONGEST) -> None:
        self._longest = longest
        self._making: dict[tuple[str, str], asyncio.Task[Verdict]] = {}
        self._one = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None

    async def __call__(self, current: Version, candidate: Version) -> Verdict:
        """The verdict, without what only the store knows. Raises UnavailableError."""
        key = (current.digest, candidate.digest)
        task = self._making.get(key)
        if task is None:
            task = asyncio.create_task(self._make(current, candidate), name="counterseal-examine")
            self._making[key] = task
            task.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(task)  # who asked may go away: the verdict is made all the same

    def _made(self, key: tuple[str, str], done: asyncio.Task[Verdict]) -> None:
        self._making.pop(key, None)
        if not done.cancelled():
            done.exception()  # whoever still waits gets it; when the server stops nobody does

    async def _make(self, current: Version, candidate: Version) -> Verdict:
        given = (current.text, current.vocabulary, candidate.text, candidate.vocabulary)
        async with self._one:
            pool = self._pool = one_beside()
            try:
                made = asyncio.get_running_loop().run_in_executor(pool, examine, *given)
                return _decode(await asyncio.wait_for(made, self._longest))
            except CountersealError:
                raise
            except TimeoutError:
                end(pool)
                sentence = f"the version could not be examined within {self._longest:.0f} s"
                raise UnavailableError(sentence, code="examination_failed", hint="Make it smaller.") from None
            except Exception as error:
                sentence = f"the version could not be examined: {type(error).__name__}"
                raise UnavailableError(sentence, code="examination_failed") from error
            finally:
                self._pool = None
                pool.shutdown(wait=False)

    async def close(self) -> None:
        """End the process that examines, if one does; nothing waits afterwards."""
        end(self._pool)
        waiting = list(self._making.values())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def examine(old_text: str, old_words: str, new_text: str, new_words: str) -> bytes:
    """In its own process: a `Verdict` as msgpack, since policies hold compiled functions."""
    begun = time.process_time()
    old, new = read(old_text, old_words)[0], read(new_text, new_words)[0]
    found = verdict_on(new, diff(old, new))
    took = int((time.process_time() - begun) * 1000)
    return _encode(msgspec.structs.replace(found, took=took, apart=apart(old.vocabulary, new.vocabulary)))


def verdict_on(policy: Policy, difference: Difference) -> Verdict:
    """Every property for every kind of account, and what became weaker and stronger."""
    parts = difference.profiles
    return Verdict(
        difference.old_digest,
        0,
        tuple(_properties(policy)),
        weaker=tuple(_gain(one.profile, one.alike, each) for one in parts for each in one.weaker[:MOST_ROWS]),
        stronger=tuple(_gain(one.profile, one.alike, each) for one in parts for each in one.stronger[:MOST_ROWS]),
        worse=tuple((one.profile, each.name) for one in parts for each in one.properties if each.worse),
        owner=tuple(
            OwnerLoss(one.profile, each.what, each.lost, each.suspected)
            for one in parts
            for each in one.owner
            if each.worse
        ),
        rules=tuple((one.kind, one.rule, one.line) for one in difference.rules),
        vocabulary=difference.vocabulary,
    )


def _properties(policy: Policy) -> Iterable[PropertyRow]:
    found: dict[str, dict[str, list[str]]] = {
        one.name: {"yes": [], "no": [], "undecided": []} for one in policy.properties
    }
    for group in alike(policy, list(policy.vocabulary.profiles.values())):
        case = Case(policy, start_of(group[0]))
        for one in policy.properties:
            told = [profile.name for profile in group if applies(one, profile)]
            if told:
                found[one.name][verdict(one, case, group[0]).holds] += told
    for one in policy.properties:
        row = found[one.name]
        yield PropertyRow(one.name, one.line, *(tuple(row[word]) for word in ("yes", "no", "undecided")))


def _gain(profile: str, others: tuple[str, ...], change: Change) -> Gain:
    witness = change.witness
    return Gain(
        *(profile, others, change.outflow, change.kind, change.sets, change.of),
        None if witness is None else witness.capabilities,
        _window(None if witness is None else witness.old),
        _window(None if witness is None else witness.new),
        change.note,
    )


def _window(attack: Attack | None) -> int | str:
    if attack is None:
        return "never"
    return "silent" if attack.window is None else attack.window
