# SPDX-License-Identifier: Apache-2.0
"""The files that came with a mail and can be documents of their own. Inside the sandbox only."""

from __future__ import annotations

from typing import Final

from counterseal.gateways.documents import mail_message
from counterseal.gateways.documents.files import Attached
from counterseal.gateways.documents.kinds import kind_of
from counterseal.gateways.documents.mail_content import content
from counterseal.gateways.documents.mail_parts import Reader

KINDS: Final = frozenset({"pdf", "asic", "xml", "mail"})
MOST: Final = 20
MOST_BYTES: Final = 40 * 1024 * 1024


def attachments(data: bytes) -> tuple[Attached, ...]:
    """The first files of kinds that a check exists for, in the order of the mail."""
    message = mail_message.parse(data)
    if message.too_much:
        return ()
    found: list[Attached] = []
    for part in Reader().top(message.fields, message.raw, message.body).walk():
        if part.parts or part.kind.head.startswith(("multipart/", "text/")) or len(found) == MOST:
            continue
        file, _ = content(part)
        if kind_of(file) in KINDS and sum(len(each.data) for each in found) + len(file) <= MOST_BYTES:
            found.append(Attached(part.name[:200], file))
    return tuple(found)
