# SPDX-License-Identifier: Apache-2.0
"""`policy versions | draft | shadow | publish | rollback | check`: versions of a server, through its API."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from counterseal.cli.local import Config, Database, Url
from counterseal.cli.output import Json, err, show_json, table, when
from counterseal.cli.remote import Server
from counterseal.core.errors import InputError, NotFoundError

SHORT = 12
Named = Annotated[str, typer.Argument(metavar="VERSION", help="Its id, or the beginning of one.")]
Approval = Annotated[str | None, typer.Option(help="The approval that two publishers signed for exactly this.")]


class Act(StrEnum):
    """What to do with a shadow run."""

    SHOW = "show"
    START = "start"
    STOP = "stop"
    CLEAR = "clear"


def register(policy: typer.Typer) -> None:
    """Add the commands to `policy`."""
    for command in (versions, draft, shadow, publish, rollback, check):
        policy.command()(command)


def versions(config: Config = None, database: Database = None, url: Url = None, json: Json = False) -> None:
    """List the versions, the newest first."""
    found = Server(config, database, url).get("/v1/policy/versions")
    if json:
        show_json(found)
        return
    rows = [
        [
            str(each["number"]),
            each["version"][:SHORT],
            each["name"],
            each["state"],
            _verdict(each),
            when(each["at"]),
        ]
        for each in found["items"]
    ]
    table("Policy versions", ["no", "version", "policy", "state", "proved", "uploaded"], rows)


def draft(
    file: Annotated[Path, typer.Argument(help="The policy document.")],
    vocabulary: Annotated[Path | None, typer.Option(help="Its vocabulary; default: the shipped one.")] = None,
    note: Annotated[str, typer.Option(help="What is new in it.")] = "",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Upload a draft; it decides nothing."""
    body: dict[str, Any] = {"text": _read(file), "note": note}
    if vocabulary is not None:
        body["vocabulary"] = _read(vocabulary)
    made = Server(config, database, url).post("/v1/policy/versions", body)
    if json:
        show_json(made)
    else:
        err.print(f"Version {made['number']} of the policy is {made['version']}. It is being examined.")


def shadow(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its id, or the beginning of one.")] = "",
    act: Annotated[Act, typer.Option("--do", help="show, start, stop or clear.")] = Act.SHOW,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Show the shadow run, live against shadow; or start, stop, clear that of a version."""
    server = Server(config, database, url)
    if act is Act.SHOW:
        found = server.get("/v1/policy/shadow")["shadow"]
    else:
        path = f"/v1/policy/versions/{_found(server, version)['version']}/shadow"
        end = "" if act is Act.START else f"/{act}"
        found = server.post(f"{path}{end}")["shadow"]
    if json:
        show_json(found)
    elif found is None:
        err.print("There is no shadow run.")
    else:
        head = f"{found['name']} {found['version'][:SHORT]}: {found['state']}, {found['inputs']} inputs"
        rows = [[each["action"], each["was"], each["now"], str(each["count"])] for each in found["cells"]]
        table(f"{head}, {found['lag']} behind", ["action", "live", "shadow", "how many"], rows)


def publish(
    version: Named,
    approval: Approval = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Put a version in force. Without --approval: print what two publishers have to sign in the console."""
    server = Server(config, database, url)
    _publish(server, _found(server, version)["version"], approval, json=json)


def rollback(
    approval: Approval = None,
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Put the version in force that was before this one, in the same way."""
    server = Server(config, database, url)
    previous = server.get("/v1/policy/versions")["previous"]
    if previous is None:
        raise NotFoundError("no version was in force before this one", code="unknown_version")
    _publish(server, previous.removeprefix("sha256:"), approval, json=json)


def check(
    account: Annotated[str, typer.Argument(help="Whose account.")],
    action: Annotated[str, typer.Argument(help="The action of the policy.")],
    version: Annotated[str, typer.Option(help="By this version; default: the one in force.")] = "",
    request: Annotated[str, typer.Option(help="More of the ask as JSON: objects, address, payment, ...")] = "{}",
    config: Config = None,
    database: Database = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Say what would happen for this account and action now, and why. Nothing is recorded."""
    import msgspec

    try:
        more = msgspec.json.decode(request, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise InputError("--request is no JSON object", code="request_json") from None
    server, body = Server(config, database, url), {**more, "account": account, "action": action}
    if version:
        body["policy"] = _found(server, version)["digest"]
    found = server.post("/v1/policy/check", body)
    if json:
        show_json(found)
        return
    decision = found["decision"]
    typer.echo(f"{decision['outcome']} by {found['name']}, line {decision['line']} ({decision['rule']})")
    for each in decision["reasons"]:
        typer.echo(f"  {each['text']}" + ("" if each["until"] is None else f", until {when(each['until'])}"))
    for each in decision["alternatives"]:
        typer.echo(f"  would do: {' and '.join(each)}")


def _publish(server: Server, version: str, approval: str | None, *, json: bool) -> None:
    found = server.get(f"/v1/policy/versions/{version}")
    proof = found["proof"]
    if proof is None or not proof["current"]:
        server.post(f"/v1/policy/versions/{version}/examine")
        failed = f"The last time it failed: {found['fault']}" if found["fault"] else "Try again."
        raise InputError("it is being examined against the policy in force", code="verdict_missing", hint=failed)
    body = {
        "verdict": proof["digest"],
        "replaces": proof["against"],
        "weaker": proof["weaker"],
        "failing": proof["failing"],
        "locked_out": proof["locked_out"],
        "apart": len(proof["apart"]),
    }
    path = f"/v1/policy/versions/{version}/publish"
    if approval is None:
        show_json({"operation": f"POST {path}", "body": body})
        err.print("Two publishers propose and sign this in the console. Then: --approval ID.")
        return
    done = server.post(path, body, approval=approval)
    if json:
        show_json(done)
    else:
        err.print(f"{done['name']} (version {done['number']}) is in force.")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"{path} cannot be read: {reason}", code="file_unreadable") from None


def _found(server: Server, begin: str) -> Any:
    rows = server.get("/v1/policy/versions")["items"]
    begin = begin.removeprefix("sha256:")
    fitting = [each for each in rows if begin and each["version"].startswith(begin)]
    if len(fitting) != 1:
        raise NotFoundError(f"`{begin[:64]}` is the beginning of {len(fitting)} versions", code="unknown_version")
    return fitting[0]


def _verdict(row: Any) -> str:
    if row["examining"]:
        return "being examined"
    if not row["verdict"]:
        return "not yet"
    failing = f"{row['failing']} fail" if row["failing"] else "all hold"
    return f"{failing}, weaker" if row["weaker"] else failing
