# SPDX-License-Identifier: Apache-2.0
"""Joins the owner's pages: links under a key of their own, for the origins that settings name."""

from __future__ import annotations

from collections.abc import Callable

from counterseal.core.transaction import Codec, StructCodec
from counterseal.guard.linking import Keys, Linking
from counterseal.guard.links import Links, origin_of
from counterseal.guard.tools import Tools
from counterseal.http.routers import owner_links, owner_pages
from counterseal.settings import Settings

ROUTERS = (owner_links.router, owner_pages.router)
CODECS: dict[str, Codec] = {"link": StructCodec(Links)}


def build_owner(settings: Settings, tools: Tools, keys: Keys, epoch: Callable[[], int]) -> dict[type, object]:
    """The services of the owner's pages by class. `keys`: what links are made under; `epoch`: the store's."""
    origins = frozenset(origin_of(str(url)) for url in settings.return_origins)
    return {Linking: Linking(tools, keys, origins, epoch)}
