# SPDX-License-Identifier: Apache-2.0
"""The name of a policy that cannot be forged: a digest over what it says, not over how it is laid out."""

from __future__ import annotations

import hashlib
import json

from counterseal.core.policy.source import Node, plain


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8. Documents hold only text, lists and mappings: no floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(node: Node, *, vocabulary: str | None = None) -> str:
    """`sha256:` + hex over the document, and over the digest of the vocabulary that gives it its meaning."""
    value: object = plain(node)
    if vocabulary is not None:
        value = {"document": value, "vocabulary": vocabulary}
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
