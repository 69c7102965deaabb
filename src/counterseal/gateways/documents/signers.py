# SPDX-License-Identifier: Apache-2.0
"""Who signed, and what keeps that signature from counting: the same for XML and for CMS."""

from __future__ import annotations

from typing import Final

import msgspec
from asn1crypto import x509  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents.chain import Chain, Standing, chain_of, issuer_of, registered, subject_of
from counterseal.judicial.findings import found
from counterseal.judicial.model import JUDICIAL_ROLES, Context, Finding, Registered, Signer

CODES: Final = {
    Standing.UNKNOWN_CA: "signer_unknown_ca",
    Standing.SELF_SIGNED: "signer_self_signed",
    Standing.REVOKED: "signer_revoked",
    Standing.REVOCATION_UNKNOWN: "revocation_unknown",
    Standing.EXPIRED: "signer_out_of_time",
    Standing.NOT_YET_VALID: "signer_out_of_time",
    Standing.WEAK: "signer_unfit",
    Standing.WRONG_USE: "signer_unfit",
    Standing.BROKEN: "signer_unfit",
}


class Signed(msgspec.Struct, frozen=True):
    """One signature: what it covers (`""` = the document around it), by whom, and what was found. `good`: the
    mathematics hold, and a registered judicial signer made it."""

    references: tuple[str, ...]
    signer: Signer | None
    findings: tuple[Finding, ...]
    good: bool


def judged(
    certificates: list[x509.Certificate], context: Context, where: str, *, claimed: int | None
) -> tuple[Signer, tuple[Finding, ...]]:
    """The signer (the first certificate; the others help to find its anchor), and what keeps it from counting.
    There is no trusted time stamp here, so now is the time that counts."""
    certificate, others = certificates[0], certificates[1:]
    chain = chain_of(certificate, others, context, context.now)
    entry = registered(certificate, context.registry) if chain.standing == Standing.TRUSTED else None
    signer = signer_of(certificate, entry, claimed=claimed)
    if chain.standing != Standing.TRUSTED:
        return signer, (finding_of(chain, where),)
    if entry is None:
        return signer, (found("signer_not_registered", where),)
    if entry.role not in JUDICIAL_ROLES:
        return signer, (found("signer_role", where, role=entry.role),)
    return signer, ()


def signer_of(
    certificate: x509.Certificate,
    entry: Registered | None = None,
    *,
    signed: int | None = None,
    claimed: int | None = None,
) -> Signer:
    """Whose certificate this is; `entry`: what the registry says of it. Times in ms."""
    return Signer(
        subject_of(certificate),
        issuer_of(certificate),
        f"{certificate.serial_number:x}",
        certificate.sha256.hex(),
        "" if entry is None else entry.authority,
        "" if entry is None else entry.role,
        signed=signed,
        claimed=claimed,
    )


def finding_of(chain: Chain, where: str) -> Finding:
    """What a chain that is not trusted keeps back."""
    return found(CODES[chain.standing], where, reason=chain.why or chain.standing.value.replace("_", " "))
