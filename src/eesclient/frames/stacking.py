"""Answers of several versions one below the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .._lazy import pl
from ..query.query import Query
from .axes import layout_of
from .columns import ColumnInfo, ColumnKind, columns_of, unique
from .shapes import common_type

if TYPE_CHECKING:
    from .result import QueryResult

VERSION_COLUMN = "data_set_version"

Back = Callable[[ColumnKind, str], str]
"""Kind of a column and its name in the data file of a version, to its name in that of the question's version."""


def stacked(query: Query, results: Sequence[QueryResult], back: Sequence[Back]) -> pl.DataFrame:
    """The rows of several answers, with the version of each before the other columns.

    A column that only some versions have is null in the others. One whose types differ gets the type that holds all of
    them: Float64 for whole numbers and fractions, text where one is text.

    Args:
        query: The question, whose headings the frame has.
        results: The answers.
        back: For each answer, what its columns were called in the question's version.
    """
    own = columns_of(query, layout_of(query))
    headings: dict[tuple[str, str], str] = {(column.kind, column.column): column.name for column in own}
    frames = [_renamed(result.frame, result.columns, headings, one) for result, one in zip(results, back, strict=True)]
    names = dict.fromkeys([*headings.values(), *(name for frame in frames for name in frame.columns)])
    held = {name: [frame[name] for frame in frames if name in frame.columns] for name in names}
    types = {name: common_type(columns) for name, columns in held.items() if columns}
    version = VERSION_COLUMN if VERSION_COLUMN not in types else unique(f"{VERSION_COLUMN}_", "version", set(types))
    rows = [
        frame.select(
            pl.lit(str(result.version)).alias(version),
            *(
                (pl.col(name) if name in frame.columns else pl.lit(None)).cast(type_).alias(name)
                for name, type_ in types.items()
            ),
        )
        for frame, result in zip(frames, results, strict=True)
    ]
    return pl.concat(rows, rechunk=True)


def _renamed(
    frame: pl.DataFrame, columns: Sequence[ColumnInfo], headings: Mapping[tuple[str, str], str], back: Back
) -> pl.DataFrame:
    names: dict[str, str] = {}
    for column in columns:
        names[column.name] = headings.get((column.kind, back(column.kind, column.column)), "")
    taken = {name for name in names.values() if name}
    for column in columns:
        if not names[column.name]:
            free = column.name not in taken
            names[column.name] = column.name if free else unique(f"{column.name}_", column.kind, taken)
            taken.add(names[column.name])
    return frame.rename(names)
