# SPDX-License-Identifier: Apache-2.0
"""The valuation packs: the shipped ones and those of a folder of the operator's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from counterseal.core.errors import CountersealError, PolicyError
from counterseal.core.loss.packs import ValuationPack
from counterseal.core.policy.faults import PolicyFaults
from counterseal.gateways.packs import packs_directory
from counterseal.gateways.yaml_source import MAX_BYTES, read_yaml
from counterseal.incidents.loss_packs import PackMissingError, load_valuation_pack

FOLDER = Path("incidents") / "valuation"


class ValuationPackError(CountersealError):
    """A valuation pack is faulty: a server does not start with it."""

    code = "valuation_pack_invalid"


def shipped_valuation_packs() -> tuple[str, ...]:
    """Names of the shipped packs."""
    return tuple(sorted(path.stem for path in (packs_directory() / FOLDER).glob("*.yaml")))


def valuation_pack_from(source: str | bytes) -> ValuationPack:
    """A pack from YAML. Raises PolicyError with spans."""
    return load_valuation_pack(read_yaml(source))


def load_valuation_pack_file(name_or_path: str | Path) -> ValuationPack:
    """A shipped pack by name, or a file by path. Raises PackMissingError, PolicyError."""
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and path.suffix not in {".yaml", ".yml"}:
        if name_or_path not in shipped_valuation_packs():
            hint = f"Shipped: {', '.join(shipped_valuation_packs())}. Or give the path of a .yaml file."
            raise PackMissingError(f"there is no valuation pack `{name_or_path[:80]}`", hint=hint)
        path = packs_directory() / FOLDER / f"{name_or_path}.yaml"
    try:
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        raise PackMissingError(f"the valuation pack {str(path)[:200]!r} cannot be read: {reason}") from None
    return valuation_pack_from(source)


@cache
def _shipped(name: str) -> ValuationPack:
    return load_valuation_pack_file(name)


class FolderValuationPacks:
    """The packs of a server, read once. The operator's own stands in place of a shipped one of its name."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises ValuationPackError with file and lines, and PackMissingError."""
        self._packs = {name: _shipped(name) for name in shipped_valuation_packs()}
        for path in sorted(folder.glob("*.yaml")) if folder is not None else ():
            try:
                pack = load_valuation_pack_file(path)
            except PolicyError as error:
                told = error.diagnostics() if isinstance(error, PolicyFaults) else str(error)
                raise ValuationPackError(f"the valuation pack {path.name!r} is faulty: {told}") from None
            self._packs[pack.name] = pack

    def pack(self, name: str) -> ValuationPack | None:
        """See incidents.loss_packs.ValuationPacks."""
        return self._packs.get(name)

    def names(self) -> tuple[str, ...]:
        """See incidents.loss_packs.ValuationPacks."""
        return tuple(sorted(self._packs))
