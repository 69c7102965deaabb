# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a platform and the guard.

SdkError
├── ClientInputError             the client was set up or called in a way that cannot work
├── GuardAway                    no decision came: fail closed, nothing leaves
│   ├── NoAnswerError            no answer came: connection, time-out; whether a write happened is unknown
│   ├── ReplyError               an answer came that is not one of the API
│   ├── BreakerOpenError         it was not even asked (`counterseal.sdk.breaker`)
│   └── ServerError              see below
└── ApiError                     the guard answered with a problem (RFC 9457)
    ├── BadRequestError          400, 413, 415
    ├── UnauthenticatedError     401: the token is missing, unknown, expired or revoked
    ├── ForbiddenError           403: the token lacks a scope
    ├── NotFoundError            404
    ├── ConflictError            409
    │   └── RedemptionRefusedError   the guard decided again and refused: do not pay (`decision`)
    ├── RefusedInputError        422
    │   └── ProofRefusedError    the proof did not pass
    ├── ThrottledError           429 (`retry_after`, ms)
    └── ServerError              500 and above
        └── UnavailableError     503 (`retry_after`, ms)

`code` and `hint` are the guard's own; `request_id` finds the request in its logs. No error text holds a token,
an answer or a code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from counterseal.sdk.errors import SdkError
from counterseal.sdk.replies import Decision

REQUEST_PREFIX = "urn:counterseal:request:"
MAX_SENTENCE = 500  # characters kept of a sentence that came from outside


class ClientInputError(SdkError):
    """The client was set up or called in a way that cannot work; nothing was sent."""

    code = "client_input"


class GuardAway(SdkError):  # noqa: N818 - what the platform's code asks for: is the guard away?
    """No decision came. That is no refusal and no permission: let nothing leave, and repeat the same request with
    the same Idempotency-Key."""

    code = "guard_away"


class NoAnswerError(GuardAway):
    """No answer came in any of the tries. A write may have happened: repeat it with the same key."""

    code = "no_answer"
    hint = "check that the guard runs; repeat a write with the same idempotency key"


class ReplyError(GuardAway):
    """The answer is not one that the API gives: another service, a proxy, another version."""

    code = "reply_invalid"
    hint = "check the base URL and the versions of guard and SDK"


class Fault(msgspec.Struct, frozen=True):
    """One wrong place in what was sent: a JSON pointer and a sentence."""

    pointer: str = ""
    detail: str = ""


class Problem(msgspec.Struct, frozen=True):
    """A problem document as it came; members that are absent are empty."""

    detail: str = ""
    code: str = ""
    hint: str = ""
    title: str = ""
    instance: str = ""
    errors: tuple[Fault, ...] = ()
    decision: Decision | None = None


class ApiError(SdkError):
    """The guard answered with a problem. `status` is the HTTP status; `faults` say what was wrong where."""

    code = "api_error"

    def __init__(
        self, problem: Problem, *, status: int, request_id: str = "", retry_after: int | None = None
    ) -> None:
        sentence = problem.detail or problem.title or f"the guard answered with status {status}"
        super().__init__(sentence[:MAX_SENTENCE], code=problem.code or type(self).code, hint=problem.hint)
        self.status = status
        self.request_id = request_id or problem.instance.removeprefix(REQUEST_PREFIX)
        self.faults = problem.errors
        self.retry_after = retry_after

    def diagnostics(self) -> str:
        """What went wrong, where, what to do, and the id to give to the operator."""
        lines = [super().diagnostics(), *(f"{fault.pointer}: {fault.detail}" for fault in self.faults)]
        return "\n".join([*lines, f"request {self.request_id}"] if self.request_id else lines)


class BadRequestError(ApiError):
    """The request was malformed (400), too large (413) or of the wrong media type (415)."""

    code = "request_malformed"


class UnauthenticatedError(ApiError):
    """The token is missing, unknown, expired or revoked (401)."""

    code = "unauthenticated"


class ForbiddenError(ApiError):
    """The token lacks a scope (403)."""

    code = "forbidden"


class NotFoundError(ApiError):
    """There is no such thing (404)."""

    code = "not_found"


class ConflictError(ApiError):
    """The thing is in a state that does not allow this (409)."""

    code = "conflict"


class RedemptionRefusedError(ConflictError):
    """The guard decided again at the redemption and refused: do not pay. `decision` says why."""

    code = "redemption_refused"

    def __init__(self, problem: Problem, **facts: Any) -> None:
        super().__init__(problem, **facts)
        self.decision = problem.decision


class RefusedInputError(ApiError):
    """What was sent is well formed but cannot be accepted (422)."""

    code = "input_invalid"


class ProofRefusedError(RefusedInputError):
    """The proof did not pass; the guard does not say which part was wrong."""

    code = "proof_refused"


class ThrottledError(ApiError):
    """Too many failures or requests (429). `retry_after`: ms until another try is admitted, if the guard said."""

    code = "throttled"


class ServerError(ApiError, GuardAway):
    """The guard failed (500 and above). A write may or may not have happened."""

    code = "server_error"


class UnavailableError(ServerError):
    """The guard cannot write now (503); nothing was changed."""

    code = "unavailable"


BY_STATUS: Mapping[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: BadRequestError,
    415: BadRequestError,
    422: RefusedInputError,
    429: ThrottledError,
    503: UnavailableError,
}
BY_CODE: Mapping[str, type[ApiError]] = {
    "redemption_refused": RedemptionRefusedError,
    "proof_refused": ProofRefusedError,
}


def api_error(status: int, body: bytes, *, request_id: str = "", retry_after: int | None = None) -> ApiError:
    """The error for an answer of status 400 or above; a body that is no problem document is left out."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, UnicodeError):
        problem = Problem()
    nearest = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)  # noqa: PLR2004 - HTTP's classes
    kind = BY_CODE.get(problem.code, nearest)
    if not issubclass(kind, nearest):  # the status decides; a code of another class must not change it
        kind = nearest
    return kind(problem, status=status, request_id=request_id, retry_after=retry_after)
