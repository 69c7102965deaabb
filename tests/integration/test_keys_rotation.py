# SPDX-License-Identifier: Apache-2.0
"""Rotation over the whole API: no seal is refused wrongly, old keys leave, a stolen key opens nothing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.audit.verify import verify_export
from counterseal.cli.log import _export
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.sdk import jws
from counterseal.sdk.errors import SealKeyError
from counterseal.sdk.models import Payment
from counterseal.sdk.verifier import SealVerifier, UnsafeAcceptTestSeals
from counterseal.wiring.key_sets import RootKeyError
from counterseal.wiring.rings import Rings, RotationError, StoredKey
from counterseal.wiring.rotation import Rotations, rotations
from counterseal.wiring.stores import master_key, open_store
from tests.integration.test_staff_people import approved, two_administrators
from tests.support.server import ADDRESS, DAY, HOUR, MINUTE, Live, Owner, problem, served, serving, settings_in

OVERLAP = 600_000


def rotating(live: Live) -> Rotations:
    """As the settings of this server say."""
    return rotations(live.application.settings, live.application.keys)


def paid(owner: Owner) -> Payment:
    """What a seal of `Owner.sealed` is for."""
    return Payment(account=owner.account, chain="eth", asset="USD", amount=Decimal(100), destination=ADDRESS)


class Signer:
    """A signer at the platform: fetches key sets over the API as they are given out."""

    def __init__(self, live: Live, root: dict[str, str]) -> None:
        self.live, self.tokens = live, [""]
        with pytest.warns(UserWarning, match="test seals"):
            unsafe = UnsafeAcceptTestSeals()
        self.fetched = 0
        self.gate = SealVerifier(root, "hot-wallet", jwks_source=self._fetch, clock=lambda: live.now, unsafe=unsafe)

    def _fetch(self) -> str:
        self.fetched += 1
        return self.live.application.keys.token()

    def check(self, owner: Owner, action: Any) -> None:
        self.gate.verify(action["seal"]["token"], paid(owner))


async def signer(live: Live) -> Signer:
    return Signer(live, (await live.get("/v1/seals/jwks", token=None))["root"])


def kid_of(seal: str) -> str:
    found: str = msgspec.json.decode(jws.decode(seal.split(".", maxsplit=1)[0]))["kid"]
    return found


@served()
async def test_no_seal_is_refused_through_a_rotation_and_the_old_key_leaves(live: Live) -> None:
    """Before, while both are known, and after; the root is not needed again."""
    owner, gate = await live.owner(), await signer(live)
    old = live.application.keys.signing("seal", live.now).kid
    kids: list[str] = []
    done = None
    for turn in range(8):
        if turn == 1:
            done = (await rotating(live).rotate("seal")).result
            live.application.settings.root_key_file.rename(
                live.application.settings.root_key_file.with_suffix(".off")
            )
        asked = await owner.prove(await owner.ask("withdraw_small", amount="100"), "totp")
        challenge, code = await owner.code(asked, "email")
        given = {"answer": code, "challenge": challenge, "key": f"turn-{turn}"}
        action = await owner.prove(asked, "email", **given)
        gate.check(owner, action)
        receipt = (await owner.redeem(action))["receipt"]
        assert kid_of(receipt) == kid_of(action["seal"]["token"])
        kids.append(kid_of(action["seal"]["token"]))
        await live.advance(2 * MINUTE)
        again = await owner.prove(asked, "email", **given)
        assert again["seal"]["token"] == action["seal"]["token"], "a repeated request gets the same seal"
    assert done is not None
    assert (done.old, done.since) == (old, done.until - 190_000)
    assert kids[1] == old
    assert set(kids) == {old, done.new}
    assert kids[-1] == done.new
    states = {each.kid: each.state for each in await rotating(live).listed() if each.purpose == "seal"}
    assert states == {old: "over", done.new: "current"}
    assert old not in jws.decode(live.application.keys.token().split(".")[1]).decode()


@served()
async def test_a_second_rotation_waits_for_the_first(live: Live) -> None:
    """Else the key between would sign before anybody knew it."""
    await rotating(live).rotate("seal")
    with pytest.raises(RotationError) as refused:
        await rotating(live).rotate("seal")
    assert refused.value.code == "rotation_under_way"
    await live.advance(OVERLAP)
    await rotating(live).rotate("seal")
    for purpose in ("code", "passkey", "webhook", "root", ""):
        with pytest.raises(RotationError):
            await rotating(live).rotate(purpose)


@served()
async def test_without_the_root_there_is_no_rotation_of_seal_and_log(live: Live) -> None:
    """It is said, and nothing changes; the page key needs no root."""
    file = live.application.settings.root_key_file
    file.rename(file.with_suffix(".off"))
    before = await rotating(live).listed()
    for purpose in ("seal", "log"):
        with pytest.raises(RootKeyError) as refused:
            await rotating(live).rotate(purpose)
        assert refused.value.code == "root_key_missing"
    assert await rotating(live).listed() == before
    assert not file.exists()
    await rotating(live).rotate("page")


@served()
async def test_a_stolen_seal_key_opens_nothing_at_once(live: Live) -> None:
    """It leaves the set; what it signed is void at the guard too, and the next seal is good."""
    owner, gate = await live.owner(), await signer(live)
    action = await owner.sealed()
    gate.check(owner, action)
    done = (await rotating(live).rotate("seal", compromised=True)).result
    assert done.since == done.until
    await live.advance(MINUTE)  # signers ask for the key set each minute
    with pytest.raises(SealKeyError):
        gate.check(owner, action)
    refused = await live.call("POST", f"/v1/seals/{action['seal']['id']}/redeem")
    problem(refused, 409, "seal_void")
    await live.advance(2 * MINUTE)
    fresh = await owner.sealed()
    gate.check(owner, fresh)
    await owner.redeem(fresh)
    kinds = [leaf["kind"] for leaf in (await live.get("/v1/log/entries?limit=1000"))["entries"]]
    assert kinds.count("key_rotated") == 1


@served()
async def test_links_in_mails_go_on_working_after_the_page_key_changed(live: Live) -> None:
    """For as long as they live, and no longer."""
    owner = await live.owner()
    await owner.done("withdraw", "totp", "email", amount="100")
    [first, *_] = await live.links("freeze", to=owner.mail)
    await rotating(live).rotate("page")
    await live.advance(OVERLAP)
    other = await live.owner()
    await other.done("withdraw", "totp", "email", amount="100")
    [second, *_] = await live.links("freeze", to=other.mail)
    for link in (first, second):
        assert (await live.client.get(f"/freeze/{link}")).status_code == 200
    keys = live.application.keys.secrets("page")
    assert len(keys(live.now)) == 2
    await live.advance(3 * DAY)
    assert len(keys(live.now)) == 1
    assert (await live.client.get(f"/freeze/{first}")).status_code == 410


@served()
async def test_the_logs_key_changes_and_whoever_keeps_the_old_one_follows(
    live: Live, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Both sign for thirty days; an export carries the note by which the old key names the new one."""
    old = await live.get("/v1/log/key", token=None)
    await live.owner()
    service = live.application.log_service
    first = (await service.sign_checkpoint(now=live.now, epoch=0)).note
    await rotating(live).rotate("log")
    both = (await service.sign_checkpoint(now=live.now, epoch=0)).note
    assert both.count("\u2014 ") == 2
    await live.advance(HOUR)
    new = await live.get("/v1/log/key", token=None)
    assert new["key"] != old["key"]
    assert new["keys"] == [new["key"], old["key"]]
    await live.advance(31 * DAY)
    await live.owner()
    last = (await service.sign_checkpoint(now=live.now, epoch=0)).note
    assert last.count("\u2014 ") == 1
    settings = live.application.settings
    live.application.store.close()
    tmp_path = tmp_path_factory.mktemp("export")
    path = tmp_path / "log.jsonl"
    await _export(settings, path, opened=False)
    for key, outside in ((old["key"], first), (new["key"], first), (old["key"], both), (None, last)):
        verdict = verify_export(path, public_key=key, checkpoint=outside, now=live.now)
        assert verdict.findings == (), verdict.findings
        assert verdict.anchored
    lines = path.read_text().splitlines()
    header = msgspec.json.decode(lines[0])
    assert len(header.pop("successions")) == 1
    bare = tmp_path / "bare.jsonl"
    bare.write_text("\n".join([msgspec.json.encode(header, order="sorted").decode(), *lines[1:]]) + "\n")
    assert verify_export(bare, public_key=old["key"], now=live.now).findings


@served()
async def test_two_administrators_rotate_over_the_api(live: Live) -> None:
    """One cannot; tokens cannot; a repeat rotates no second time."""
    _, ada, abel = await two_administrators(live)
    problem(await ada.call("POST", "/v1/keys/page/rotate", {}), 403, "two_officers")
    problem(await live.call("POST", "/v1/keys/page/rotate", {}), 403, "two_officers")
    header = await approved(ada, abel, "POST /v1/keys/page/rotate", {"compromised": False})
    made = await ada.call("POST", "/v1/keys/page/rotate", {"compromised": False}, headers=header)
    assert made.status_code == 200, made.text
    listed = (await live.get("/v1/keys"))["keys"]
    assert [each["state"] for each in listed if each["purpose"] == "page"] == ["current", "next"]
    assert all(each["master"] for each in listed)
    assert made.json()["new"] == listed[-1]["kid"] or made.json()["new"] in {each["kid"] for each in listed}


def test_another_process_takes_the_new_key_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the rings again; the overlap is longer than it takes."""
    monkeypatch.setenv("COUNTERSEAL_TEST_STORE", "postgres")

    async def run() -> None:
        async with serving(tmp_path) as one, serving(tmp_path) as two:
            done = (await rotating(one).rotate("seal")).result
            await two.application.keys.load()
            await one.advance(OVERLAP)
            await two.advance(OVERLAP)
            now = one.now
            assert two.application.keys.signing("seal", now).kid == done.new
            assert two.application.keys.token() == one.application.keys.token()

    asyncio.run(run())


def test_another_root_signs_when_signers_pinned_both(tmp_path: Path) -> None:
    """The old root says so in the log; who pinned only the old one takes no new set."""

    async def run() -> None:
        async with serving(tmp_path) as live:
            old = (await live.get("/v1/seals/jwks", token=None))["root"]
            new = await rotating(live).renew_root(tmp_path / "new-root.key")
            found = await live.get("/v1/seals/jwks", token=None)
            assert found["root"] == new != old
            owner = await live.owner()
            action = await owner.sealed()
            with pytest.warns(UserWarning, match="test seals"):
                unsafe = UnsafeAcceptTestSeals()
            given = {"jwks_token": found["jwks_token"], "clock": lambda: live.now, "unsafe": unsafe}
            SealVerifier([old, new], "hot-wallet", **given).verify(action["seal"]["token"], paid(owner))
            with pytest.raises(Exception, match="pinned root"):
                SealVerifier(old, "hot-wallet", **given).verify(action["seal"]["token"], paid(owner))
        async with serving(tmp_path, root_key_file=tmp_path / "new-root.key") as live:
            await rotating(live).rotate("seal")
        async with serving(tmp_path) as live:
            with pytest.raises(RootKeyError) as refused:
                await rotating(live).rotate("log")
            assert refused.value.code == "root_key_other"

    asyncio.run(run())


def test_a_store_of_before_key_rings_keeps_all_that_it_gave_out(tmp_path: Path) -> None:
    """Seal, log and root keys, and the secrets that were derived from the master key."""

    async def run() -> None:
        async with serving(tmp_path) as live:
            before = live.application.keys.rings
            master = live.application.master
        settings = settings_in(tmp_path)
        store = open_store(settings, master)
        await _put_back(store, before)
        store.close()
        async with serving(tmp_path) as live:
            keys = live.application.keys
            for purpose in ("seal", "log"):
                assert keys.signing(purpose, live.now).kid == before.rings[purpose].keys[0].kid
            assert keys.token() == before.sets[0].token
            for purpose in ("page", "owner-link", "code", "passkey", "staff-passkey", "pseudonym"):
                assert keys.secret(purpose) == master.derive(purpose)
            assert await live.application.store.read("signing_key:seal") is None
        assert master_key(settings).key_id == master.key_id

    asyncio.run(run())


async def _put_back(store: Any, before: Rings) -> None:
    """The store as the program of before wrote it."""
    states = {
        f"signing_key:{name}": StoredKey(before.rings[name].keys[0].kid, before.rings[name].keys[0].blob)
        for name in ("seal", "log")
    }
    [signed] = before.sets
    kid = before.rings["seal"].keys[0].kid
    states["signing_key:set"] = StoredKey(kid, token=signed.token, root=before.root, expires=signed.expires)

    def function(_loaded: Loaded) -> Commit[Rings]:
        changes = [Change(subject, state) for subject, state in states.items()]
        return Commit(before, (Change("signing_key:rings", None), *changes))

    await store.transact(["signing_key:rings", *states], function, now=store.latest)
