# SPDX-License-Identifier: Apache-2.0
"""Properties of the Merkle tree: any batching, every proof, every flipped bit."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.merkle import (
    CompactRange,
    MerkleError,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

DIGESTS = [leaf_hash(str(n).encode()) for n in range(700)]
NODES = {(level, index): digest for level, index, digest in append(CompactRange(), DIGESTS)[1]}
sizes = st.integers(1, 700)


def get_node(level: int, index: int) -> bytes:
    return NODES[level, index]


def tree_hash(digests: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word: the slow reference."""
    if not digests:
        return sha256(b"").digest()
    if len(digests) == 1:
        return digests[0]
    split = 1
    while split * 2 < len(digests):
        split *= 2
    return node_hash(tree_hash(digests[:split]), tree_hash(digests[split:]))


ROOTS = [tree_hash(DIGESTS[:size]) for size in range(len(DIGESTS) + 1)]


@given(st.lists(st.integers(0, 90), max_size=9))
def test_any_batching_gives_the_reference_root(batches: list[int]) -> None:
    compact, nodes, done = CompactRange(), {}, 0
    for batch in batches:
        batch = min(batch, len(DIGESTS) - done)  # noqa: PLW2901 - the rest is what there is
        compact, new = append(compact, DIGESTS[done : done + batch])
        assert not nodes.keys() & {(level, index) for level, index, _ in new}, "a node was written twice"
        nodes.update({(level, index): digest for level, index, digest in new})
        done += batch
        assert ROOTS[done] == root(compact)
    assert nodes == {node: digest for node, digest in NODES.items() if (node[1] + 1) << node[0] <= done}


@given(sizes, st.data())
def test_every_inclusion_proof_verifies_and_no_flipped_bit_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, get_node)
    verify_inclusion(index, size, DIGESTS[index], proof, ROOTS[size])

    parts = [DIGESTS[index], ROOTS[size], *proof]
    leaf, root_hash, *path = flip(parts, data.draw(st.integers(0, len(parts) * 256 - 1)))
    with pytest.raises(MerkleError):
        verify_inclusion(index, size, leaf, path, root_hash)


@given(sizes, st.data())
def test_an_inclusion_proof_holds_for_its_own_index_only(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, get_node)

    if index != other:
        with pytest.raises(MerkleError):
            verify_inclusion(other, size, DIGESTS[index], proof, ROOTS[size])


@given(sizes, st.data())
def test_every_consistency_proof_verifies_and_no_flipped_bit_does(size2: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size2))
    proof = consistency_proof(size1, size2, get_node)
    verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2], proof)

    parts = [ROOTS[size1], ROOTS[size2], *proof]
    root1, root2, *path = flip(parts, data.draw(st.integers(0, len(parts) * 256 - 1)))
    with pytest.raises(MerkleError):
        verify_consistency(size1, size2, root1, root2, path)


def test_consistency_of_all_pairs_up_to_64() -> None:
    for size2 in range(1, 65):
        for size1 in range(1, size2 + 1):
            proof = consistency_proof(size1, size2, get_node)
            verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2], proof)
            if size1 < size2:
                with pytest.raises(MerkleError):
                    verify_consistency(size1, size2, ROOTS[size1 - 1], ROOTS[size2], proof)


def test_inclusion_of_all_leaves_up_to_64() -> None:
    for size in range(1, 65):
        for index in range(size):
            proof = inclusion_proof(index, size, get_node)
            verify_inclusion(index, size, DIGESTS[index], proof, ROOTS[size])
            for wrong in (proof[:-1], [*proof, ROOTS[size]]):
                if wrong != proof:
                    with pytest.raises(MerkleError):
                        verify_inclusion(index, size, DIGESTS[index], wrong, ROOTS[size])


def flip(parts: list[bytes], bit: int) -> list[bytes]:
    """The hashes with one bit, counted over all of them, turned."""
    part, offset = divmod(bit, 256)
    changed = bytearray(parts[part])
    changed[offset // 8] ^= 1 << offset % 8
    return [*parts[:part], bytes(changed), *parts[part + 1 :]]
