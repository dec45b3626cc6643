"""A data set opened at an exact version: what is known of it, and the questions that it builds and asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from .api import catalogue
from .api.messages import Response
from .api.operations import RequestContext, ResolvedVersion, VersionLike
from .errors import QueryError
from .lock import policy
from .lock.lockfile import LockEntry
from .lock.policy import LOCK_NAME
from .models.changes import Changes
from .models.data_sets import DataSet, FileDetails, Release, Variable
from .models.enums import DataSetVersionStatus, GeographicLevel
from .models.html import pinned_html
from .models.meta import Meta, MetaItems
from .models.periods import TimePeriod
from .models.provenance import (
    Method,
    Provenance,
    RouteChoice,
    Source,
)
from .models.versions import Version
from .query.args import Names, PeriodLike, QueryArgs, SortLike, Values
from .query.places import place_table
from .query.question import Query, build
from .query.tree import Node
from .transport.download import Progress
from .versions import report

if TYPE_CHECKING:
    import polars as pl

    from .client import Client
    from .results.result import QueryResult
    from .versions.empty import EmptyReport
    from .versions.report import UpgradeReport
    from .versions.series import Revisions


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
        from .routes import provenance_of

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
        return place_table([names] if isinstance(names, str) else names, self.meta)

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
        return self._question(None, locals())

    def _question(self, query: Query | None, arguments: Mapping[str, Any]) -> Query:
        """The question that a call means: one that was built before, or one in words, which are among its arguments."""
        # the names of the words are said once, in QueryArgs, and not again for each method that takes them
        words = QueryArgs(**{name: arguments[name] for name in attrs.fields_dict(QueryArgs)})
        pinned = self._pinned
        if query is None:
            return build(words, meta=pinned.meta, data_set_id=pinned.data_set.id, version=pinned.version.version)
        if words != QueryArgs():
            raise QueryError(
                "a Query says all that is asked: leave the other arguments out, or give them to build() and leave the "
                "Query out"
            )
        return self._own(query)

    def _own(self, query: Query) -> Query:
        """The question itself, if it is about this version."""
        if (query.data_set_id, query.version) != (self.id, self.version):
            raise QueryError(
                f"the question was built for version {query.version} of data set {query.data_set_id}, and this is "
                f"version {self.version} of {self.id}: build it again with build()"
            )
        return query


class PinnedDataSet(PinnedAttributes):
    """A data set at one exact version; everything asked of it goes to that version. Made by `Client.open`."""

    def __init__(self, client: Client, pinned: ResolvedVersion) -> None:
        super().__init__(pinned, client._now())
        self._client = client

    def query(  # noqa: PLR0913 - a question has many parts, all by name
        self,
        query: Query | None = None,
        /,
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
        names: Names = "column",
        dtypes: Mapping[str, pl.DataType | type[pl.DataType]] | None = None,
        route: RouteChoice = "auto",
        method: Method = "POST",
        debug: bool = False,
    ) -> QueryResult:
        """Ask a question, and read the whole answer.

        Args:
            query: A question made by `build`, instead of the other arguments, which are those of `build`.
            indicators: Indicators by label, column or id.
            filters: Filter to option, or options.
            periods: Time periods.
            levels: Geographic levels.
            places: Places whose own rows are wanted.
            within: Places inside which rows must lie.
            include_self: Whether the own rows of `within` count.
            where: Conditions made with `ees.facets`.
            others: What filters that are not named are pinned to.
            sort: Order of the rows.
            limit: How many rows at most.
            page_size: Rows per request, 1 to 10,000.
            values: `"typed"`, `"text"` or `"number"`.
            names: `"column"` or `"label"`.
            dtypes: Types of indicator columns.
            route: `"pages"` of the service, out of the whole `"csv"` file, or out of the `"store"` where that file was
                read before; `"auto"` takes the store, else pages, else (for more than 50,000 rows and half of the
                data set) the file.
            method: How pages are asked for, `"POST"` or `"GET"`; the answer is the same.
            debug: Whether the service puts labels beside its ids; it warns of that, and the frame is the same.

        Raises:
            QueryError: The question cannot be asked.
            WithdrawnError: The version was withdrawn.
        """
        from . import routes

        question = self._question(query, locals())
        fetch = routes.Fetch(route=route, method=method, debug=debug)
        client = self._client
        return client._run(routes.query(self._pinned, question, client._now(), fetch, tables=client._tables))

    def explain_empty(self, query: Query, /) -> EmptyReport:
        """Say why a question gets no rows: which clause empties it, and what occurs instead.

        Each clause is left out in turn, and what is left is counted: by a small request each, or without any where the
        store has the data file.

        Args:
            query: The question, made by `build`; that of a result is `result.query`.

        Returns:
            The report; print it, or see its `clauses` and `suggestions`. It says so if there are rows.

        Raises:
            QueryError: The question was built for another version.
            WithdrawnError: The version was withdrawn.
        """
        from .versions import empty

        flow = empty.explain_empty(self._pinned, self._own(query), tables=self._client._tables)
        return self._client._run(flow)

    def compare(self, version: VersionLike) -> UpgradeReport:
        """Report what changed between this version and another of the same data set, usually a newer one.

        The change sets of the versions on the way say which things are the same, and the metadata of both what
        differs. The report sends nothing more.

        Args:
            version: Such as `"2.0"`, or a range such as `"*"` for the highest published version in it.

        Raises:
            InvalidVersionError: The text is neither a version nor a range.
            VersionNotFoundError: There is none; the message lists the versions.
            ForbiddenError: The version may not be read.
        """
        return self._client._run(report.compare(self._pinned, version))

    def revisions(
        self,
        query: Query,
        *,
        versions: VersionLike | Iterable[VersionLike] | None = None,
        others: str | Mapping[str, str] | None = None,
    ) -> Revisions:
        """Ask one question of several versions of the data set, and stack the answers.

        The question is rewritten for each version as `compare(...).migrate` does. Where it cannot be, the version is
        left out, and `skipped` says why.

        Args:
            query: A question about this version, made by `build`.
            versions: Versions and ranges to ask; None for all. Withdrawn ones are left out, with a warning, unless
                this version was opened with `withdrawn="read"`.
            others: What filters are pinned to that this version does not have; as for `UpgradeReport.migrate`.

        Warns:
            MigrationWarning: Versions were left out, or more than names changed on the way to one.
            WithdrawnVersionWarning: Withdrawn versions were left out.

        Raises:
            MigrationError: The question can be asked of none of the versions.
            VersionNotFoundError: There is no such version.
            QueryError: The question is about another version or data set.
        """
        from .versions import series

        client = self._client
        flow = series.revisions(
            self._pinned, self._own(query), client._now(), versions=versions, others=others, tables=client._tables
        )
        return client._run(flow)

    def changes(self, *, include_patches: bool = False) -> Changes:
        """Changes that this version made, compared with the version before it; as `Client.changes`.

        Args:
            include_patches: For a patch, whether `patch_history` holds what the versions did that it patches.
        """
        return self._client.changes(self.id, self.version, include_patches=include_patches)

    def download(self, path: str | PathLike[str], *, progress: Progress = False) -> Path:
        """Save the data file of this version as it was published; as `Client.download`.

        Args:
            path: Where to save it, such as `"sen.csv"`.
            progress: Whether to show how much has come, or a function that is told; as for `Client.download`.

        Returns:
            The path.
        """
        return self._client.download(self.id, path, version=self.version, progress=progress)

    def lock(self, path: str | PathLike[str] = LOCK_NAME, *, data: bool = False) -> LockEntry:
        """Write down in a lock file which version this is; `Client(lock=path)` goes by it.

        The file is made if need be; what it says of other data sets stays.

        Args:
            path: The lock file.
            data: Whether to fetch the data file too, and note its digest.

        Returns:
            What the file now says of the data set.

        Raises:
            LockError: The version is a draft, or the file cannot be read or is of another service.
            WithdrawnError: The data of a withdrawn version are asked for.
            OSError: The file cannot be written there.
        """
        entry = self._client._run(policy.entry(self._pinned, data=data))
        return policy.add_entry(path, self._client._locking.address, entry)

    def footnotes(self) -> tuple[str, ...]:
        """The footnotes of the data file, which only the data catalogue has, at an unofficial address.

        Once they were read, the provenance and citations of later answers have them.

        Raises:
            CatalogueError: The unofficial address does not answer as expected.
        """
        return self._read_details().footnotes

    def variables(self) -> tuple[Variable, ...]:
        """Columns of the data file that are filters and indicators, each with its label, out of the data catalogue.

        Raises:
            CatalogueError: The unofficial address does not answer as expected.
        """
        return self._read_details().variables

    def _read_details(self) -> FileDetails:
        if self._details is not None:
            return self._details
        client = self._client
        return self._learn(client._run(catalogue.details_of(self._pinned, site=client._site)))

    def read(self) -> QueryResult:
        """Read the whole data set, out of the store or from its data file.

        Raises:
            WithdrawnError: The version was withdrawn.
        """
        from . import routes

        return self._client._run(routes.read(self._pinned, self._client._now(), tables=self._client._tables))

    def scan(self) -> pl.LazyFrame:
        """All rows as a lazy frame, with the columns, names, types and order of `read().frame`.

        Filters and choices of columns reach the stored file, so that only what they need is read. The data file is
        fetched into the store first, where it is not there yet; without a store it is in a temporary folder until the
        client is closed. Rows of a draft stay in memory.

        Warns as `read` does.

        Returns:
            The lazy frame; `provenance` says what it is of.

        Raises:
            WithdrawnError: The version was withdrawn.
            InvalidResponseError: The file came damaged or in part.
        """
        from . import routes

        client = self._client
        flow = routes.scan(self._pinned, client._now(), tables=client._tables, temporary=client._temporary)
        return client._run(flow)
