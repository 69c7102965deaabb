# SPDX-License-Identifier: Apache-2.0
"""The shipped playbooks and clocks of incidents."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from counterseal.gateways.packs import packs_directory
from counterseal.gateways.yaml_source import read_yaml
from counterseal.incidents.packs import ClockPack, PackSetting, Playbooks, load_clocks, load_playbooks

FOLDER = Path("incidents")


def clocks_from(source: str | bytes) -> ClockPack:
    """A pack of clocks from YAML. Raises PolicyError with spans."""
    return load_clocks(read_yaml(source))


def playbooks_from(source: str | bytes) -> Playbooks:
    """Playbooks from YAML. Raises PolicyError with spans."""
    return load_playbooks(read_yaml(source))


@cache
def shipped_setting() -> PackSetting:
    """What a case begins with, as shipped."""
    folder = packs_directory() / FOLDER
    clocks = [clocks_from(path.read_bytes()) for path in sorted((folder / "clocks").glob("*.yaml"))]
    return PackSetting(playbooks_from((folder / "playbooks" / "standard.yaml").read_bytes()), clocks)
