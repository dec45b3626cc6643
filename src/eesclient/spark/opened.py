"""A data set as the driver opened it: pinned, with its question, its columns and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import polars as pl

from .._classes import frozen
from ..api.resolved import ResolvedVersion
from ..data_set import PinnedDataSet
from ..errors import QueryError, SettingsError
from ..models.enums import IndicatorUnit
from ..models.names import listed
from ..models.provenance import LICENCE, SYNTHETIC, Source
from ..query.args import QueryArgs
from ..query.question import Query
from ..query.request import render_body
from ..table.columns import ColumnInfo, columns_of, schema_of
from .options import Asked, Place, Type
from .places import client_of, settled

FACTS = "ees"
"""Member of a column's metadata in which all is said that is known of it and its data set."""


POLARS: Mapping[Type, type[pl.DataType]] = {"long": pl.Int64, "double": pl.Float64, "string": pl.String}
"""Types of columns, as Polars has them."""


@frozen(kw_only=True)
class Column:
    """A column of the answer: what it holds, its type in Spark, and whether every row has it."""

    info: ColumnInfo
    type: Type
    is_filled: bool = False


@frozen(kw_only=True)
class Opened:
    """All that executors need to read a data set, and no secret.

    Attributes:
        place: Where rows come from.
        source: Who answers there.
        pinned: The data set at its exact version.
        query: What is asked of it, at exactly that version.
        columns: The columns, in order.
        facts: What is said of the data set in the metadata of every column.
    """

    place: Place
    source: Source
    pinned: ResolvedVersion
    query: Query
    columns: tuple[Column, ...]
    facts: Mapping[str, Any]

    @property
    def is_whole(self) -> bool:
        """True if nothing is asked but all rows."""
        return self.query.criteria is None


def open_data_set(asked: Asked) -> Opened:
    """Resolve and pin what options ask for, once."""
    with client_of(asked.place) as client:
        found = client.open(asked.data_set, version=asked.version, withdrawn=asked.withdrawn)
        if found._client is not client:
            raise SettingsError(
                f"{asked.data_set!r} is a file outside the API, which is not read here: read it with Client().open(…), "
                "and give its frame to spark.createDataFrame"
            )
        if found.status.is_draft:
            raise SettingsError(
                f"version {found.version} of {found.title!r} is a draft, and Spark writes rows to disks and logs: read "
                "it in one process, with Client(preview_token=…)"
            )
        found._pinned.require_readable()
        query = _question(found, asked)
        return Opened(
            place=settled(asked.place, client),
            source=found._source,
            # large, and its digest is taken
            pinned=attrs.evolve(found._pinned, meta_body=b"{}", notices=()),
            query=query,
            columns=tuple(_chosen(asked, query)),
            facts=_facts(found, asked, query),
        )


def _question(found: PinnedDataSet, asked: Asked) -> Query:
    types = {name: POLARS[type_] for name, type_ in asked.types.items()}
    return found._pinned.question(None, attrs.evolve(asked.words, dtypes=types or None))


def _chosen(asked: Asked, query: Query) -> Iterator[Column]:
    columns = {column.info.name: column for column in _all_columns(query)}
    names = [*columns] if asked.columns is None else asked.columns
    if unknown := [name for name in names if name not in columns]:
        raise SettingsError(
            f'option("columns", …): there is no {listed(unknown)} in the answer, which has {listed([*columns], 60)}'
        )
    return map(columns.__getitem__, names)


def _all_columns(query: Query) -> Iterator[Column]:
    schema = schema_of(query)
    filled = {
        name
        for dimension in schema.dimensions
        if dimension.kind in ("time", "level")
        for place, name in enumerate(dimension.columns)
        if all(category.cells[place] is not None for category in dimension.categories)
    }
    whole = {item.column for item in schema.indicators if item.decimal_places == 0}
    for info in columns_of(schema, query.values, query.names):
        type_: Type = "string"
        if info.kind == "indicator" and info.unit is not IndicatorUnit.STRING:
            type_ = "long" if info.column in whole else "double"
        if info.kind == "indicator" and info.column in query.dtypes:
            type_ = next(name for name, own in POLARS.items() if own == query.dtypes[info.column])
        is_filled = info.kind in ("time", "level") and info.column in filled
        yield Column(info=info, type=type_, is_filled=is_filled)


def _facts(found: PinnedDataSet, asked: Asked, query: Query) -> dict[str, Any]:
    """What every column says of the data set; nothing that is not known."""
    pinned, about = found._pinned, found.provenance
    facts = {
        "data_set_id": found.id,
        "title": found.title,
        "version": str(found.version),
        "status": str(found.status),
        "release": about.release,
        "publication": about.publication,
        "published": None if about.published is None else about.published.isoformat(),
        "source": about.source,
        "licence": LICENCE if about.source == "service" else None,
        "notice": SYNTHETIC if about.source == "synthetic" else None,
        "warnings": [text for _, text in pinned.notices] or None,
        "meta_sha256": pinned.meta_digest,
        "data_sha256": pinned.data_sha256,
        "query": None if attrs.evolve(asked.words, page_size=None) == QueryArgs() else render_body(query),
        "pinned": json.dumps(dict(query.pinned), ensure_ascii=False) if query.pinned else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def column_facts(opened: Opened, column: Column) -> dict[str, Any]:
    """Metadata of a column: what it holds in words, as Spark shows it too, and which data set it is of."""
    info = column.info
    unit = None if info.unit is None else str(info.unit)
    about = {
        "label": info.label,
        "column": info.column,
        "kind": info.kind,
        "unit": unit or None,
        "decimal_places": info.decimal_places,
        "hint": info.hint or None,
    }
    said = {name: about[name] for name in _OF_COLUMN if about[name] is not None}
    return {"comment": f"{info.label} ({unit})" if unit else info.label, FACTS: {**said, **opened.facts}}


_OF_COLUMN = ("label", "column", "kind", "unit", "decimal_places", "hint")


def facts_of(schema: Any) -> dict[str, Any]:
    """What the columns of a schema say of the one data set that they are of."""
    said = [field.metadata[FACTS] for field in schema.fields if FACTS in (field.metadata or {})]
    found = [{name: value for name, value in facts.items() if name not in _OF_COLUMN} for facts in said]
    if any(facts != found[0] for facts in found):
        ids = listed(sorted({f"{facts['data_set_id']} {facts['version']}" for facts in found}))
        raise QueryError(f"the columns are of several reads ({ids}): select those of one of them first")
    return found[0] if found else {}
