# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 - sentences of the pages
"""Write docs/asvs.md from docs/asvs.yaml, and docs/brute-force.md from the limits in the code.

`python scripts/asvs.py` writes; `--check` only compares. Every id has one answer, every named test is there.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

from counterseal.factors import codes, guessing, throttle
from counterseal.factors.guessing import Odds

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "docs" / "asvs.yaml"
CHAPTERS = (
    *("Encoding and sanitization", "Validation and business logic", "Web front end", "API and web service"),
    *("Files", "Authentication", "Sessions", "Authorization", "Self-contained tokens", "OAuth and OIDC"),
    *("Cryptography", "Communication", "Configuration", "Data protection", "Code and architecture"),
    *("Logging and errors", "WebRTC"),
)
STATES = {
    "met": "met",
    "partly": "**partly**",
    "exception": "**exception**",
    "operator": "operator",
    "absent": "not applicable",
    "open": "not claimed",
}


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """How we stand to one requirement, a section or a chapter. `tests`: keys of the table of tests."""

    state: str
    asks: str
    how: str
    tests: tuple[str, ...]


class Checklist(msgspec.Struct, frozen=True):
    """docs/asvs.yaml."""

    standard: str
    levels: dict[str, str]
    answers: dict[str, Answer]
    tests: dict[str, str]

    def identifiers(self) -> dict[str, int]:
        """Every requirement and its level, in the order of the standard."""
        return {
            f"{section}.{place}": int(level)
            for section, levels in self.levels.items()
            for place, level in enumerate(levels, 1)
        }

    def given(self, identifier: str) -> list[str]:
        """The answers that this requirement has: there should be one."""
        chapter, section, _ = identifier.split(".")
        return [key for key in (chapter, f"{chapter}.{section}", identifier) if key in self.answers]


def read() -> Checklist:
    """The data."""
    found: Any = YAML(typ="safe", pure=True).load(DATA.read_text("utf-8"))
    return msgspec.convert(found, Checklist)


def faults(checklist: Checklist) -> list[str]:
    """One line for each thing that does not fit."""
    found = []
    for identifier in checklist.identifiers():
        count = len(checklist.given(identifier))
        if count != 1:
            found.append(f"{identifier}: {count} answers")
    used: set[str] = set()
    known = {
        part for each in checklist.identifiers() for part in (each, each.rpartition(".")[0], each.split(".")[0])
    }
    for key, answer in checklist.answers.items():
        used.update(answer.tests)
        if key not in known or answer.state not in STATES:
            found.append(f"{key}: no such requirement, or no such state")
        if answer.state == "met" and not answer.tests and not answer.how:
            found.append(f"{key}: neither a test nor a word")
        found += [f"{key}: no test is called {name}" for name in answer.tests if name not in checklist.tests]
    found += [f"{name}: a test that no answer names" for name in checklist.tests if name not in used]
    return found + [f"{name}: {place} is not there" for name, place in checklist.tests.items() if not there(place)]


def there(place: str) -> bool:
    """Whether a file, and the test in it, exist."""
    file, _, name = place.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return not name or name in names


def page(checklist: Checklist) -> str:
    """docs/asvs.md."""
    levels = checklist.identifiers()
    of = {identifier: checklist.answers[checklist.given(identifier)[0]] for identifier in levels}
    lines = [
        "# OWASP ASVS 5.0",
        "Made by `python scripts/asvs.py` from [asvs.yaml](asvs.yaml); what a requirement asks is said in our words, the text is the standard's. We claim levels",
        "1 and 2 with the exceptions below; level 3 line by line. *operator*: met by who runs the server (TLS, egress). A test checks that each requirement has one",
        "answer and that each test is there.",
        "",
        "| level | " + " | ".join(STATES[state].strip("*") for state in STATES) + " |",
        "|---|" + "---|" * len(STATES),
    ]
    for level in (1, 2, 3):
        counted = Counter(of[each].state for each, its in levels.items() if its == level)
        lines.append(f"| {level} | " + " | ".join(str(counted[state]) for state in STATES) + " |")
    lines += ["", "## Exceptions, and what is met in part", "| id | level | asks | why |", "|---|---|---|---|"]
    for identifier, answer in of.items():
        if answer.state in {"exception", "partly"}:
            lines.append(f"| {identifier} | {levels[identifier]} | {answer.asks} | {answer.how} |")
    for number, chapter in enumerate(CHAPTERS, 1):
        lines += [
            "",
            f"## V{number} {chapter}",
            "| id | level | asks | state | how, or why not | tests |",
            "|---|---|---|---|---|---|",
        ]
        rows: dict[str, list[str]] = {}
        for identifier in levels:
            if identifier.startswith(f"V{number}."):
                rows.setdefault(checklist.given(identifier)[0], []).append(identifier)
        for key, identifiers in rows.items():
            lines.append(row(checklist, key, identifiers, levels))
    return "\n".join(lines) + "\n"


def row(checklist: Checklist, key: str, identifiers: list[str], levels: dict[str, int]) -> str:
    """One line of a chapter's table."""
    answer = checklist.answers[key]
    tests = ", ".join(f"[{name}](../{checklist.tests[name].partition('::')[0]})" for name in answer.tests)
    level = "-".join(dict.fromkeys(str(each) for each in sorted({levels[x] for x in identifiers})))
    return f"| {key} | {level} | {answer.asks} | {STATES[answer.state]} | {answer.how} | {tests} |"


def brute_force() -> str:
    """docs/brute-force.md."""
    lines = [
        "# Guessing",
        "Made by `python scripts/asvs.py` from the limits that the guard enforces (`factors/throttle.py`, `codes.py`, `totp.py`, `recovery_codes.py`); a test compares. *At most*",
        "is the union bound: the number of guesses that are admitted times the probability of each. A right guess is one factor of one action, not an outflow: the policy",
        "asks for more, and the owner is told.",
        "",
        "## The limits",
        "| what | limit |",
        "|---|---|",
        f"| wrong answers that block a challenge, or a factor for one action | {codes.MAX_FAILURES} |",
        f"| wrong answers in 24 hours at one factor, all strangers together | {throttle.STRANGERS_BUDGET} |",
        f"| the same from one known device / from all known devices | {throttle.DEVICE_BUDGET} / {throttle.DEVICES_BUDGET} |",
        f"| codes in an hour to one contact, asked for by strangers / by known devices | {throttle.STRANGERS_CODES} / {throttle.DEVICE_CODES} |",
        f"| wrong answers over the fleet, one factor class, strangers | {throttle.FACTOR_BURST} at once, then one each {throttle.FACTOR_REFILL} ms |",
        f"| wrong answers from one source | {throttle.SOURCE_BURST} at once, then one each {throttle.SOURCE_REFILL} ms |",
        "",
        "Strangers cannot use up what known devices have: neither at the account nor over the fleet. The fleet's budgets live in the memory of each process: with N processes",
        "they are N times as large, and full again after a restart; the account's own are exact and durable.",
        "",
        "## One account",
        *table(guessing.per_account()),
        "",
        "A compromised web server of the platform names devices and sources as it likes: it has both budgets.",
        "",
        "## The whole fleet",
        *table(guessing.fleet()),
        "",
        f"Read this as: an attacker with thousands of addresses, who keeps the fleet's budget empty all day over {guessing.fleet_a_day() // throttle.STRANGERS_BUDGET:,} accounts, is right *somewhere* about",
        f"{guessing.fleet_a_day() * guessing.totp_guess():.1f} TOTPs or {guessing.fleet_a_day() * guessing.code_guess():.1f} codes. That is what one factor of six digits is worth in a fleet, and why `hardened` lets no outflow go on one.",
        "Passkeys cannot be guessed. The alert `CountersealThrottled` fires long before.",
    ]
    return "\n".join(lines) + "\n"


def table(odds: tuple[Odds, ...]) -> list[str]:
    """Odds as rows."""
    rows = [f"| {each.what} | {each.guesses:,} | {each.each:.1e} | {each.at_most:.1e} |" for each in odds]
    return ["| what | guesses | each | at most |", "|---|---|---|---|", *rows]


def main() -> None:
    """Write or compare; exit 1 with one line for each fault."""
    parser = argparse.ArgumentParser(description="Write docs/asvs.md and docs/brute-force.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is out of date")
    check = parser.parse_args().check
    checklist = read()
    found = faults(checklist)
    pages = {} if found else {"asvs.md": page(checklist), "brute-force.md": brute_force()}
    for name, text in pages.items():
        path = ROOT / "docs" / name
        if check and (not path.is_file() or path.read_text("utf-8") != text):
            found.append(f"docs/{name}: out of date; run `make docs`")
        elif not check:
            path.write_text(text, "utf-8")
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
