# SPDX-License-Identifier: Apache-2.0
"""What a notice is once it is written, and what became of it. Times are ms since the epoch."""

from __future__ import annotations

import msgspec

from counterseal.core.errors import CountersealError, InputError, UnavailableError

HOUR = 3_600_000
DAY = 24 * HOUR


class ChannelRefused(CountersealError):  # noqa: N818 - a verdict of the channel, named for what it did
    """The channel will never take this message to this recipient; do not try again."""

    code = "channel_refused"


class ChannelUnavailable(UnavailableError):  # noqa: N818 - same
    """The channel could not take the message now; try again later."""

    code = "channel_unavailable"


class LinkRefused(InputError):  # noqa: N818 - same
    """A one-time link that does not count: `link_bad`, `link_expired` or `link_void` (another epoch)."""

    code = "link_bad"


class Rendered(msgspec.Struct, frozen=True):
    """A message ready for any channel. `short` is for SMS and push previews and never holds a link."""

    subject: str
    text: str
    html: str | None
    short: str
    language: str = "en"


class Accepted(msgspec.Struct, frozen=True):
    """A channel took the message at `at` (ms). `reference` finds it again with the channel."""

    at: int
    reference: str = ""


class Links(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of the one-time links in one notice; empty = this notice has no such link. `expires`: ms."""

    cancel: str = ""
    freeze: str = ""
    expires: int = 0


class Delivered(msgspec.Struct, frozen=True, tag=True):
    """Accepted at `at`. `notice` and `contact` name what to report as accepted; both empty for a code."""

    at: int
    reference: str
    notice: str = ""
    contact: str = ""


class Deferred(msgspec.Struct, frozen=True, tag=True):
    """Not taken; try again at `retry_at` (ms)."""

    error: str
    retry_at: int


class Abandoned(msgspec.Struct, frozen=True, tag=True):
    """Not taken and not worth another try; `error` says why. A hold that waits for this notice goes on."""

    error: str


Outcome = Delivered | Deferred | Abandoned


class ActionWords(msgspec.Struct, frozen=True):
    """How one action is named. `done`, `pending`: sentences without a full stop; `wish`: "to ..." in a code."""

    done: str
    pending: str
    wish: str


class OutflowWords(msgspec.Struct, frozen=True):
    """How one outflow is named. `noun`: with its article; `of`: noun with {amount}; `wish`: "to ..."."""

    noun: str
    of: str
    wish: str


class Catalogue(msgspec.Struct, frozen=True):
    """Everything that is said in one language. `months`: names in order, empty where months are numbers."""

    language: str
    months: tuple[str, ...]
    actions: dict[str, ActionWords]
    outflows: dict[str, OutflowWords]
    labels: dict[str, str]
    notice: dict[str, str]
    code: dict[str, str]
    page: dict[str, str]
