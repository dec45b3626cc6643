"""What the service says beside its answers: errors and warnings (reference, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class ErrorDetail:
    """One error of a problem document.

    Attributes:
        message: In words.
        path: Where in the request, such as `criteria.and[1].filters.in[0]`; None for a global error.
        code: Such as `MaximumLength`; None where the service gives none.
        detail: More, by name.
    """

    message: str
    path: str | None = None
    code: str | None = None
    detail: Mapping[str, Any] | None = None


@attrs.frozen(kw_only=True)
class Problem:
    """A problem document."""

    title: str = ""
    status: int | None = None
    type: str | None = None
    trace_id: str | None = None
    errors: tuple[ErrorDetail, ...] = attrs.field(factory=tuple, metadata={"omit_empty": True})


@attrs.frozen(kw_only=True)
class Warning:
    """A warning that came with a successful query; members as in `ErrorDetail`."""

    message: str
    code: str
    path: str | None = None
    detail: Mapping[str, Any] | None = None
