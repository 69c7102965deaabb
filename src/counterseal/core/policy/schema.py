# SPDX-License-Identifier: Apache-2.0
"""JSON Schema 2020-12 of a policy document, for editors. The loader is stricter: it knows what the names mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from counterseal.core.policy.model import Vocabulary
from counterseal.core.policy.properties import ASSERT_FORMS, GIVEN_FORMS
from counterseal.core.policy.rules import CONFIDENCE, LIFTS, LOCKS, SUBJECTS

NAME = "^[a-z][a-z0-9_]{0,63}$"
DURATION = "^(0|[1-9][0-9]{0,8})[smhd]$"
AMOUNT = r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?$"
LIMIT = r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?\s*/\s*[1-9][0-9]{0,8}[smhd]$"

Schema = dict[str, Any]


def policy_schema(vocabulary: Vocabulary | None = None) -> Schema:
    """The schema; with a vocabulary, its names become the completions of an editor."""
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Counterseal policy",
        "description": "One document that the guard enforces and the prover checks.",
        "type": "object",
        "additionalProperties": False,
        "required": ["counterseal", "policy", "actions", "outflows"],
        "properties": {
            "counterseal": {"const": 1, "description": "Version of the policy language."},
            "policy": _pattern("^[a-z0-9][a-z0-9._-]{0,63}$", "Name of this policy."),
            "description": _text("What this policy is for."),
            "currency": _pattern("^[A-Z][A-Z0-9]{2,9}$", "Accounting currency of every amount."),
            "small": _number("Amounts up to this are small for this platform."),
            "let": _map(_expression(), "Names for requirements that occur more than once."),
            "notices": _map({"$ref": "#/$defs/channels"}, "Names for groups of channels."),
            "stretch": _stretch(vocabulary),
            "attempts": {
                "$ref": "#/$defs/channels",
                "description": "Who hears of an attempt that got a proof right and went no further.",
            },
            "actions": _map({"$ref": "#/$defs/action"}, "What can be done besides moving value."),
            "outflows": _outflows(vocabulary),
            "properties": {
                "type": "array",
                "description": "What this policy promises; the prover checks it.",
                "items": _property(vocabulary),
            },
        },
    }
    schema["$defs"] = _definitions(vocabulary)
    return schema


def _definitions(vocabulary: Vocabulary | None) -> Schema:
    words: dict[str, Iterable[str] | None] = dict.fromkeys(("facts", "factors", "objects", "clocks", "channels"))
    if vocabulary is not None:
        words = {
            "facts": vocabulary.facts,
            "factors": vocabulary.factors,
            "objects": (*vocabulary.facts, *vocabulary.factors),
            "clocks": vocabulary.clocks,
            "channels": None,  # groups of `notices` may stand there too
        }
    lists = {name: _names(known) for name, known in words.items()}
    rule = _rule(vocabulary)
    outflow_only = ("kind", "limit", "trusts")
    action = {key: value for key, value in rule.items() if key not in outflow_only}
    closed = {"type": "object", "additionalProperties": False, "required": ["require"]}
    return {
        **lists,
        "duration": _pattern(DURATION, "A whole number and s, m, h or d."),
        "action": {**closed, "properties": action},
        "outflow": {
            "oneOf": [
                {"const": "not_offered", "description": "This outflow does not exist on this platform."},
                {**closed, "properties": rule},
            ]
        },
    }


def _rule(vocabulary: Vocabulary | None) -> Schema:
    duration = {"$ref": "#/$defs/duration"}
    verbs = list(vocabulary.verbs) if vocabulary else None
    kinds = list(vocabulary.outflow_kinds) if vocabulary else None
    return {
        "require": _expression(),
        "verb": _enum(verbs, "What kind of change this is; clocks are restarted by verbs."),
        "subject": _enum(SUBJECTS, "account (default), or request: a judicial request."),
        "grants": _list("objects", "Facts for the object named, and factors that are enrolled."),
        "revokes": _list("facts", "Facts that end."),
        "removes": _list("factors", "Factors that are removed."),
        "silences": _list("channels", "Channels that get no further notices."),
        "confirms": _list("objects", "Grants that the owner stands by with an undoubtful proof."),
        "starts": _list("clocks", "Clocks that begin with this action."),
        "holds": _list("clocks", "Clocks that this change restarts."),
        "discloses": _list("factors", "What becomes known to whoever made the request."),
        "notify": _list("channels", "Who is told: channels or groups of `notices`."),
        "lifts": _enum(LIFTS, "Ends a freeze."),
        "locks": _enum(LOCKS, "Changes the owner's own stricter rule."),
        "delay": {**duration, "description": "Accepted, but not effective before; cancellable."},
        "lasts": {
            "description": "How long what is granted lives.",
            "oneOf": [duration, {"type": "object", "additionalProperties": duration}],
        },
        "sliding": _list("facts", "Facts whose life starts again when they are used."),
        "limit": _pattern(LIMIT, "Amount of the accounting currency in a sliding period: 2000/24h."),
        "kind": _enum(kinds, "Which outflow of the vocabulary this is."),
        "trusts": _enum(("platform",), "Admits that proofs of the platform alone can reach it."),
        "when_frozen": {"type": "boolean", "description": "May go on under a staff freeze."},
        "source": _text("Where the rule is published."),
        "as_of": {
            "type": ["string", "integer"],
            "description": "Date of the source: `2024`, `2024-06`, `2024-06-09`.",
        },
        "confidence": _enum(CONFIDENCE, "How sure the source is."),
        "assumed": {"type": "boolean", "description": "Nothing was published; read in the attacker's favour."},
    }


def _outflows(vocabulary: Vocabulary | None) -> Schema:
    schema = _map({"$ref": "#/$defs/outflow"}, "Every way in which value leaves.")
    if vocabulary is not None:
        schema["properties"] = {
            kind: {"$ref": "#/$defs/outflow", "description": sentence}
            for kind, sentence in vocabulary.outflow_kinds.items()
        }
    return schema


def _stretch(vocabulary: Vocabulary | None) -> Schema:
    schema: Schema = {
        "type": "object",
        "description": "While this condition holds, every wait is multiplied.",
        "maxProperties": 1,
        "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 30},
    }
    if vocabulary is not None:
        schema["propertyNames"] = {"enum": list(vocabulary.conditions)}
    return schema


def _property(vocabulary: Vocabulary | None) -> Schema:
    given = {"type": "string", "description": "Who attacks.", "examples": list(GIVEN_FORMS)}
    profiles = _names(vocabulary.profiles if vocabulary else None)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "given", "assert"],
        "properties": {
            "name": _text("What the property says."),
            "given": {"oneOf": [given, {"type": "array", "items": {"type": "string", "pattern": NAME}}]},
            "assert": {"type": "string", "description": "What must hold.", "examples": list(ASSERT_FORMS)},
            "except": {**_names(None), "description": "Outflows that it does not speak of."},
            "profiles": {**profiles, "description": "Only for these; all when absent."},
        },
    }


def _expression() -> Schema:
    return {
        "type": "string",
        "minLength": 1,
        "description": "and, or, k of (...), strongest(...), since(clock) >= 24h, age(fact) >= 24h, names",
    }


def _text(description: str) -> Schema:
    return {"type": "string", "maxLength": 2000, "description": description}


def _pattern(pattern: str, description: str) -> Schema:
    return {"type": "string", "pattern": pattern, "description": description}


def _number(description: str) -> Schema:
    return {
        "oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": AMOUNT}],
        "description": description,
    }


def _enum(values: Iterable[str] | None, description: str) -> Schema:
    if values is None:
        return _pattern(NAME, description)
    return {"enum": list(values), "description": description}


def _map(value: Schema, description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": value,
    }


def _names(known: Iterable[str] | None) -> Schema:
    one: Schema = {"type": "string", "pattern": NAME} if known is None else {"enum": list(known)}
    return {"oneOf": [one, {"type": "array", "items": one, "uniqueItems": True}]}


def _list(definition: str, description: str) -> Schema:
    return {"$ref": f"#/$defs/{definition}", "description": description}
