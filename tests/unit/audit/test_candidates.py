# SPDX-License-Identifier: Apache-2.0
"""The two readings of an export agree with trees built directly, across the batches in which they hash."""

from __future__ import annotations

import pytest

from counterseal.audit.candidates import Candidates, Reading
from counterseal.core.merkle import CompactRange, append, leaf_hash, root

LEAVES = [leaf_hash(b"%d" % n) for n in range(600)]
OTHER = leaf_hash(b"other")


def tree(leaves: list[bytes]) -> bytes:
    return root(append(CompactRange(), leaves)[0])


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 258, 511, 512, 513, 600])
def test_the_last_leaf_can_be_replaced_at_any_size(size: int) -> None:
    candidates = Candidates()
    for digest in LEAVES[:size]:
        candidates.add(digest, digest)
    candidates.replace_last(OTHER)

    assert candidates.peek(tree(LEAVES[:size])) is Reading.MAIN
    assert candidates.peek(OTHER) is (Reading.ALTERNATIVE if size == 1 else Reading.NEITHER)
    assert candidates.settle(tree([*LEAVES[: size - 1], OTHER])) is Reading.ALTERNATIVE
    candidates.add(LEAVES[0], LEAVES[0])
    assert candidates.settle(tree([*LEAVES[: size - 1], OTHER, LEAVES[0]])) is Reading.MAIN


def test_the_alternative_takes_every_content_hash() -> None:
    candidates = Candidates()
    for index, digest in enumerate(LEAVES):
        candidates.add(OTHER if index in (3, 300) else digest, digest)

    assert candidates.peek(tree([OTHER] * 600)) is Reading.NEITHER
    assert candidates.settle(tree(LEAVES)) is Reading.ALTERNATIVE
