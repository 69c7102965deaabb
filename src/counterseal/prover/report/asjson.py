# SPDX-License-Identifier: Apache-2.0
"""The proof for programs. Durations are hours as numbers, amounts decimal strings, unknown or endless is null."""

from __future__ import annotations

from typing import Any

from counterseal.prover.findings import Attack, Step
from counterseal.prover.proof import Carrier, Cell, Duals, ProfileProof, Proof, Verdict
from counterseal.prover.report.glossary import NO_GLOSSARY, Glossary, Scene, scene_of
from counterseal.prover.report.times import hours
from counterseal.prover.report.words import finding, verdict_word


def to_json(proof: Proof, glossary: Glossary = NO_GLOSSARY) -> dict[str, Any]:
    """The document of `prove --json`."""
    return {
        "policy": proof.policy,
        "digest": proof.digest,
        "source": proof.source,
        "window_hours": hours(proof.window),
        "currency": proof.currency,
        "small": f"{proof.small:f}",
        "outflows": list(proof.outflows),
        "seconds": {engine: round(spent, 6) for engine, spent in proof.seconds.items()},
        "profiles": {each.profile: profile_json(each, scene_of(proof, each), glossary) for each in proof.profiles},
    }


def profile_json(profile: ProfileProof, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> dict[str, Any]:
    """One entry of `profiles`."""
    return {
        "factors": list(profile.factors),
        "channels": list(profile.channels),
        "alike": list(profile.profiles_alike),
        "sets": profile.sets,
        "same": {name: list(others) for name, others in profile.same.items()},
        "properties": [_verdict(each, scene, glossary) for each in profile.verdicts],
        "minimal": [attack_json(each, scene, glossary) for each in profile.minimal],
        "losses": [
            {
                "size": loss.size,
                "reacts_hours": hours(loss.reacts),
                "amount": None if loss.amount is None else f"{loss.amount:f}",
                "capabilities": list(loss.capabilities),
            }
            for loss in profile.losses
        ],
        "duals": duals_json(profile.duals),
        "carriers": [_carrier(each) for each in profile.carriers],
        "heat": [_cell(each) for each in profile.heat],
    }


def attack_json(attack: Attack, scene: Scene, glossary: Glossary = NO_GLOSSARY) -> dict[str, Any]:
    """One counterexample. `window_hours`: null = silent; `leaves_hours`: from the first step to the loss."""
    return {
        "capabilities": list(attack.capabilities),
        "outflow": attack.outflow,
        "silent": attack.silent,
        "window_hours": _hours(attack.window),
        "leaves_hours": hours(attack.leaves),
        "finding": finding(attack, scene, glossary),
        "path": [_step(step) for step in attack.path],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": step.action,
        "at_hours": hours(step.at),
        "effect_hours": hours(step.effect),
        "proof": [use.factor for use in step.uses],
        "uses": [{"factor": use.factor, "source": use.source} for use in step.uses],
        "facts": list(step.facts),
        "notice": step.notice,
        "reached": list(step.reached),
        "line": step.line,
    }


def _verdict(verdict: Verdict, scene: Scene, glossary: Glossary) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "line": verdict.line,
        "given": verdict.given,
        "assert": verdict.assertion,
        "verdict": verdict_word(verdict.holds),
        "note": verdict.note,
        "counterexamples": [attack_json(each, scene, glossary) for each in verdict.attacks],
        "lines": list(verdict.lines),
        "rests_on": list(verdict.rests_on),
    }


def duals_json(duals: Duals) -> dict[str, Any]:
    """The duals of one profile; times in hours, null = never."""
    return {
        "recoveries": [
            {
                "lost": list(each.lost),
                "suspected": list(each.suspected),
                "regains_hours": {name: _hours(after) for name, after in each.regains.items()},
                "path": list(each.path),
            }
            for each in duals.recoveries
        ],
        "unreachable": list(duals.unreachable),
        "needs": {name: list(needs) for name, needs in duals.needs.items()},
        "starvation": [
            {
                "capabilities": list(each.capabilities),
                "action": each.action,
                "clock": each.clock,
                "outflow": each.outflow,
                "line": each.line,
            }
            for each in duals.starvation
        ],
    }


def _carrier(carrier: Carrier) -> dict[str, Any]:
    return {"kind": carrier.kind, "name": carrier.name, "text": carrier.text, "breaks": list(carrier.breaks)}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "capabilities": list(cell.capabilities),
        "outflow": cell.outflow,
        "silent": cell.silent,
        "window_hours": _hours(cell.window),
    }


def _hours(milliseconds: int | None) -> int | float | None:
    return None if milliseconds is None else hours(milliseconds)
