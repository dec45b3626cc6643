"""A data set at an exact version: what is known of it, and the questions that it builds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from .api.messages import Response
from .api.resolved import RequestContext, ResolvedVersion, provenance_of
from .models.data_sets import DataSet, Release, pinned_html
from .models.enums import DataSetVersionStatus, GeographicLevel
from .models.meta import Meta, MetaItems
from .models.names import names_in
from .models.periods import TimePeriod
from .models.provenance import Provenance, Source
from .models.versions import Version
from .query.args import Names, Numbers, PeriodLike, QueryArgs, SortLike, Values
from .query.question import Query
from .query.spellings import place_table
from .query.tree import Node

if TYPE_CHECKING:
    import polars as pl

    from .models.entries import FileDetails


class PinnedAttributes:
    """A data set at one exact version, and what its metadata says."""

    def __init__(self, pinned: ResolvedVersion, context: RequestContext) -> None:
        self._pinned = pinned
        self._context = context
        self._source: Source = context.source
        self._details: FileDetails | None = None

    @property
    def id(self) -> str:
        """GUID of the data set."""
        return self._pinned.data_set.id

    @property
    def title(self) -> str:
        """Title of the data set."""
        return self._pinned.data_set.title

    @property
    def version(self) -> Version:
        """The exact version; it stays the same, also when a newer one is published meanwhile."""
        return self._pinned.version.version

    @property
    def status(self) -> DataSetVersionStatus:
        """Status of the version when it was opened."""
        return self._pinned.version.status

    @property
    def release(self) -> Release:
        """The release that the version was published with."""
        return self._pinned.version.release

    @property
    def published(self) -> datetime | None:
        """When the version was published, or None."""
        return self._pinned.version.published

    @property
    def meta(self) -> Meta:
        """Filters, indicators, levels, locations and time periods of the version."""
        return self._pinned.meta

    @property
    def periods(self) -> MetaItems[TimePeriod]:
        """Time periods in the service's order: chronological within a kind (reference, section 14)."""
        return MetaItems(sorted(self.meta.periods, key=lambda period: period.sort_key))

    @property
    def latest_period(self) -> TimePeriod | None:
        """The last of `periods`, or None where there is none."""
        periods = self.periods
        return periods[-1] if periods else None

    @property
    def understood(self) -> str:
        """What `open` took its first argument for, such as `a page of the data catalogue: data set …, version 1.0`."""
        return self._pinned.understood

    @property
    def data_set(self) -> DataSet:
        """Summary of the data set when it was opened."""
        return self._pinned.data_set

    @property
    def provenance(self) -> Provenance:
        """Source of all rows of the version: its data file, as `scan()` gives it; when it was opened."""
        return provenance_of(self._pinned, self._context, route="csv", response=Response(status=200))

    def _learn(self, details: FileDetails) -> FileDetails:
        """Take what the catalogue says into the provenance of all later answers."""
        self._details = details
        publication = self._pinned.publication or details.facts.publication or None
        self._pinned = attrs.evolve(self._pinned, footnotes=details.footnotes, publication=publication)
        return details

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on how a file outside the API was read, and what could not be known; empty for the API's own."""
        return self._pinned.inferred

    def __repr__(self) -> str:
        synthetic = " synthetic" if self._source == "synthetic" else ""
        return f"<{type(self).__name__} {self.title!r} {self.id} {self.version} {self.status}{synthetic}>"

    def places(self, names: str | Iterable[str]) -> pl.DataFrame:
        """Places that names stand for, and how they matched; nothing is sent.

        Args:
            names: Names, ONS codes, old LA codes, URNs, LAESTABs, UKPRNs or ids, with or without a prefix (`urn:`,
                `LA:`).

        Returns:
            A row for each place that a name fits: `asked`, `matched_by` (`name`, `name, folded`, `id`, or which code),
            its level, label, codes and id; and `meant`, whether a question would take it: false where a name fits
            several places that are not all meant, and in the row of nulls of a name that fits none.
        """
        return place_table(names_in(names, "places="), self.meta)

    def _repr_html_(self) -> str:
        pinned = self._pinned
        return pinned_html(pinned.data_set, pinned.version, pinned.meta, self.periods, source=self._source)

    def build(  # noqa: PLR0913 - a question has many parts, all by name
        self,
        *,
        indicators: str | Sequence[str] | None = None,
        filters: Mapping[str, str | Sequence[str]] | None = None,
        periods: PeriodLike | Iterable[PeriodLike] | None = None,
        levels: str | GeographicLevel | Sequence[str | GeographicLevel] | None = None,
        places: str | Sequence[str] | None = None,
        within: str | Sequence[str] | None = None,
        include_self: bool = False,
        where: Node | None = None,
        others: str | Mapping[str, str] | None = None,
        sort: SortLike | Sequence[SortLike] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        values: Values = "typed",
        numbers: Numbers = "plain",
        names: Names = "column",
        dtypes: Mapping[str, pl.DataType | type[pl.DataType]] | None = None,
    ) -> Query:
        """Make a question out of labels; nothing is sent.

        A name can be a label (`SEN provision`), a column (`sen_provision`) or an id (`gIyO9`); case, white space,
        dashes and quotes need not be exact. All parts of the question must hold together.

        Args:
            indicators: Figures wanted, in the order of their columns; None for all.
            filters: Filter to the option wanted, or to several of which any will do.
            periods: Time periods such as `"2023/24"`, `ees.between(first, last)`, `ees.latest()` or `ees.last(3)`.
            levels: Geographic levels of the rows, such as `"Local authority"` or `"LA"`.
            places: Places whose own rows are wanted, by name or code.
            within: Places inside which the rows must lie, by name or code.
            include_self: With `within`, whether its own rows count too.
            where: Conditions made with `ees.facets` and joined by `&`, `|` and `~`.
            others: `"Total"` pins each filter that the question does not name to its total; a mapping pins those named
                in it; None leaves them open.
            sort: Names to sort by, each with `-` before it for the largest first, or `ees.service_sort(...)`.
            limit: How many rows at most, in the service's order.
            page_size: Rows per request, 1 to 10,000; None for as many as fit.
            values: `"typed"` for numbers with a status column for symbols, `"text"` for cells as sent, `"number"` for
                numbers alone.
            numbers: `"plain"`, or `"trimmed"` to read as numbers also what is written with white space around it, a
                plus sign, or no digit on one side of its point (` 59.8 `, `+5`, `.5`, `5.`).
            names: `"column"` or `"label"`: what the headings are.
            dtypes: Indicator to the Polars type that its column shall have.

        Returns:
            The question in machine ids, which knows their labels; give it to `query`.

        Raises:
            UnknownLabelError: Names do not match; the error lists all of them, with suggestions.
            AmbiguousLabelError: A name fits several things.
            TotalError: `others="Total"` finds no total in a filter, or several.
            QueryError: The question cannot be asked.
        """
        # not by locals(): so each is checked against the type it has in QueryArgs
        words = QueryArgs(indicators=indicators, filters=filters, periods=periods, where=where, others=others)
        words = attrs.evolve(words, levels=levels, places=places, within=within, include_self=include_self)
        words = attrs.evolve(words, sort=sort, limit=limit, page_size=page_size)
        words = attrs.evolve(words, values=values, numbers=numbers, names=names, dtypes=dtypes)
        return self._pinned.question(None, words)
