# SPDX-License-Identifier: Apache-2.0
"""What the pages of requests at the officers' portal take."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.http.body import Body
from counterseal.http.portal_browser import Asked
from counterseal.http.routers.desk_requests_bodies import Id

Once = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
Names = Annotated[str, msgspec.Meta(max_length=2_000, pattern="^[A-Za-z0-9._~ -]*$")]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]


class ListQuery(Asked, frozen=True):
    """`after`: the last request of the page before."""

    after: Id = ""


class NewQuery(Asked, frozen=True):
    """`about`: the request that a new one changes or lifts."""

    about: Id = ""


class PortalAnswerForm(Body, frozen=True):
    """An answer to our question. `documents`: ids, blanks between; `once`: of the page that the button stood on."""

    note: Said
    once: Once
    documents: Names = ""


class DocumentsForm(Body, frozen=True):
    """More documents: ids, blanks between."""

    documents: Names
    once: Once


class WithdrawForm(Body, frozen=True):
    """Why the request is taken back."""

    reason: Said
    once: Once
