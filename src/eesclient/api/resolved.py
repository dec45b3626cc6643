"""A data set at an exact version: the questions that it takes, its data file, and where its answers come from."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from .._classes import frozen
from ..errors import (
    EESWarning,
    InvalidResponseError,
    LockError,
    QueryError,
    WithdrawnError,
    warn,
)
from ..models.data_sets import DataSet, DataSetVersion
from ..models.enums import DataSetVersionStatus
from ..models.meta import Meta
from ..models.provenance import LICENCE, Provenance, Route, Source
from ..models.versions import Version, VersionRange
from . import requests
from .json import canonical_digest
from .messages import Flow, Request, Response, Work
from .problems import raise_for

if TYPE_CHECKING:
    from ..query.args import Numbers, QueryArgs
    from ..query.question import Query

Withdrawn: TypeAlias = Literal["refuse", "read"]
"""What to do with rows of a withdrawn version."""


@frozen(kw_only=True)
class RequestContext:
    """Who is asked, and when; the shells say so, as flows have no clock."""

    source: Source
    at: datetime


@frozen(kw_only=True)
class ResolvedVersion:
    """A data set at an exact version, with all that is needed to ask it, and what the user should be warned of."""

    data_set: DataSet
    version: DataSetVersion
    meta: Meta
    notices: tuple[tuple[type[EESWarning], str], ...] = ()
    withdrawn: Withdrawn = "refuse"
    understood: str = ""
    asked: Version | VersionRange | None = None
    meta_body: bytes = attrs.field(default=b"{}", repr=False, eq=False)
    # what a lock says that the data file's digest is
    data_sha256: str | None = None
    publication: str | None = None
    footnotes: tuple[str, ...] = ()
    # of a file outside the API, which has no version
    file_sha256: str | None = None
    inferred: tuple[str, ...] = ()

    @property
    def is_withdrawn(self) -> bool:
        """True if the version was withdrawn when it was opened."""
        return self.version.status == DataSetVersionStatus.WITHDRAWN

    @property
    def meta_digest(self) -> str:
        """SHA-256 of the metadata as canonical JSON, members that are unknown here included."""
        return canonical_digest(self.meta_body)

    def require_readable(self) -> None:
        """Refuse to ask for rows of a version that was withdrawn."""
        if self.is_withdrawn and self.withdrawn != "read":
            raise WithdrawnError(
                f"{self.withdrawal()}; its rows may be wrong, and the service answers no questions about it: open "
                'another version, or open it with withdrawn="read" to read its data file all the same'
            )

    def withdrawal(self) -> str:
        """Words for the withdrawal of the version, with its notes."""
        found, latest = self.version, self.data_set.latest_version
        date = f" on {found.withdrawn.date()}" if found.withdrawn else ""
        notes = f": {found.notes}" if found.notes else ""
        current = f"; the current version is {latest.version}" if latest and latest.version != found.version else ""
        return f"version {found.version} of {self.data_set.title!r} was withdrawn{date}{notes}{current}"

    def question(self, query: Query | None, words: QueryArgs) -> Query:
        """The question that a call means: one that was built before, or one in words."""
        from ..query.args import QueryArgs
        from ..query.question import build

        if query is None:
            return build(words, meta=self.meta, data_set_id=self.data_set.id, version=self.version.version)
        if words != QueryArgs():
            raise QueryError(
                "a Query says all that is asked: leave the other arguments out, or give them to build() and leave the "
                "Query out"
            )
        return self.own(query)

    def own(self, query: Query) -> Query:
        """The question itself, if it is about this version."""
        from ..query.question import require_query

        require_query(query, ', or its parts by name, as in query(filters={"Sex": "Female"})')
        if (query.data_set_id, query.version) != (self.data_set.id, self.version.version):
            raise QueryError(
                f"the question was built for version {query.version} of data set {query.data_set_id}, and this is "
                f"version {self.version.version} of {self.data_set.id}: build it again with build()"
            )
        return query

    def whole(self, numbers: Numbers = "plain") -> Query:
        """The question for all rows and all indicators."""
        from ..query.args import QueryArgs

        return self.question(None, QueryArgs(numbers=numbers))

    def file_request(self) -> Request:
        """What asks for the data file."""
        return requests.csv(self.data_set.id, self.version.version, title=self.data_set.title)

    def data_file(self) -> Flow[Response]:
        """The data file, which is the one that was locked if one was."""
        request = self.file_request()
        response: Response = yield request
        raise_for(request, response)
        check_end(response.body, response)
        if self.data_sha256 is not None:
            # hashing a large file would hold up an event loop
            yield Work(call=lambda: self.check_digest(hashlib.sha256(response.body).hexdigest()))
        return response

    def check_digest(self, digest: str) -> None:
        """Refuse a data file that is not the one that was locked."""
        if self.data_sha256 not in (None, digest):
            raise LockError(
                f"the data file of version {self.version.version} of {self.data_set.title!r} is not the one that was "
                f"locked: its SHA-256 is {digest}, and the lock says {self.data_sha256}; nothing in an exact version "
                "should change, so ask the producer, or lock the version again if you trust the file that is there now"
            )

    def check_rows(self, height: int, url: str = "") -> None:
        """Refuse a data file that has not the rows of the version: it did not come whole, or is another one.

        The service counts them in the file, as DuckDB reads it, also where its answers have some twice or lack some.
        """
        expected = self.version.total_results
        if not expected and height:
            # the service always says it; another one, or a store with the file alone, may not
            warn(
                f"nothing says how many rows version {self.version.version} of {self.data_set.title!r} has, so that "
                f"its data file, with {height:,}, cannot be proved whole",
                EESWarning,
            )
        elif height != expected:
            problem = f"came with {height:,} of its {expected:,} rows: try again"
            if height > expected:
                problem = f"has {height:,} rows, and the version {expected:,}: one of them is not what it says it is"
            raise InvalidResponseError(f"the data file {problem}", method="GET", url=url)


def check_end(body: bytes, response: Response) -> None:
    """Refuse a data file that may have been cut in its last cell: nothing but a line end says that it was not."""
    if not response.is_sealed and body[-1:] not in (b"\r", b"\n"):
        raise InvalidResponseError(
            "the data file ends without a line end, and came unpacked, so that its last figure may be cut off: try "
            'again, or ask for pages, with route="pages"',
            method="GET",
            url=response.url,
        )


def provenance_of(
    pinned: ResolvedVersion, context: RequestContext, *, route: Route, response: Response, query: Query | None = None
) -> Provenance:
    """Provenance of an answer; no question stands for the whole data set."""
    from ..query.request import render_body

    version = pinned.version
    if query is not None and query.criteria is None and route != "pages" and query == pinned.whole(query.numbers):
        # the question for everything says nothing: the answer is the data set as it is
        query = None
    return Provenance(
        source=context.source,
        data_set_id=pinned.data_set.id,
        title=pinned.data_set.title,
        version=version.version,
        status=version.status,
        release=version.release.title,
        publication=pinned.publication,
        published=version.published,
        withdrawn=version.withdrawn,
        superseded_by=pinned.data_set.superseding_data_set_id,
        query=None if query is None else render_body(query),
        pinned={} if query is None else dict(query.pinned),
        route=route,
        retrieved_at=response.retrieved_at or context.at,
        url=response.url,
        licence=LICENCE if context.source == "service" else None,
        footnotes=pinned.footnotes,
        file_sha256=pinned.file_sha256,
    )
