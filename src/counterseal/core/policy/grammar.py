# SPDX-License-Identifier: Apache-2.0
"""The grammar of requirements, as a recursive-descent parser with exact columns.

    requirement = term { "and" term } | term { "or" term }      mixing both needs parentheses
    term        = "(" requirement ")"
                | count "of" names | "strongest" names
                | "since" "(" clock ")" ">=" duration
                | "age" "(" fact ")" ">=" duration
                | "context" ":" name | name                     factor, fact or `let` name
    names       = "(" factor { "," factor } ")"

There is no `not` and no arithmetic: a requirement can only become true through more proofs, more facts
or more time, so it can be decided for every attacker at once.
"""

from __future__ import annotations

from collections.abc import Callable

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Context,
    Expression,
    Fact,
    Or,
    Proof,
    Since,
    Strongest,
)
from counterseal.core.policy.faults import Faults, did_you_mean
from counterseal.core.policy.quantities import MAX_WAIT, count, duration
from counterseal.core.policy.scope import Mention, Parsed, Scope, joined
from counterseal.core.policy.source import ScalarNode
from counterseal.core.policy.tokens import KEYWORDS, Token, scan

MAX_DEPTH = 16
MAX_ATOMS = 256
"""Atoms of one requirement after `let` names are expanded."""


class _FaultyLet(Exception):  # noqa: N818 - never leaves this module
    """The requirement uses a `let` name whose own requirement is faulty."""


def parse_requirement(node: ScalarNode, scope: Scope, faults: Faults) -> Parsed | None:
    """Parse one requirement. Faults are added to `faults`; None when there was any."""
    before = len(faults.found)
    try:
        parsed = _Parser(node, scope, faults).parse()
    except _FaultyLet:  # its own faults are noted where it stands
        return None
    except PolicyError as error:
        faults.add(error.code, error.span, error.sentence, error.hint)
        return None
    return parsed if len(faults.found) == before else None


class _Parser:
    def __init__(self, node: ScalarNode, scope: Scope, faults: Faults) -> None:
        self.node = node
        self.scope = scope
        self.faults = faults
        self.mentions: list[Mention] = []
        self.depth = 0
        self.tokens = scan(node)
        self.index = 0

    def parse(self) -> Parsed:
        if self.tokens[0].kind == "end":
            raise self._fault("expression_syntax", self.tokens[0], "the requirement is empty")
        expression = self._requirement()
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token, "`and`, `or` or the end")
        return Parsed(expression, tuple(self.mentions))

    # ------------------------------------------------------------ tokens

    def _peek(self) -> Token:
        return self.tokens[self.index]

    def _next(self) -> Token:
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def _expect(self, text: str) -> Token:
        token = self._next()
        if token.text != text:
            raise self._unexpected(token, f"`{text}`")
        return token

    def _span(self, token: Token) -> Span:
        return token.span(self.node)

    def _fault(self, code: str, token: Token, sentence: str, hint: str = "") -> PolicyError:
        return PolicyError(sentence, span=self._span(token), code=code, hint=hint)

    def _unexpected(self, token: Token, wanted: str) -> PolicyError:
        if token.kind == "end":
            hint = "Inside {...} and [...] a requirement that contains a comma needs quotes."
            return self._fault("expression_syntax", token, f"the requirement ends where {wanted} is expected", hint)
        if token.text.lower() == "not":
            return self._negation(token)
        hint = ""
        if token.text.lower() in KEYWORDS and token.text not in KEYWORDS:
            hint = f"Write `{token.text.lower()}` in lower case."
        return self._fault(
            "expression_syntax", token, f"`{token.text[:64]}` stands where {wanted} is expected", hint
        )

    def _negation(self, token: Token) -> PolicyError:
        return self._fault(
            "expression_not",
            token,
            "`not` does not exist in a requirement",
            "A requirement must never become true by losing something. Name what must hold instead.",
        )

    # ------------------------------------------------------------ grammar

    def _requirement(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._fault(
                "expression_too_deep", self._peek(), f"parentheses are nested deeper than {MAX_DEPTH} levels"
            )
        items = [self._term()]
        joiner = ""
        while (token := self._peek()).text in {"and", "or"}:
            if joiner and token.text != joiner:
                raise self._fault(
                    "expression_mixed",
                    token,
                    "`and` and `or` are mixed without parentheses",
                    "Put parentheses around what belongs together.",
                )
            joiner = token.text
            self._next()
            items.append(self._term())
        self.depth -= 1
        return joined(Or if joiner == "or" else And, items)

    def _term(self) -> Expression:
        token = self._next()
        if token.text == "(":
            inner = self._requirement()
            self._expect(")")
            return inner
        if token.kind == "number":
            return self._at_least(token)
        if token.kind != "name" or token.text in {"and", "or", "of"}:
            raise self._unexpected(token, "a factor, a fact or `(`")
        if token.text.lower() == "not":
            raise self._negation(token)
        if token.text == "strongest":
            return self._mention(token, Strongest(self._names()))
        if token.text == "since":
            return self._wait(token, self.scope.clocks, "clock", Since)
        if token.text == "age":
            return self._wait(token, self.scope.facts, "fact", Age)
        if token.text == "context":
            return self._context(token)
        return self._name(token)

    def _mention(self, token: Token, atom: Expression) -> Expression:
        self._count(token)
        self.mentions.append(Mention(atom, self._span(token)))
        return atom

    def _count(self, token: Token, more: int = 1) -> None:
        if len(self.mentions) + more > MAX_ATOMS:
            raise self._fault("expression_too_large", token, f"the requirement has more than {MAX_ATOMS} atoms")

    def _at_least(self, token: Token) -> Expression:
        number = count(token.text)
        if number is None:
            raise self._unexpected(token, "a factor, a fact or `(`")
        self._expect("of")
        names = self._names()
        channels = len({self.scope.channels.get(name, name) for name in names})
        if number == 0:
            self.faults.add("count_invalid", self._span(token), "`0 of (...)` would always hold")
        elif number > channels:
            self.faults.add(
                "never_holds",
                self._span(token),
                f"`{number} of` can never hold: these factors use {channels} distinct channels",
                "Two factors on one channel count once.",
            )
        return self._mention(token, AtLeast(number, names))

    def _names(self) -> tuple[str, ...]:
        """`(a, b, c)`: factor classes, each once."""
        self._expect("(")
        names: dict[str, None] = {}
        while True:
            token = self._next()
            if token.kind != "name":
                raise self._unexpected(token, "a factor")
            if token.text not in self.scope.factors:
                self._unknown("factor_unknown", token, "factor", self.scope.factors)
            elif token.text in names:
                self.faults.add("name_repeated", self._span(token), f"`{token.text}` is named twice")
            names[token.text] = None
            if self._peek().text == ",":
                self._next()
                continue
            self._expect(")")
            return tuple(names)

    def _wait(
        self, start: Token, known: frozenset[str], what: str, build: Callable[[str, int], Since | Age]
    ) -> Expression:
        self._expect("(")
        name = self._next()
        if name.kind != "name":
            raise self._unexpected(name, f"a {what}")
        if name.text not in known:
            self._unknown(f"{what}_unknown", name, what, known)
        self._expect(")")
        if self._peek().kind == "end":
            raise self._fault(
                "expression_syntax", self._peek(), f"`{start.text}({name.text})` needs `>=` and a duration"
            )
        self._expect(">=")
        return self._mention(start, build(name.text, self._duration()))

    def _duration(self) -> int:
        token = self._next()
        wait = duration(token.text)
        if wait is None:
            raise self._fault(
                "duration_invalid",
                token,
                f"`{token.text[:32]}` is not a duration" if token.text else "a duration is missing",
                "A whole number and s, m, h or d: `90s`, `15m`, `24h`, `30d`.",
            )
        if wait > MAX_WAIT:
            self.faults.add("wait_too_long", self._span(token), f"`{token.text}` is longer than 365d")
        return wait

    def _context(self, start: Token) -> Expression:
        self._expect(":")
        token = self._next()
        if token.kind != "name":
            raise self._unexpected(token, "a context name")
        if token.text not in self.scope.context:
            self._unknown("context_unknown", token, "context", self.scope.context)
        return self._mention(start, Context(token.text))

    def _name(self, token: Token) -> Expression:
        name, scope = token.text, self.scope
        if name in scope.lets:
            return self._expanded(token)
        if name in scope.factors:
            return self._mention(token, Proof(name))
        if name in scope.facts:
            return self._mention(token, Fact(name))
        if name in scope.context:
            hint = f"Write `context:{name}`."
            self.faults.add("name_unknown", self._span(token), f"`{name}` is a context, not a fact", hint)
        elif name in scope.clocks:
            hint = f"Write `since({name}) >= 24h`."
            self.faults.add("name_unknown", self._span(token), f"`{name}` is a clock, not a fact", hint)
        else:
            self._unknown(
                "name_unknown", token, "factor, fact or `let` name", scope.factors | scope.facts | scope.lets
            )
        return Fact(name)

    def _expanded(self, token: Token) -> Expression:
        span = self._span(token)
        parsed = self.scope.let(token.text, span)
        if parsed is None:
            raise _FaultyLet
        self._count(token, len(parsed.mentions))
        self.mentions.extend(Mention(mention.atom, span) for mention in parsed.mentions)
        return parsed.expression

    def _unknown(self, code: str, token: Token, what: str, known: frozenset[str]) -> None:
        hint = did_you_mean(token.text, known)
        self.faults.add(code, self._span(token), f"`{token.text[:64]}` is no {what} of the vocabulary", hint)
