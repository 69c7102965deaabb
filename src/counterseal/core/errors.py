# SPDX-License-Identifier: Apache-2.0
"""The one tree of errors.

CountersealError
├── PolicyError          a policy or vocabulary document is wrong (has a span)
├── InputError           what the caller sent cannot be accepted (4xx)
│   ├── NotFoundError
│   ├── ConflictError
│   ├── ForbiddenError
│   └── ThrottledError
└── UnavailableError     the store or the disk is away (503)

Areas derive their own. Messages are one lower-case sentence; `hint` says what to do.
"""

from __future__ import annotations

import msgspec


class Span(msgspec.Struct, frozen=True):
    """Where in a document: 1-based line and column, and the length in characters."""

    line: int
    column: int
    length: int = 1


class CountersealError(Exception):
    """Root of every error that Counterseal raises on purpose."""

    code: str = "error"

    def __init__(self, sentence: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(sentence)
        self.code = code or type(self).code
        self.sentence = sentence
        self.hint = hint

    def diagnostics(self) -> str:
        """What went wrong and what to do, for a person."""
        return f"{self.sentence}. {self.hint}".strip() if self.hint else self.sentence


class PolicyError(CountersealError):
    """One or more faults in a policy or vocabulary document."""

    code = "policy_invalid"

    def __init__(self, sentence: str, *, span: Span, code: str | None = None, hint: str = "") -> None:
        super().__init__(sentence, code=code, hint=hint)
        self.span = span

    def __str__(self) -> str:
        return f"line {self.span.line}, column {self.span.column}: {self.sentence}"


class InputError(CountersealError):
    """What the caller sent cannot be accepted; nothing was changed."""

    code = "input_invalid"


class NotFoundError(InputError):
    """The thing named does not exist (or the caller may not know that it does)."""

    code = "not_found"


class ConflictError(InputError):
    """The thing named exists but is in a state that does not allow this."""

    code = "conflict"


class ForbiddenError(InputError):
    """The caller's scope does not reach this."""

    code = "forbidden"


class ThrottledError(InputError):
    """Too many failures; `retry_at` (ms) is when another try is admitted."""

    code = "throttled"

    def __init__(self, sentence: str, *, retry_at: int, code: str | None = None, hint: str = "") -> None:
        super().__init__(sentence, code=code, hint=hint)
        self.retry_at = retry_at


class UnavailableError(CountersealError):
    """The store or the disk is away; nothing was changed; try again."""

    code = "unavailable"
