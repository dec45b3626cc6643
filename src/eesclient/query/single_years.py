"""Two-year periods that are stored with one year, which no query to the service matches (reference, section 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import QueryError
from .periods import shown
from .tree import values_of

if TYPE_CHECKING:
    from ..models.periods import TimePeriod
    from .query import Query


def single_years(query: Query) -> tuple[TimePeriod, ...]:
    """The periods of a question that are stored so: only the data file can be asked for them."""
    keys = dict.fromkeys(values_of("timePeriods", query.criteria))
    periods = (query.meta.period(key.period, key.code) for key in keys)
    return tuple(period for period in periods if period and not period.is_matchable)


def require_matchable(query: Query) -> None:
    """Refuse to ask the service what it cannot match.

    Raises:
        QueryError: The question names such a period.
    """
    found = single_years(query)
    if found:
        raise QueryError(
            f"{', '.join(map(shown, found))}: the service cannot match a two-year period that is stored with a single "
            "year, because it looks for both; query() without route= answers out of the data file, which can"
        )
