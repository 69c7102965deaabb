# SPDX-License-Identifier: Apache-2.0
"""Existing accounts from a file: CSV (one row per thing) or JSON (a list, or one object per line).

CSV columns: account,type,name,value,secret,since,label. `type` is account (value = language, label = phrase),
contact (name = channel), factor (name = factor, value = contact) or object (name = facts joined by `+`,
value = id, or chain|address|memo). `since` is ISO 8601 with a zone, or ms.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.policy.model import Policy
from counterseal.guard.ports import Random
from counterseal.guard.registration import (
    BuiltRegister,
    ContactGiven,
    FactorGiven,
    ObjectGiven,
    RegisterGiven,
    build_register,
)
from counterseal.guard.requests import Enroller

COLUMNS = ("account", "type", "name", "value", "secret", "since", "label")
MOST_FAULTS = 1_000


class ImportFault(msgspec.Struct, frozen=True):
    """What is wrong, and in which line (1-based)."""

    line: int
    account: str
    sentence: str


class Row(msgspec.Struct, frozen=True):
    """An account of the file and the line that it begins on."""

    line: int
    given: RegisterGiven


class Parsed(msgspec.Struct, frozen=True):
    """What a file holds."""

    rows: tuple[Row, ...]
    faults: tuple[ImportFault, ...]


class _JsonObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    facts: tuple[str, ...]
    id: str | None = None
    address: dict[str, str] | None = None
    since: int | str | None = None
    label: str = ""


class _JsonFactor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    factor: str
    contact: str | None = None
    secret: str | None = None
    label: str = ""
    since: int | str | None = None


class _JsonAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: str
    language: str = "en"
    phrase: str = ""
    contacts: tuple[ContactGiven, ...] = ()
    factors: tuple[_JsonFactor, ...] = ()
    objects: tuple[_JsonObject, ...] = ()


def parse(text: str, *, policy: Policy) -> Parsed:
    """Read a file. Faults are collected by line; nothing is raised for bad content."""
    if text.lstrip()[:1] in ("[", "{"):
        return _parse_json(text)
    return _parse_csv(text, policy)


def check(
    parsed: Parsed, *, policy: Policy, enroller: Enroller, random: Random, now: int
) -> tuple[list[tuple[Row, BuiltRegister]], list[ImportFault]]:
    """Build every account as the import would. Ages in the future, unknown names and bad seeds are faults."""
    built: list[tuple[Row, BuiltRegister]] = []
    faults = list(parsed.faults)
    seen: dict[str, int] = {}
    for row in parsed.rows:
        account = row.given.account
        if account in seen:
            faults.append(ImportFault(row.line, account, f"the account stands in line {seen[account]} already"))
            continue
        seen[account] = row.line
        try:
            made = build_register(policy, row.given, enroller=enroller, random=random, now=now)
        except InputError as error:
            faults.append(ImportFault(row.line, account, error.diagnostics()))
            continue
        built.append((row, made))
    return built, sorted(faults[:MOST_FAULTS], key=lambda fault: fault.line)


def moment(text: str | int | None) -> int | None:
    """ISO 8601 with a zone, or ms; None stays None."""
    if text is None or text == "":
        return None
    if isinstance(text, int) or text.isdigit():
        return int(text)
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"`{text[:40]}` is not a time", code="time_invalid") from error
    if parsed.tzinfo is None:
        raise InputError(f"`{text[:40]}` has no time zone", code="time_zone")
    return int(parsed.timestamp() * 1000)


def _parse_json(text: str) -> Parsed:
    rows: list[Row] = []
    faults: list[ImportFault] = []
    for line, raw in _json_items(text, faults):
        try:
            item = msgspec.convert(raw, _JsonAccount)
            rows.append(Row(line, _from_json(item)))
        except (msgspec.ValidationError, InputError) as error:
            name = raw.get("account", "") if isinstance(raw, dict) else ""
            faults.append(ImportFault(line, str(name)[:64], str(error)))
    return Parsed(tuple(rows), tuple(faults))


def _json_items(text: str, faults: list[ImportFault]) -> Iterator[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        try:
            yield from enumerate(msgspec.json.decode(text), 1)
        except (msgspec.DecodeError, RecursionError) as error:
            faults.append(ImportFault(1, "", f"the file is not JSON: {error}"))
        return
    for line, part in enumerate(text.splitlines(), 1):
        if part.strip():
            try:
                yield line, msgspec.json.decode(part)
            except (msgspec.DecodeError, RecursionError) as error:
                faults.append(ImportFault(line, "", f"the line is not JSON: {error}"))


def _from_json(item: _JsonAccount) -> RegisterGiven:
    factors = tuple(FactorGiven(x.factor, x.contact, x.secret, x.label, moment(x.since)) for x in item.factors)
    objects = tuple(
        ObjectGiven(x.kind, x.facts, x.id, _spot(x.address), moment(x.since), x.label) for x in item.objects
    )
    return RegisterGiven(item.account, item.language, item.phrase, item.contacts, factors, objects)


def _spot(address: dict[str, str] | None) -> tuple[str, str, str] | None:
    if address is None:
        return None
    if not {"chain", "address"} <= set(address) <= {"chain", "address", "memo"}:
        raise InputError("an address has chain, address and memo", code="address_form")
    return address["chain"], address["address"], address.get("memo", "")


class _Draft:
    """One account while its rows are read."""

    def __init__(self, line: int, account: str) -> None:
        self.line, self.account = line, account
        self.language, self.phrase = "en", ""
        self.contacts: list[ContactGiven] = []
        self.factors: list[FactorGiven] = []
        self.objects: list[ObjectGiven] = []

    def row(self) -> Row:
        """The account as it is given."""
        parts = (tuple(self.contacts), tuple(self.factors), tuple(self.objects))
        return Row(self.line, RegisterGiven(self.account, self.language, self.phrase, *parts))


def _parse_csv(text: str, policy: Policy) -> Parsed:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    faults: list[ImportFault] = []
    if tuple(reader.fieldnames or ()) != COLUMNS:
        wanted = ",".join(COLUMNS)
        return Parsed((), (ImportFault(1, "", f"the first line must be {wanted}"),))
    drafts: dict[str, _Draft] = {}
    try:
        for fields in reader:
            line = reader.line_num
            account = (fields.get("account") or "").strip()
            if not account or None in fields or None in fields.values():
                faults.append(ImportFault(line, account, f"a line has {len(COLUMNS)} fields and names its account"))
                continue
            draft = drafts.setdefault(account, _Draft(line, account))
            try:
                _take(draft, {key: value.strip() for key, value in fields.items()}, policy)
            except InputError as error:
                faults.append(ImportFault(line, account, error.diagnostics()))
    except csv.Error as error:
        faults.append(ImportFault(reader.line_num, "", f"the file is not CSV: {error}"))
    return Parsed(tuple(draft.row() for draft in drafts.values()), tuple(faults))


def _take(draft: _Draft, fields: dict[str, str], policy: Policy) -> None:
    name, value, since = fields["name"], fields["value"], moment(fields["since"])
    match fields["type"]:
        case "account":
            draft.language, draft.phrase = value or "en", fields["label"]
        case "contact":
            draft.contacts.append(ContactGiven(name, value))
        case "factor":
            secret = fields["secret"] or None
            draft.factors.append(FactorGiven(name, value or None, secret, fields["label"], since))
        case "object":
            facts = tuple(name.split("+"))
            kind = policy.vocabulary.facts.get(facts[0], "")
            if kind == "address":
                parts = [*value.split("|", 2), "", ""][:3]
                spot = (parts[0], parts[1], parts[2])
                draft.objects.append(ObjectGiven(kind, facts, None, spot, since, fields["label"]))
            else:
                draft.objects.append(ObjectGiven(kind, facts, value, None, since, fields["label"]))
        case other:
            raise InputError(f"`{other[:40]}` is not account, contact, factor or object", code="row_type")
