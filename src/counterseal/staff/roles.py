# SPDX-License-Identifier: Apache-2.0
"""Roles, what each may do, and which duties one person may not hold together."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from counterseal.core.errors import InputError


class Role(StrEnum):
    """What a member of staff does. A person may hold several, as far as `check_duties` lets them."""

    VIEWER = "viewer"
    SUPPORT = "support"
    FRAUD = "fraud"
    LEGAL = "legal"
    INCIDENT = "incident"
    POLICY_EDITOR = "policy_editor"
    POLICY_PUBLISHER = "policy_publisher"
    ADMINISTRATOR = "administrator"


# Scopes by name: areas do not import each other; a test holds these to access.model.Scope.
READ: Final = "staff:read"
DESK: Final = "desk:read"
INTAKE: Final = "desk:write"
INVESTIGATE: Final = "incident:read"
CASEWORK: Final = "incident:write"
ADMINISTER: Final = "staff:admin"
APPROVE: Final = "approvals:write"
OFFICER: Final = "staff:officer"
TOKENS: Final = "admin"
POLICY: Final = "policy:write"
PUBLISH: Final = "policy:publish"

_SEES: Final = frozenset({READ, "audit:read", "accounts:read", "actions:read", "decisions:staff"})
_DECIDES: Final = _SEES | {"accounts:freeze", APPROVE, OFFICER}

ROLE_SCOPES: Final[dict[Role, frozenset[str]]] = {
    Role.VIEWER: _SEES,
    Role.SUPPORT: _SEES | {"accounts:freeze"},
    Role.FRAUD: _DECIDES | {"signals:write", INVESTIGATE},
    Role.LEGAL: _DECIDES | {DESK, INTAKE, INVESTIGATE},
    Role.INCIDENT: _DECIDES | {"signals:write", DESK, INVESTIGATE, CASEWORK},
    Role.POLICY_EDITOR: frozenset({READ, "audit:read", POLICY}),
    Role.POLICY_PUBLISHER: frozenset({READ, "audit:read", APPROVE, PUBLISH}),
    Role.ADMINISTRATOR: frozenset({READ, "audit:read", ADMINISTER, TOKENS, APPROVE}),
}
SEES_ACCOUNTS: Final = frozenset(role for role, scopes in ROLE_SCOPES.items() if "accounts:read" in scopes)
# Whoever could invite two of these alone would be four eyes in one head.
GRANTED_BY_TWO: Final = frozenset(role for role, scopes in ROLE_SCOPES.items() if APPROVE in scopes)
FREEZE: Final = "accounts:freeze"
SUSPECT: Final = "signals:write"
# Changing anything takes the passkey; single sign-on alone names a person, who reads. `APPROVE` also reads the
# queue: its writes ask for the passkey themselves.
PASSKEY_ONLY: Final = frozenset({ADMINISTER, TOKENS, OFFICER, FREEZE, SUSPECT, POLICY, PUBLISH, INTAKE, CASEWORK})


class DutiesError(InputError):
    """These roles may not be held by one person."""

    code = "duties_conflict"


def scopes_of(roles: Iterable[Role]) -> frozenset[str]:
    """Everything that these roles may do, as names of scopes."""
    return frozenset().union(*(ROLE_SCOPES[role] for role in roles))


def read_roles(names: Iterable[str]) -> tuple[Role, ...]:
    """Roles by name; raises InputError that lists them."""
    given = tuple(names)
    unknown = [name for name in given if name not in set(Role)]
    if unknown:
        raise InputError(f"`{unknown[0]}` is no role", code="role_unknown", hint=f"there are: {', '.join(Role)}")
    return tuple(Role(name) for name in given)


def check_duties(roles: Iterable[Role]) -> tuple[Role, ...]:
    """The roles in order, once each; raises DutiesError for none or for duties that stay apart."""
    held = frozenset(roles)
    if not held:
        raise DutiesError("a member of staff has at least one role", code="roles_missing")
    if {Role.POLICY_EDITOR, Role.POLICY_PUBLISHER} <= held:
        raise DutiesError("whoever edits a policy does not publish it", hint="give the two roles to two people")
    if Role.ADMINISTRATOR in held and held & SEES_ACCOUNTS:
        raise DutiesError("an administrator sees no accounts", hint="give the two roles to two people")
    return tuple(role for role in Role if role in held)
