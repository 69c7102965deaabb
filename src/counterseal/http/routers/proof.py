# SPDX-License-Identifier: Apache-2.0
"""The proof of the policy in force: what holds, what does not, the tables and the pictures."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Any, Protocol

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import NotFoundError, UnavailableError
from counterseal.core.policy.model import Policy
from counterseal.http.auth import Caller, require
from counterseal.http.body import query, reply
from counterseal.http.openapi import operation
from counterseal.http.routers.proof_bodies import (
    PROFILE_EXAMPLE,
    PROOF_EXAMPLE,
    RUNNING,
    SVG_EXAMPLE,
    HeatQuery,
    PictureQuery,
    ProfileProofView,
    ProfileQuery,
    ProfileView,
    ProofRunning,
    ProofView,
    VerdictView,
)
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.prover.findings import Attack
from counterseal.prover.proof import ProfileProof, Proof, Verdict
from counterseal.prover.report.asjson import attack_json, profile_json
from counterseal.prover.report.glossary import Glossary, Scene, glossary_of, scene_of
from counterseal.prover.report.heat import heat_table
from counterseal.prover.report.timeline import timeline
from counterseal.prover.report.times import hours
from counterseal.prover.report.words import verdict_word

router = Router(tags=["policy"])
SVG = "image/svg+xml"
WAIT = {"Retry-After": "2"}
_ATTACK = re.compile(r"m-(?P<place>\d+)|p-(?P<property>\d+)-(?P<counter>\d+)")


class ProofFailedError(UnavailableError):
    """The policy could not be proved (HTTP 503)."""

    code = "proof_failed"


class SummaryOfProfile(msgspec.Struct, frozen=True):
    """One profile in short. `verdicts` carry their first counterexample only."""

    profile: str
    factors: tuple[str, ...]
    channels: tuple[str, ...]
    alike: tuple[str, ...]
    sets: int
    minimal: int
    verdicts: tuple[Verdict, ...]


class Summary(msgspec.Struct, frozen=True):
    """The proof in short. `head`: the proof without its profiles."""

    head: Proof
    profiles: tuple[SummaryOfProfile, ...]

    Profile = SummaryOfProfile


class Part(msgspec.Struct, frozen=True):
    """One profile of a proof, with what is said of the whole."""

    profile: ProfileProof
    head: Proof

    @property
    def scene(self) -> Scene:
        """Where its attacks happen."""
        return scene_of(self.head, self.profile)


class Made(msgspec.Struct, frozen=True):
    """A proof that is there, and the policy that it is of."""

    summary: Summary
    policy: Policy


class Running(msgspec.Struct, frozen=True):
    """A proof that is being made: `done` of `profiles`."""

    policy: str
    digest: str
    done: int
    profiles: int


class Proofs(Protocol):
    """Where proofs are kept and made."""

    async def summary(self) -> Made | Running:
        """The proof of the policy in force; asking sets it going. Raises ProofFailedError."""
        ...

    async def part(self, profile: str) -> Part | None:
        """One profile of it, or None."""
        ...


_OPTIONS: dict[str, Any] = {"others": {202: RUNNING}}


def _waiting(found: Running) -> Response:
    view = ProofRunning(policy=found.policy, digest=found.digest, done=found.done, profiles=found.profiles)
    return reply(view, status=202, headers=WAIT)


@router.get(
    "/v1/policy/proof",
    **operation("Read the proof of the policy", reply=ProofView, example=PROOF_EXAMPLE, **_OPTIONS),
)
async def read_proof(
    _caller: Annotated[Caller, require(Scope.AUDIT_READ)], proofs: Annotated[Proofs, area(Proofs)]
) -> Response:
    """What was proved of the policy in force, for each kind of account. Made once, in a process of its own: 202
    while that runs."""
    found = await proofs.summary()
    if isinstance(found, Running):
        return _waiting(found)
    head, glossary = found.summary.head, glossary_of(found.policy)
    return reply(
        ProofView(
            policy=head.policy,
            digest=head.digest,
            window_hours=hours(head.window),
            currency=head.currency,
            outflows=list(head.outflows),
            seconds={name: round(spent, 3) for name, spent in head.seconds.items()},
            profiles=[_profile(head, each, glossary) for each in found.summary.profiles],
        )
    )


@router.get(
    "/v1/policy/proof/profile",
    **operation(
        "Read the proof for one profile",
        reply=ProfileProofView,
        example=PROFILE_EXAMPLE,
        problems=(404,),
        **_OPTIONS,
    ),
)
async def read_profile_proof(
    _caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    asked: Annotated[ProfileQuery, query(ProfileQuery)],
    proofs: Annotated[Proofs, area(Proofs)],
) -> Response:
    """Properties with counterexamples, minimal sets with paths, losses, the owner's side, what it rests on, and the
    heat table (`proof.heat`: one cell for each set and outflow; `window_hours` null and not silent = never)."""
    return await _of_profile(proofs, asked.profile, lambda part, words: reply(_document(part, words, asked.most)))


@router.get(
    "/v1/policy/proof/heat.svg",
    **operation("Draw the heat table", example=SVG_EXAMPLE, media_type=SVG, problems=(404,), others={202: RUNNING}),
)
async def draw_heat(
    _caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    asked: Annotated[HeatQuery, query(HeatQuery)],
    proofs: Annotated[Proofs, area(Proofs)],
) -> Response:
    """Capability sets x outflows for one profile."""
    return await _of_profile(
        proofs, asked.profile, lambda part, words: _picture(heat_table(part.profile, part.scene, words))
    )


@router.get(
    "/v1/policy/proof/picture.svg",
    **operation("Draw an attack", example=SVG_EXAMPLE, media_type=SVG, problems=(404,), others={202: RUNNING}),
)
async def draw_attack(
    _caller: Annotated[Caller, require(Scope.AUDIT_READ)],
    asked: Annotated[PictureQuery, query(PictureQuery)],
    proofs: Annotated[Proofs, area(Proofs)],
) -> Response:
    """The time line of one attack: steps, proofs, notices, the owner's reaction."""

    def drawn(part: Part, words: Glossary) -> Response:
        return _picture(timeline(_attack(part.profile, asked.attack), part.scene, words))

    return await _of_profile(proofs, asked.profile, drawn)


async def _of_profile(proofs: Proofs, profile: str, made: Callable[[Part, Glossary], Response]) -> Response:
    """What is `made`, in a thread, of one profile's part, once there is a proof. Raises NotFoundError."""
    found = await proofs.summary()
    if isinstance(found, Running):
        return _waiting(found)
    part = await proofs.part(profile)
    if part is None:
        raise NotFoundError(f"the proof has no profile `{profile[:64]}`", code="unknown_profile")
    return await asyncio.to_thread(made, part, glossary_of(found.policy))


def _attack(profile: ProfileProof, identity: str) -> Attack:
    """The attack of an id; raises NotFoundError."""
    found = _ATTACK.fullmatch(identity)
    try:
        if found is not None and found["place"] is not None:
            return profile.minimal[int(found["place"])]
        if found is not None:
            return profile.verdicts[int(found["property"])].attacks[int(found["counter"])]
    except IndexError:
        pass
    raise NotFoundError(f"the proof has no attack `{identity}` for this profile", code="unknown_attack")


def _document(part: Part, glossary: Glossary, most: int) -> ProfileProofView:
    """The profile's JSON, cut before it is made: a whole one has thousands of paths."""
    whole = part.profile
    cut = msgspec.structs.replace(
        whole,
        minimal=whole.minimal[:most],
        verdicts=tuple(msgspec.structs.replace(one, attacks=one.attacks[:most]) for one in whole.verdicts),
    )
    document = profile_json(cut, part.scene, glossary)
    for place, attack in enumerate(document["minimal"]):
        attack["id"] = f"m-{place}"
    for place, one in enumerate(document["properties"]):
        for counter, attack in enumerate(one["counterexamples"]):
            attack["id"] = f"p-{place}-{counter}"
    return ProfileProofView(
        policy=part.head.policy,
        digest=part.head.digest,
        window_hours=hours(part.head.window),
        outflows=list(part.head.outflows),
        minimal_total=len(whole.minimal),
        proof=document,
    )


def _profile(head: Proof, found: SummaryOfProfile, glossary: Glossary) -> ProfileView:
    scene = Scene(head.policy, found.profile, head.window, found.channels, head.outflows, head.lines)
    return ProfileView(
        profile=found.profile,
        factors=list(found.factors),
        channels=list(found.channels),
        alike=list(found.alike),
        sets=found.sets,
        minimal=found.minimal,
        properties=[_verdict(place, one, scene, glossary) for place, one in enumerate(found.verdicts)],
    )


def _verdict(place: int, one: Verdict, scene: Scene, glossary: Glossary) -> VerdictView:
    first = attack_json(one.attacks[0], scene, glossary) if one.attacks else None
    return VerdictView(
        name=one.name,
        line=one.line,
        given=one.given,
        assertion=one.assertion,
        verdict=verdict_word(one.holds),
        note=one.note,
        lines=list(one.lines),
        rests_on=list(one.rests_on),
        finding="" if first is None else first["finding"],
        attack=None if first is None else f"p-{place}-0",
    )


def _picture(text: str) -> Response:
    """A picture brings its style with it; nothing else of it may act, opened by itself either."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return Response(text, media_type=SVG, headers={"Content-Security-Policy": policy})
