# SPDX-License-Identifier: Apache-2.0
"""One spelling for each destination: (chain, address, memo).

Strict and conservative: nothing is stripped or guessed. Two texts become equal only where the chain's own
rules say that case means nothing; everything else stays as it is written, so that a look-alike is another
destination. Text that is not in Unicode NFC is refused (NFC itself would turn the Kelvin sign into a K), and
so are control, format, private and unassigned characters, lone surrogates and white space.

- EVM chains: `0x` and 40 hexadecimal digits, compared in lower case. The EIP-55 checksum is NOT verified:
  the standard library has no Keccak-256. The wallet checks it.
- Bech32 addresses (BIP-173, BIP-350) of the chains listed: lower case; mixed case is refused. The checksum
  is left to the wallet.
- All others, and EVM or bech32 chains that are not listed: case matters, as written.

This is the twin of `counterseal.core.destinations`, since a signer imports nothing of the server; a test
holds the two equal.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from counterseal.sdk.errors import DestinationError

MAX_LENGTH = 256  # characters, of the address and of the memo
EVM_CHAINS = frozenset(
    {
        "arbitrum",
        "avalanche",
        "base",
        "blast",
        "bnb",
        "bsc",
        "celo",
        "eth",
        "ethereum",
        "fantom",
        "gnosis",
        "linea",
        "mantle",
        "optimism",
        "polygon",
        "scroll",
        "zksync",
    }
)
BECH32_PREFIXES = {
    "ada": ("addr", "addr_test"),
    "bitcoin": ("bc", "tb", "bcrt"),
    "btc": ("bc", "tb", "bcrt"),
    "cardano": ("addr", "addr_test"),
    "celestia": ("celestia",),
    "cosmos": ("cosmos",),
    "injective": ("inj",),
    "litecoin": ("ltc", "tltc"),
    "ltc": ("ltc", "tltc"),
    "osmosis": ("osmo",),
    "sei": ("sei",),
    "zilliqa": ("zil",),
}
_CHAIN = re.compile(r"[a-z0-9][a-z0-9._:-]{0,63}\Z")
_EVM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\Z")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Destination(NamedTuple):
    """A destination in its one spelling. `chain` "" is the platform's own ledger; `memo` "" is none."""

    chain: str
    address: str
    memo: str


def canonical_destination(chain: str, address: str, memo: str = "") -> Destination:
    """The one spelling of a destination; raises DestinationError. It is a fixed point of itself."""
    if chain and not _CHAIN.match(chain):
        raise DestinationError("the chain is not a short lower-case name")
    text = _plain(address, "address", spaces=False)
    if not text:
        raise DestinationError("the address is empty")
    return Destination(chain, _folded(chain, text), _plain(memo, "memo", spaces=True))


def address_id(chain: str, address: str, memo: str) -> str:
    """The identity of an address object: age and verification bind to all three, never to a label.

    No chain holds a `|`; one in the address is escaped, so that it cannot pass for the one before the memo.
    """
    plain = address.replace("%", "%25").replace("|", "%7C")
    return f"{chain}|{plain}|{memo}"


def _folded(chain: str, address: str) -> str:
    if chain in EVM_CHAINS or chain.startswith("eip155:"):
        if not _EVM_ADDRESS.match(address):
            raise DestinationError("the address is not `0x` and 40 hexadecimal digits")
        return address.lower()
    prefixes = BECH32_PREFIXES.get(chain, ())
    # `isascii` first: the lower case of some letters that are not ASCII is.
    if not address.isascii() or not address.lower().startswith(tuple(f"{prefix}1" for prefix in prefixes)):
        return address
    if address not in (address.lower(), address.upper()):
        raise DestinationError("the bech32 address mixes upper and lower case")
    return address.lower()


def _plain(text: str, name: str, *, spaces: bool) -> str:
    """`text` if it is plain; `spaces`: U+0020 may part words, not begin or end the text."""
    if len(text) > MAX_LENGTH:
        raise DestinationError(f"the {name} is longer than {MAX_LENGTH} characters")
    if text.isascii() and text.isalnum():
        return text
    for character in text:
        if unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise DestinationError(f"the {name} holds a control, format or unassigned character")
        if character.isspace() and not (spaces and character == " "):
            raise DestinationError(f"the {name} holds white space")
    if text != text.strip(" "):
        raise DestinationError(f"the {name} begins or ends with white space")
    if not unicodedata.is_normalized("NFC", text):
        raise DestinationError(f"the {name} is not in Unicode normal form C")
    return text
