# SPDX-License-Identifier: Apache-2.0
"""Private keys drawn from their names: the same in every run. RSA keys take a second each and are kept in var/."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

KEPT: Final = Path(__file__).resolve().parents[2] / "var" / "corpus-keys"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@cache
def key(name: str, kind: str = "p256") -> PrivateKey:
    """The key of this name; kinds: p256, p384, ed25519, rsa2048, rsa1024."""
    seed = hashlib.sha512(f"counterseal corpus {kind} {name}".encode()).digest()
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed[:32])
    if kind.startswith("rsa"):
        return _rsa(name, int(kind[3:]), seed)
    curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
    return ec.derive_private_key(int.from_bytes(seed) >> (513 - curve.key_size), curve)


def _rsa(name: str, bits: int, seed: bytes) -> rsa.RSAPrivateKey:
    path = KEPT / f"{name}-{bits}.pem"
    if path.exists():
        kept = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(kept, rsa.RSAPrivateKey)
        return kept
    made = _of_primes(bits, Random(seed))
    KEPT.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    part.replace(path)
    return made


def _of_primes(bits: int, random: Random) -> rsa.RSAPrivateKey:
    """FIPS 186-5 section 5.1 in outline; test keys, so the source is a seeded one."""
    p = q = 0
    while p == q or (p * q).bit_length() != bits:
        p, q = _prime(bits // 2, random), _prime(bits // 2, random)
    p, q = max(p, q), min(p, q)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


_SMALL: Final = [n for n in range(3, 2000, 2) if all(n % m for m in range(3, int(n**0.5) + 1, 2))]


def _prime(bits: int, random: Random) -> int:
    while True:
        n = random.getrandbits(bits) | 1 | (3 << (bits - 2))
        if all(n % small for small in _SMALL) and n % 65537 != 1 and _probable(n, random):
            return n


def _probable(n: int, random: Random) -> bool:
    """Miller-Rabin, eight rounds."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(8):
        x = pow(random.randrange(2, n - 1), odd, n)
        if x in {1, n - 1}:
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True
