# SPDX-License-Identifier: Apache-2.0
"""A witness behind HTTP: POST hands a note over, GET on the same URL returns the last one it keeps."""

from __future__ import annotations

import httpx2

from counterseal.audit.model import WitnessUnavailableError
from counterseal.core.note import MAX_NOTE_SIZE

_NOTHING = (204, 404, 405)  # nothing kept yet, or a witness that cannot be asked


class HttpWitness:
    """Notes travel as text/plain in UTF-8. Redirects are not followed: the witness is the URL configured."""

    def __init__(self, url: str, client: httpx2.AsyncClient, *, token: str = "") -> None:
        self._url = url
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    @property
    def name(self) -> str:
        """`http:` and the host."""
        return f"http:{httpx2.URL(self._url).host}"

    async def last(self) -> str | None:
        """The note that the witness keeps; None for 204, 404 and 405. Raises WitnessUnavailableError."""
        try:
            async with self._client.stream(
                "GET", self._url, headers=self._headers, follow_redirects=False
            ) as response:
                if response.status_code in _NOTHING:
                    return None
                self._check(response)
                return await _read(response)
        except httpx2.HTTPError as error:
            raise self._unavailable(error) from error

    async def push(self, note: str) -> None:
        """POST the note; raises WitnessUnavailableError unless the answer is 2xx."""
        headers = {**self._headers, "content-type": "text/plain; charset=utf-8"}
        try:
            async with self._client.stream(
                "POST", self._url, content=note.encode(), headers=headers, follow_redirects=False
            ) as response:
                self._check(response)
        except httpx2.HTTPError as error:
            raise self._unavailable(error) from error

    def _check(self, response: httpx2.Response) -> None:
        if not response.is_success:
            raise WitnessUnavailableError(f"the witness at {self.name} answered {response.status_code}")

    def _unavailable(self, error: httpx2.HTTPError) -> WitnessUnavailableError:
        reason = str(error) or type(error).__name__
        return WitnessUnavailableError(f"the witness at {self.name} cannot be reached: {reason}")


async def _read(response: httpx2.Response) -> str:
    """The body, bounded: a witness must not fill our memory."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_NOTE_SIZE:
            raise WitnessUnavailableError("the witness answered with more than 128 KiB")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise WitnessUnavailableError("the witness answered with something that is not text") from error
