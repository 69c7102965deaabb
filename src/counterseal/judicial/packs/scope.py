# SPDX-License-Identifier: Apache-2.0
"""The scope matrix: legal basis x category x identifier x window -> fields. What no row allows is refused.

Above every pack stand four rules of the house: fields that open accounts leave under no order, an emergency gets
less, preserving and freezing hand out nothing, and the accounts are those that the request was found to mean.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from counterseal.judicial.disclosure.model import NEVER
from counterseal.judicial.packs.model import (
    DISCLOSES,
    EMERGENCY_FIELDS,
    FIELD_TIERS,
    FIELDS_OF,
    SHARED_IDENTIFIERS,
    Allow,
    Basis,
    Pack,
)
from counterseal.judicial.packs.verdicts import Fault, FieldVerdict, Scope, fault, say
from counterseal.judicial.requests.model import Field, JudicialRequest, Type, Window

DAY: Final = 86_400_000


def allowed(
    pack: Pack, basis: str, category: str, identifier: str, window: Window | None, *, wanted: Type = Type.DISCLOSURE
) -> tuple[FieldVerdict, ...]:
    """A verdict for each field of the category; none for a category that does not exist. `identifier`: kind of the
    identifier by which the person was found."""
    return tuple(
        verdict(pack, basis, category, name, identifier, window, wanted=wanted)
        for name in FIELDS_OF.get(category, ())
    )


def verdict(
    pack: Pack, basis: str, category: str, field: str, identifier: str, window: Window | None, *, wanted: Type
) -> FieldVerdict:
    """Whether one field of a category may be given under this basis. Never raises: what is not known is refused."""
    held = pack.bases.get(basis)
    rows: list[Allow | None] = [None]
    if held is not None:
        rows = [each for each in held.allow if each.category == category and field in each.fields] or rows
    judged = [(row, _refused(held, row, field, identifier, window, wanted)) for row in rows]
    row, code = next((each for each in judged if not each[1]), judged[0])
    entry = f"{pack.name}/{basis}/{category}"
    days = "" if row is None or row.longest is None else row.longest // DAY
    most = "" if held is None else held.most_tier
    sentences = say(
        code or "in_matrix", entry=entry, pack=pack.name, basis=basis, days=days, identifier=identifier, most=most
    )
    line = 0 if row is None else row.line
    tier, bounded = FIELD_TIERS.get(field, ""), row is not None and row.longest is not None
    return FieldVerdict(field, tier, not code, code or "in_matrix", *sentences, entry, line, bounded)


def _refused(
    basis: Basis | None, row: Allow | None, field: str, identifier: str, window: Window | None, wanted: Type
) -> str:
    """The code of what speaks against it, "" where nothing does: first the house's rules, then the pack's."""
    if code := _house(field, wanted):
        return code
    if basis is None:
        return "basis_unknown"
    if wanted not in basis.types:
        return "type_not_taken"
    if row is None:
        return "not_in_matrix"
    if not basis.takes(FIELD_TIERS[field]):
        return "tier_over"
    if identifier not in row.identifiers:
        return "identifier_not_taken"
    return _window_fault(row, window)


def _house(field: str, wanted: Type) -> str:
    if field in NEVER:
        return "never"
    if field not in FIELD_TIERS:
        return "field_unknown"
    if wanted not in DISCLOSES:
        return "type_discloses_nothing"
    return "emergency_less" if wanted is Type.EMERGENCY and field not in EMERGENCY_FIELDS else ""


def _window_fault(row: Allow, window: Window | None) -> str:
    if window is not None and window.end <= window.start:
        return "window_invalid"
    if row.longest is None:
        return ""
    if window is None:
        return "window_missing"
    return "window_too_long" if window.end - window.start > row.longest else ""


def fields_for(pack: Pack, request: JudicialRequest, *, wanted: Type | None = None) -> tuple[Field, ...]:
    """What the matrix yields for the accounts of a request: a proposal, each field once, for people to cut down."""
    found: dict[tuple[str, str], Field] = {}
    for account in request.accounts:
        for category in request.categories:
            for identifier in _kinds(request):
                for held in allowed(
                    pack, request.legal_basis, category, identifier, request.window, wanted=wanted or request.type
                ):
                    if held.allowed and (account, held.field) not in found:
                        bounded = request.window if held.bounded else None
                        made = Field(account, held.field, held.tier, held.entry, bounded)
                        found[account, held.field] = made
    return tuple(found.values())


def _kinds(request: JudicialRequest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.kind for each in request.identifiers))


def scope_of(pack: Pack | None, request: JudicialRequest, *, wanted: Type | None = None) -> Scope:
    """Whether everything chosen is allowed: the condition `within_scope`. `wanted`: what decides an amendment. A
    request that hands out data needs fields; one that does not must have none."""
    wanted = wanted or request.type
    if pack is None:
        return Scope(within=False, faults=(fault("pack_missing"),))
    if not request.legal_basis:
        return Scope(within=False, faults=(fault("basis_missing"),))
    basis = pack.bases.get(request.legal_basis)
    if basis is None:
        return Scope(within=False, faults=(fault("basis_unknown", pack=pack.name),))
    faults = [*_request_faults(pack, basis, request, wanted)]
    for field in request.fields:
        faults += _field_faults(pack, request, field, wanted)
    return Scope(within=not faults, faults=tuple(faults))


def _request_faults(pack: Pack, basis: Basis, request: JudicialRequest, wanted: Type) -> list[Fault]:
    found = list[Fault]()
    if early := _too_early(pack, request.received):
        found.append(early)
    if wanted not in basis.types:
        found.append(fault("type_not_taken", basis=basis.name))
    if wanted in DISCLOSES and not request.categories:
        found.append(fault("categories_missing"))
    if wanted in DISCLOSES and not request.fields:
        found.append(fault("fields_missing"))
    own = {
        (each.kind, each.value.casefold()) for each in request.identifiers if each.kind not in SHARED_IDENTIFIERS
    }
    if len(request.accounts) > len(own):
        found.append(fault("identifiers_too_few"))
    found += [fault("category_unknown", category=each[:64]) for each in request.categories if each not in FIELDS_OF]
    return found


def _field_faults(pack: Pack, request: JudicialRequest, field: Field, wanted: Type) -> list[Fault]:
    where = {"field": field.name, "account": field.account}
    if field.account not in request.accounts:
        return [fault("account_unknown", **where)]
    if field.name in FIELD_TIERS and field.tier != FIELD_TIERS[field.name]:
        return [fault("tier_wrong", tier=FIELD_TIERS[field.name], **where)]
    if field.window is not None and not _inside(field.window, request.window):
        return [fault("window_wider", **where)]
    refused: FieldVerdict | None = None
    asked = [each for each in request.categories if field.name in FIELDS_OF.get(each, ())]
    for category in asked or [""]:
        for identifier in _kinds(request) or ("",):
            window = field.window
            held = verdict(pack, request.legal_basis, category, field.name, identifier, window, wanted=wanted)
            if held.allowed:
                return []
            refused = refused or held
    if not asked and refused is not None and refused.code == "not_in_matrix":
        return [fault("category_not_asked", **where)]
    return [] if refused is None else [Fault(refused.code, refused.sentence, refused.chinese, **where)]


def _inside(inner: Window, outer: Window | None) -> bool:
    return outer is not None and outer.start <= inner.start and inner.end <= outer.end


def basis_fault(pack: Pack, basis: str, wanted: Type, role: str, received: int) -> Fault | None:
    """Why an authority of this role (of the registry) cannot cite this basis for this type; None = it can."""
    held = pack.bases.get(basis)
    if held is None:
        return fault("basis_unknown", pack=pack.name)
    if early := _too_early(pack, received):
        return early
    if wanted not in held.types:
        return fault("type_not_taken", basis=basis)
    if role not in held.roles:
        return fault("role_not_taken", basis=basis, role=role[:64])
    return None


def _too_early(pack: Pack, received: int) -> Fault | None:
    if pack.since is None:
        return None
    day = dt.datetime.fromtimestamp(received // 1000, ZoneInfo(pack.zone)).date()
    return fault("not_yet", pack=pack.name, since=pack.since.isoformat()) if day < pack.since else None


def reviews_needed(pack: Pack, users: int) -> int:
    """How many members of the legal staff pass a request that names so many users: one, or two above the pack's
    `most_users`."""
    return 1 if users <= pack.most_users else 2
