# SPDX-License-Identifier: Apache-2.0
"""A mail to the desk is a request in the inbox, so that none waits unseen. Nothing of its text becomes a fact: what
it is, whom it means and who sent it is for whoever triages it."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from counterseal.core.transaction import Idempotency, Store
from counterseal.judicial.requests.model import Claim
from counterseal.judicial.requests.record import reference_of
from counterseal.judicial.requests.service import Requests
from counterseal.judicial.requests.stored import Opened
from counterseal.judicial.requests.triage import Given
from counterseal.judicial.stored import Document, Held, bytes_of

HEAD: Final = 64 * 1024  # bytes in which a subject is looked for
_REFERENCE: Final = re.compile(rb"^subject:[^\r\n]{0,500}?\b(CS-[0-9]{4}-[0-9]{6})\b", re.IGNORECASE | re.MULTILINE)


class MailRequests:
    """Opens requests for what came in by mail."""

    def __init__(self, store: Store, requests: Requests) -> None:
        self._store, self._requests = store, requests

    async def arrived(self, document: Document) -> None:
        """A request for a mail, once for each mail. One that names our reference points to that request and changes
        nothing of it: anybody can write a reference into a subject."""
        if document.source != "mail" or document.parent:
            return
        digest = hashlib.sha256(document.id.encode()).digest()
        once = Idempotency("desk", f"{document.id}/request", digest, Opened)
        given = Given(
            documents=(document.id,),
            claim=Claim(email=document.sender),
            about=await self._about(document),
            received=document.received,
        )
        await self._requests.open(given, by=document.by, idempotency=once)

    async def _about(self, document: Document) -> str:
        held = await self._store.read(bytes_of(document.id))
        found = _REFERENCE.search(held.data[:HEAD].partition(b"\r\n\r\n")[0]) if isinstance(held, Held) else None
        if found is None:
            return ""
        subject = await self._store.resolve(reference_of(found[1].decode()))
        return "" if subject is None else subject.partition(":")[2]
