"""What was published about authorities: its figures as numbers, and the rows of it that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

import polars as pl
import polars.selectors as cs

from .._classes import frozen
from ..errors import InvalidResponseError
from ..unpack import MAX_UNPACKED, unzipped
from .errors import SEN2Error
from .specification import rows

PLACES = ("country_code", "country_name", "region_code", "region_name", "new_la_code", "old_la_code", "la_name")
"""Columns of a published file that say where a row is about."""

KEYS = ("time_period", "time_identifier", "geographic_level", *PLACES)

LEVELS = (("National", "Regional", "country_code"), ("Regional", "Local authority", "region_code"))
"""A level, the level of its parts, and the column of both that says which parts are whose."""

STATUS = "_status"

CHECKS = pl.Schema(
    {
        "kind": pl.String,
        "total": pl.String,
        "of": pl.String,
        "rows": pl.Int64,
        "complete": pl.Int64,
        "held": pl.Int64,
        "differ": pl.Int64,
    }
)


@runtime_checkable
class HasFrame(Protocol):
    """A result or a frame of this package: what `query()`, `read()` and `ees.read_parquet` give."""

    @property
    def frame(self) -> pl.DataFrame:
        """Its rows."""
        ...


@runtime_checkable
class CanRead(Protocol):
    """A data set at an exact version, or a file of the catalogue: what `client.open` and `entry.open()` give."""

    def read(self) -> HasFrame:
        """All of its rows."""
        ...


Published: TypeAlias = str | PathLike[str] | bytes | pl.DataFrame | HasFrame | CanRead
"""A published data set: its CSV file (packed by gzip or not), a frame, a result, or a data set that can be read."""


def figures_of(data: Published) -> pl.DataFrame:
    """The rows of a published data set, places and filters as text and everything else as it can be calculated with.

    A column is a float column where it holds a number; where a symbol (`x`, `z`, `c`, `low`) stands instead it is null,
    and the symbol is in the column's `_status`, as in results. Columns without any number (`Yes`, `No`) stay text.

    Raises:
        SEN2Error: It has no columns of an education statistics data file, or is no CSV file at all.
    """
    name, frame = _frame(data)
    # these three are in every data file; which codes of places there are differs
    if missing := [column for column in KEYS[:3] if column not in frame.columns]:
        raise SEN2Error(f"this is no data file of the service: it has no column {' or '.join(missing)}", file=name)
    # a reader of CSV that guesses types takes years and codes for numbers; gaps among them, for fractions
    numeric = cs.numeric() & (cs.by_name(KEYS, require_all=False) | cs.starts_with("breakdown"))
    text = frame.with_columns(
        pl.col(pl.Categorical, pl.Enum).cast(pl.String), numeric.cast(pl.String).str.strip_suffix(".0")
    )
    measures = [c for c in text.columns if c not in KEYS and not c.startswith("breakdown") and not c.endswith(STATUS)]
    numbers = text.select(pl.col(measures).cast(pl.Float64, strict=False))
    counted = [name for name in measures if numbers[name].null_count() < numbers.height]
    symbols = text.select(
        pl.when(numbers[name].is_null()).then(pl.col(name)).alias(f"{name}{STATUS}")
        for name in counted
        if f"{name}{STATUS}" not in text.columns and text.schema[name] == pl.String
    )
    return text.with_columns(numbers.select(counted)).hstack(symbols)


def _frame(data: Published) -> tuple[str, pl.DataFrame]:
    if isinstance(data, pl.DataFrame):
        return "", data
    if isinstance(data, bytes):
        return "", _csv(data, "")
    if isinstance(data, str | PathLike):
        path = Path(data)
        try:
            return path.name, _csv(path.read_bytes(), path.name)
        except OSError as error:
            raise SEN2Error(f"cannot be read: {error.strerror}", file=path.name) from error
    if isinstance(data, HasFrame):
        return "", data.frame
    if isinstance(data, CanRead):
        return "", data.read().frame
    raise SEN2Error(f"takes a CSV file, a Polars frame, a result or an opened data set, not {_kind(data)}")


def _kind(data: object) -> str:
    """Name of a type, with that of its package: there are frames of several."""
    kind = type(data)
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}".removeprefix("builtins.")


def _csv(packed: bytes, name: str) -> pl.DataFrame:
    try:
        data = unzipped(packed, MAX_UNPACKED, what=name or "the data set")
        # everything as text: a column may begin with numbers and end with symbols
        return pl.read_csv(BytesIO(data), infer_schema=False)
    except (pl.exceptions.PolarsError, InvalidResponseError) as error:
        raise SEN2Error("is no CSV file, or not a whole one", file=name) from error


@frozen(kw_only=True, repr=False)
class Contradictions:
    """Rows of a published data set that contradict each other.

    Attributes:
        checks: A row for each sum that the data set has: `kind` (`parts` in a row, `places` across rows), `total`
            (column), `of` what it is the sum, `rows` that have the total, `complete` (those of which all parts are
            numbers), how many of these `held` and `differ`.
        rows: A row for each sum that does not hold: the row's period, place and filters, `kind`, `total` (column),
            `published`, `summed`, `difference` (published less summed), how many `parts` were summed, and a `note`.
    """

    checks: pl.DataFrame
    rows: pl.DataFrame

    def __len__(self) -> int:
        """How many sums do not hold."""
        return self.rows.height

    def __repr__(self) -> str:
        """Counts alone."""
        sums = int(self.checks["complete"].sum())
        return f"<{len(self):,} of {sums:,} sums of published figures do not hold>"


def contradictions(data: Published) -> Contradictions:
    """Find the published rows that contradict each other.

    Parts of a row are held against their total (requests and their outcomes, needs and plans, …: `tables/totals.csv`),
    and authorities against their region, regions against England, for every count. Sums with a symbol among their
    parts are not judged. Percentages are not summed.

    Args:
        data: A published data set of *Education, health and care plans*; places are summed in any other too.

    Returns:
        How many sums were checked, and the rows that do not hold.

    Raises:
        SEN2Error: It is no data file of the service.
    """
    return contradicting(figures_of(data))


def contradicting(figures: pl.DataFrame) -> Contradictions:
    """The same of what `figures_of` gave."""
    found = [*_parts(figures), *_places(figures)]
    # where nothing can be summed there is still a frame with the columns of one
    found = found or [_judge(figures, _without_sums(figures), kind="parts", total="", note="", of="")]
    checks = pl.DataFrame([check for check, _ in found if check["total"]], schema=CHECKS)
    return Contradictions(checks=checks, rows=pl.concat([frame for _, frame in found]))


def _without_sums(figures: pl.DataFrame) -> pl.DataFrame:
    nothing = pl.lit(None, dtype=pl.Float64)
    return figures.with_columns(published=nothing, summed=nothing, parts=nothing, same=pl.lit(value=False))


Found: TypeAlias = tuple[dict[str, Any], pl.DataFrame]


def _parts(figures: pl.DataFrame) -> Iterator[Found]:
    for row in rows("totals"):
        parts = [part for part in row["parts"].split() if part.removesuffix("?") in figures.columns]
        # of another file, or of a year that had one part alone
        if row["total"] not in figures.columns or len(parts) < 2:
            continue
        sums = figures.with_columns(
            published=_number(row["total"]),
            # a part with "?" was published for some years alone
            summed=pl.sum_horizontal(
                [_number(p[:-1]).fill_null(0) if p.endswith("?") else _number(p) for p in parts], ignore_nulls=False
            ),
            parts=pl.lit(len(parts)),
            same=pl.lit(value=False),
        )
        yield _judge(
            figures, sums, kind="parts", total=row["total"], note=row["note"], of=" + ".join(parts).replace("?", "")
        )


def _number(column: str) -> pl.Expr:
    """A column's numbers: one that has nothing but symbols is text."""
    return pl.col(column).cast(pl.Float64, strict=False)


def _places(figures: pl.DataFrame) -> Iterator[Found]:
    counts = [
        name
        for name, type_ in figures.schema.items()
        # `pc` in its name says that a column is a percentage
        if type_ == pl.Float64 and name not in KEYS and "pc" not in name.lower().split("_")
    ]
    filters = [name for name in _names(figures) if name not in KEYS]
    for level, below, code in LEVELS:
        if code not in figures.columns:
            continue
        cell = ["time_period", "time_identifier", *filters, code]
        wholes = figures.filter(geographic_level=level)
        children = figures.filter(geographic_level=below).group_by(cell)
        # null where any authority has a symbol: a sum of the others says nothing
        summed = children.agg(
            pl.when(pl.col(counts).is_not_null().all()).then(pl.col(counts).sum()),
            pl.when(pl.col(counts).n_unique() == 1).then(pl.col(counts).first()).name.suffix("_same"),
            _children=pl.len(),
        )
        # a filter may be null in a row and in its parts alike
        both = wholes.join(summed, on=cell, suffix="_summed", nulls_equal=True)
        for name in counts:
            sums = both.with_columns(
                published=name, summed=f"{name}_summed", parts="_children", same=pl.col(f"{name}_same") == pl.col(name)
            )
            yield _judge(figures, sums, kind="places", total=name, note="", of=f"{below} in {level}")


def _judge(figures: pl.DataFrame, sums: pl.DataFrame, *, kind: str, total: str, note: str, of: str) -> Found:
    has = sums.filter(pl.col("published").is_not_null())
    complete = has.filter(pl.col("summed").is_not_null())
    # counts are whole numbers, which floats hold exactly: no tolerance is needed
    wrong = complete.filter(pl.col("published") != pl.col("summed"))
    check = {
        "kind": kind,
        "total": total,
        "of": of,
        "rows": has.height,
        "complete": complete.height,
        "held": complete.height - wrong.height,
        "differ": wrong.height,
    }
    said = wrong.select(
        *_names(figures),
        kind=pl.lit(kind),
        total=pl.lit(total),
        of=pl.lit(of),
        published=pl.col("published").cast(pl.Int64),
        summed=pl.col("summed").cast(pl.Int64),
        difference=(pl.col("published") - pl.col("summed")).cast(pl.Int64),
        parts=pl.col("parts").cast(pl.Int64),
        note=pl.when(pl.col("same")).then(pl.lit("Each part carries the figure of the whole")).otherwise(pl.lit(note)),
    )
    return check, said


def _names(figures: pl.DataFrame) -> list[str]:
    """The columns that say what a row is about: period, place and filters."""
    return [
        name
        for name, type_ in figures.schema.items()
        if name in KEYS or (type_ == cast(Any, pl.String) and not name.endswith(STATUS))
    ]
