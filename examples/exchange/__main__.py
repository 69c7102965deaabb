# SPDX-License-Identifier: Apache-2.0
"""`python -m examples.exchange`: set up, serve a part, deposit, check coverage, or play a demonstration."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import uuid
from decimal import Decimal
from pathlib import Path

import msgspec

from counterseal.sdk import Counterseal, SdkError
from examples.exchange import coverage, demo, money, parts
from examples.exchange.errors import ExchangeError
from examples.exchange.ledger import Entry, Ledger, customer, move, outside
from examples.exchange.records import TEXTS
from examples.exchange.run import check_ports, run
from examples.exchange.serve import PARTS, serve
from examples.exchange.setup import set_up

PORTS = {"web": 8410, "auth": 8411, "payer": 8412, "records": 8413}
HOUR = 3_600_000  # ms


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 = well, 1 = something is wrong with the money or the demonstration, 2 = it could not run."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given)
    except (ExchangeError, SdkError) as error:
        print(f"{error.code}: {error}. {getattr(error, 'hint', '')}".rstrip(), file=sys.stderr)
        return 2
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.exchange", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    one = command("setup", _setup, "Make tokens, keys and a folder for each part.")
    _guard_options(one)
    one.add_argument("--root", type=Path, help="The guard's root key as JWK, from its ceremony.")
    one.add_argument("--home", type=Path, required=True)
    one = command("serve", _serve, "Run one part.")
    one.add_argument("part", choices=PARTS)
    one.add_argument("--home", type=Path, required=True)
    one = command("deposit", _deposit, "Credit a customer (on the payer's machine).")
    one.add_argument("account")
    one.add_argument("asset", choices=sorted(money.SCALES))
    one.add_argument("amount")
    one.add_argument("--reference", default="", help="Id of the deposit: the same id is credited once.")
    one.add_argument("--home", type=Path, required=True)
    one = command("record", _record, "Write a field of a customer down, as the identity desk does.")
    one.add_argument("account")
    one.add_argument("field", choices=sorted(TEXTS))
    one.add_argument("value")
    one.add_argument("--home", type=Path, required=True)
    one = command("coverage", _coverage, "Print what left without a redeemed seal; exit 1 if anything did.")
    one.add_argument("--hours", type=int, default=24, help="How far back to look.")
    one.add_argument("--home", type=Path, required=True)
    one.add_argument("--json", action="store_true")
    one = command("run", _run, "Run a guard on a simulated clock and the exchange with pages, to click through.")
    one.add_argument("--home", type=Path, default=Path("var/run"), help="A folder to keep (default: var/run).")
    one.add_argument("--guard-port", type=int, default=8400)
    one.add_argument("--port", type=int, default=8500, help="Port of the pages; the three after it are taken, too.")
    one.add_argument("--check", action="store_true", help="Only say whether the ports are free.")
    one = command("demo", _demo, "Play a day of an exchange against a Counterseal with a simulated clock.")
    _guard_options(one)
    one.add_argument("--home", type=Path, help="A new folder to keep (default: a temporary one).")
    one.add_argument("--json", action="store_true")
    return parser


def _guard_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--counterseal", required=True, metavar="URL")
    parser.add_argument(
        "--admin-token-file", required=True, type=Path, metavar="F", help="A file: others can read command lines."
    )


def _setup(given: argparse.Namespace) -> int:
    root = None if given.root is None else json.loads(given.root.read_text())
    with Counterseal(given.counterseal, given.admin_token_file.read_text().strip()) as admin:
        set_up(admin, given.counterseal, given.home, PORTS, root)
    if root is None:
        print("The root key was taken from the guard as it answered just now; compare it with the ceremony's.")
    return 0


def _serve(given: argparse.Namespace) -> int:
    serve(given.part, given.home)
    return 0


def _run(given: argparse.Namespace) -> int:
    if given.check:
        check_ports(given.guard_port, given.port)
        return 0
    return run(given.home.resolve(), given.guard_port, given.port)


def _deposit(given: argparse.Namespace) -> int:
    config = parts.read_config(given.home / "payer")
    ledger = Ledger(given.home / "payer" / "ledger.db")
    minor = money.units(given.asset, money.parse(given.amount))
    lines = move(given.asset, minor, outside("bank"), customer(given.account))
    reference = given.reference or str(uuid.uuid4())
    ledger.post(Entry(f"deposit.{reference}", "deposit", given.account, parts.clock_of(config)(), lines))
    held: Decimal = ledger.balance(customer(given.account), given.asset)
    print(f"{given.account} has {money.text(held)} {given.asset}")
    ledger.close()
    return 0


def _record(given: argparse.Namespace) -> int:
    folder = given.home / "records"
    records, _ = parts.open_records(folder, parts.read_config(folder))
    records.write(given.account, given.field, given.value)
    records.close()
    return 0


def _coverage(given: argparse.Namespace) -> int:
    config = parts.read_config(given.home / "coverage")
    ledger = Ledger(given.home / "payer" / "ledger.db")
    now = parts.clock_of(config)()
    with Counterseal(config.guard, config.token) as guard:
        found = coverage.compare(guard, ledger, now - given.hours * HOUR, now + 1)
    ledger.close()
    if given.json:
        print(json.dumps(msgspec.to_builtins(found)))
    else:
        print(f"{found.examined} outflows, {found.covered} with a redeemed seal")
        for item in found.uncovered:
            print(f"  UNSEALED {item.reference} of {item.account}: {item.reason}")
    return 1 if found.uncovered else 0


def _demo(given: argparse.Namespace) -> int:
    token = given.admin_token_file.read_text().strip()
    with tempfile.TemporaryDirectory(prefix="exchange-") as folder:
        home = given.home or Path(folder) / "home"
        return asyncio.run(demo.run(given.counterseal, token, home, as_json=given.json))


if __name__ == "__main__":
    sys.exit(main())
