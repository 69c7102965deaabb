# SPDX-License-Identifier: Apache-2.0
"""The vocabulary document: factors, channels, facts, clocks, capabilities, that all policies share."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from counterseal.core.policy.digest import digest_of
from counterseal.core.policy.faults import Faults
from counterseal.core.policy.model import CapabilitySpec, FactorSpec, Profile, Vocabulary
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node
from counterseal.core.policy.tokens import KEYWORDS

TOP_KEYS = (
    "counterseal",
    "vocabulary",
    "description",
    "channels",
    "factors",
    "facts",
    "clocks",
    "verbs",
    "context",
    "outflows",
    "conditions",
    "capabilities",
    "profiles",
)
FACTOR_KEYS = ("text", "channel", "bound", "attested", "contact", "webauthn")
WEBAUTHN = ("any", "device_bound")
CAPABILITY_KEYS = ("text", "proves", "once", "gives", "gives_once", "mutes", "tell")
PROFILE_KEYS = ("text", "factors", "channels")
TELL = ("owner", "staff", "sealed")


def load_vocabulary(node: Node, text: str = "") -> Vocabulary:
    """Read a vocabulary from the tree of its document `text`. Raises PolicyFaults with every fault."""
    faults = Faults()
    vocabulary = _Loader(Reader(faults)).load(node, text)
    faults.raise_if_any()
    return vocabulary


class _Loader:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.taken: dict[str, str] = dict.fromkeys(KEYWORDS, "a word of the grammar")

    def load(self, node: Node, text: str) -> Vocabulary:
        reader = self.reader
        required = ("counterseal", "vocabulary", "channels", "factors", "facts", "clocks", "verbs", "outflows")
        top = reader.keys(node, "a vocabulary", allowed=TOP_KEYS, required=required)
        reader.version(top.get("counterseal"))
        reader.text(top.get("description"), "`description`")
        channels = texts(reader.names(top.get("channels"), "`channels`"))
        factors = self._factors(top.get("factors"), channels)
        facts = self._sentences(top, "facts", "a fact", words=True)
        capabilities = self._capabilities(top.get("capabilities"), factors, facts, channels)
        return Vocabulary(
            name=reader.text(top.get("vocabulary"), "`vocabulary`"),
            digest=digest_of(node),
            factors=factors,
            channels=channels,
            facts=facts,
            clocks=tuple(self._sentences(top, "clocks", "a clock")),
            verbs=tuple(self._sentences(top, "verbs", "", words=False)),
            context=self._sentences(top, "context", "a context"),
            outflow_kinds=self._sentences(top, "outflows", ""),
            conditions=self._conditions(top.get("conditions"), capabilities),
            capabilities=capabilities,
            profiles=self._profiles(top.get("profiles"), factors, channels),
            text=text,
        )

    def _claim(self, entry: Entry, kind: str) -> None:
        """Factors, facts, clocks and contexts share one space of names, so that an expression is unambiguous."""
        name = entry.key.text
        if name in self.taken:
            self.reader.faults.add(
                "name_taken", entry.key.span, f"`{name}` is already {self.taken[name]}", "Choose another name."
            )
        self.taken[name] = kind

    def _sentences(self, top: Mapping[str, Entry], key: str, claim: str, *, words: bool = False) -> dict[str, str]:
        """Name -> sentence; with `words`, name -> one name (the kind of object that carries a fact)."""
        found: dict[str, str] = {}
        for entry in self.reader.named(top[key].value if key in top else None, f"`{key}`"):
            if claim:
                self._claim(entry, claim)
            found[entry.key.text] = self.reader.text(entry, f"`{entry.key.text}`")
            scalar = self.reader.scalar(entry.value, f"`{entry.key.text}`") if words else None
            if scalar is not None:
                self.reader.is_name(scalar)
        return found

    def _factors(self, section: Entry | None, channels: tuple[str, ...]) -> dict[str, FactorSpec]:
        reader = self.reader
        entries = list(reader.named(section.value if section else None, "`factors`"))
        carriers = {*channels, *(entry.key.text for entry in entries)}
        found: dict[str, FactorSpec] = {}
        for entry in entries:
            name = entry.key.text
            self._claim(entry, "a factor")
            keys = reader.keys(entry.value, f"the factor `{name}`", allowed=FACTOR_KEYS, required=("text",))
            reader.text(keys.get("text"), "`text`")
            channel = texts(reader.names(keys.get("channel"), "`channel`", carriers, code="channel_unknown"))
            contact = reader.truth(keys.get("contact"), "`contact`")
            carrier = channel[0] if channel else name
            if contact and carrier not in channels:
                reader.faults.add(
                    "contact_channel", entry.key.span, f"`{name}` is a contact, so its channel must carry notices"
                )
            attested = reader.truth(keys.get("attested"), "`attested`")
            webauthn = reader.choice(keys.get("webauthn"), "kind of key", WEBAUTHN, default="")
            if webauthn and (attested or contact):
                reader.faults.add(
                    "webauthn_alone",
                    entry.key.span,
                    f"`{name}` is verified here and has no contact: it cannot be `attested` or a `contact`",
                )
            found[name] = FactorSpec(
                name=name,
                channel=carrier,
                bound=reader.truth(keys.get("bound"), "`bound`"),
                attested=attested,
                contact=contact,
                webauthn=webauthn,
            )
        return found

    def _capabilities(
        self,
        section: Entry | None,
        factors: Collection[str],
        facts: Collection[str],
        channels: Collection[str],
    ) -> dict[str, CapabilitySpec]:
        reader = self.reader
        found: dict[str, CapabilitySpec] = {}
        known = {
            "proves": (factors, "factor_unknown"),
            "once": (factors, "factor_unknown"),
            "gives": (facts, "fact_unknown"),
            "gives_once": (facts, "fact_unknown"),
            "mutes": (channels, "channel_unknown"),
        }
        for entry in reader.named(section.value if section else None, "`capabilities`"):
            name = entry.key.text
            keys = reader.keys(entry.value, f"the capability `{name}`", allowed=CAPABILITY_KEYS, required=("text",))
            lists = {
                key: frozenset(texts(reader.names(keys.get(key), f"`{key}`", words, code=code)))
                for key, (words, code) in known.items()
            }
            if not any(key in keys for key in known):
                reader.faults.add(
                    "capability_idle", entry.key.span, f"the capability `{name}` gives an attacker nothing"
                )
            found[name] = CapabilitySpec(
                name=name,
                text=reader.text(keys.get("text"), "`text`"),
                tell=reader.choice(keys.get("tell"), "audience", TELL, default="owner"),
                **lists,
            )
        return found

    def _conditions(self, section: Entry | None, capabilities: Collection[str]) -> dict[str, frozenset[str]]:
        reader = self.reader
        return {
            entry.key.text: frozenset(
                texts(reader.names(entry, "a condition", capabilities, code="capability_unknown"))
            )
            for entry in reader.named(section.value if section else None, "`conditions`")
        }

    def _profiles(
        self, section: Entry | None, factors: Mapping[str, FactorSpec], channels: Collection[str]
    ) -> dict[str, Profile]:
        reader = self.reader
        found: dict[str, Profile] = {}
        for entry in reader.named(section.value if section else None, "`profiles`"):
            name = entry.key.text
            keys = reader.keys(
                entry.value, f"the profile `{name}`", allowed=PROFILE_KEYS, required=("factors", "channels")
            )
            reader.text(keys.get("text"), "`text`")
            enrolled = reader.names(keys.get("factors"), "`factors`", factors, code="factor_unknown")
            told = texts(reader.names(keys.get("channels"), "`channels`", channels, code="channel_unknown"))
            for factor in enrolled:
                if factors[factor.text].contact and factors[factor.text].channel not in told:
                    reader.faults.add(
                        "profile_channel",
                        factor.span,
                        f"an owner with `{factor.text}` also has the channel `{factors[factor.text].channel}`",
                        "Add it to `channels`.",
                    )
            found[name] = Profile(name=name, factors=texts(enrolled), channels=told)
        return found
