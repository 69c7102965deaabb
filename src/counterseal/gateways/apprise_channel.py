# SPDX-License-Identifier: Apache-2.0
"""SMS, push and other channels through Apprise: a URL with a `{to}` in it for each channel.

Apprise says only whether a service took a message; why not stands in its log lines, from which the HTTP
status is read. Without one the message is tried again, which harms nobody.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
import warnings
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import quote

import apprise

from counterseal.notices.model import Accepted, ChannelRefused, ChannelUnavailable, Rendered

PLACEHOLDER: Final = "{to}"
MAX_TO: Final = 512
# What the service says about this recipient or message. 401, 403, 408, 429 are about us or about now.
_REFUSALS: Final = frozenset({400, 404, 406, 410, 413, 415, 422})
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")
_SEPARATORS: Final = re.compile(r"[\s,;]")  # Apprise reads lists of recipients out of these

# Apprise logs what it sends (codes) and to whom; its lines stay in its results and reach no log of ours.
_log = logging.getLogger("apprise")
_log.setLevel(logging.WARNING)
_log.propagate = False
_log.addHandler(logging.NullHandler())


class AppriseChannel:
    """Channel through one or more Apprise URLs; the first that takes the message is enough.

    `form`: `short` for SMS (one line, never a link), `full` for subject and text. `timeout`: ms for each URL.
    """

    def __init__(
        self,
        urls: tuple[str, ...],
        clock: Callable[[], int],
        *,
        form: Literal["short", "full"] = "full",
        timeout: int = 15_000,
    ) -> None:
        if not urls:
            raise ValueError("a channel needs at least one Apprise URL")
        for url in urls:
            if PLACEHOLDER not in url:
                raise ValueError("an Apprise URL needs a `{to}` where the recipient goes")
            with warnings.catch_warnings():  # the first use loads every plugin, old ones too
                warnings.simplefilter("ignore", DeprecationWarning)
                sample = apprise.Apprise.instantiate(url.replace(PLACEHOLDER, "15551234567"), asset=_asset())
            if sample is None:
                raise ValueError("Apprise does not know a URL of this form")  # the URL may hold a password
        self._urls = urls
        self._clock = clock
        self._form = form
        self._timeout = timeout

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        """Hand the message to the first service that takes it. Services see no id, so a repeat reads the same."""
        if not to or len(to) > MAX_TO or _SEPARATORS.search(to) or _hidden(to):
            raise ChannelRefused("this recipient is not one line without spaces and commas")
        failures: list[ChannelRefused | ChannelUnavailable] = []
        for url in self._urls:
            try:
                await asyncio.to_thread(self._notify, url.replace(PLACEHOLDER, quote(to, safe="")), rendered)
                return Accepted(at=self._clock(), reference=message_id)
            except (ChannelRefused, ChannelUnavailable) as failure:
                failures.append(failure)
        raise next((failure for failure in failures if isinstance(failure, ChannelUnavailable)), failures[0])

    def _notify(self, url: str, rendered: Rendered) -> None:
        services = apprise.Apprise(asset=_asset())
        if not services.add(url):
            raise ChannelRefused("the service cannot address this recipient")
        short = self._form == "short"
        with services.notify(
            body=rendered.short if short else rendered.text,
            title="" if short else rendered.subject,
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
            timeout=self._timeout / 1000,
        ) as result:
            if result:
                return
            statuses = {int(found) for entry in result.logs() for found in _STATUS.findall(entry.message)}
        if statuses & _REFUSALS:
            raise ChannelRefused(f"the service refused the message ({min(statuses & _REFUSALS)})")
        said = f" ({min(statuses)})" if statuses else ""
        raise ChannelUnavailable(f"the service did not take the message{said}")


def _asset() -> apprise.AppriseAsset:
    """Our name, no pictures from elsewhere, no redirects: a code goes where the operator said or nowhere."""
    return apprise.AppriseAsset(
        app_id="Counterseal",
        app_desc="Counterseal",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        secure_logging=True,
        storage_mode="memory",
        http_redirects=False,
        async_mode=False,
    )


def _hidden(text: str) -> bool:
    return any(unicodedata.category(sign)[0] == "C" for sign in text)
