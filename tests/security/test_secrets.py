# SPDX-License-Identifier: Apache-2.0
"""Every flow that carries a secret, with all logs on; then all that left the server and all that lies in the store
is searched for every secret that there was."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from psycopg import sql

from counterseal.factors import totp
from counterseal.http.logs import configure_logging, request_log
from counterseal.settings import Settings
from tests.integration.test_api_passkeys import ORIGIN, answer, enrol
from tests.integration.test_owner_pages import BACK, linked
from tests.support.authenticator import Authenticator
from tests.support.postgres import new_database
from tests.support.server import Live, Owner, serving
from tests.support.staff import Person, Team, browser

PHRASE = "turquoise pelican nineteen"
OIDC_SECRET = "oidc-client-secret-Zq8vT4"
OWN_HEADERS = {"Origin": ORIGIN}


class Secrets(dict[str, str]):
    """Every secret by a name that says where it came from."""

    def add(self, name: str, value: Any) -> str:
        text = str(value)
        assert len(text) >= 6, name
        self[f"{name} {len(self)}"] = text
        return text


@contextmanager
def all_logs() -> Iterator[io.StringIO]:
    """Everything that is logged, by us and by libraries, at debug level."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging(level="debug", stream=stream)
    try:
        yield stream
    finally:
        request_log.flush()
        request_log.stream = None
        root.handlers[:] = before
        root.setLevel(level)


async def owners_flow(live: Live, found: Secrets) -> list[str]:
    """Registration, codes, TOTP, recovery codes, passkeys, links, seals; the texts of all errors on the way."""
    person = Owner(live, "u-secret", "+85290001234", "quiet.owner@example.test")
    seed = base64.b32encode(person.seed.secret).decode()
    old = live.now - 30 * 86_400_000
    body = {
        "account": person.account,
        "phrase": found.add("phrase", PHRASE),
        "factors": [
            {"factor": "sms", "contact": found.add("phone", person.phone)},
            {"factor": "email", "contact": found.add("mail", person.mail)},
            {"factor": "totp", "secret": found.add("seed", seed)},
            {"factor": "password"},
            {"factor": "rcode"},
        ],
        "objects": [
            {"kind": "session", "id": "s1", "facts": ["session"]},
            {"kind": "device", "id": "d1", "facts": ["device"], "since": old},
        ],
    }
    made = await live.post("/v1/accounts", body, 201)
    errors = [(await live.call("POST", "/v1/accounts", body)).text]  # exists already
    codes = next(lines for name, lines in made["shown"].items() if name.startswith("rcode"))
    for each in codes:
        found.add("recovery code", each)
    action = await person.ask("login")
    attested = found.add("attestation", person.attested(action, "password"))
    await person.prove(action, "password", answer=attested)
    errors.append((await prove(live, action, "totp", seed)).text)
    await person.prove(action, "totp", answer=found.add("totp code", person.totp()))
    action = await person.ask("withdraw_small", amount="10")
    for factor in ("sms", "email"):
        challenge, code = await person.code(action, factor)
        found.add(f"{factor} code", code)
        found.add(f"{factor} code bare", code.replace(" ", ""))
        errors.append((await prove(live, action, factor, code[::-1], challenge=challenge)).text)
    offer = await live.post(f"/v1/accounts/{person.account}/totp/options", {})
    fresh = totp.code_at(totp.parse_seed(found.add("seed", offer["secret"])), totp.step_at(live.now))
    item = {"factor": "totp", "secret": offer["secret"], "confirm": found.add("totp code", fresh)}
    recovery = await person.ask("use_recovery_code", enrol=[item])
    errors.append((await prove(live, recovery, "rcode", codes[0][:-1] + "0")).text)
    await person.prove(recovery, "rcode", answer=codes[1])
    device = Authenticator(origin=ORIGIN)
    await enrol(person, device)
    found.add("passkey assertion", await answer(person, await person.ask("login"), device))
    link = await linked(person, action=action["id"])
    found.add("owner's link", link.rpartition("/")[2])
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(live.app, raise_app_exceptions=False), base_url=ORIGIN
    )
    page = await client.get(link)
    found.add("owner's cookie", next(iter(client.cookies.values())))
    assert page.status_code == 200
    for kind in ("freeze", "cancel"):
        for each in await live.links(kind):
            found.add(f"{kind} link", each)
            errors.append((await client.get(f"/{kind}/{each}x")).text)
    return errors


async def prove(live: Live, action: Any, factor: str, given: str, **more: Any) -> httpx2.Response:
    body = {"factor": factor, "answer": given, **more}
    return await live.call("POST", f"/v1/actions/{action['id']}/proofs", body)


async def staff_flow(live: Live, found: Secrets) -> list[str]:
    """An invitation, a passkey, sessions, tokens, an attestation key, a webhook; the texts of all errors."""
    team = Team(live)
    made = await team.service.invite(
        name="ada", email="ada.staff@example.test", roles=["administrator"], by="command", first=True
    )
    found.add("invitation", made.secret)
    ada = Person(live, "ada", browser(live), passkey=Authenticator(origin=ORIGIN))
    real = ada.call

    async def call(*given: Any, headers: Any = None, **named: Any) -> httpx2.Response:
        return await real(*given, headers={**OWN_HEADERS, **(headers or {})}, **named)

    ada.call = call  # type: ignore[method-assign] # the origin of this server
    await ada.enrol(made.secret or "")
    await ada.sign_in()
    cookie = next(value for name, value in ada.client.cookies.items() if "staff" in name)
    found.add("staff cookie", cookie.partition(".")[2])
    errors = [(await ada.call("POST", f"/v1/staff/enrol/{made.secret}/options")).text]
    token = await live.post("/v1/tokens", {"name": "t", "platform": "x", "scopes": ["notices:write"]}, 201)
    live.tokens["made"] = found.add("token", token["token"])
    errors.append((await live.call("GET", "/v1/tokens", token="made")).text)
    for name, value in live.tokens.items():
        found.add(f"token of {name}", value)
    hook = {"url": "https://hooks.example.test/a/way/in"}
    kept = await live.call("POST", "/v1/webhooks", hook)
    if kept.is_success:
        found.add("webhook secret", re.search(r"whsec_[A-Za-z0-9+/=]+", kept.text)[0])  # type: ignore[index]
    return errors


def unlike(found: Secrets, text: str, *, spare: tuple[str, ...] = ()) -> list[str]:
    """The names of the secrets that a text carries."""
    hits = []
    for name, value in found.items():
        if name.startswith(spare):
            continue
        if value.isdigit() and len(value) < 9:  # a short code: as a number of its own
            hits += [name] if re.search(rf"(?<![\w.]){value}(?![\w.])", text) else []
        elif value in text:
            hits.append(name)
    return hits


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("counterseal.db")}


OIDC = {"issuer": "https://id.example.test", "client_id": "counterseal", "client_secret": OIDC_SECRET}


@dataclass(frozen=True)
class Run:
    """What one run through all flows left. `store`: its files while it ran, the write-ahead log too."""

    found: Secrets
    log: str
    errors: str
    reprs: str
    store: dict[str, bytes]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All flows once, with all logs on."""
    found, folder = Secrets(), tmp_path_factory.mktemp("run")

    async def inside() -> tuple[str, str, dict[str, bytes]]:
        more = {"base_url": ORIGIN, "return_origins": (BACK,), "oidc": OIDC}
        async with serving(folder, access_log="all", log_level="debug", **more) as live:
            errors = [*await owners_flow(live, found), *await staff_flow(live, found)]
            await live.settle()
            told = [(await live.client.get(path)).text for path in ("/metrics", "/readyz", "/healthz", "/status")]
            parts = [live.application, live.application.settings, *vars(live.application).values()]
            return "\n".join([*errors, *told]), "\n".join(map(repr, parts)), files_of(folder)

    printed = io.StringIO()
    with all_logs() as stream, contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
        errors, reprs, store = asyncio.run(inside())
    found.add("oidc secret", OIDC_SECRET)
    for name in ("master.key", "root.key"):
        found.add(name, (folder / name).read_bytes().strip().decode("latin-1"))
    return Run(found, stream.getvalue() + printed.getvalue(), errors, reprs, store | files_of(folder))


def test_no_log_answer_or_metric_carries_a_secret(run: Run) -> None:
    """Debug logs of ours and of libraries, what is printed, errors, /metrics, /readyz, reprs of all parts."""
    assert run.log.count("\n") > 40, "the flows were logged"
    assert len(run.found) > 30
    for text in (run.log, run.errors, run.reprs):
        assert unlike(run.found, text) == []


def test_settings_show_no_secret() -> None:
    """repr, str, JSON and the sentence of a mistake."""
    found = Secrets()
    settings = Settings(
        database_url=f"postgresql://counterseal:{found.add('url', 'database-password-9K')}@db.example.test/x",
        smtp={
            "host": "smtp.example.test",
            "sender": "a@example.test",
            "password": found.add("smtp", "smtp-password-7Q"),
        },
        oidc=OIDC | {"client_secret": found.add("oidc", "another-oidc-secret-3X")},
        bus_url=f"nats://user:{found.add('bus', 'bus-password-5J')}@bus.example.test",
        apprise={"sms": (f"json://x:{found.add('apprise', 'apprise-password-2W')}@sms.example.test/{{to}}",)},
        otlp={
            "url": "https://traces.example.test/v1/traces",
            "headers": {"authorization": found.add("otlp", "otlp-key-8V")},
        },
        master_key_variable="COUNTERSEAL_MASTER_KEY",
    )
    for text in (repr(settings), str(settings), settings.model_dump_json(), f"{settings.smtp!r} {settings.oidc!r}"):
        assert unlike(found, text) == []
    for wrong in ({"database_url": "mysql://root:database-password-9K@x"}, {"bus_url": "http://bus-password-5J@x"}):
        with pytest.raises(Exception) as mistake:  # noqa: PT011 - whichever class: its text matters
            Settings(**wrong)  # type: ignore[arg-type]
        del mistake


def test_nothing_that_is_secret_lies_readable_in_the_store(run: Run) -> None:
    """SQLite's file and write-ahead log: no contact, phrase, seed, code, link, token or session, however spelt."""
    assert any(name.endswith("-wal") for name in run.store), run.store.keys()
    for content in run.store.values():
        check_stored(run.found, content)


def check_stored(found: Secrets, content: bytes) -> None:
    text = content.decode("latin-1")
    assert unlike(found, text) == []
    seed = next(value for name, value in found.items() if name.startswith("seed"))
    assert base64.b32decode(seed) not in content
    for name, value in found.items():
        if not value.isdigit():
            assert base64.b64encode(value.encode())[:-4] not in content, name
            assert value.encode().hex().encode() not in content, name


def test_nothing_that_is_secret_lies_readable_in_postgresql(tmp_path: Path) -> None:
    """Every row of every table, as text and as bytes."""
    found, url = Secrets(), new_database()
    assert urlsplit(url).scheme.startswith("postgres")

    async def inside() -> None:
        async with serving(tmp_path, base_url=ORIGIN, return_origins=(BACK,), oidc=OIDC, database_url=url) as live:
            await owners_flow(live, found)
            await staff_flow(live, found)

    asyncio.run(inside())
    check_stored(found, dump(url))


def dump(url: str) -> bytes:
    """All rows: text as it is, bytes as bytes."""
    content = bytearray()
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert len(names) > 5
        for (name,) in names:
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))):
                for value in row:
                    content += bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    content += b"\n"
    assert len(content) > 10_000
    return bytes(content)
