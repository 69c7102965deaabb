# SPDX-License-Identifier: Apache-2.0
"""Bytes from blocks: as long as asked for, given out once, to one thread, to one process."""

from __future__ import annotations

import os
import threading

from counterseal.gateways import chance


def test_gives_out_each_byte_once() -> None:
    """Over several blocks no nonce comes twice, and each has its length."""
    drawn = [chance.draw(12) for _ in range(3 * chance.BLOCK // 12)]
    assert len(set(drawn)) == len(drawn)
    assert {len(each) for each in drawn} == {12}


def test_any_size() -> None:
    """Nothing, one byte, what is left of a block and one more, more than a block."""
    for size in (0, 1, chance.BLOCK - 1, 2, chance.BLOCK, chance.BLOCK + 1):
        assert len(chance.draw(size)) == size


def test_threads_share_nothing() -> None:
    """Sixteen threads at once draw different bytes."""
    found: list[bytes] = []

    def many() -> None:
        found.extend([chance.draw(16) for _ in range(2_000)])

    threads = [threading.Thread(target=many) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 32_000


def test_a_forked_process_draws_its_own() -> None:
    """A nonce that parent and child both used would give away what they sealed."""
    chance.draw(1)  # there is a block, and it is not used up
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(chance.draw(16) for _ in range(8)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 128)
    ours = b"".join(chance.draw(16) for _ in range(8))
    assert len(theirs) == len(ours) == 128
    assert theirs != ours
