# SPDX-License-Identifier: Apache-2.0
"""The log's service: proofs, signed checkpoints, and pushing them to witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from counterseal.audit.keys import Ed25519Signer, LogKeys, OneKey, verify_ed25519
from counterseal.audit.model import (
    ConsistencyProof,
    InclusionProof,
    LogInconsistentError,
    LogRangeError,
    SignedCheckpoint,
    WitnessReport,
    WitnessUnavailableError,
)
from counterseal.audit.ports import LogStore, Witness
from counterseal.audit.succession import open_by_any
from counterseal.core.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from counterseal.core.merkle import (
    compact_nodes,
    compact_range,
    consistency_nodes,
    consistency_proof,
    inclusion_nodes,
    inclusion_proof,
    root,
)
from counterseal.core.note import NoteError, cosign_note

Nodes = Mapping[tuple[int, int], bytes]


class LogService:
    """Reads the stored log, signs with the log's own key, and talks to the witnesses of its configuration.

    `keys`: a signer, or the log's keys over time."""

    def __init__(self, log: LogStore, keys: Ed25519Signer | LogKeys, witnesses: Sequence[Witness] = ()) -> None:
        self._log = log
        self._keys: LogKeys = OneKey(keys) if isinstance(keys, Ed25519Signer) else keys
        self._witnesses = tuple(witnesses)

    @property
    def origin(self) -> str:
        """The name of the log: that of its key."""
        return self._keys.known()[0].name

    def public_key(self, now: int) -> str:
        """The log's note verifier key at `now` (ms) as text, to be kept by whoever verifies."""
        return str(self._keys.signers(now)[0].key)

    def public_keys(self, now: int) -> list[str]:
        """Those that sign at `now`, the current one first."""
        return [str(signer.key) for signer in self._keys.signers(now)]

    @property
    def successions(self) -> tuple[str, ...]:
        """The notes by which the log's keys name each other."""
        return self._keys.successions()

    @property
    def witness_names(self) -> tuple[str, ...]:
        """The witnesses of the configuration, in its order."""
        return tuple(each.name for each in self._witnesses)

    async def latest_checkpoint(self) -> SignedCheckpoint:
        """The newest signed checkpoint; raises LogRangeError before the first one."""
        stored = await self._log.latest_checkpoint()
        if stored is None:
            raise LogRangeError("the log has no checkpoint yet")
        return stored

    async def inclusion_proof(self, seq: int, size: int | None = None) -> InclusionProof:
        """Proof that entry `seq` is in the log of the first `size` entries (None: the latest checkpoint's).

        Raises LogRangeError unless 0 <= seq < size <= the size integrated.
        """
        if size is None:
            size = (await self.latest_checkpoint()).checkpoint.size
        if not 0 <= seq < size <= await self._log.size():
            raise LogRangeError(f"entry {seq} is not among the first {size} entries of the log")
        nodes = await self._nodes([(0, seq), *_flat(inclusion_nodes(seq, size))])
        proof = inclusion_proof(seq, size, lambda level, index: nodes[level, index])
        return InclusionProof(seq, size, nodes[0, seq], tuple(proof))

    async def consistency_proof(self, size1: int, size2: int) -> ConsistencyProof:
        """Proof that the log of `size2` entries extends that of `size1`.

        Raises LogRangeError unless 0 < size1 <= size2 <= the size integrated.
        """
        if not 0 < size1 <= size2 <= await self._log.size():
            raise LogRangeError(f"the log has no consistency proof from size {size1} to {size2}")
        nodes = await self._nodes(_flat(consistency_nodes(size1, size2)))
        proof = consistency_proof(size1, size2, lambda level, index: nodes[level, index])
        return ConsistencyProof(size1, size2, tuple(proof))

    async def sign_checkpoint(self, *, now: int, epoch: int) -> SignedCheckpoint:
        """Sign and keep a checkpoint of all integrated entries; its time never falls below the last one's.

        Raises LogInconsistentError, and signs nothing, if the stored tree contradicts the last checkpoint:
        a log must not sign two histories (C2SP tlog-checkpoint). Where another process signed meanwhile, its
        checkpoint stands and is returned.
        """
        size = await self._log.size()
        last = await self._log.latest_checkpoint()
        if last is not None:
            await self._check_extends(last.checkpoint, size)
            if epoch < (last.checkpoint.epoch or 0):
                raise LogInconsistentError(f"epoch {epoch} is behind the last checkpoint's")
            now = max(now, last.checkpoint.time or 0)
        checkpoint = Checkpoint(self.origin, size, await self._root(size), now, epoch)
        first, *others = self._keys.signers(now)
        note = sign_checkpoint(checkpoint, first.key, first)
        for other in others:
            note = cosign_note(note, other.key, other)
        return await self._log.add_checkpoint(SignedCheckpoint(checkpoint, note), after=last)

    async def push_witnesses(self) -> list[WitnessReport]:
        """Push the latest checkpoint to every witness; one that fails does not keep it from the others.

        A witness that saw a state which the log does not extend gets nothing: its report carries the error
        (`log_inconsistent`: the store was rolled back or changed), unless a restore announced it by a new epoch.
        """
        signed = await self.latest_checkpoint()
        return [await self._push(witness, signed) for witness in self._witnesses]

    async def _push(self, witness: Witness, signed: SignedCheckpoint) -> WitnessReport:
        try:
            seen = await self._seen(witness)
            if seen is not None and seen.size > signed.checkpoint.size:
                signed = await self.latest_checkpoint()  # another process signed and pushed meanwhile
            restored_from = None if seen is None else await self._check_seen(seen, signed.checkpoint)
            await witness.push(signed.note)
        except (WitnessUnavailableError, LogInconsistentError) as error:
            return WitnessReport(witness.name, signed.checkpoint.size, error=f"{error.code}: {error.sentence}")
        return WitnessReport(witness.name, signed.checkpoint.size, restored_from=restored_from)

    async def _seen(self, witness: Witness) -> Checkpoint | None:
        """What the witness saw last. Raises WitnessUnavailableError, LogInconsistentError."""
        note = await witness.last()
        if note is None:
            return None
        try:
            return open_checkpoint(note, open_by_any(note, self._keys.known()), verify_ed25519)
        except NoteError as error:
            raise LogInconsistentError(
                f"the witness holds a note of another log or key: {error.sentence}"
            ) from error

    async def _check_seen(self, seen: Checkpoint, current: Checkpoint) -> int | None:
        """Compare with what a witness saw last; returns its size if a restore explains a contradiction."""
        if (seen.epoch or 0) > (current.epoch or 0):
            raise LogInconsistentError(
                f"the witness has seen epoch {seen.epoch}, the log is in {current.epoch or 0}"
            )
        try:
            await self._check_extends(seen, current.size)
        except LogInconsistentError:
            if (seen.epoch or 0) == (current.epoch or 0):
                raise
            return seen.size
        return None

    async def _check_extends(self, seen: Checkpoint, size: int) -> None:
        """Raise LogInconsistentError unless the stored tree of `size` entries begins with the one seen."""
        if seen.size > size:
            raise LogInconsistentError(f"the log has {size} entries, {seen.size} were signed before")
        if await self._root(seen.size) != seen.root:
            raise LogInconsistentError(f"the first {seen.size} entries are not those that were signed before")

    async def _root(self, size: int) -> bytes:
        nodes = await self._nodes(compact_nodes(size))
        return root(compact_range(size, lambda level, index: nodes[level, index]))

    async def _nodes(self, ids: Sequence[tuple[int, int]]) -> Nodes:
        return await self._log.nodes(ids) if ids else {}


def _flat(groups: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int]]:
    return [node for group in groups for node in group]
