# SPDX-License-Identifier: Apache-2.0
"""Mutants of genuine orders, and what may be accepted of them: nothing whose covered bytes differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from tests.corpus.genuine import GENUINE

PARENTS = ("hand_cades", "hand_pkcs7", "hand_certified_stream", "tool_visible", "tool_form", "tool_rsa")


def parents(seed: int) -> list[bytes]:
    """Genuine documents with one signature each."""
    return [GENUINE[name][0](Random(seed)) for name in PARENTS]


def mutants(seed: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """(parent, mutant): bytes flipped, spliced, cut, doubled, objects doubled."""
    random = Random(seed)
    sources = parents(seed)
    ways = (_flip, _flip, _splice, _cut, _double, _object_again)
    for _ in range(count):
        parent = random.choice(sources)
        yield parent, random.choice(ways)(parent, random, random.choice(sources))


def covered(data: bytes) -> bytes:
    """What a signature over the whole covers: all but its own hexadecimal digits."""
    return re.sub(rb"(?<=/Contents <)[0-9a-fA-F]{2000,}(?=>)", b"", data)


def _flip(data: bytes, random: Random, _: bytes) -> bytes:
    made = bytearray(data)
    for _ in range(random.randrange(1, 4)):
        made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def _splice(data: bytes, random: Random, other: bytes) -> bytes:
    start, size = random.randrange(len(other)), random.randrange(1, 400)
    at = random.randrange(len(data))
    return data[:at] + other[start : start + size] + data[at + random.choice((0, size)) :]


def _cut(data: bytes, random: Random, _: bytes) -> bytes:
    at = random.randrange(len(data))
    return data[:at] if random.random() < 0.5 else data[:at] + data[at + random.randrange(1, 200) :]


def _double(data: bytes, random: Random, _: bytes) -> bytes:
    at = random.randrange(len(data))
    piece = data[at : at + random.randrange(1, 300)]
    return data[: at + len(piece)] + piece + data[at + len(piece) :]


def _object_again(data: bytes, random: Random, other: bytes) -> bytes:
    objects = re.findall(rb"\d+ 0 obj\n.*?\nendobj\n", random.choice((data, other)), re.DOTALL)
    places = [found.end() for found in re.finditer(rb"endobj\n|%%EOF\n", data)]
    at = random.choice(places)
    return data[:at] + random.choice(objects) + data[at:]
