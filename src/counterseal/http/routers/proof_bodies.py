# SPDX-License-Identifier: Apache-2.0
"""What the operations about the proof of the policy take and give."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.routers.feed_bodies import Identifier

ATTACK = r"^(m-[0-9]{1,6}|p-[0-9]{1,4}-[0-9]{1,6})$"


class ProfileQuery(Body, frozen=True):
    """`profile`: a name of the summary; `most`: how many attacks of each list, worst first."""

    profile: Identifier
    most: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50


class HeatQuery(Body, frozen=True):
    """`profile`: a name of the summary."""

    profile: Identifier


class PictureQuery(Body, frozen=True):
    """`attack`: the `id` of an attack in `/v1/policy/proof/profile`."""

    profile: Identifier
    attack: Annotated[str, msgspec.Meta(pattern=ATTACK, max_length=32)]


class VerdictView(Reply, frozen=True):
    """One property of one profile. `verdict`: holds, fails, undecided; `attack`: id of the first counterexample."""

    name: str
    line: int
    given: str
    assertion: str
    verdict: str
    note: str
    lines: list[int]
    rests_on: list[str]
    finding: str
    attack: str | None


class ProfileView(Reply, frozen=True):
    """One kind of account. `minimal`: how many minimal sets of capabilities leave less than `window_hours`."""

    profile: str
    factors: list[str]
    channels: list[str]
    alike: list[str]
    sets: int
    minimal: int
    properties: list[VerdictView]


class ProofView(Reply, frozen=True):
    """The proof of the policy in force, in short; hours are numbers, `seconds` CPU time by engine."""

    policy: str
    digest: str
    window_hours: float
    currency: str
    outflows: list[str]
    seconds: dict[str, float]
    profiles: list[ProfileView]


class ProofRunning(Reply, frozen=True):
    """The proof is being made: ask again after `Retry-After` seconds. `done` of `profiles` are finished."""

    policy: str
    digest: str
    done: int
    profiles: int


class ProfileProofView(Reply, frozen=True):
    """One profile as `counterseal prove --json` gives it; each attack has an `id` for its picture.

    `minimal` and the counterexamples are cut to `most`; `minimal_total` counts them all.
    """

    policy: str
    digest: str
    window_hours: float
    outflows: list[str]
    minimal_total: int
    proof: dict[str, Any]


RUNNING = ProofRunning(policy="hardened", digest="sha256:0d5c2a7f", done=4, profiles=12)
SVG_EXAMPLE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 540"></svg>'
PROOF_EXAMPLE = ProofView(
    policy="hardened",
    digest="sha256:0d5c2a7f",
    window_hours=24,
    currency="USD",
    outflows=["withdraw", "p2p_release"],
    seconds={"bound": 3.5, "exact": 1.4},
    profiles=[
        ProfileView(
            profile="sms_only",
            factors=["password", "sms", "email"],
            channels=["sms", "email"],
            alike=[],
            sets=1_048_576,
            minimal=3,
            properties=[
                VerdictView(
                    name="a day to react",
                    line=400,
                    given="capabilities <= 2",
                    assertion="window >= 24h",
                    verdict="holds",
                    note="",
                    lines=[],
                    rests_on=["factor: passkey"],
                    finding="",
                    attack=None,
                )
            ],
        )
    ],
)
PROFILE_EXAMPLE = ProfileProofView(
    policy="hardened",
    digest="sha256:0d5c2a7f",
    window_hours=24,
    outflows=["withdraw"],
    minimal_total=0,
    proof={"factors": ["sms"], "channels": ["sms"], "properties": [], "minimal": [], "heat": []},
)
