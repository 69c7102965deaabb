# SPDX-License-Identifier: Apache-2.0
"""A valuation pack from its document, strictly: every fault with line and column, unknown keys refused."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Protocol

from counterseal.core.errors import NotFoundError
from counterseal.core.loss.money import MOST_PLACES
from counterseal.core.loss.packs import AT_LOSS, AT_PAYMENT, COUNTED, KEPT, NETTED, NO_CAP, Origin, ValuationPack
from counterseal.core.loss.prices import LATEST, MEDIAN, PriceRule
from counterseal.core.policy.digest import digest_of
from counterseal.core.policy.faults import Faults
from counterseal.core.policy.quantities import count
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node, ScalarNode

ORIGIN: Final = ("source", "as_of", "confidence")
TOP: Final = ("counterseal", "valuation", "title", "moment", "cap", "counts", "trade_gains", "prices", "rounding")
CONFIDENCES: Final = ("high", "medium", "low")
CURRENCY_PLACES: Final = 2
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_ASSET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")
_SOURCE: Final = re.compile(r"[!-~][ -~]{0,63}\Z")


class ValuationPacks(Protocol):
    """The packs of a server."""

    def pack(self, name: str) -> ValuationPack | None:
        """One by name."""
        ...

    def names(self) -> tuple[str, ...]:
        """All of them, in order."""
        ...


class PackMissingError(NotFoundError):
    """There is no such valuation pack."""

    code = "valuation_pack_missing"


def load_valuation_pack(node: Node) -> ValuationPack:
    """Read a valuation pack. Raises PolicyFaults with every fault of the document."""
    faults = Faults()
    pack = _Loader(Reader(faults)).load(node)
    faults.raise_if_any()
    return pack


class _Loader:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def load(self, node: Node) -> ValuationPack:
        reader = self.reader
        needed = (*TOP, *ORIGIN)
        top = reader.keys(node, "a valuation pack", allowed=(*needed, "caveat"), required=needed)
        reader.version(top.get("counterseal"))
        places, assets, others = self._rounding(top.get("rounding"))
        return ValuationPack(
            name=self._name(top.get("valuation")),
            title=reader.text(top.get("title"), "`title`"),
            moment=reader.choice(top.get("moment"), "moment", (AT_LOSS, AT_PAYMENT), default=AT_LOSS),
            cap=reader.choice(top.get("cap"), "cap", (NO_CAP, AT_LOSS), default=NO_CAP),
            counts=texts(reader.names(top.get("counts"), "`counts`", COUNTED)),
            trade_gains=reader.choice(top.get("trade_gains"), "rule for gains", (KEPT, NETTED), default=KEPT),
            prices=self._prices(top.get("prices")),
            places=places,
            asset_places=assets,
            default_places=others,
            origin=self._origin(top),
            caveat=reader.text(top.get("caveat"), "`caveat`"),
            digest=digest_of(node),
        )

    def _name(self, entry: Entry | None) -> str:
        node = self.reader.scalar(entry.value, "`valuation`") if entry else None
        if node is not None and not _SLUG.match(node.text):
            sentence = f"`{node.text[:64]}` is not a name of a valuation pack"
            self.reader.faults.add("name_invalid", node.span, sentence, "Lower-case letters, digits and `-`.")
        return "" if node is None else node.text

    def _prices(self, entry: Entry | None) -> PriceRule:
        keys = ("staleness", "combine", "sources")
        held = self.reader.keys(entry.value, "`prices`", allowed=keys, required=keys) if entry else {}
        staleness = self.reader.duration(held["staleness"].value, "`staleness`") if "staleness" in held else 0
        combine = self.reader.choice(held.get("combine"), "way to combine prices", (MEDIAN, LATEST), default=MEDIAN)
        named = self.reader.items(held["sources"].value, "`sources`") if "sources" in held else []
        for each in named:
            if not _SOURCE.match(each.text):
                self.reader.faults.add("name_invalid", each.span, f"`{each.text[:64]}` is no name of a source")
        sources = tuple(each.text for each in named)
        return PriceRule(staleness, combine, () if sources == ("any",) else sources)

    def _rounding(self, entry: Entry | None) -> tuple[int, dict[str, int], int]:
        keys = ("currency", "assets", "other_assets")
        held = self.reader.keys(entry.value, "`rounding`", allowed=keys, required=keys) if entry else {}
        assets = {
            each.key.text: self._places(each)
            for each in self.reader.entries(held["assets"].value if "assets" in held else None, "`assets`")
            if self._is_asset(each.key)
        }
        currency = self._places(held["currency"]) if "currency" in held else CURRENCY_PLACES
        return currency, assets, self._places(held["other_assets"]) if "other_assets" in held else MOST_PLACES

    def _is_asset(self, key: ScalarNode) -> bool:
        if _ASSET.match(key.text):
            return True
        self.reader.faults.add("name_invalid", key.span, f"`{key.text[:64]}` is no name of an asset")
        return False

    def _places(self, entry: Entry) -> int:
        node = self.reader.scalar(entry.value, "a number of decimals")
        places = None if node is None else count(node.text)
        if node is not None and (places is None or places > MOST_PLACES):
            sentence = f"`{node.text[:32]}` is no number of decimals from 0 to {MOST_PLACES}"
            self.reader.faults.add("count_invalid", node.span, sentence)
        return min(places or 0, MOST_PLACES)

    def _origin(self, top: dict[str, Entry]) -> Origin:
        reader = self.reader
        as_of = reader.text(top.get("as_of"), "`as_of`")
        try:
            dt.date.fromisoformat(as_of or "2026-01-01")
        except ValueError:
            reader.faults.add("date_invalid", top["as_of"].value.span, f"`{as_of[:32]}` is no day")
        sure = reader.choice(top.get("confidence"), "confidence", CONFIDENCES, default="low")
        return Origin(reader.text(top.get("source"), "`source`"), as_of, sure)
