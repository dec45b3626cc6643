"""The columns of the nine files of a Blade export, and how they say a day."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ..specification import Specification, Table, known_years, specification

HEADED = {"collection": "Collection", "year": "Year", "referencedate": "ReferenceDate"}
"""Columns of the authority's file that are elements of the header, by heading."""

HEADER = "Header/CollectionDetails"
"""The element that holds them, as `Return.kept` names it."""

DAY = "%Y-%b-%d 00:00:00"
"""How a day is written."""


def id_of(table: Table) -> str:
    """The heading of the column with the ids of a table."""
    return f"{table.blade}tableid"


def parent_of(table: Table) -> str:
    """The table whose ids a file has beside its own, or "": persons have those of the authority."""
    return table.parent or ("" if table.name == "authority" else "authority")


def columns(spec: Specification, name: str) -> Mapping[str, str]:
    """The headings of a year's file in their order, with the element that each is, or ""."""
    table = spec.tables[name]
    parent = parent_of(table)
    first = [
        id_of(table),
        f"{table.blade}orderseqcolumn",
        "sourceid",
        *([id_of(spec.tables[parent])] if parent else []),
    ]
    places: dict[str, int] = {}
    # files of all years have the order of the newest
    for year in known_years():
        places |= {e.name: e.order for e in specification(year).columns(name)}
    elements = sorted((e.name for e in spec.columns(name)), key=places.__getitem__)
    return {
        **dict.fromkeys(first, ""),
        **(dict.fromkeys(HEADED, "") if name == "authority" else {}),
        **{element.casefold(): element for element in elements},
    }


def usual(spec: Specification, name: str, key: pl.Expr, first_authority: str) -> Mapping[str, pl.Expr]:
    """What stands in columns that are no elements, by heading, unless something else was kept."""
    table = spec.tables[name]
    numbered = dict.fromkeys([id_of(table), f"{table.blade}orderseqcolumn"], key.cast(pl.String))
    return {**numbered, **({id_of(spec.tables["authority"]): pl.lit(first_authority)} if name == "persons" else {})}


def day(text: pl.Expr) -> pl.Expr:
    """The day that a text is, or null where it is none or may be two."""
    midnight = "(?: 00:00:00)?$"
    iso = text.str.extract(f"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){midnight}")
    named = text.str.extract(f"^([0-9]{{4}}-[A-Za-z]{{3}}-[0-9]{{2}}){midnight}")
    slashed = text.str.extract(f"^([0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}}){midnight}")
    first, second = slashed.str.slice(0, 2), slashed.str.slice(3, 2)
    found = pl.coalesce(
        iso.str.to_date("%Y-%m-%d", strict=False),
        named.str.to_date("%Y-%b-%d", strict=False),
        # nothing says whether an export was saved with English or American days
        pl.when((first > "12") | (first == second)).then(slashed).str.to_date("%d/%m/%Y", strict=False),
    )
    # the year 0 is one for Polars, not for Python
    return pl.when(found >= pl.date(1, 1, 1)).then(found)
