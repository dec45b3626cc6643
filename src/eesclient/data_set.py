"""A data set opened at an exact version, and all that can be asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from .api.operations import VersionLike
from .api.resolved import ResolvedVersion
from .lock import policy
from .lock.disk import LOCK_NAME
from .models.enums import GeographicLevel
from .models.progress import ProgressLike
from .models.provenance import Method, RouteChoice
from .pinned import PinnedAttributes
from .query.args import Names, Numbers, PeriodLike, QueryArgs, SortLike, Values
from .query.question import Query
from .query.tree import Node
from .transport.download import saving

if TYPE_CHECKING:
    import polars as pl

    from .client import Client
    from .lock.lockfile import LockEntry
    from .models.changes import Changes
    from .models.entries import FileDetails, Variable
    from .results.result import QueryResult
    from .results.stream import ArrowStream
    from .versions.empty import EmptyReport
    from .versions.report import UpgradeReport
    from .versions.series import Revisions


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
        numbers: Numbers = "plain",
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
            numbers: `"plain"` or `"trimmed"`.
            names: `"column"` or `"label"`.
            dtypes: Types of indicator columns.
            route: `"pages"` of the service, out of the whole `"csv"` file, or out of the `"store"` where that file was
                read before; `"auto"` takes the store, else the file for all rows of more than a page, else pages, else
                (for more than 50,000 rows and a third of the data set) the file.
            method: How pages are asked for, `"POST"` or `"GET"`; the answer is the same. A GET whose request line would
                be longer than the service reads (8,192 bytes) goes by POST.
            debug: Whether the service puts labels beside its ids; it warns of that, and the frame is the same.

        Raises:
            QueryError: The question cannot be asked.
            WithdrawnError: The version was withdrawn.
        """
        from . import reading, routes

        # not by locals(): so each is checked against the type it has in QueryArgs
        words = QueryArgs(indicators=indicators, filters=filters, periods=periods, where=where, others=others)
        words = attrs.evolve(words, levels=levels, places=places, within=within, include_self=include_self)
        words = attrs.evolve(words, sort=sort, limit=limit, page_size=page_size)
        words = attrs.evolve(words, values=values, numbers=numbers, names=names, dtypes=dtypes)
        question = self._pinned.question(query, words)
        fetch = reading.Fetch(route=route, method=method, debug=debug)
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

        flow = empty.explain_empty(self._pinned, self._pinned.own(query), tables=self._client._tables)
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
        from .versions import report

        return self._client._run(report.compare(self._pinned, version, tables=self._client._tables))

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

        client, pinned = self._client, self._pinned
        flow = series.revisions(
            pinned, pinned.own(query), client._now(), versions=versions, others=others, tables=client._tables
        )
        return client._run(flow)

    def changes(self, *, include_patches: bool = False) -> Changes:
        """Changes that this version made, compared with the version before it; as `Client.changes`.

        Args:
            include_patches: For a patch, whether `patch_history` holds what the versions did that it patches.
        """
        return self._client.changes(self.id, self.version, include_patches=include_patches)

    def download(self, path: str | PathLike[str], *, progress: ProgressLike = None) -> Path:
        """Save the data file of this version as it was published; as `Client.download`.

        Args:
            path: Where to save it, such as `"sen.csv"`.
            progress: As for `Client.download`.

        Returns:
            The path.
        """
        with self._client._telling(progress), saving(Path(path), url=f"/data-sets/{self.id}/csv") as saved:
            self._client._save(self._pinned, saved)
        return Path(path)

    def lock(self, path: str | PathLike[str] = LOCK_NAME, *, data: bool = False) -> LockEntry:
        """Write down in a lock file which version this is; `Client(lock=path)` goes by it.

        The file is made if need be; what it says of other data sets stays.

        Args:
            path: The lock file.
            data: Whether to fetch the data file too, and note its digest.

        Returns:
            What the file now says of the data set.

        Raises:
            LockError: The version is a draft, or the file cannot be read or written, is of another service, or was
                changed meanwhile by somebody else.
            WithdrawnError: The data of a withdrawn version are asked for.
        """
        client = self._client
        entry = client._run(policy.entry(self._pinned, data=data, tables=client._tables))
        return client._locking.add_entry(path, entry)

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
        from .api import catalogue

        client = self._client
        return self._learn(client._run(catalogue.details_of(self._pinned, site=client._site)))

    def read(self, *, numbers: Numbers = "plain") -> QueryResult:
        """Read the whole data set, out of the store or from its data file.

        Args:
            numbers: Which cells are numbers, `"plain"` or `"trimmed"`, as for `build`.

        Raises:
            QueryError: There is no such reading of numbers.
            WithdrawnError: The version was withdrawn.
        """
        from . import routes

        client, whole = self._client, self._pinned.whole(numbers)
        return client._run(routes.read(self._pinned, whole, client._now(), tables=client._tables))

    def scan(self, *, numbers: Numbers = "plain") -> pl.LazyFrame:
        """All rows as a lazy frame, with the columns, names, types and order of `read().frame`.

        Filters and choices of columns reach the stored file, so that only what they need is read. The data file is
        fetched into the store first, where it is not there yet; without a store it is in a temporary folder until the
        client is closed. Rows of a draft stay in memory.

        Warns as `read` does.

        Args:
            numbers: Which cells are numbers, as for `read`.

        Returns:
            The lazy frame; `provenance` says what it is of.

        Raises:
            QueryError: There is no such reading of numbers.
            WithdrawnError: The version was withdrawn.
            InvalidResponseError: The file came damaged or in part.
        """
        from . import routes

        client, whole = self._client, self._pinned.whole(numbers)
        flow = routes.scan(self._pinned, whole, client._now(), tables=client._tables, temporary=client._temporary)
        return client._run(flow)

    def stream(self, frame: pl.LazyFrame | None = None, /) -> ArrowStream:
        """Rows for anything that reads Arrow, batch by batch, without all of them in memory.

        Args:
            frame: What filters and choices of columns leave of `scan()` (in memory while it is read with Polars before
                1.34); None for all rows, which are fetched as by `scan`.

        Returns:
            The stream, which knows its `provenance`; its labels and statuses are text.

        Raises:
            ImportError: The extra `arrow` is not installed.
            ArgumentTypeError: It is not a lazy frame.
            WithdrawnError: The version was withdrawn.
            InvalidResponseError: The file came damaged or in part.
        """
        from .results.stream import ArrowStream

        return ArrowStream(self.scan() if frame is None else frame, self.provenance, whole=frame is None)
