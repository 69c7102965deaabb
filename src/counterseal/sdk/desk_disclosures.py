# SPDX-License-Identifier: Apache-2.0
"""Calls about disclosures: look, build, see what became of it. Times are ms since the epoch."""

from __future__ import annotations

import msgspec

from counterseal.sdk.transport import Call, segment, write


class PreviewField(msgspec.Struct, frozen=True):
    """A field as it would go out, masked; `refused`: a code where it does not."""

    account: str
    name: str
    tier: str
    reason: str
    present: bool
    rows: int
    outside: int
    masked: str
    refused: str


class PreviewKey(msgspec.Struct, frozen=True):
    """The recipient's key; `spoken`: its fingerprint in groups, to compare on the telephone."""

    kind: str
    fingerprint: str
    spoken: tuple[str, ...]


class DisclosurePreview(msgspec.Struct, frozen=True):
    """What a package would hold now; `fault`: a code for why it cannot be built, empty = it can."""

    request: str
    fields: tuple[PreviewField, ...]
    fault: str
    key: PreviewKey | None
    owners_told: int | None


class HandedField(msgspec.Struct, frozen=True):
    """A field that was handed out; `digest`: of salt and value, as in the log."""

    account: str
    name: str
    tier: str
    digest: str


class CanaryMark(msgspec.Struct, frozen=True):
    """A mark of this copy alone: reference, alias or format."""

    kind: str
    tag: str


class DisclosureSilence(msgspec.Struct, frozen=True):
    """Why and until when owners are not told; `digest`: for the approval of a longer one."""

    basis: str
    until: int | None
    officers: tuple[str, ...]
    digest: str


class Disclosure(msgspec.Struct, frozen=True):
    """A package. `ended`: fetched, expired, revoked; empty = it can be fetched until `expires`."""

    id: str
    request: str
    reference: str
    mark: str
    authority: str
    authority_name: str
    basis: str
    approvers: tuple[str, ...]
    built: int
    built_by: str
    key_kind: str
    key: str
    package_sha256: str
    size: int
    expires: int
    fields: tuple[HandedField, ...]
    canaries: tuple[CanaryMark, ...]
    fetched: int | None
    fetched_from: str
    ended: str
    ended_at: int | None
    ended_by: str
    ended_reason: str
    silence: DisclosureSilence
    told: tuple[str, ...]
    told_at: int | None
    exposed: int | None
    people: dict[str, str]


class DisclosurePage(msgspec.Struct, frozen=True):
    """The newest first; `next`: give it as `after` for the rest, None at the end."""

    items: tuple[Disclosure, ...]
    next: str | None


class DisclosureLink(msgspec.Struct, frozen=True):
    """The public page of a package; None once it cannot be fetched."""

    url: str | None
    expires: int


class CanaryHit(msgspec.Struct, frozen=True):
    """A mark that was found, and the disclosure that it was in."""

    tag: str
    kind: str
    disclosure: str
    request: str
    authority: str
    built: int
    fetched: int | None
    accounts: tuple[str, ...]


class CanaryHits(msgspec.Struct, frozen=True):
    """Every mark that was found."""

    items: tuple[CanaryHit, ...]


def preview_disclosure(request: str, *, purpose: str = "request") -> Call[DisclosurePreview]:
    """Every approved field as the platform has it now, masked (desk:read). The look is logged."""
    path = f"/v1/desk/requests/{segment(request)}/disclosure-preview"
    return Call("GET", path, DisclosurePreview, query=(("purpose", purpose),))


def build_disclosure(request: str, *, key: str | None = None) -> Call[Disclosure]:
    """The package of an approved request (desk:write)."""
    return write(Disclosure, f"/v1/desk/requests/{segment(request)}/disclosures", key=key)


def list_disclosures(*, request: str = "", after: str = "", limit: int = 50) -> Call[DisclosurePage]:
    """The newest disclosures (desk:read)."""
    given = (("request", request), ("after", after), ("limit", str(limit)))
    return Call("GET", "/v1/desk/disclosures", DisclosurePage, query=tuple(each for each in given if each[1]))


def read_disclosure(disclosure: str) -> Call[Disclosure]:
    """One (desk:read)."""
    return Call("GET", _path(disclosure), Disclosure)


def disclosure_link(disclosure: str) -> Call[DisclosureLink]:
    """The link for the letter to the registered contact (desk:write)."""
    return Call("GET", f"{_path(disclosure)}/link", DisclosureLink)


def revoke_disclosure(disclosure: str, reason: str, *, key: str | None = None) -> Call[Disclosure]:
    """Destroy a package that nobody fetched (desk:write)."""
    return write(Disclosure, f"{_path(disclosure)}/revocation", {"reason": reason}, key=key)


def silence_disclosure(
    disclosure: str, basis: str, until: int, *, digest: str, approval: str, key: str | None = None
) -> Call[Disclosure]:
    """Tell the owners later, on an order, for 90 days at most; two members of staff signed it (desk:write)."""
    body = {"digest": digest, "basis": basis, "until": until}
    return write(Disclosure, f"{_path(disclosure)}/silence", body, key=key, approval=approval)


def look_up_canary(text: str, *, key: str | None = None) -> Call[CanaryHits]:
    """Which disclosure a copy came from: a tag, a reference, an address, or its text (desk:read)."""
    return write(CanaryHits, "/v1/desk/canaries", {"text": text}, key=key)


def _path(disclosure: str) -> str:
    return f"/v1/desk/disclosures/{segment(disclosure)}"
