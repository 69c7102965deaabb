# SPDX-License-Identifier: Apache-2.0
"""A policy document into a loaded, linted and compiled policy, or into the list of everything wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from counterseal.core.errors import Span
from counterseal.core.policy.clocks import clock_members, longest_wait
from counterseal.core.policy.compile import stretch_requirement
from counterseal.core.policy.digest import digest_of
from counterseal.core.policy.faults import Faults, Lint, did_you_mean
from counterseal.core.policy.grammar import parse_requirement
from counterseal.core.policy.lint import Document, lint
from counterseal.core.policy.model import Policy, Rule, Vocabulary
from counterseal.core.policy.promises import read_properties
from counterseal.core.policy.quantities import count
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.rules import Draft, RuleReader
from counterseal.core.policy.scope import Parsed, Scope
from counterseal.core.policy.source import Entry, Node, ScalarNode
from counterseal.core.policy.tokens import KEYWORDS
from counterseal.core.policy.vocabulary import load_vocabulary

__all__ = ["load_policy", "load_vocabulary"]

TOP_KEYS = (
    "counterseal",
    "policy",
    "description",
    "currency",
    "small",
    "let",
    "notices",
    "stretch",
    "attempts",
    "actions",
    "outflows",
    "properties",
)
MAX_STRETCH = 30
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{2,9}\Z")


def load_policy(node: Node, text: str, vocabulary: Vocabulary) -> Policy:
    """Read, lint and compile a policy. Raises PolicyFaults with every fault; warnings stay in `warnings`."""
    faults = Faults()
    policy = _Loader(Reader(faults), vocabulary).load(node, text)
    faults.raise_if_any()
    return policy


class _Loader:
    def __init__(self, reader: Reader, vocabulary: Vocabulary) -> None:
        self.reader = reader
        self.vocabulary = vocabulary
        self.channels = {name: spec.channel for name, spec in vocabulary.factors.items()}

    def load(self, node: Node, text: str) -> Policy:
        reader, vocabulary = self.reader, self.vocabulary
        required = ("counterseal", "policy", "actions", "outflows")
        top = reader.keys(node, "a policy", allowed=TOP_KEYS, required=required)
        reader.version(top.get("counterseal"))
        scope = _Lets(reader, vocabulary, self.channels, top.get("let")).scope()
        rules = RuleReader(reader, vocabulary, scope, self._notices(top.get("notices")))
        actions = self._section(top.get("actions"), rules, outflow=False)
        not_offered = self._not_offered(top.get("outflows"))
        outflows = self._section(top.get("outflows"), rules, outflow=True)
        drafts = self._distinct(actions, outflows)
        properties = read_properties(
            reader, top.get("properties"), vocabulary, frozenset(d.rule.name for d in outflows)
        )
        stretch = self._stretch(top.get("stretch"))
        warnings = self._lint(drafts, not_offered, top.get("outflows"))
        plain_rules = {draft.rule.name: draft.rule for draft in drafts}
        slow = self._stretched(plain_rules, stretch[1] if stretch else 1)
        return Policy(
            name=self._word(top.get("policy"), _SLUG, "name", "unnamed"),
            digest=digest_of(node, vocabulary=vocabulary.digest),
            currency=self._word(top.get("currency"), _CURRENCY, "currency", "USD"),
            small=reader.amount(top["small"].value, "`small`") if "small" in top else Decimal(0),
            vocabulary=vocabulary,
            rules=plain_rules,
            not_offered={name: span.line for name, span in not_offered.items()},
            stretch=stretch,
            stretched=slow,
            clock_members=clock_members(plain_rules, vocabulary),
            longest_wait=longest_wait([*plain_rules.values(), *slow.values()]),
            properties=properties,
            text=text,
            description=reader.text(top.get("description"), "`description`"),
            attempts=rules.told(top["attempts"], "`attempts`") if "attempts" in top else None,
            warnings=warnings,
        )

    def _lint(
        self, drafts: tuple[Draft, ...], not_offered: Mapping[str, Span], section: Entry | None
    ) -> tuple[Lint, ...]:
        """Add the errors that the lint finds to the faults; give back its warnings."""
        faults = self.reader.faults
        document = Document(
            vocabulary=self.vocabulary,
            drafts=drafts,
            not_offered=not_offered,
            outflows=section.key.span if section else Span(1, 1),
            complete=not faults.found,
        )
        found = lint(document)
        for item in found:
            if item.severity == "error":
                faults.add(item.code, item.span, item.sentence, item.hint)
        return tuple(item for item in found if item.severity == "warning")

    def _word(self, entry: Entry | None, pattern: re.Pattern[str], what: str, default: str) -> str:
        node = self.reader.scalar(entry.value, f"`{entry.key.text}`") if entry else None
        if node is None:
            return default
        if not pattern.match(node.text):
            hint = "Capital letters: `USD`." if what == "currency" else "Lower-case letters, digits, `-`, `.`, `_`."
            self.reader.faults.add("name_invalid", node.span, f"`{node.text[:64]}` is no {what}", hint)
        return node.text

    def _notices(self, section: Entry | None) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        known = self.vocabulary.channels
        for entry in self.reader.named(section.value if section else None, "`notices`"):
            if entry.key.text in known:
                self.reader.faults.add("name_taken", entry.key.span, f"`{entry.key.text}` is already a channel")
            found[entry.key.text] = texts(self.reader.names(entry, "a notice", known, code="channel_unknown"))
        return found

    def _section(self, section: Entry | None, rules: RuleReader, *, outflow: bool) -> list[Draft]:
        what = f"`{section.key.text}`" if section else ""
        drafts = [
            rules.read(entry, outflow=outflow)
            for entry in self.reader.named(section.value if section else None, what)
            if not (outflow and _is_not_offered(entry))
        ]
        return [draft for draft in drafts if draft is not None]

    def _not_offered(self, section: Entry | None) -> dict[str, Span]:
        """Outflow kinds that do not exist on this platform."""
        found: dict[str, Span] = {}
        kinds = self.vocabulary.outflow_kinds
        for entry in getattr(section.value, "entries", ()) if section else ():
            if not _is_not_offered(entry):
                continue
            if entry.key.text not in kinds:
                hint = did_you_mean(entry.key.text, kinds)
                self.reader.faults.add(
                    "outflow_unknown",
                    entry.key.span,
                    f"`{entry.key.text[:64]}` is no outflow of the vocabulary",
                    hint,
                )
            found[entry.key.text] = entry.key.span
        return found

    def _distinct(self, actions: list[Draft], outflows: list[Draft]) -> tuple[Draft, ...]:
        taken = {draft.rule.name: draft for draft in actions}
        for draft in outflows:
            if draft.rule.name in taken:
                line = taken[draft.rule.name].key.line
                self.reader.faults.add(
                    "name_taken", draft.key, f"`{draft.rule.name}` is already an action (line {line})"
                )
        return (*actions, *outflows)

    def _stretch(self, section: Entry | None) -> tuple[str, int] | None:
        """`{condition: factor}`: one condition, a whole factor from 1 to 30."""
        entries = self.reader.entries(section.value if section else None, "`stretch`")
        for extra in entries[1:]:
            self.reader.faults.add("stretch_invalid", extra.key.span, "only one condition can stretch the waits")
        for entry in entries[:1]:
            known = self.vocabulary.conditions
            if entry.key.text not in known:
                hint = did_you_mean(entry.key.text, known)
                self.reader.faults.add(
                    "condition_unknown", entry.key.span, f"`{entry.key.text[:64]}` is no condition", hint
                )
            node = self.reader.scalar(entry.value, "`stretch`")
            factor = count(node.text) if node else None
            if node is not None and (factor is None or not 1 <= factor <= MAX_STRETCH):
                self.reader.faults.add(
                    "stretch_invalid",
                    node.span,
                    f"`{node.text[:32]}` is no factor from 1 to {MAX_STRETCH}",
                    "Under a suspicion waits may become longer, never shorter.",
                )
                factor = None
            return (entry.key.text, factor or 1)
        return None

    def _stretched(self, rules: Mapping[str, Rule], factor: int) -> dict[str, Rule]:
        if factor == 1:
            return dict(rules)
        return {
            name: msgspec.structs.replace(
                rule,
                require=stretch_requirement(rule.require, factor, channels=self.channels),
                delay=rule.delay * factor,
            )
            for name, rule in rules.items()
        }


def _is_not_offered(entry: Entry) -> bool:
    return isinstance(entry.value, ScalarNode) and entry.value.text == "not_offered"


class _Lets:
    """Named requirements, expanded on first use; a name that needs itself is a fault."""

    def __init__(
        self, reader: Reader, vocabulary: Vocabulary, channels: Mapping[str, str], section: Entry | None
    ) -> None:
        self.reader = reader
        self.done: dict[str, Parsed | None] = {}
        self.busy: list[str] = []
        self.nodes: dict[str, ScalarNode] = {}
        taken = {*KEYWORDS, *vocabulary.factors, *vocabulary.facts, *vocabulary.clocks, *vocabulary.context}
        for entry in reader.named(section.value if section else None, "`let`"):
            if entry.key.text in taken:
                reader.faults.add(
                    "let_shadows",
                    entry.key.span,
                    f"`{entry.key.text}` already means something",
                    "Choose a name that no factor, fact, clock, context or keyword has.",
                )
                continue
            node = reader.scalar(entry.value, f"`{entry.key.text}`")
            if node is not None:
                self.nodes[entry.key.text] = node
        self.words = vocabulary
        self.channels = channels

    def scope(self) -> Scope:
        """The scope of every requirement; each `let` is read once, used or not."""
        scope = Scope(
            factors=frozenset(self.words.factors),
            facts=frozenset(self.words.facts),
            clocks=frozenset(self.words.clocks),
            context=frozenset(self.words.context),
            channels=self.channels,
            lets=frozenset(self.nodes),
            let=self.expand,
        )
        self._scope = scope
        for name, node in self.nodes.items():
            self.expand(name, node.span)
        return scope

    def expand(self, name: str, span: Span) -> Parsed | None:
        """The requirement that `name` stands for; None where it is faulty."""
        if name in self.done:
            return self.done[name]
        if name in self.busy:
            circle = " > ".join([*self.busy[self.busy.index(name) :], name])
            self.reader.faults.add("let_cycle", span, f"`{name}` needs itself: {circle}")
            return None
        self.busy.append(name)
        self.done[name] = parse_requirement(self.nodes[name], self._scope, self.reader.faults)
        self.busy.pop()
        return self.done[name]
