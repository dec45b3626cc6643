"""What users write in `where=` and `periods=`: facets, whose comparisons are conditions, and ranges of periods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from .._classes import frozen
from ..errors import ComparatorError, QueryError
from ..models.enums import GeographicLevel
from ..models.names import as_items, as_text, name_of, whole_number
from ..models.periods import TimePeriod
from .tree import Comparator, Condition, FacetKind

Name: TypeAlias = str | int | GeographicLevel | TimePeriod
"""Things that a facet can be compared with: a label, id or code as text, or a level or time period of the metadata."""

ORDERS = {Comparator.GT: ">", Comparator.GTE: ">=", Comparator.LT: "<", Comparator.LTE: "<="}
"""Comparators of time periods, as they are written."""

_ADVICE = "combine conditions with & | ~; write .is_in([...]) for in, and ees.between(first, last) for a < period < b"


@frozen(kw_only=True, eq=False)
class Facet:
    """Something that rows are compared by: a filter, the geographic level, a location, or the time period.

    Comparisons give conditions, so a facet has no truth value, and cannot be hashed.
    """

    kind: FacetKind
    name: str = ""

    def eq(self, value: Name) -> Condition:
        """Rows with this value."""
        return self._condition(Comparator.EQ, (value,))

    def ne(self, value: Name) -> Condition:
        """Rows without this value; also those that have none."""
        return self._condition(Comparator.NOT_EQ, (value,))

    def is_in(self, values: Iterable[Name]) -> Condition:
        """Rows with one of these values."""
        return self._condition(Comparator.IN, _several(values))

    def not_in(self, values: Iterable[Name]) -> Condition:
        """Rows with none of these values; also those that have none."""
        return self._condition(Comparator.NOT_IN, _several(values))

    def gt(self, value: Name) -> Condition:
        """Rows after this time period. Only `period` is ordered."""
        return self._condition(Comparator.GT, (value,))

    def ge(self, value: Name) -> Condition:
        """Rows of this time period or after it. Only `period` is ordered."""
        return self._condition(Comparator.GTE, (value,))

    def lt(self, value: Name) -> Condition:
        """Rows before this time period. Only `period` is ordered."""
        return self._condition(Comparator.LT, (value,))

    def le(self, value: Name) -> Condition:
        """Rows of this time period or before it. Only `period` is ordered."""
        return self._condition(Comparator.LTE, (value,))

    # as functions, because type checkers take the type of an assigned == from object
    def __eq__(self, value: Name) -> Condition:  # type: ignore[override]
        return self.eq(value)

    def __ne__(self, value: Name) -> Condition:  # type: ignore[override]
        return self.ne(value)

    __gt__ = gt
    __ge__ = ge
    __lt__ = lt
    __le__ = le

    def __hash__(self) -> NoReturn:
        raise ComparatorError(f"a facet is not a key, because its == makes a condition: {_ADVICE}")

    def __bool__(self) -> NoReturn:
        raise ComparatorError(f"a facet has no truth value: {_ADVICE}")

    def __contains__(self, value: object) -> NoReturn:
        raise ComparatorError(f"a facet holds nothing: {_ADVICE}")

    def __iter__(self) -> NoReturn:
        raise ComparatorError(f"a facet cannot be looped over: {_ADVICE}")

    def _condition(self, comparator: Comparator, values: tuple[Name, ...]) -> Condition:
        sign = ORDERS.get(comparator)
        if sign and self.kind != "period":
            raise ComparatorError(
                f"a {self.kind} has no order, so {sign} does not apply: use ==, !=, .is_in([...]) or .not_in([...])"
            )
        plain = [value if isinstance(value, TimePeriod) else as_text(value) for value in values]
        if None in plain:
            wrong = type(values[plain.index(None)]).__name__
            raise ComparatorError(f"a facet is compared with a label, id or code as text, not with {wrong}: {_ADVICE}")
        return Condition(kind=self.kind, name=self.name, comparator=comparator, values=tuple(plain))


def _several(values: Iterable[Name]) -> tuple[Name, ...]:
    if (found := as_items(values)) is None:
        raise ComparatorError(f"is_in and not_in take a list: write [{values!r}], or == {values!r}")
    if not found:
        raise ComparatorError("is_in and not_in need at least one value; leave the condition out to keep all rows")
    return found


class Facets:
    """The facets of a data set, by the service's words.

    Attributes:
        period: Time period, ordered as the service orders it (reference, section 14).
        level: Geographic level of a row.
    """

    period: Facet = Facet(kind="period")
    level: Facet = Facet(kind="level")

    def filter(self, name: str) -> Facet:
        """A filter, by label, column or id."""
        return Facet(kind="filter", name=name_of(name, "ees.facets.filter: "))

    def location(self, level: str) -> Facet:
        """The location of a row at a level (code or label).

        This is the service's own facet: it matches every row that lies in the place, whatever the row's level.
        """
        return Facet(kind="location", name=name_of(level, "ees.facets.location: "))


facets: Facets = Facets()
"""Write `ees.facets.filter("Sex") == "Female"`, `ees.facets.period >= "2022/23"`."""


@frozen
class Between:
    """Periods from the first to the last, both included; None leaves an end open. Made by `between`."""

    first: str | int | TimePeriod | None
    last: str | int | TimePeriod | None
    kind: str | None = None


@frozen
class Last:
    """The last periods. Made by `last` and `latest`."""

    count: int
    kind: str | None = None


def between(
    first: str | int | TimePeriod | None, last: str | int | TimePeriod | None, *, kind: str | None = None
) -> Between:
    """The time periods from one to another, both included, of their kind.

    Args:
        first: The earlier period, such as `"2019/20"`; None for the first of the data set.
        last: The later one, of the same kind; None for the last of the data set.
        kind: Kind of period, such as `"Academic year"`; needed where an end is open and the data set has several.

    Returns:
        Something to give to `periods=`.

    Raises:
        QueryError: Both ends are None.
    """
    if first is None and last is None:
        raise QueryError("between(None, None) is all time periods: leave periods= out, or name an end")
    return Between(first, last, None if kind is None else name_of(kind, "kind="))


def last(count: int, *, kind: str | None = None) -> Last:
    """The last so many time periods of the data set.

    Args:
        count: How many, at least 1.
        kind: Kind of period, such as `"Academic year"`; needed where the data set has several.

    Returns:
        Something to give to `periods=`.

    Raises:
        QueryError: The count is below 1.
    """
    if (number := whole_number(count, "count=")) < 1:
        raise QueryError(f"last({count}) is not a time period: ask for at least 1")
    return Last(number, None if kind is None else name_of(kind, "kind="))


def latest(*, kind: str | None = None) -> Last:
    """The latest time period of the data set; arguments as for `last`."""
    return last(1, kind=kind)
