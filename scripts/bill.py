# SPDX-License-Identifier: Apache-2.0
"""The bill of materials: what the server and the console are made of, with versions, hashes and licences.

`python scripts/bill.py FILE` writes CycloneDX 1.6 (JSON): the run-time packages of requirements.lock and of
web/package-lock.json. Nothing is asked over a network. Exit 1 if a licence is not on the list below.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

# SPDX identifiers that run-time packages may have. LGPL and MPL: used as published, unchanged, replaceable.
ALLOWED = frozenset(
    {
        *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0"),
        *("OFL-1.1", "PSF-2.0", "0BSD", "MIT-CMU", "Zlib"),
    }
)
# Packages that say it in words, or not in their licence field.
STATED = {
    "aiosignal": "Apache-2.0",
    "authres": "Apache-2.0",
    "dkimpy": "Zlib",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "jinja2": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "protobuf": "BSD-3-Clause",
    "publicsuffix2": "MIT AND MPL-2.0",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
    "pyrage": "MIT",
    "reportlab": "BSD-3-Clause",
    "rfc8785": "Apache-2.0",
    "segno": "BSD-3-Clause",
    "signxml": "Apache-2.0",
    "shellingham": "ISC",
    "uvloop": "MIT OR Apache-2.0",
}
_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Package(NamedTuple):
    """One component. `hashes`: (algorithm, hex) of each file that may be installed."""

    name: str
    version: str
    licence: str
    kind: str
    hashes: tuple[tuple[str, str], ...]

    @property
    def url(self) -> str:
        """Its package URL."""
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


def locked() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every package of requirements.lock: its version and the hashes of its files."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for block in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8")):
        line = _LOCKED.match(block)
        if line:
            found[canonicalize_name(line["name"])] = (line["version"], tuple(_HASH.findall(block)))
    return found


def needed() -> set[str]:
    """The run-time packages: what the project asks for and what that asks for, on this platform."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [Requirement(each) for each in project["dependencies"]]
    extras: dict[str, set[str]] = {}
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        if name in extras and asked.extras <= extras[name]:
            continue
        extras.setdefault(name, set()).update(asked.extras)
        for text in metadata.distribution(name).requires or []:
            inner = Requirement(text)
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in ("", *extras[name])):
                waiting.append(inner)
    return set(extras)


def licence_of(name: str) -> str:
    """SPDX expression of an installed package, "" if it says none that is known."""
    if name in STATED:
        return STATED[name]
    found = metadata.metadata(name)
    return str(found.get("License-Expression") or found.get("License") or "")


def allowed(licence: str) -> bool:
    """Whether the expression can be met by licences of the list: all of an AND, one of an OR."""
    text = licence.strip().strip("()")
    if " OR " in text:
        return any(allowed(each) for each in text.split(" OR "))
    return bool(text) and all(each.strip() in ALLOWED for each in text.split(" AND "))


def python_packages() -> Iterator[Package]:
    """Run-time packages of the server, in order."""
    lock = locked()
    for name in sorted(needed()):
        version, hashes = lock[name]
        yield Package(name, version, licence_of(name), "pypi", tuple(("SHA-256", each) for each in hashes))


def console_packages() -> Iterator[Package]:
    """Packages whose code is in the built console."""
    packages: dict[str, Any] = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))["packages"]
    for place, entry in sorted(packages.items()):
        if place and not entry.get("dev"):
            algorithm, _, digest = entry["integrity"].partition("-")
            named = f"SHA-{algorithm.removeprefix('sha')}"
            hashes = ((named, base64.b64decode(digest).hex()),)
            name = place.rpartition("node_modules/")[2]
            yield Package(name, entry["version"], entry.get("license", ""), "npm", hashes)


def bill(packages: list[Package]) -> dict[str, Any]:
    """CycloneDX 1.6. No time and no serial number: the same lock gives the same bill."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    components = [
        {
            "type": "library",
            "bom-ref": each.url,
            "name": each.name,
            "version": each.version,
            "purl": each.url,
            "licenses": [{"expression": each.licence}],
            "hashes": [{"alg": algorithm, "content": digest} for algorithm, digest in each.hashes],
        }
        for each in packages
    ]
    subject = {"type": "application", "bom-ref": "counterseal", "name": "counterseal", "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": subject | {"licenses": [{"expression": "Apache-2.0"}]}},
        "components": components,
        "dependencies": [{"ref": "counterseal", "dependsOn": [each.url for each in packages]}],
    }


def main() -> None:
    """Write the bill; exit 1 with one line for each licence that is not allowed."""
    packages = [*python_packages(), *console_packages()]
    bad = [
        f"{each.url}: licence `{each.licence}` is not on the list" for each in packages if not allowed(each.licence)
    ]
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill(packages), indent=2) + "\n", "utf-8")
    print(f"bill: {len(packages)} packages in {path}")
    for line in bad:
        print(line, file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
