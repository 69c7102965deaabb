# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of the log (RFC 9162, section 2.1): append, root, proofs, and their verification.

A tree is kept as its compact range (the roots of the perfect subtrees that make it up, largest first) and
its perfect-subtree nodes, addressed as (level, index): node (0, i) is the hash of leaf i, node (k, i)
covers the leaves [i * 2**k, (i + 1) * 2**k). Nodes never change once written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import msgspec

from counterseal.core.errors import CountersealError

HASH_SIZE = 32
MAX_SIZE = 2**53 - 1  # the largest number that canonical JSON can carry (RFC 8785, section 3.2.2.3)
EMPTY_ROOT = sha256(b"").digest()

Node = tuple[int, int, bytes]  # level, index, hash
GetNode = Callable[[int, int], bytes]  # (level, index) -> hash


class MerkleError(CountersealError):
    """A proof or a tree that does not hold. Codes: merkle_argument, merkle_proof_shape, merkle_root_mismatch."""

    code = "merkle_invalid"


class CompactRange(msgspec.Struct, frozen=True):
    """The right edge of a tree of `size` leaves: one hash per one-bit of `size`, largest subtree first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), 32 bytes (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes (RFC 9162, section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def append(compact: CompactRange, leaf_hashes: Sequence[bytes]) -> tuple[CompactRange, list[Node]]:
    """Append leaf hashes; return the new range and every node completed, ordered by level, then index.

    The first `len(leaf_hashes)` nodes are the leaves themselves (level 0).
    """
    size = compact.size
    edge = dict(zip(_levels(size), compact.hashes, strict=True))
    nodes: list[Node] = []
    row, first, level = list(leaf_hashes), size, 0
    while row:
        nodes += [(level, index, digest) for index, digest in enumerate(row, first)]
        if first & 1:  # the pending left sibling completes with the first new node of this level
            row.insert(0, edge.pop(level))
            first -= 1
        if len(row) & 1:
            edge[level] = row.pop()
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
        first >>= 1
        level += 1
    total = size + len(leaf_hashes)
    return CompactRange(total, tuple(edge[level] for level in _levels(total))), nodes


def root(compact: CompactRange) -> bytes:
    """The root hash of the tree; SHA-256 of nothing for the empty tree (RFC 9162, section 2.1.1)."""
    if not compact.hashes:
        return EMPTY_ROOT
    digest = compact.hashes[-1]
    for left in reversed(compact.hashes[:-1]):
        digest = node_hash(left, digest)
    return digest


def compact_nodes(size: int) -> list[tuple[int, int]]:
    """Which nodes (level, index) make up the compact range of a tree of `size` leaves, largest first."""
    return _subtrees(0, size)


def compact_range(size: int, get_node: GetNode) -> CompactRange:
    """Rebuild the compact range of the first `size` leaves from stored nodes."""
    return CompactRange(size, tuple(get_node(level, index) for level, index in compact_nodes(size)))


def inclusion_nodes(index: int, size: int) -> list[list[tuple[int, int]]]:
    """Per hash of the inclusion proof, leaf to root, the stored nodes that fold into it.

    A store can fetch them in one batch. Raises MerkleError unless 0 <= index < size.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise MerkleError(f"leaf {index} is not in a tree of size {size}", code="merkle_argument")
    return _path(index, 0, size)


def inclusion_proof(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """The audit path of leaf `index` in the tree of the first `size` leaves (RFC 9162, section 2.1.3.1)."""
    return [_fold(group, get_node) for group in inclusion_nodes(index, size)]


def consistency_nodes(size1: int, size2: int) -> list[list[tuple[int, int]]]:
    """Per hash of the consistency proof the stored nodes that fold into it.

    Raises MerkleError unless 0 < size1 <= size2: from the empty tree there is nothing to prove.
    """
    if not 0 < size1 <= size2 <= MAX_SIZE:
        raise MerkleError(f"no consistency proof from size {size1} to {size2}", code="merkle_argument")
    return [] if size1 == size2 else _subproof(size1, 0, size2, whole=True)


def consistency_proof(size1: int, size2: int, get_node: GetNode) -> list[bytes]:
    """Proof that the first `size1` leaves of the tree of `size2` are unchanged (RFC 9162, section 2.1.4.1)."""
    return [_fold(group, get_node) for group in consistency_nodes(size1, size2)]


def verify_inclusion(index: int, size: int, digest: bytes, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Raise MerkleError unless `proof` leads from leaf hash `digest` to `root_hash` (RFC 9162, 2.1.3.2)."""
    # 1. Compare leaf index and tree size.
    if not 0 <= index < size <= MAX_SIZE:
        raise MerkleError(f"leaf {index} is not in a tree of size {size}", code="merkle_argument")
    _check_hashes((digest, root_hash, *proof))
    # 2.-3. Start at the leaf.
    node, last, result = index, size - 1, digest
    # 4. Walk up; a right child or the last node of its level has its sibling on the left.
    for sibling in proof:
        if last == 0:
            raise MerkleError("the inclusion proof is too long", code="merkle_proof_shape")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        node >>= 1
        last >>= 1
    # 5. The walk must end at the root.
    if last:
        raise MerkleError("the inclusion proof is too short", code="merkle_proof_shape")
    if result != root_hash:
        raise MerkleError(f"leaf {index} is not under this root", code="merkle_root_mismatch")


def verify_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Raise MerkleError unless the tree of `size2` extends that of `size1` (RFC 9162, section 2.1.4.2)."""
    if not 0 < size1 <= size2 <= MAX_SIZE:
        raise MerkleError(f"no consistency proof from size {size1} to {size2}", code="merkle_argument")
    if size1 == size2:
        _check_equal_sizes(size1, root1, root2, proof)
        return
    _check_hashes((root1, root2, *proof))
    # 1. Equal sizes apart, an empty proof proves nothing.
    if not proof:
        raise MerkleError("the consistency proof is empty", code="merkle_proof_shape")
    # 2. The root of a perfect first tree is not sent: it is root1.
    hashes = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    # 3.-4. Drop the levels on which the first tree's edge is complete.
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node >>= 1
        last >>= 1
    # 5. Rebuild both roots from the same hashes.
    old = new = hashes[0]
    for digest in hashes[1:]:
        if last == 0:
            raise MerkleError("the consistency proof is too long", code="merkle_proof_shape")
        if node & 1 or node == last:
            old, new = node_hash(digest, old), node_hash(digest, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, digest)
        node >>= 1
        last >>= 1
    # 6. Both must come out, with nothing left to walk.
    if last:
        raise MerkleError("the consistency proof is too short", code="merkle_proof_shape")
    if old != root1 or new != root2:
        raise MerkleError(
            f"the tree of size {size2} does not extend that of size {size1}", code="merkle_root_mismatch"
        )


def _check_equal_sizes(size: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise MerkleError("the consistency proof is too long", code="merkle_proof_shape")
    if root1 != root2:
        raise MerkleError(f"two roots for one size {size}", code="merkle_root_mismatch")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(digest) != HASH_SIZE for digest in hashes):
        raise MerkleError("a hash is not 32 bytes long", code="merkle_proof_shape")


def _levels(size: int) -> list[int]:
    """Levels of the perfect subtrees of a tree of `size` leaves, largest first: its one-bits."""
    return [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]


def _subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees that make up [begin, end); `begin` is aligned to the largest of them."""
    nodes = []
    for level in _levels(end - begin):
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, begin: int, end: int) -> list[list[tuple[int, int]]]:
    """PATH(index, D[begin:end]) of RFC 9162, section 2.1.3.1, as node groups."""
    groups = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            groups.append(_subtrees(middle, end))
            end = middle
        else:
            groups.append(_subtrees(begin, middle))
            begin = middle
    groups.reverse()
    return groups


def _subproof(size1: int, begin: int, end: int, *, whole: bool) -> list[list[tuple[int, int]]]:
    """SUBPROOF(size1, D[begin:end], whole) of RFC 9162, section 2.1.4.1, as node groups."""
    if size1 == end:
        return [] if whole else [_subtrees(begin, end)]
    middle = begin + _split(end - begin)
    if size1 <= middle:
        return [*_subproof(size1, begin, middle, whole=whole), _subtrees(middle, end)]
    return [*_subproof(size1, middle, end, whole=False), _subtrees(begin, middle)]


def _fold(group: Sequence[tuple[int, int]], get_node: GetNode) -> bytes:
    digest = get_node(*group[-1])
    for level, index in reversed(group[:-1]):
        digest = node_hash(get_node(level, index), digest)
    return digest
