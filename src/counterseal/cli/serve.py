# SPDX-License-Identifier: Apache-2.0
"""`serve` and `openapi`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvloop

from counterseal.cli.local import Config, Database, settings_of
from counterseal.cli.output import err, show_json
from counterseal.settings import Settings

if TYPE_CHECKING:
    from counterseal.wiring.application import Application


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(openapi)


def serve(
    config: Config = None,
    database: Database = None,
    policy: Annotated[str | None, typer.Option(help="A shipped pack or a file.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    development: Annotated[
        bool, typer.Option("--development", help="Write notices to var/outbox and make an admin token.")
    ] = False,
    workers: Annotated[
        bool | None, typer.Option(help="Deliver, fire timers and sign here; without, `counterseal work` does.")
    ] = None,
) -> None:
    """Start the server."""
    given: dict[str, Any] = {"policy": policy, "host": host, "port": port, "workers": workers}
    settings = settings_of(config, database, **given)
    if port is not None and "base_url" not in settings.model_fields_set:
        given["base_url"] = f"http://{settings.host}:{port}"
    if development:
        given |= {"log_format": "console", "access_log": "failures"}
        if settings.smtp is None and not settings.apprise:
            given["outbox_folder"] = settings.outbox_folder or settings.database.parent / "outbox"
        given["test_scopes"] = settings.test_scopes or settings.clock == "simulated"
    uvloop.run(run_server(settings_of(config, database, **given), development=development))


async def admin_token(application: Application, path: Path) -> None:
    """An admin token in a file that only its owner may read; made once."""
    from counterseal.access.model import TEST_SCOPES, Scope

    if path.exists():  # noqa: ASYNC240 - once, at the start
        return
    tests = TEST_SCOPES if application.test_scopes else frozenset()
    scopes = [s for s in Scope if (s not in TEST_SCOPES or s in tests) and s is not Scope.STAFF_OFFICER]
    made = await application.access.create_token(
        name="development", platform="development", scopes=scopes, by="serve --development"
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(made.secret or "")


async def run_server(settings: Settings, *, development: bool = False) -> None:
    """Open everything, listen, and close everything in order when told to stop."""
    import uvicorn

    from counterseal.gateways.notify import supervised
    from counterseal.http.logs import configure_logging
    from counterseal.http.protocol import BoundedProtocol
    from counterseal.wiring.application import Application
    from counterseal.wiring.memory import settle

    configure_logging(level=settings.log_level, style=settings.log_format)
    application = Application(settings)
    app = await application.build()
    if development:
        token = settings.database.parent / "admin.token"
        await admin_token(application, token)
        err.print(f"Development: an admin token is in {token}, messages are at {settings.public_url}/outbox")
    if settings.clock == "simulated":
        err.print("This server runs on a SIMULATED clock: its seals are marked `test` and pay nothing.")
    err.print(f"Counterseal with policy {application.policies.current.name} at {settings.public_url}")

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: Any = None) -> None:
            await supervision.aclose()
            application.console.hang_up()  # else it waits for streams that have no end
            await super().shutdown(sockets)

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                await supervision.enter_async_context(supervised())

    supervision = contextlib.AsyncExitStack()
    # uvicorn raises the signal again once all is closed: the exit status of an orderly end is 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    server = Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=10,
        )
    )
    settle()
    await server.serve()


def openapi() -> None:
    """Print the OpenAPI 3.1 document."""

    async def document() -> dict[str, object]:
        from counterseal.wiring.application import Application

        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder)
            keys = {"master_key_file": base / "master.key", "root_key_file": base / "root.key"}
            # The whole document: operations for tests, too, which say so.
            settings = settings_of(None, base / "openapi.db", clock="simulated", test_scopes=True, **keys)
            application = Application(settings)
            try:
                app = await application.build()
                found: dict[str, object] = app.openapi()
                return found
            finally:
                application.store.close()

    show_json(asyncio.run(document()))
