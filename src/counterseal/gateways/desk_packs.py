# SPDX-License-Identifier: Apache-2.0
"""The desk's rule packs: the shipped ones and those of a folder of the operator's, from files into packs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from counterseal.core.errors import NotFoundError, PolicyError
from counterseal.core.policy.faults import PolicyFaults
from counterseal.gateways.packs import packs_directory
from counterseal.gateways.yaml_source import MAX_BYTES, read_yaml
from counterseal.judicial.packs.loader import load_desk_pack
from counterseal.judicial.packs.model import Pack, PackError

FOLDER = "desk"


def shipped_desk_packs() -> tuple[str, ...]:
    """Names of the shipped rule packs."""
    return tuple(sorted(path.stem for path in (packs_directory() / FOLDER).glob("*.yaml")))


def desk_pack_from(source: str | bytes) -> Pack:
    """A rule pack from YAML. Raises PolicyError with spans."""
    return load_desk_pack(read_yaml(source))


def load_desk_pack_file(name_or_path: str | Path) -> Pack:
    """A shipped pack by name, or a file by path. Raises NotFoundError (`desk_pack_missing`), PolicyError."""
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and path.suffix not in {".yaml", ".yml"}:
        if name_or_path not in shipped_desk_packs():
            hint = f"Shipped: {', '.join(shipped_desk_packs())}. Or give the path of a .yaml file."
            sentence = f"there is no rule pack `{name_or_path[:80]}`"
            raise NotFoundError(sentence, code="desk_pack_missing", hint=hint)
        path = packs_directory() / FOLDER / f"{name_or_path}.yaml"
    try:
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        sentence = f"the rule pack {str(path)[:200]!r} cannot be read: {reason}"
        raise NotFoundError(sentence, code="desk_pack_missing") from None
    return desk_pack_from(source)


@cache
def _shipped(name: str) -> Pack:
    return load_desk_pack_file(name)


class DeskPacks:
    """The packs of a server, read once. The operator's own stands in place of a shipped one of its name."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises PackError (`desk_pack_invalid`, with file and lines) and NotFoundError: a server does not start
        with a pack that cannot be read."""
        self._packs = {name: _shipped(name) for name in shipped_desk_packs()}
        for path in sorted(folder.glob("*.yaml")) if folder is not None else ():
            try:
                pack = load_desk_pack_file(path)
            except PolicyError as error:
                told = error.diagnostics() if isinstance(error, PolicyFaults) else str(error)
                sentence = f"the rule pack {path.name!r} is faulty: {told}"
                raise PackError(sentence, code="desk_pack_invalid") from None
            self._packs[pack.name] = pack

    def pack(self, name: str) -> Pack | None:
        """See judicial.packs.ports.Packs."""
        return self._packs.get(name)

    def names(self) -> tuple[str, ...]:
        """See judicial.packs.ports.Packs."""
        return tuple(sorted(self._packs))
