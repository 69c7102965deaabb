# SPDX-License-Identifier: Apache-2.0
"""A server with an editor and two publishers, each with a passkey, who take a version from draft to in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from counterseal.gateways.packs import packs_directory
from tests.support.server import Live, serving
from tests.support.staff import Person, Team

PACK = (packs_directory() / "okx-2024.yaml").read_text("utf-8")
STRICTER = PACK.replace("since(weakened) >= 24h", "since(weakened) >= 48h")
LOOSER = PACK.replace(" and since(weakened) >= 24h", "")


def one_profile(folder: Path) -> Path:
    """The shipped vocabulary with one kind of account: what is proved of it takes a moment."""
    lines = (packs_directory() / "vocabulary.yaml").read_text("utf-8").splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("profiles:"))
    found = folder / "vocabulary.yaml"
    found.write_text("".join(lines[: start + 4]), "utf-8")
    return found


def without_guardian(words: str) -> str:
    """The vocabulary less the factor, the channel and the capability that are about guardians."""
    lines = words.replace("push, guardian]", "push]").splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("  guardian_takeover:"))
    end = next(i for i, line in enumerate(lines) if i > start and not line.startswith("    "))
    return "".join(line for line in (*lines[:start], *lines[end:]) if not line.startswith("  guardian:"))


class House:
    """A server with its publishers and editor."""

    def __init__(self, live: Live, words: str) -> None:
        self.live, self.words = live, words
        self.editor: Person
        self.one: Person
        self.two: Person

    async def staffed(self) -> House:
        """An editor and two publishers."""
        team = Team(self.live)
        self.editor = await team.join("eva", "policy_editor")
        self.one = await team.join("paul", "policy_publisher")
        self.two = await team.join("pia", "policy_publisher")
        return self

    async def draft(self, text: str, status: int = 201) -> Any:
        """Upload one."""
        return await self.editor.post("/v1/policy/versions", {"text": text, "vocabulary": self.words}, status)

    async def examined(self, version: str) -> Any:
        """Wait for the verdict."""
        await self.editor.post(f"/v1/policy/versions/{version}/examine", status=202)
        for _ in range(600):
            found = await self.editor.get(f"/v1/policy/versions/{version}")
            if not found["examining"]:
                assert not found["fault"], found["fault"]
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("no verdict")

    def body(self, found: Any, **changes: Any) -> dict[str, Any]:
        """What is signed."""
        proof = found["proof"]
        said = {key: proof[key] for key in ("weaker", "failing", "locked_out")} | {"apart": len(proof["apart"])}
        return {"verdict": proof["digest"], "replaces": proof["against"], **said, **changes}

    async def published(self, version: str, **changes: Any) -> Any:
        """Examine, have two sign, publish: the response."""
        body = self.body(await self.examined(version), **changes)
        path = f"/v1/policy/versions/{version}/publish"
        made = await self.one.propose(f"POST {path}", body)
        await self.one.sign(made["id"])
        rows = (await self.one.get("/v1/policy/versions"))["items"]
        assert next(row["state"] for row in rows if row["version"] == version) == "proposed"
        await self.two.sign(made["id"])
        return await self.two.call("POST", path, body, headers={"Approval": made["id"]})


def housed(test: Callable[[House], Awaitable[None]]) -> Callable[[Path], None]:
    """Decorator: run an async test against a fresh, staffed server under okx-2024."""

    def run(tmp_path: Path) -> None:
        async def inside() -> None:
            vocabulary = one_profile(tmp_path)
            async with serving(tmp_path, policy="okx-2024", vocabulary=vocabulary) as live:
                await test(await House(live, vocabulary.read_text("utf-8")).staffed())

        asyncio.run(inside())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
