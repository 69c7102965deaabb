# SPDX-License-Identifier: Apache-2.0
"""What S/MIME and OpenPGP both come to."""

from __future__ import annotations

import msgspec

from counterseal.judicial.model import Finding, Registered, Signer


class Signed(msgspec.Struct, frozen=True):
    """A personal signature. `holds`: the arithmetic is right; `at`: when the signer says (ms); `addresses` of the
    certificate or key, lower case; `entry`: its place in the registry; `findings` are its faults."""

    kind: str
    holds: bool = False
    signer: Signer | None = None
    entry: Registered | None = None
    addresses: tuple[str, ...] = ()
    at: int | None = None
    findings: tuple[Finding, ...] = ()
