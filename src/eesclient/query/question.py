"""A question whose names are resolved: what `build` gives and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from .._classes import frozen
from ..errors import ArgumentTypeError, QueryTooLargeError
from ..models.meta import Indicator, Meta
from ..models.provenance import Method
from ..models.versions import Version
from .args import Names, Numbers, Part, QueryArgs, Sort, Values, resolve
from .request import LIVE, render_body, render_curl, render_params, require_answerable
from .tree import Node

if TYPE_CHECKING:
    import polars as pl


@frozen(kw_only=True)
class Query:
    """A question to one exact version, in machine ids; carries the metadata that gives their labels.

    Attributes:
        data_set_id: GUID of the data set, lower case.
        version: Exact version.
        meta: Metadata of that version.
        criteria: Condition on rows, with resolved leaves only; None for all rows.
        indicators: Indicators asked for, in the order of the answer's columns.
        sort: Sorts in order; empty for the canonical order.
        limit: How many rows at most, in the service's order; None for all.
        page_size: Rows per request, 1 to 10,000; None lets the client choose.
        parts: The conditions by the argument of the call that they come from; takes no part in equality.
        words: The arguments that it, or the question that it was changed from, was built from; None where it was made
            by hand. Takes no part in equality.
        pinned: What `others=` chose: filter label to option label.
        values: How cells of indicators come.
        numbers: Which of them are numbers.
        names: What the headings are.
        dtypes: Types that were asked for, by indicator column.
    """

    data_set_id: str
    version: Version
    meta: Meta = attrs.field(repr=False, eq=False)
    criteria: Node | None = None
    indicators: tuple[Indicator, ...] = ()
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    page_size: int | None = None
    parts: tuple[Part, ...] = attrs.field(default=(), repr=False, eq=False)
    words: QueryArgs | None = attrs.field(default=None, repr=False, eq=False)
    pinned: Mapping[str, str] = attrs.field(factory=dict)
    values: Values = "typed"
    numbers: Numbers = "plain"
    names: Names = "column"
    dtypes: Mapping[str, pl.DataType | type[pl.DataType]] = attrs.field(factory=dict)

    def to_json(self, *, page: int = 1, indent: int | None = 2) -> str:
        """The POST body that asks for one page, as JSON text.

        Args:
            page: Number of the page, from 1.
            indent: Spaces of indentation; None for the compact text that is sent.

        Raises:
            QueryTooLargeError: The body would be past the service's limits.
            QueryError: It names a time period that the service cannot match; the data file can.
        """
        require_answerable(self)
        return render_body(self, page=page, indent=indent)

    def to_params(self, *, page: int = 1) -> tuple[tuple[str, str], ...]:
        """The parameters of the GET request that asks for one page, for a browser or another tool.

        Args:
            page: Number of the page, from 1.

        Returns:
            Pairs of name and value, such as `("filters.eq", "dP0Zw")`; not percent-encoded.

        Raises:
            QueryError: GET cannot say it; the message says why (reference, sections 10 and 12).
        """
        require_answerable(self)
        return render_params(self, page=page)

    def explain(self) -> str:
        """The question in words: each id with its label, each condition with the argument that it comes from."""
        # here, and below: only who asks for another form of a question loads it
        from .labels import explain

        return explain(self)

    def to_curl(self, *, base_url: str | None = None, method: Method = "POST", page: int = 1) -> str:
        """A curl command that asks for one page, for a POSIX shell.

        Args:
            base_url: Address of the API without `/v1`; None for the live service.
            method: `"POST"` or `"GET"`.
            page: Number of the page, from 1.

        Raises:
            QueryError: GET cannot say it; the message says why.
            QueryTooLargeError: The service would not read it.
        """
        return render_curl(self, base_url=base_url or LIVE, method=method, page=page)

    def to_python(self, *, client: str = "ees.Client()", data_set: str | None = None) -> str:
        """Python source that opens the version and asks this question, in the words that it was built from.

        What was changed since, made by hand, or migrated to other labels, is in ids. Running it asks an equal question:
        `result.query == query`.

        Args:
            client: The expression that makes the client, if it shall be another.
            data_set: The expression that opens the data set with `client`, for one outside the API; None for
                `client.open` with id and version.

        Raises:
            QueryError: No call asks it; only questions made by hand, without `build`, are such.
        """
        from .python import render_python

        return render_python(self, client=client, data_set=data_set)

    def to_eesyapi_r(self) -> str:
        """R source that asks this question with `query_dataset` of the package eesyapi.

        Raises:
            QueryError: That function cannot say it; the message says why.
        """
        from .r import render_eesyapi

        return render_eesyapi(self)


def require_query(given: object, instead: str = "") -> None:
    """Refuse what is no question, such as a result, which has one; with what else would do."""
    if not isinstance(given, Query):
        raise ArgumentTypeError(
            f"the question is of type {type(given).__name__}: give one that build() made, the `query` of a result"
            f"{instead}"
        )


def build(args: QueryArgs, *, meta: Meta, data_set_id: str, version: Version, quiet: bool = False) -> Query:
    """Turn a question in words into one in machine ids, or refuse it, as `PinnedDataSet.query` says.

    Quietly is without the warning of totals that were taken by their names.
    """
    try:
        query = Query(data_set_id=data_set_id, version=version, meta=meta, **resolve(args, meta, quiet=quiet))
        render_body(query)  # a question that the service would refuse is refused here
    except RecursionError:
        raise QueryTooLargeError("the condition nests too deeply: ask in parts") from None
    return query
