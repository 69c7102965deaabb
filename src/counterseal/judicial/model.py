# SPDX-License-Identifier: Apache-2.0
"""What the desk says of a document: findings, and one verdict that follows from them. Times are ms since the epoch.

A finding never lifts a verdict over another one: the worst effect among the findings decides. `verified` needs a
signature of a registered judicial signer (for a mail: of a registered domain) that holds for every byte, and
nothing that speaks against it; all else that cannot be told apart from a forgery is `neutral`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

MOST_BYTES: Final = 25 * 1024 * 1024
MOST_PAGES: Final = 200
JUDICIAL_ROLES: Final = frozenset({"court", "judge", "investigating_judge", "prosecutor"})
"""Roles in the registry whose signature can make a document `verified`."""


class Verdict(StrEnum):
    """What the desk may rely on."""

    VERIFIED = "verified"  # this registered signer signed these bytes, all of them
    NEUTRAL = "neutral"  # nothing proved, nothing contradicted: as good as unsigned
    CONTRADICTS = "contradicts"  # it was changed after signing, or claims what is not so
    CANNOT_VERIFY = "cannot_verify"  # it could not be opened safely, or a datum needed is not to be had


class Effect(StrEnum):
    """What a finding does to the verdict, from the weakest to the strongest."""

    NOTE = "note"  # shown to people only
    SUPPORTS = "supports"  # carries `verified`
    WITHHOLDS = "withholds"  # keeps `verified` back: `neutral`
    INCONCLUSIVE = "inconclusive"  # `cannot_verify`
    CONTRADICTS = "contradicts"


class Box(msgspec.Struct, frozen=True):
    """A place on a page: 1-based page, and fractions of its width and height from the upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing seen. `code` is stable; `where` names the place in words (object, header, revision, byte range)."""

    code: str
    sentence: str
    where: str
    effect: Effect
    boxes: tuple[Box, ...] = ()
    proves: str = ""  # what it proves, in one sentence
    forgeable_by: tuple[str, ...] = ()  # capabilities that could make this finding appear wrongly
    chinese: str = ""  # the sentence


class Kind(msgspec.Struct, frozen=True):
    """What is known of a finding's code before it is seen. `sentence` takes fields by `str.format`."""

    effect: Effect
    sentence: str
    chinese: str
    proves: str = ""
    forgeable_by: tuple[str, ...] = ()


class Signer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who signed, as far as it is established. `name`, `issuer`: RFC 4514; `sha256`: of the certificate or
    key, hex; `authority` and `role` come from the registry only ("" = not registered)."""

    name: str
    issuer: str = ""
    serial: str = ""
    sha256: str = ""
    authority: str = ""
    role: str = ""
    signed: int | None = None  # as trusted time stamp says; else None
    claimed: int | None = None  # as the signer's own clock says


class Covered(msgspec.Struct, frozen=True):
    """How many of the bytes the signatures that count cover, and whether that is the whole document."""

    bytes: int
    of: int
    whole: bool


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer. `kind`: pdf, mail, asic, xml or other; `sha256`: of the bytes received, hex."""

    kind: str
    sha256: str
    size: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    signer: Signer | None = None
    covered: Covered | None = None
    pages: int = 0


class Registered(msgspec.Struct, frozen=True, omit_defaults=True):
    """A signer or sender that the desk knows. A certificate matches by fingerprint, or by its whole subject below a
    pinned anchor; a mail by its domain (exact, or below it where `subdomains`) or its whole address."""

    authority: str
    role: str
    country: str = ""
    certificates: tuple[str, ...] = ()  # SHA-256 of DER, lower-case hex
    subjects: tuple[str, ...] = ()  # RFC 4514
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # OpenPGP fingerprints, hex
    subdomains: bool = False


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What DNS said of a name's TXT records: `found`, `none` (no such name or text) or `unknown` (time-out)."""

    status: str
    texts: tuple[str, ...] = ()


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a check may know besides the bytes. Certificates and CRLs are DER; `names`: DNS answers so far."""

    now: int
    anchors: tuple[bytes, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    registry: tuple[Registered, ...] = ()
    names: dict[str, Answer] = {}
    seen: frozenset[str] = frozenset()  # SHA-256 of Message-IDs received before


class Checked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a check returns from inside the sandbox. `needs`: DNS names to look up; then it is asked again."""

    kind: str
    findings: tuple[Finding, ...]
    signer: Signer | None = None
    covered: Covered | None = None
    pages: int = 0
    needs: tuple[str, ...] = ()


CARRIES: Final = frozenset({"signature_verified", "mail_signature", "sender_verified"})
"""The findings without which nothing is `verified`."""


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that follows from these findings, whatever their order."""
    effects = {finding.effect for finding in findings}
    if Effect.CONTRADICTS in effects:
        return Verdict.CONTRADICTS
    if Effect.INCONCLUSIVE in effects:
        return Verdict.CANNOT_VERIFY
    if Effect.WITHHOLDS in effects:
        return Verdict.NEUTRAL
    if any(finding.code in CARRIES and finding.effect == Effect.SUPPORTS for finding in findings):
        return Verdict.VERIFIED
    return Verdict.NEUTRAL
