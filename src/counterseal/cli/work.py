# SPDX-License-Identifier: Apache-2.0
"""`work`: what a server does in the background, without HTTP, beside servers with `workers = false`."""

from __future__ import annotations

import asyncio
import signal

import typer
import uvloop

from counterseal.cli.local import Config, settings_of
from counterseal.cli.output import err
from counterseal.settings import Settings, SettingsError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(work)


def work(config: Config = None) -> None:
    """Deliver messages, fire timers, sign and witness the log, without HTTP; for a store in PostgreSQL.

    As many as you like beside `serve --no-workers`: messages are claimed, timers fire once, one signs at a time.
    """
    settings = settings_of(config, None, workers=True)
    if settings.database_url is None:
        raise SettingsError(
            "`work` needs a store in PostgreSQL, which several processes share",
            hint="One process holds a SQLite file: there `counterseal serve` does this work.",
        )
    if settings.clock == "simulated":
        raise SettingsError("a simulated clock stands in one process: there `counterseal serve` does this work")
    uvloop.run(run_worker(settings))


async def run_worker(settings: Settings) -> None:
    """Open everything but a port, work until told to stop (SIGTERM, SIGINT), and close everything in order."""
    from counterseal.gateways.notify import supervised
    from counterseal.http.logs import configure_logging
    from counterseal.wiring.application import Application
    from counterseal.wiring.memory import settle

    configure_logging(level=settings.log_level, style=settings.log_format)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = await Application(settings).build()
    settle()
    async with app.router.lifespan_context(app), supervised():
        err.print("Counterseal works off what servers leave; stop it with SIGTERM.")
        await stop.wait()
