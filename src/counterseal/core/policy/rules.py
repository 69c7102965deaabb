# SPDX-License-Identifier: Apache-2.0
"""One action or outflow of the document into a draft: its fields, and where each of its words stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.compile import compile_requirement
from counterseal.core.policy.faults import did_you_mean
from counterseal.core.policy.grammar import parse_requirement
from counterseal.core.policy.model import Limit, Rule, Vocabulary
from counterseal.core.policy.quantities import MAX_LIMIT_PERIOD, amount, duration
from counterseal.core.policy.reading import Named, Reader, texts
from counterseal.core.policy.scope import Mention, Parsed, Scope
from counterseal.core.policy.source import Entry, MappingNode

RULE_KEYS = (
    "require",
    "verb",
    "subject",
    "grants",
    "revokes",
    "removes",
    "silences",
    "confirms",
    "starts",
    "holds",
    "discloses",
    "notify",
    "lifts",
    "locks",
    "delay",
    "lasts",
    "sliding",
    "limit",
    "kind",
    "trusts",
    "when_frozen",
    "source",
    "as_of",
    "confidence",
    "assumed",
)
SUBJECTS = ("account", "request")
LIFTS = ("freeze",)
LOCKS = ("tighten", "loosen")
CONFIDENCE = ("high", "medium", "low")
_OUTFLOW_ONLY = ("kind", "limit", "trusts")
_DATE = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\Z")


class Draft(msgspec.Struct, frozen=True):
    """A rule with the places of its words, for the lint."""

    rule: Rule
    key: Span  # of the rule's name
    keys: Mapping[str, Span]  # of each key
    words: Mapping[tuple[str, str], Span]  # (key, name) -> where
    mentions: tuple[Mention, ...]


class RuleReader:
    """Reads rules; the vocabulary, the names of `let` and the notice groups are known by then."""

    def __init__(
        self, reader: Reader, vocabulary: Vocabulary, scope: Scope, notices: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.reader = reader
        self.vocabulary = vocabulary
        self.scope = scope
        self.notices = notices

    def read(self, entry: Entry, *, outflow: bool) -> Draft | None:
        """The draft of one rule; None where it has no usable requirement."""
        name = entry.key.text
        what = f"the {'outflow' if outflow else 'action'} `{name}`"
        if not isinstance(entry.value, MappingNode):
            self.reader.faults.add(
                "value_type",
                entry.value.span,
                f"{what} must be a mapping",
                "Or `not_offered`." if outflow else "",
            )
            return None
        keys = self.reader.keys(entry.value, what, allowed=RULE_KEYS)
        if "require" not in keys:
            self.reader.faults.add("key_missing", entry.key.span, f"{what} needs the key `require`")
        if not outflow:
            self._refuse_outflow_keys(keys, what)
        names = self._names(keys)
        fields = self._fields(keys, names)
        fields["kind"] = self._kind(entry, keys) if outflow else name
        parsed, fields["require"] = self._requirement(keys.get("require"))
        if parsed is None or fields["require"] is None:
            return None
        rule = Rule(name=name, line=entry.key.span.line, column=entry.key.span.column, outflow=outflow, **fields)
        return Draft(
            rule=rule,
            key=entry.key.span,
            keys={key: found.key.span for key, found in keys.items()},
            words={(key, word.text): word.span for key, found in names.items() for word in found},
            mentions=parsed.mentions,
        )

    def _refuse_outflow_keys(self, keys: Mapping[str, Entry], what: str) -> None:
        for key in _OUTFLOW_ONLY:
            if key in keys:
                self.reader.faults.add(
                    "key_misplaced", keys[key].key.span, f"{what} has no key `{key}`: it is no outflow"
                )

    def _requirement(self, entry: Entry | None) -> tuple[Parsed | None, Any]:
        node = self.reader.scalar(entry.value, "`require`") if entry else None
        if node is None:
            return None, None
        parsed = parse_requirement(node, self.scope, self.reader.faults)
        if parsed is None:
            return None, None
        place = node.at(0)
        text = " ".join(node.text.split())
        try:
            compiled = compile_requirement(
                parsed.expression, text, place.line, place.column, channels=self.scope.channels
            )
        except PolicyError as error:
            self.reader.faults.add(error.code, error.span, error.sentence, error.hint)
            return None, None
        return parsed, compiled

    def _names(self, keys: Mapping[str, Entry]) -> dict[str, tuple[Named, ...]]:
        """The keys that hold names, each against the words it may use."""
        words = self.vocabulary
        objects = (*words.facts, *words.factors)
        known = {
            "grants": (objects, "grant_unknown"),
            "revokes": (words.facts, "fact_unknown"),
            "removes": (words.factors, "factor_unknown"),
            "silences": (words.channels, "channel_unknown"),
            "confirms": (objects, "grant_unknown"),
            "starts": (words.clocks, "clock_unknown"),
            "holds": (words.clocks, "clock_unknown"),
            "discloses": (words.factors, "factor_unknown"),
            "sliding": (words.facts, "fact_unknown"),
            "notify": ((*self.notices, *words.channels), "channel_unknown"),
        }
        return {
            key: self.reader.names(keys.get(key), f"`{key}`", allowed, code=code)
            for key, (allowed, code) in known.items()
        }

    def told(self, entry: Entry, what: str) -> tuple[str, ...]:
        """Channels, by their names or by those of a notice."""
        allowed = (*self.notices, *self.vocabulary.channels)
        return self._channels(self.reader.names(entry, what, allowed, code="channel_unknown"))

    def _fields(self, keys: Mapping[str, Entry], names: Mapping[str, tuple[Named, ...]]) -> dict[str, Any]:
        reader = self.reader
        fields: dict[str, Any] = {
            key: texts(found) for key, found in names.items() if key not in {"notify", "sliding"}
        }
        fields["verb"] = reader.choice(keys.get("verb"), "verb", self.vocabulary.verbs, default="use")
        fields["subject"] = reader.choice(keys.get("subject"), "subject", SUBJECTS, default="account")
        fields["lifts"] = reader.choice(keys.get("lifts"), "freeze", LIFTS, default="") or None
        fields["locks"] = reader.choice(keys.get("locks"), "lock change", LOCKS, default="") or None
        if "delay" in keys:
            fields["delay"] = reader.duration(keys["delay"].value, "`delay`")
        fields["notify"] = self._channels(names["notify"]) if "notify" in keys else None
        fields["lasts"] = self._lasts(keys.get("lasts"), fields["grants"])
        fields["sliding"] = self._sliding(names["sliding"], fields["lasts"])
        fields["limit"] = self._limit(keys.get("limit"))
        fields["trusts_platform"] = bool(
            reader.choice(keys.get("trusts"), "trusted party", ("platform",), default="")
        )
        fields["when_frozen"] = reader.truth(keys.get("when_frozen"), "`when_frozen`")
        fields["source"] = reader.text(keys.get("source"), "`source`")
        fields["as_of"] = self._date(keys.get("as_of"))
        fields["confidence"] = reader.choice(keys.get("confidence"), "confidence", CONFIDENCE, default="")
        fields["assumed"] = reader.truth(keys.get("assumed"), "`assumed`")
        return fields

    def _channels(self, names: tuple[Named, ...]) -> tuple[str, ...]:
        """Notice groups expanded, in order, each channel once."""
        found = [channel for name in texts(names) for channel in self.notices.get(name, (name,))]
        return tuple(dict.fromkeys(found))

    def _lasts(self, entry: Entry | None, grants: tuple[str, ...]) -> dict[str, int]:
        """`{fact: duration}`, or one duration for every fact that is granted."""
        facts = [name for name in grants if name in self.vocabulary.facts]
        if entry is None:
            return {}
        if not isinstance(entry.value, MappingNode):
            wait = self.reader.duration(entry.value, "`lasts`")
            if not facts:
                self.reader.faults.add("lasts_idle", entry.key.span, "`lasts` needs a fact that the rule grants")
            return dict.fromkeys(facts, wait)
        found: dict[str, int] = {}
        for item in entry.value.entries:
            if item.key.text not in facts:
                hint = did_you_mean(item.key.text, facts)
                self.reader.faults.add(
                    "lasts_idle", item.key.span, f"`{item.key.text[:64]}` is no fact that the rule grants", hint
                )
            found[item.key.text] = self.reader.duration(item.value, "`lasts`")
        return found

    def _sliding(self, names: tuple[Named, ...], lasts: Mapping[str, int]) -> frozenset[str]:
        for name in names:
            if name.text not in lasts:
                self.reader.faults.add(
                    "sliding_idle", name.span, f"`{name.text}` slides but has no end", "Give it one under `lasts`."
                )
        return frozenset(texts(names))

    def _limit(self, entry: Entry | None) -> Limit | None:
        """`amount/period`."""
        node = self.reader.scalar(entry.value, "`limit`") if entry else None
        if node is None:
            return None
        value, slash, period = node.text.partition("/")
        money, wait = amount(value.strip()), duration(period.strip())
        if not slash or not money or not wait or wait > MAX_LIMIT_PERIOD:
            self.reader.faults.add(
                "limit_invalid",
                node.span,
                f"`{node.text[:48]}` is not a limit",
                "An amount over 0 of the accounting currency, `/` and a period up to 31d: `2000/24h`.",
            )
            return None
        return Limit(money, wait)

    def _date(self, entry: Entry | None) -> str:
        node = self.reader.scalar(entry.value, "`as_of`") if entry else None
        if node is None:
            return ""
        if not _DATE.match(node.text):
            self.reader.faults.add(
                "date_invalid", node.span, f"`{node.text[:32]}` is not a date", "`2024`, `2024-06` or `2024-06-09`."
            )
        return node.text

    def _kind(self, entry: Entry, keys: Mapping[str, Entry]) -> str:
        """Which outflow of the closed list this is: its name unless `kind` says otherwise."""
        kinds = self.vocabulary.outflow_kinds
        if "kind" in keys:
            return self.reader.choice(keys["kind"], "outflow of the vocabulary", kinds, default=entry.key.text)
        if entry.key.text not in kinds:
            hint = f"{did_you_mean(entry.key.text, kinds)} Or say what it is with `kind`.".strip()
            self.reader.faults.add(
                "outflow_unknown", entry.key.span, f"`{entry.key.text}` is no outflow of the vocabulary", hint
            )
        return entry.key.text
