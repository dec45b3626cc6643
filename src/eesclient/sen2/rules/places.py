"""Places that rules find by themselves, where a test of a table's records does not do."""

from __future__ import annotations

import polars as pl

FOUND = pl.Schema(
    {
        "table": pl.String,
        "key": pl.UInt32,
        "element": pl.String,
        "says": pl.String,
        "line": pl.UInt32,
        "code": pl.String,
    }
)
"""Columns of what a rule finds: the record, the element in it, what is expected; for code lists what stood there.

`line` is null where it is that of the element or the record, which `run` looks up.
"""


def places(
    records: pl.DataFrame,
    table: str | pl.Expr,
    element: str | pl.Expr,
    says: str | pl.Expr,
    *,
    key: str,
    code: str | None = None,
) -> pl.DataFrame:
    """Records at fault, as places.

    Args:
        records: Rows of a table.
        table: Name of the table.
        element: Tag of the element at fault.
        says: What is expected.
        key: Column with their keys.
        code: Column with codes that may be shown.
    """
    said = {"table": table, "element": element, "says": says}
    texts = {name: pl.lit(text) if isinstance(text, str) else text for name, text in said.items()}
    shown = pl.lit(None, pl.String) if code is None else pl.col(code)
    return records.select(key=key, line=pl.lit(None, pl.UInt32), code=shown, **texts).select(FOUND.names()).cast(FOUND)


def kept_places(kept: pl.DataFrame, says: str | pl.Expr) -> pl.DataFrame:
    """Places of what columns could not hold; its text is never told."""
    # a tag that nobody knows may be of any length, and may be a person's value
    tag = pl.coalesce("fits", "tag").str.slice(0, 40)
    return places(kept, pl.col("table"), tag, says, key="key").with_columns(kept["line"])


def header_place(element: str, says: str, line: int | None = None) -> pl.DataFrame:
    """A fault of the header."""
    row = {"table": [""], "key": [0], "element": [element], "says": [says], "line": [line], "code": [None]}
    return pl.DataFrame(row, schema=FOUND)
