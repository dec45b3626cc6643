"""How a data set of a lock can fail by itself, so that the others go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, TypeVar, get_args

from ..errors import (
    CatalogueError,
    DataFileError,
    ForbiddenError,
    LockError,
    NotFoundError,
    RequestError,
    WithdrawnError,
)

T = TypeVar("T")

Failure: TypeAlias = Literal["changed", "no answer"]
"""Why: it is not what was locked, or is gone; or the service did not answer, or not as it should."""


def failure(error: Exception) -> Failure:
    """How a data set failed; the error itself is raised where it is not about one data set alone."""
    # the catalogue's errors say by their cause what they are
    cause = error.__cause__ if isinstance(error, CatalogueError) else error
    if isinstance(cause, NotFoundError | ForbiddenError | LockError | WithdrawnError | DataFileError):
        return "changed"
    if isinstance(error, RequestError):
        return "no answer"
    raise error


def worst(outcomes: Iterable[T], of: object) -> T:
    """The worst of some outcomes: `of` is the `Literal` of all that there are, the worst first, the best last."""
    order = get_args(of)
    return min(outcomes, key=order.index, default=order[-1])
