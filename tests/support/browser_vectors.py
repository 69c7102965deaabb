# SPDX-License-Identifier: Apache-2.0
"""Vectors of the log for the console's verifier: made by the server's own code, read by its tests in TypeScript.

`python -m tests.support.browser_vectors` writes them again.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from counterseal.core.checkpoint import Checkpoint, sign_checkpoint
from counterseal.core.merkle import (
    CompactRange,
    append,
    compact_nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
)
from counterseal.core.note import make_verifier_key, sign_note

FILE = Path(__file__).parents[2] / "web" / "tests" / "log" / "vectors.json"
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 21)
ORIGIN = "counterseal.test/log"
AT = 1_717_891_200_000


def vectors() -> dict[str, Any]:
    """The whole document. Hashes in base64."""
    leaves = [f"entry {index}".encode() for index in range(max(SIZES))]
    _, stored = append(CompactRange(), [leaf_hash(leaf) for leaf in leaves])
    nodes = {(level, index): digest for level, index, digest in stored}

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    roots = {size: root(CompactRange(size, tuple(node(*each) for each in compact_nodes(size)))) for size in SIZES}
    return {
        "leaves": [leaf.decode() for leaf in leaves],
        "roots": {str(size): _text(digest) for size, digest in roots.items()},
        "inclusion": [
            {"index": index, "size": size, "proof": [_text(each) for each in inclusion_proof(index, size, node)]}
            for size in SIZES
            for index in range(size)
        ],
        "consistency": [
            {"first": one, "second": two, "proof": [_text(each) for each in consistency_proof(one, two, node)]}
            for one in SIZES
            for two in SIZES
            if one <= two
        ],
        "notes": _notes(roots[21]),
    }


def _notes(digest: bytes) -> dict[str, Any]:
    """A checkpoint by the log alone, one that a witness signed too, and ones that must be refused."""
    own, witness = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
    key = make_verifier_key(ORIGIN, own.public_key().public_bytes_raw())
    other = make_verifier_key("witness.test", witness.public_key().public_bytes_raw())
    note = sign_checkpoint(Checkpoint(ORIGIN, 21, digest, AT, 1), key, own.sign)
    text = note.rpartition("\n\n")[0] + "\n"
    cosigned = note + sign_note(text, other, witness.sign).rpartition("\n\n")[2]
    return {
        "key": str(key),
        "good": note,
        "cosigned": cosigned,
        "time": AT,
        "refused": {
            "signature": note.replace("\n21\n", "\n22\n"),
            "unsigned": sign_note(text, other, witness.sign),
            "malformed": text,
        },
    }


def written() -> bytes:
    """The file's bytes."""
    return msgspec.json.format(msgspec.json.encode(vectors()), indent=1) + b"\n"


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


if __name__ == "__main__":
    FILE.write_bytes(written())
