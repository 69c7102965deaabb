# SPDX-License-Identifier: Apache-2.0
"""Examples of the registry of authorities for the API reference."""

from __future__ import annotations

from counterseal.http.examples import NOON
from counterseal.http.routers import desk_registry_bodies as b
from counterseal.http.routers import desk_registry_replies as r
from counterseal.judicial.registry.model import DAY, RECHECK, ContactKind, Use

WHERE = "https://directory.northmark.example/courts"
SOURCE_BODY = b.SourceBody(where=WHERE, at=NOON)
DETAILS_BODY = b.DetailsBody(
    name="District Court of Northmark",
    country="nm",
    role="court",
    case_grammar=r"\d{4}-CR-\d{5}",
    statutes=["CCP 197"],
)
CONTACT_BODY = b.ContactBody(
    kind=ContactKind.PHONE,
    value="+1 202 555 0179",
    uses=[Use.CALL_BACK, Use.CLERK],
    source=SOURCE_BODY,
    office="clerk's office",
)
AUTHORITY_BODY = b.AuthorityBody(id="nm-district-court", details=DETAILS_BODY, contacts=[CONTACT_BODY])
ROSTER_BODY = b.RosterBody(name="Jane Roe", role="judge", source=SOURCE_BODY, office="chamber 3")
LOOK = b.LookBody(source=b.SourceBody(where="printed court calendar 2026, page 12", at=NOON))
END = b.EndBody(reason="the court moved")
SOURCE = r.SourceView(where=WHERE, at=NOON, sha256=None)
CONTACT = r.AuthorityContactView(
    id="ct_5f1c0f0a6b3e4d2c",
    kind="phone",
    value="+12025550179",
    uses=["call_back", "clerk"],
    office="clerk's office",
    person="",
    source=SOURCE,
    entered=NOON,
    entered_by=["Ines (st_0a1b)", "Omar (st_0a1c)"],
    second=None,
    second_at=None,
    second_by=[],
    checked=None,
    checked_by=[],
    recheck=NOON + RECHECK,
    ended=None,
    ended_by=[],
    ended_reason=None,
    replaces=None,
    accepted=[],
    usable=r.UsableView(
        counts=False,
        reason="waiting",
        sentence="it counts 30 days after it was entered, or once a second source confirms it",
        when=NOON + 30 * DAY,
    ),
)
AUTHORITY = r.AuthorityView(
    id="nm-district-court",
    name="District Court of Northmark",
    country="nm",
    role="court",
    languages=["en"],
    channel="",
    subdomains=False,
    case_grammar=r"\d{4}-CR-\d{5}",
    statutes=["CCP 197"],
    entered=NOON,
    entered_by=["Ines (st_0a1b)", "Omar (st_0a1c)"],
    since=NOON,
    ended=None,
    ended_by=[],
    ended_reason=None,
    pending=[],
    near=[],
    contacts=[CONTACT],
    roster=[],
)
AUTHORITIES = r.AuthorityList(
    items=[
        r.AuthorityRow(
            id="nm-district-court",
            name="District Court of Northmark",
            country="nm",
            role="court",
            contacts=1,
            usable=0,
            due=0,
            ended=None,
        )
    ],
    next=None,
)
ALARM = r.AlarmView(
    code="similar_number",
    sentence="the request gives +12025550197, which has two digits the other way round than +12025550179 of "
    "`District Court of Northmark`",
    mark="similar_number:ct_5f1c0f0a6b3e4d2c",
    value="+12025550197",
    other="+12025550179",
    how="transposed",
    authority="nm-district-court",
    contact="ct_5f1c0f0a6b3e4d2c",
    request=None,
)
PREVIEW = r.PreviewView(value="+12025550179", alarms=[], near=["req_01"])
DUE = r.DueView(
    authority="nm-district-court",
    name="District Court of Northmark",
    contact="ct_5f1c0f0a6b3e4d2c",
    kind="phone",
    value="+12025550179",
    recheck=NOON + RECHECK,
    overdue=False,
)
DONE = r.RegistryDone(authority="nm-district-court", made="ct_5f1c0f0a6b3e4d2c")
STEPS = [
    r.ImportStepView(
        line=2, authority="nm-district-court", what="authority", value="District Court of Northmark", alarms=[]
    ),
    r.ImportStepView(line=2, authority="nm-district-court", what="phone", value="+12025550179", alarms=[]),
]
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
DRAFT = r.ImportRow(
    id="imp_fe6f1f2c1d9b5a5ec0ffee01",
    received=NOON,
    by="Ines (st_0a1b)",
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    applied=None,
    applied_by=[],
)
TRIAL = r.ImportView(draft=None, digest=DIGEST, known=0, marks=[], steps=STEPS, faults=[])
IMPORT = r.ImportView(draft=DRAFT, digest=DIGEST, known=0, marks=[], steps=STEPS, faults=[])
APPLY = b.ApplyBody(digest=DIGEST)
