# SPDX-License-Identifier: Apache-2.0
"""A rule pack from its document, strictly: every fault with line and column, unknown keys and words refused."""

from __future__ import annotations

import re
from typing import Final

from counterseal.core.policy.digest import digest_of
from counterseal.core.policy.faults import Faults
from counterseal.core.policy.quantities import count
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node
from counterseal.judicial.disclosure.model import NEVER, TIERS
from counterseal.judicial.packs.model import (
    FIELD_TIERS,
    FIELDS_OF,
    IDENTIFIERS,
    MOST_USERS,
    Allow,
    Basis,
    Pack,
)
from counterseal.judicial.packs.quantities import Quantities
from counterseal.judicial.requests.model import Type

TOP: Final = ("counterseal", "desk", "title", "chinese", "zone", "since", "weekend", "holidays", "most_users")
ROLES: Final = ("court", "judge", "investigating_judge", "prosecutor", "police", "central_authority", "clerk")
BASIS: Final = ("title", "chinese", "types", "roles", "compelling", "most_tier", "channel", "allow", "clocks")
ROW: Final = ("category", "fields", "by", "window")
ORIGIN: Final = ("source", "as_of", "confidence")
TYPES: Final = tuple(each.value for each in Type)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


def load_desk_pack(node: Node) -> Pack:
    """Read a rule pack. Raises PolicyFaults with every fault of the document."""
    faults = Faults()
    pack = _Loader(Reader(faults)).load(node)
    faults.raise_if_any()
    return pack


class _Loader:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.quantities = Quantities(reader)

    def load(self, node: Node) -> Pack:
        reader, quantities = self.reader, self.quantities
        allowed = (*TOP, "caveat", "silence", "clocks", "bases")
        top = reader.keys(node, "a rule pack", allowed=allowed, required=("counterseal", "desk", "zone", "bases"))
        reader.version(top.get("counterseal"))
        caveat = self._caveat(top.get("caveat"))
        silence = self._silence(top.get("silence"))
        return Pack(
            name=self._name(top.get("desk")),
            title=self._title(top.get("title"), "`title`"),
            chinese=self._title(top.get("chinese"), "`chinese`"),
            zone=quantities.zone(top.get("zone")),
            weekend=quantities.weekend(top.get("weekend")),
            holidays=quantities.dates(top.get("holidays")),
            bases={basis.name: basis for basis in self._bases(top.get("bases"))},
            clocks=quantities.deadlines(top.get("clocks"), TYPES),
            digest=digest_of(node),
            caveat=caveat[0],
            caveat_chinese=caveat[1],
            most_users=self._most_users(top.get("most_users")),
            silence=silence[0],
            silence_needs=silence[1],
            since=quantities.date(top["since"].value) if "since" in top else None,
        )

    def _name(self, entry: Entry | None) -> str:
        node = self.reader.scalar(entry.value, "`desk`") if entry else None
        if node is not None and not _SLUG.match(node.text):
            sentence = f"`{node.text[:64]}` is not a name of a rule pack"
            self.reader.faults.add("name_invalid", node.span, sentence, "Lower-case letters, digits and `-`.")
        return "" if node is None else node.text

    def _title(self, entry: Entry | None, what: str) -> str:
        """One line of text."""
        text = self.reader.text(entry, what)
        if entry is not None and ("\n" in text or len(text) > 200):  # noqa: PLR2004 - what fits a heading
            self.reader.faults.add("text_too_long", entry.value.span, f"{what} is one line of up to 200 characters")
        return text

    def _caveat(self, entry: Entry | None) -> tuple[str, str]:
        if entry is None:
            return "", ""
        held = self.reader.keys(entry.value, "`caveat`", allowed=("text", "chinese"), required=("text", "chinese"))
        return self.reader.text(held.get("text"), "`text`"), self.reader.text(held.get("chinese"), "`chinese`")

    def _silence(self, entry: Entry | None) -> tuple[int | None, str]:
        if entry is None:
            return None, ""
        allowed = ("longest", "needs", *ORIGIN)
        held = self.reader.keys(entry.value, "`silence`", allowed=allowed, required=("longest", "needs"))
        self.quantities.origin(held, entry)
        longest = self.reader.duration(held["longest"].value, "`longest`") if "longest" in held else 0
        return longest, self.reader.text(held.get("needs"), "`needs`")

    def _most_users(self, entry: Entry | None) -> int:
        node = self.reader.scalar(entry.value, "`most_users`") if entry else None
        if node is None:
            return MOST_USERS
        most = count(node.text)
        if most is None or not 1 <= most <= MOST_USERS:
            sentence = (
                f"`most_users` is a number from 1 to {MOST_USERS}: a pack can only be stricter than the house"
            )
            self.reader.faults.add("count_invalid", node.span, sentence)
            return MOST_USERS
        return most

    def _bases(self, section: Entry | None) -> list[Basis]:
        return [self._basis(entry) for entry in self.reader.named(section.value if section else None, "`bases`")]

    def _basis(self, entry: Entry) -> Basis:
        reader = self.reader
        allowed = (*BASIS, "silence", *ORIGIN)
        required = ("title", "chinese", "types", "roles", "compelling", "most_tier")
        held = reader.keys(entry.value, "a legal basis", allowed=allowed, required=required)
        origin = self.quantities.origin(held, entry)
        rows = self.quantities.sequence(held["allow"], "`allow`") if "allow" in held else ()
        most = reader.choice(held.get("most_tier"), "tier", TIERS, default="T0")
        silence = held.get("silence")
        return Basis(
            name=entry.key.text,
            title=self._title(held.get("title"), "`title`"),
            chinese=self._title(held.get("chinese"), "`chinese`"),
            types=tuple(Type(each) for each in texts(reader.names(held.get("types"), "`types`", TYPES))),
            roles=texts(reader.names(held.get("roles"), "`roles`", ROLES)),
            compelling=reader.truth(held.get("compelling"), "`compelling`"),
            most_tier=most,
            allow=tuple(self._row(row, origin_of=held, most=most) for row in rows),
            clocks=self.quantities.deadlines(held.get("clocks"), TYPES),
            origin=origin,
            line=entry.key.span.line,
            channel=self._title(held.get("channel"), "`channel`"),
            silence=None if silence is None else reader.duration(silence.value, "`silence`"),
        )

    def _row(self, node: Node, *, origin_of: dict[str, Entry], most: str) -> Allow:
        """One row; where it names no source of its own, the basis's stands for it."""
        reader = self.reader
        required = ("category", "fields", "by", "window")
        held = reader.keys(node, "a row of `allow`", allowed=(*ROW, *ORIGIN), required=required)
        category = reader.choice(held.get("category"), "category", FIELDS_OF, default="existence")
        fields = texts(reader.names(held.get("fields"), f"the category `{category}`", self._known(held, category)))
        for field in fields:
            if TIERS.index(FIELD_TIERS[field]) > TIERS.index(most):
                sentence = f"`{field}` is of tier {FIELD_TIERS[field]}, the basis reaches up to {most}"
                reader.faults.add("tier_over", held["fields"].value.span, sentence)
        own: dict[str, Entry] = {key: held[key] for key in ORIGIN if key in held}
        return Allow(
            category=category,
            fields=fields,
            identifiers=texts(reader.names(held.get("by"), "`by`", IDENTIFIERS)),
            longest=self.quantities.window(held.get("window")),
            origin=self.quantities.origin({**origin_of, **own}, None),
            line=node.span.line,
        )

    def _known(self, held: dict[str, Entry], category: str) -> tuple[str, ...]:
        """The fields of a category; a field that is given under no order is named as such."""
        for scalar in self.reader.items(held["fields"].value, "`fields`") if "fields" in held else ():
            if scalar.text in NEVER:
                sentence = f"`{scalar.text}` opens accounts and is given under no order"
                self.reader.faults.add("field_never", scalar.span, sentence)
        return FIELDS_OF[category]
