# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree on published vectors, on a small published tree, and on bad arguments."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest

from counterseal.core.merkle import (
    EMPTY_ROOT,
    CompactRange,
    MerkleError,
    append,
    compact_range,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves of the Certificate Transparency reference tests and the roots of their first n.
LEAVES = [bytes.fromhex(h) for h in ["", "00", "10", "2021", "3031", "40414243"]]
LEAVES += [bytes.fromhex("5051525354555657"), bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def build(leaves: list[bytes]) -> tuple[CompactRange, dict[tuple[int, int], bytes]]:
    compact, nodes = append(CompactRange(), [leaf_hash(leaf) for leaf in leaves])
    return compact, {(level, index): digest for level, index, digest in nodes}


@pytest.mark.parametrize("size", ROOTS)
def test_root_of_the_reference_tree(size: int) -> None:
    assert ROOTS[size] == root(build(LEAVES[:size])[0]).hex()


def test_node_hash_separates_leaves_from_nodes() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) != node_hash(right, left)


def test_append_names_each_completed_node_once() -> None:
    compact, first = append(CompactRange(), [leaf_hash(leaf) for leaf in LEAVES[:3]])
    _, second = append(compact, [leaf_hash(leaf) for leaf in LEAVES[3:]])

    assert [node[:2] for node in first] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    expected = [(0, 3), (0, 4), (0, 5), (0, 6), (0, 7), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (3, 0)]
    assert expected == [node[:2] for node in second]
    assert ROOTS[8] == second[-1][2].hex()


def test_append_of_nothing_changes_nothing() -> None:
    compact, _ = build(LEAVES[:5])

    assert (compact, []) == append(compact, [])


def test_compact_range_is_rebuilt_from_stored_nodes() -> None:
    compact, nodes = build(LEAVES[:7])

    assert compact == compact_range(7, lambda level, index: nodes[level, index])
    assert CompactRange() == compact_range(0, lambda level, index: nodes[level, index])


def test_inclusion_proof_of_the_reference_tree() -> None:
    _, nodes = build(LEAVES)
    proof = inclusion_proof(5, 8, lambda level, index: nodes[level, index])

    expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert expected == [digest.hex() for digest in proof]
    verify_inclusion(5, 8, leaf_hash(LEAVES[5]), proof, bytes.fromhex(ROOTS[8]))


def test_consistency_proof_of_the_reference_tree() -> None:
    _, nodes = build(LEAVES)
    proof = consistency_proof(6, 8, lambda level, index: nodes[level, index])

    expected = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert expected == [digest.hex() for digest in proof]
    verify_consistency(6, 8, bytes.fromhex(ROOTS[6]), bytes.fromhex(ROOTS[8]), proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, 2**53)])
def test_no_inclusion_outside_of_the_tree(index: int, size: int) -> None:
    with pytest.raises(MerkleError) as caught:
        inclusion_proof(index, size, lambda level, index: b"")
    assert caught.value.code == "merkle_argument"
    with pytest.raises(MerkleError) as caught:
        verify_inclusion(index, size, EMPTY_ROOT, [], EMPTY_ROOT)
    assert caught.value.code == "merkle_argument"


@pytest.mark.parametrize(("size1", "size2"), [(0, 1), (0, 0), (2, 1), (-1, 1), (1, 2**53)])
def test_no_consistency_from_nothing_or_backwards(size1: int, size2: int) -> None:
    with pytest.raises(MerkleError) as caught:
        consistency_proof(size1, size2, lambda level, index: b"")
    assert caught.value.code == "merkle_argument"
    with pytest.raises(MerkleError) as caught:
        verify_consistency(size1, size2, EMPTY_ROOT, EMPTY_ROOT, [])
    assert caught.value.code == "merkle_argument"


def test_verification_says_what_is_wrong() -> None:
    first, second = bytes.fromhex(ROOTS[1]), bytes.fromhex(ROOTS[2])
    other = leaf_hash(LEAVES[1])
    cases = [
        (lambda: verify_inclusion(0, 2, first, [], second), "merkle_proof_shape"),
        (lambda: verify_inclusion(0, 2, first, [other, other], second), "merkle_proof_shape"),
        (lambda: verify_inclusion(0, 2, first, [other[:31]], second), "merkle_proof_shape"),
        (lambda: verify_inclusion(1, 2, first, [other], second), "merkle_root_mismatch"),
        (lambda: verify_consistency(1, 2, first, second, []), "merkle_proof_shape"),
        (lambda: verify_consistency(1, 1, first, second, []), "merkle_root_mismatch"),
        (lambda: verify_consistency(1, 1, first, first, [other]), "merkle_proof_shape"),
        (lambda: verify_consistency(1, 2, first, first, [other]), "merkle_root_mismatch"),
        (lambda: verify_consistency(1, 2, first, second, [other, other]), "merkle_proof_shape"),
        (lambda: verify_consistency(1, 4, first, second, [other]), "merkle_proof_shape"),
    ]
    for call, code in cases:
        with pytest.raises(MerkleError) as caught:
            call()
        assert code == caught.value.code


def vector(path: Path) -> dict:
    return json.loads(path.read_text())


def hashes(values: list[str] | None) -> list[bytes]:
    return [b64decode(value) for value in values or []]


def test_published_inclusion_vectors(published_vectors: Path) -> None:
    paths = sorted((published_vectors / "merkle/testdata/inclusion").rglob("*.json"))
    assert len(paths) == 98
    accepted = 0
    for path in paths:
        case = vector(path)
        arguments = (
            case["leafIdx"],
            case["treeSize"],
            b64decode(case["leafHash"]),
            hashes(case["proof"]),
            b64decode(case["root"]),
        )
        if case["wantErr"]:
            with pytest.raises(MerkleError):
                verify_inclusion(*arguments)
        else:
            verify_inclusion(*arguments)
            accepted += 1
    assert accepted == 6


def test_published_consistency_vectors(published_vectors: Path) -> None:
    paths = sorted((published_vectors / "merkle/testdata/consistency").rglob("*.json"))
    assert len(paths) == 98
    accepted = 0
    for path in paths:
        case = vector(path)
        arguments = (
            case["size1"],
            case["size2"],
            b64decode(case["root1"]),
            b64decode(case["root2"]),
            hashes(case["proof"]),
        )
        if case["wantErr"]:
            with pytest.raises(MerkleError):
                verify_consistency(*arguments)
        else:
            verify_consistency(*arguments)
            accepted += 1
    assert accepted == 6
