# SPDX-License-Identifier: Apache-2.0
"""`serve` and `openapi`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from counterseal.cli.local import Config, Database, settings_of
from counterseal.cli.output import err, show_json
from counterseal.settings import Settings


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
) -> None:
    """Start the server."""
    settings = settings_of(config, database, policy=policy, host=host, port=port)
    if port is not None and "base_url" not in settings.model_fields_set:
        settings = settings_of(
            config, database, policy=policy, host=host, port=port, base_url=f"http://{settings.host}:{port}"
        )
    asyncio.run(run_server(settings))


async def run_server(settings: Settings) -> None:
    """Open everything, listen, and close everything in order when told to stop."""
    import uvicorn

    from counterseal.http.logs import configure_logging
    from counterseal.wiring.application import Application

    configure_logging(level=settings.log_level, style=settings.log_format)
    application = Application(settings)
    app = await application.build()
    if settings.clock == "simulated":
        err.print("This server runs on a SIMULATED clock: its seals are marked `test` and pay nothing.")
    err.print(f"Counterseal with policy {application.policies.current.name} at {settings.public_url}")
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=10,
        )
    )
    await server.serve()


def openapi() -> None:
    """Print the OpenAPI 3.1 document."""

    async def document() -> dict[str, object]:
        from counterseal.wiring.application import Application

        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder)
            settings = settings_of(
                None, base / "openapi.db", master_key_file=base / "master.key", root_key_file=base / "root.key"
            )
            application = Application(settings)
            try:
                app = await application.build()
                found: dict[str, object] = app.openapi()
                return found
            finally:
                application.store.close()

    show_json(asyncio.run(document()))
