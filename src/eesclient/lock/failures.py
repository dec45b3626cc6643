"""How a data set of a lock can fail by itself, so that the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from ..models.html import Look, Told, report_html, tallied

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


_LOOKS: dict[str, Look] = {
    "changed": "bad",
    "no answer": "unknown",
    "newer patches": "notice",
    "newer": "notice",
}
"""How outcomes look that are not simply good."""


def look_of(outcome: str) -> Look:
    """How an outcome looks in a notebook."""
    return _LOOKS.get(outcome, "good")


def told_html(what: str, lines: Iterable[tuple[str, str, str, str, Sequence[str]]]) -> str:
    """A report on data sets for a notebook: of each the outcome, id, title, version and what there is to say."""
    rows = [
        Told(
            outcome,
            look_of(outcome),
            (title, version, "\n".join(one for one in said if one != outcome)),
            ids=f"id {id_}",
        )
        for outcome, id_, title, version, said in lines
    ]
    return report_html(tallied(what, rows), ("Data set", "Version", "More"), rows)


def worst(outcomes: Iterable[T], of: object) -> T:
    """The worst of some outcomes: `of` is the `Literal` of all that there are, the worst first, the best last."""
    order = get_args(of)
    return min(outcomes, key=order.index, default=order[-1])
