# SPDX-License-Identifier: Apache-2.0
"""What the registry of authorities is asked. Times are ms since the epoch."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.http.body import Body
from counterseal.judicial.registry.changes import Details, NewContact
from counterseal.judicial.registry.model import DAY, ContactKind, Source, Use

Text = Annotated[str, msgspec.Meta(max_length=300)]
Filled = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Slug = Annotated[str, msgspec.Meta(min_length=3, max_length=64, pattern="^[a-z0-9-]+$")]
Id = Annotated[str, msgspec.Meta(max_length=64)]
Marks = Annotated[list[Annotated[str, msgspec.Meta(max_length=400)]], msgspec.Meta(max_length=1000)]
Time = Annotated[int, msgspec.Meta(ge=0, le=1 << 47)]


class SourceBody(Body, frozen=True):
    """Where it was found: the address of a public directory, or what the print is. `at`: of the look-up; `sha256`:
    of the copy that was kept."""

    where: Filled
    at: Time
    sha256: Annotated[str, msgspec.Meta(max_length=64)] = ""


class DetailsBody(Body, frozen=True):
    """What the authority is called, is, and may do. `country`: ISO 3166-1 alpha-2; `role`: court, judge, police,
    prosecutor, ...; `channel`: its official way to transmit; `subdomains`: names below its domains are its own too;
    `case_grammar`: how it writes case numbers; `statutes`: legal bases that it may cite."""

    name: Filled
    country: Filled
    role: Filled
    languages: Annotated[list[Text], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=lambda: ["en"])
    channel: Text = ""
    subdomains: bool = False
    case_grammar: Text = ""
    statutes: Annotated[list[Text], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)


class ContactBody(Body, frozen=True):
    """A contact. `kind`: phone (with country code) | email | domain | certificate | subject | openpgp | address;
    `uses`: call_back | duty | clerk | mail | signing | delivery; `replaces`: id of the contact that ends with it;
    `accepts`: marks of the alarms that you looked at (see preview)."""

    kind: ContactKind
    value: Filled
    uses: Annotated[list[Use], msgspec.Meta(min_length=1, max_length=6)]
    source: SourceBody
    office: Text = ""
    person: Text = ""
    replaces: Id = ""
    accepts: Marks = msgspec.field(default_factory=list)


class AuthorityBody(Body, frozen=True):
    """A new authority with its first contacts."""

    id: Slug
    details: DetailsBody
    contacts: Annotated[list[ContactBody], msgspec.Meta(max_length=50)] = msgspec.field(default_factory=list)


class LookBody(Body, frozen=True):
    """A look at a source."""

    source: SourceBody


class EndBody(Body, frozen=True):
    """Why it is not used any more."""

    reason: Filled


class RosterBody(Body, frozen=True):
    """A person of the authority's roster. `role`: judge, prosecutor, clerk, investigator, ..."""

    name: Filled
    role: Filled
    source: SourceBody
    office: Text = ""
    supervisor: Text = ""


class ApplyBody(Body, frozen=True):
    """`digest`: of what the draft enters, as it was read; `accepts`: marks of its alarms."""

    digest: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    accepts: Marks = msgspec.field(default_factory=list)


class CompareBody(Body, frozen=True):
    """Contacts that a request gives. `authority`: whose it says it is."""

    phones: Annotated[list[Text], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    emails: Annotated[list[Text], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    domains: Annotated[list[Text], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    authority: Id = ""


class AuthorityPage(Body, frozen=True):
    """`after`: the id that the last page ended with; `country`: only of this one."""

    after: Id = ""
    country: Annotated[str, msgspec.Meta(max_length=2)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100


class For(Body, frozen=True):
    """`received`: when the request came in for which you ask (ms); 0 = for none."""

    received: Time = 0


class Within(Body, frozen=True):
    """`days`: how far to look ahead."""

    days: Annotated[int, msgspec.Meta(ge=0, le=366)] = 30

    @property
    def milliseconds(self) -> int:
        """The same in ms."""
        return self.days * DAY


class DraftPage(Body, frozen=True):
    """`after`: the id that the last page ended with."""

    after: Id = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


def source_of(body: SourceBody) -> Source:
    """As the area takes it."""
    return Source(body.where, body.at, body.sha256)


def details_of(body: DetailsBody) -> Details:
    """As the area takes it."""
    return Details(
        *(body.name, body.country, body.role, tuple(body.languages)),
        channel=body.channel,
        subdomains=body.subdomains,
        case_grammar=body.case_grammar,
        statutes=tuple(body.statutes),
    )


def contact_of(body: ContactBody) -> NewContact:
    """As the area takes it."""
    return NewContact(
        *(body.kind, body.value, tuple(body.uses), source_of(body.source)),
        office=body.office,
        person=body.person,
        replaces=body.replaces,
        accepts=tuple(body.accepts),
    )
