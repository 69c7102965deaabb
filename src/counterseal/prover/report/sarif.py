# SPDX-License-Identifier: Apache-2.0
"""The proof as a SARIF 2.1.0 log, for code scanning (OASIS, Static Analysis Results Interchange Format 2.1.0).

One rule for each property and one for minimal sets. One result for each property and profile that does not hold,
and one for each minimal set. A path is a code flow over the lines of the policy.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote as percent

from counterseal.prover.findings import Attack
from counterseal.prover.proof import Proof, Verdict
from counterseal.prover.report.glossary import (
    NO_GLOSSARY,
    Glossary,
    Scene,
    notice_words,
    proof_words,
    scene_of,
)
from counterseal.prover.report.select import findings, shared
from counterseal.prover.report.times import SECOND, in_hours, when
from counterseal.prover.report.words import counted, finding, rank, verdict_word

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MINIMAL = "minimal-set"
LEVELS = {"no": "error", "undecided": "warning"}
MOST_FLOWS = 8  # paths of one result


def to_sarif(
    proof: Proof, glossary: Glossary = NO_GLOSSARY, *, uri: str | None = None, version: str = "0"
) -> dict[str, Any]:
    """The log. `uri`: where the policy lies, relative to the repository; without it the shipped or given file.

    `version`: of this program.
    """
    where = policy_uri(proof.source) if uri is None else percent(uri, safe="/:")
    rules = _rules(proof)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [*_failed(proof, glossary, where), *_minimal(proof, glossary, where)]
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    driver = {
        "name": "counterseal",
        "version": version,
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": {"uri": where}, "sourceLanguage": "yaml"}],
        "properties": {"policy": proof.policy, "digest": proof.digest, "windowHours": in_hours(proof.window)},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def policy_uri(source: str) -> str:
    """Where a policy lies: a file as it was given (an absolute one as file:), a shipped name under policies/."""
    path = source.replace("\\", "/")
    if not path.endswith((".yaml", ".yml")):
        path = f"policies/{path}.yaml"
    return ("file://" if path.startswith("/") else "") + percent(path.removeprefix("./"), safe="/")


def property_id(name: str) -> str:
    """A rule's id: stable as long as the property keeps its name."""
    return "property/" + (re.sub(r"\W+", "-", name.lower()).strip("-") or fingerprint(name)[:12])


def fingerprint(*parts: str) -> str:
    """The same for the same finding, whatever line it moved to."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _rules(proof: Proof) -> list[dict[str, Any]]:
    stated: dict[str, Verdict] = {}
    for profile in proof.profiles:
        for verdict in profile.verdicts:
            stated.setdefault(property_id(verdict.name), verdict)
    rules = [
        {
            "id": name,
            "name": _camel(verdict.name),
            "shortDescription": {"text": verdict.name},
            "fullDescription": {"text": f"Given {verdict.given}, assert {verdict.assertion}."},
            "help": {"text": f"The policy states: given {verdict.given}, {verdict.assertion}."},
            "defaultConfiguration": {"level": "error"},
        }
        for name, verdict in stated.items()
    ]
    text = (
        f"The smallest sets of capabilities with which value leaves less than {in_hours(proof.window)} "
        "after the first notice that reaches the owner."
    )
    rules.append(
        {
            "id": MINIMAL,
            "name": "MinimalSet",
            "shortDescription": {"text": "smallest sets of capabilities that leave no time to react"},
            "fullDescription": {"text": text},
            "help": {"text": text},
            "defaultConfiguration": {"level": "note"},
        }
    )
    return rules


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in re.findall(r"\w+", name)) or "Property"


def _failed(proof: Proof, glossary: Glossary, where: str) -> list[dict[str, Any]]:
    results = []
    for profile in proof.profiles:
        scene = scene_of(proof, profile)
        for verdict in profile.verdicts:
            if verdict.holds not in LEVELS:
                continue
            attacks = sorted(verdict.attacks, key=rank)
            text = _message(verdict, attacks, scene, glossary)
            place = _location(where, verdict.line)
            result = _result(property_id(verdict.name), LEVELS[verdict.holds], text, place)
            result["partialFingerprints"] = {
                "counterseal/v1": fingerprint("property", proof.policy, verdict.name, profile.profile)
            }
            result["properties"] = {"profile": profile.profile, "verdict": verdict_word(verdict.holds)}
            results.append(_with_paths(result, attacks[:MOST_FLOWS], scene, glossary, where))
    return results


def _message(verdict: Verdict, attacks: Sequence[Attack], scene: Scene, glossary: Glossary) -> str:
    if not attacks:
        told = verdict.note or "The prover found no path that can be shown."
    else:
        told = finding(attacks[0], scene, glossary)
        sets = len({each.capabilities for each in attacks})
        told += f" ({counted(sets, 'minimal set')})" if sets > 1 else ""
    return f"{verdict.name} {verdict_word(verdict.holds)} for {scene.profile}: {told}"


def _minimal(proof: Proof, glossary: Glossary, where: str) -> list[dict[str, Any]]:
    minimal = {(each.capabilities, each.outflow) for profile in proof.profiles for each in profile.minimal}
    results = []
    seen: dict[str, int] = {}
    for found in findings(proof, glossary):
        attack = found.attack
        if (attack.capabilities, attack.outflow) not in minimal:
            continue
        text = f"{finding(attack, found.scene, glossary)} Against {shared(found.profiles, proof)}."
        result = _result(MINIMAL, "note", text, _location(where, attack.path[-1].line))
        mark = fingerprint("minimal", proof.policy, *attack.capabilities, ">", attack.outflow)
        seen[mark] = seen.get(mark, 0) + 1  # one set and outflow can have another path against another profile
        result["partialFingerprints"] = {"counterseal/v1": mark if seen[mark] == 1 else f"{mark}:{seen[mark]}"}
        result["properties"] = {"profiles": list(found.profiles), "capabilities": list(attack.capabilities)}
        results.append(_with_paths(result, [attack], found.scene, glossary, where))
    return results


def _result(rule: str, level: str, text: str, place: dict[str, Any]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [place],
    }


def _with_paths(
    result: dict[str, Any], attacks: Sequence[Attack], scene: Scene, glossary: Glossary, where: str
) -> dict[str, Any]:
    """The result with a code flow for each attack and the lines of the worst one as related locations."""
    if not attacks:
        return result
    result["codeFlows"] = [_flow(attack, scene, glossary, where) for attack in attacks]
    related: dict[int, str] = {}
    for step in attacks[0].path:
        related.setdefault(step.line, step.action)
    result["relatedLocations"] = [
        {"id": number, **_location(where, line, action)} for number, (line, action) in enumerate(related.items(), 1)
    ]
    return result


def _flow(attack: Attack, scene: Scene, glossary: Glossary, where: str) -> dict[str, Any]:
    steps = [
        {
            "location": _location(
                where,
                step.line,
                f"{when(step.at)}: {step.action}; proof: {proof_words(step)}; "
                f"notice: {notice_words(step, scene, glossary)}",
            ),
            "executionOrder": number,
            "nestingLevel": 0,
            "importance": "essential",
            "properties": {"atSeconds": step.at // SECOND},
        }
        for number, step in enumerate(attack.path, 1)
    ]
    return {"message": {"text": finding(attack, scene, glossary)}, "threadFlows": [{"locations": steps}]}


def _location(where: str, line: int, text: str = "") -> dict[str, Any]:
    """A line of the policy. SARIF counts from 1; what has no line stands at the first."""
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": where}, "region": {"startLine": max(1, line)}}
    }
    if text:
        place["message"] = {"text": text}
    return place
