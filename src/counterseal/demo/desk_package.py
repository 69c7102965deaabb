# SPDX-License-Identifier: Apache-2.0
"""What a released request yields: the package is built, fetched once, and opened with the key that was claimed."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import urlsplit

import httpx2
import pyrage  # type: ignore[import-untyped] # has none

from counterseal.demo.desk_cases import Outcome
from counterseal.demo.desk_world import ROOT, Desk
from counterseal.demo.model import DemoError


def handed_over(desk: Desk, outcome: Outcome) -> tuple[str, str]:
    """What came of it, and what the recipient read; raises DemoError where a step goes otherwise than it must."""
    if outcome.result != "released":
        return "not built", "no order released it"
    status, made = desk.ines.call("POST", f"{ROOT}/{outcome.request}/disclosures")
    if status != httpx2.codes.CREATED:
        return "refused", f"{made.get('code')}"
    link = desk.ines.done("GET", f"/v1/desk/disclosures/{made['id']}/link")["url"]
    path = urlsplit(str(link)).path
    taken = desk.vera.client.post(path, headers={"Origin": "null"})
    again = desk.vera.client.post(path, headers={"Origin": "null"})
    if (taken.status_code, again.status_code) != (httpx2.codes.OK, httpx2.codes.GONE):
        raise DemoError(
            f"the package was answered {taken.status_code}, then {again.status_code}", code="demo_package"
        )
    return "handed over", f"read with the key of the letter: {', '.join(read(desk, taken.content))}"


def read(desk: Desk, package: bytes) -> list[str]:
    """The fields in a package that have a value, as whoever has the key reads them."""
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(package, [desk.identity]))) as files:
        told = json.loads(files.read("disclosure.json"))
    return sorted({str(each["field"]) for each in told["fields"] if each["held"]})
