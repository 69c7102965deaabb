# SPDX-License-Identifier: Apache-2.0
"""A difference of two policies in words, as JSON and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from counterseal.core.policy.model import Limit, Policy, Profile
from counterseal.prover.difference import Change, Difference, OwnerChange, ProfileDifference, RuleChange
from counterseal.prover.findings import Attack
from counterseal.prover.report.asjson import attack_json
from counterseal.prover.report.glossary import Glossary, Scene, glossary_of, listed
from counterseal.prover.report.markdown import code, step_table
from counterseal.prover.report.times import hours
from counterseal.prover.report.words import limit_words, window_words
from counterseal.prover.why import Control

MOST_PATHS = 3  # paths of one profile in Markdown


class Sides:
    """The two policies and what their words mean."""

    def __init__(self, old: Policy, new: Policy) -> None:
        self.policies = (old, new)
        self.glossaries = (glossary_of(old), glossary_of(new))

    def scene(self, profile: str, side: int) -> Scene:
        """Where the attacks of one side happen."""
        policy = self.policies[side]
        found = policy.vocabulary.profiles.get(profile)
        outflows = tuple(rule.name for rule in policy.rules.values() if rule.outflow)
        lines = dict(enumerate(policy.text.splitlines(), 1))
        return Scene(policy.name, profile, 0, found.channels if found else (), outflows, lines)

    def limits(self, outflow: str) -> tuple[str, str]:
        """The limits of an outflow before and after, in words."""
        words = [
            limit_words(_limit(glossary.limits, outflow), policy.currency)
            for policy, glossary in zip(self.policies, self.glossaries, strict=True)
        ]
        return words[0], words[1]


def _limit(limits: Mapping[str, Limit | None], outflow: str) -> Limit | None:
    return limits.get(outflow)


def headline(found: Difference) -> str:
    """The answer in one sentence."""
    if found.weaker and found.stronger:
        told = "weaker in some ways and stronger in others"
    elif found.weaker:
        told = "weaker"
    elif found.stronger:
        told = "stronger, and nowhere weaker"
    else:
        told = "as strong as before"
    owner = "; an owner lost something" if found.owner_worse else ""
    return f"{found.new} is {told} compared with {found.old}{owner}."


def window_of(attack: Attack | None) -> str:
    """`silent`, `24 h`, `never`."""
    return "never" if attack is None else window_words(attack)


def change_line(change: Change, word: str, sides: Sides) -> str:
    """`withdraw weaker in 1,984 of 4,096 sets, smallest {email_takeover, session_theft}: never -> 96 h`."""
    note = f" ({change.note} outflow)" if change.note else ""
    line = f"{change.outflow}{note} {word} in {change.sets:,} of {change.of:,} sets"
    one = change.witness
    if one is None:
        return f"{line}, by the bound; no set that was searched confirms it"
    who = f"{{{', '.join(one.capabilities)}}}"
    if change.kind == "limit":
        before, after = sides.limits(change.outflow)
        return f"{line}, smallest {who}: {before} -> {after}"
    if change.kind == "disclosure":
        before, after = ("refused" if each is None else "disclosed" for each in (one.old, one.new))
        return f"{line}, smallest {who}: {before} -> {after}"
    return f"{line}, smallest {who}: {window_of(one.old)} -> {window_of(one.new)}"


def rule_line(change: RuleChange) -> str:
    """`added the outflow withdraw_small (line 316)`."""
    what = "outflow" if change.outflow else "action"
    was = f" from {change.was}" if change.was else ""
    return f"{change.kind} the {what} {change.rule}{was} (line {change.line})"


def owner_lines(changes: tuple[OwnerChange, ...]) -> list[str]:
    """What owners lost and got, one line for each case."""
    cases: dict[tuple[bool, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for one in changes:
        cases.setdefault((one.worse, one.lost, one.suspected), []).append(one.what)
    lines = []
    for (worse, lost, suspected), names in cases.items():
        given = f"without {listed(lost)}" if lost else f"with {listed(suspected)} suspected" if suspected else ""
        word = "no longer gets to" if worse else "now gets to"
        lines.append(f"the owner {f'{given} ' if given else ''}{word} {listed(names)}")
    return lines


def to_json(found: Difference, sides: Sides) -> dict[str, Any]:
    """The document of `diff --json`."""
    return {
        "old": {"policy": found.old, "digest": found.old_digest},
        "new": {"policy": found.new, "digest": found.new_digest},
        "weaker": found.weaker,
        "stronger": found.stronger,
        "owner_worse": found.owner_worse,
        "vocabulary": found.vocabulary,
        "rules": [
            {"change": one.kind, "rule": one.rule, "outflow": one.outflow, "line": one.line, "was": one.was or None}
            for one in found.rules
        ],
        "profiles": {one.profile: _profile(one, sides) for one in found.profiles},
    }


def _profile(one: ProfileDifference, sides: Sides) -> dict[str, Any]:
    return {
        "alike": list(one.alike),
        "weaker": [_change(each, one.profile, sides) for each in one.weaker],
        "stronger": [_change(each, one.profile, sides) for each in one.stronger],
        "properties": [
            {"name": each.name, "old": each.old, "new": each.new, "worse": each.worse} for each in one.properties
        ],
        "owner": [
            {
                "what": each.what,
                "worse": each.worse,
                "lost": list(each.lost),
                "suspected": list(each.suspected),
            }
            for each in one.owner
        ],
    }


def _change(change: Change, profile: str, sides: Sides) -> dict[str, Any]:
    one = change.witness
    return {
        "outflow": change.outflow,
        "kind": change.kind,
        "note": change.note or None,
        "sets": change.sets,
        "of": change.of,
        "smallest": None
        if one is None
        else {
            "capabilities": list(one.capabilities),
            "old": _attack(one.old, profile, sides, 0),
            "new": _attack(one.new, profile, sides, 1),
        },
    }


def _attack(attack: Attack | None, profile: str, sides: Sides, side: int) -> dict[str, Any] | None:
    return None if attack is None else attack_json(attack, sides.scene(profile, side), sides.glossaries[side])


def control_json(one: Control, profile: Profile, policy: Policy, glossary: Glossary) -> dict[str, Any]:
    """One control of `why --json`."""
    outflows = tuple(rule.name for rule in policy.rules.values() if rule.outflow)
    scene = Scene(policy.name, profile.name, 0, profile.channels, outflows)
    witness = one.witness
    attack = None if witness is None else witness.new or witness.old
    return {
        "rule": one.rule,
        "line": one.line,
        "kind": one.kind,
        "control": one.what,
        "verdict": one.verdict,
        "idle": one.idle,
        "breaks": list(one.breaks),
        "effects": [{"outflow": each.outflow, "sets": each.sets, "of": each.of} for each in one.effects],
        "smallest": None
        if witness is None or attack is None
        else {
            "capabilities": list(witness.capabilities),
            "outflow": attack.outflow,
            "old_hours": _hours(witness.old),
            "new": None if witness.new is None else attack_json(witness.new, scene, glossary),
        },
    }


def _hours(attack: Attack | None) -> int | float | None:
    return None if attack is None or attack.window is None else hours(attack.window)


def to_markdown(found: Difference, sides: Sides) -> str:
    """A comment on a pull request: the answer, tables per kind of account, the smallest attacks with their path."""
    parts = [f"# {code(found.old)} to {code(found.new)}\n", f"**{headline(found)}**\n"]
    if found.vocabulary:
        parts.append(f"{found.vocabulary[0].upper()}{found.vocabulary[1:]}.\n")
    if found.rules:
        parts.append(f"<details><summary>{len(found.rules)} rules differ</summary>\n")
        parts += [f"- {code(rule_line(one))}" for one in found.rules]
        parts.append("\n</details>\n")
    for one in found.profiles:
        parts += _section(one, sides)
    return "\n".join(parts)


def _section(one: ProfileDifference, sides: Sides) -> list[str]:
    names = ", ".join(map(code, (one.profile, *one.alike)))
    if not (one.weaker or one.stronger or one.properties or one.owner):
        return [f"## {names}\n", "No difference.\n"]
    parts = [f"## {names}\n"]
    for word, changes in (("weaker", one.weaker), ("stronger", one.stronger)):
        if changes:
            parts.append(f"### {word.capitalize()}\n")
            parts += [f"- {code(change_line(each, word, sides))}" for each in changes]
            parts.append("")
    if one.properties:
        parts += ["### Properties\n"]
        parts += [f"- {code(each.name)}: {each.old} → {each.new}" for each in one.properties]
        parts.append("")
    if one.owner:
        parts += ["### The owner's side\n", *(f"- {line}" for line in owner_lines(one.owner)), ""]
    paths = [(each, each.witness.new) for each in one.weaker if each.witness and each.witness.new]
    for change, attack in paths[:MOST_PATHS]:
        names = ", ".join(map(code, attack.capabilities))
        parts.append(f"<details><summary>{change.outflow} with {', '.join(attack.capabilities)}</summary>\n")
        parts += [f"Now, with {names}:\n", step_table(attack, sides.scene(one.profile, 1), sides.glossaries[1])]
        before = change.witness.old if change.witness else None
        if before is not None:
            parts += ["Before:\n", step_table(before, sides.scene(one.profile, 0), sides.glossaries[0])]
        parts.append("</details>\n")
    return parts
