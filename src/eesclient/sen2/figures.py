"""A return as the figures that are published of it, by the names of their files and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import polars as pl

from .errors import SEN2Error
from .groups import YES, Groups
from .returns import Return, require_return
from .specification import Row, rows

FIGURES = pl.Schema(
    {
        "file": pl.String,
        "column": pl.String,
        "time_period": pl.String,
        "time_identifier": pl.String,
        "value": pl.Float64,
        "text": pl.String,
        "confidence": pl.String,
        "note": pl.String,
        "why_not": pl.String,
    }
)
"""Columns of what `summarise` gives.

- `file` and `column` as in *Education, health and care plans* of 2025; `time_period` and `time_identifier` likewise.
- `value` is a count of records, or a share in per cent with one decimal place; `text` is what an officer's column says.
- `confidence`: A where sources agree that the column is this count, B where one says so, C where it is inference.
- `why_not`: why there is no value, or null where there is one.
"""

FLOWS = frozenset(
    ["requests", "assessments", "newplans", "timeliness_20_week", "sen_need_newplans", "annual_reviews", "ceased_plans"]
)
"""Files about the calendar year before the census day; the others are about the census day itself, by academic year."""

# words of the published file, which are not those of the guide
OFFICERS = {"Y": "Yes", "N": "No", "R": "Recruiting"}

_NO_SCHOOLS = "school types stand in GIAS, not in a return: give an extract of it as schools="


def summarise(return_: Return, *, schools: pl.DataFrame | None = None) -> pl.DataFrame:
    """Count a return as its figures are published: the row `All …` of the authority in each file.

    How the department counts is not public in full: `confidence` and `note` say how well each count is established, and
    no count is claimed to be the published one; `reconcile` holds the two side by side.

    Args:
        return_: A return.
        schools: An extract of Get Information About Schools with the columns `URN` and `TypeOfEstablishment (name)`.
            Without it, columns by type of school have no value. Which type goes to which column is inference.

    Returns:
        A row for each figure: `file` and `column` by their published names, `time_period` and `time_identifier`,
        `value` (a count of records, or per cent with one decimal place), `text` (an officer's word), `confidence` (A
        where sources agree that the column is this count, B where one says so, C where it is inference), `note`, and
        `why_not` (why there is no value, or null).

    Raises:
        SEN2Error: It is no return, or `schools` is no frame or lacks a column.
    """
    require_return(return_)
    if not isinstance(schools, pl.DataFrame | None):
        raise SEN2Error(f"schools={schools!r}: give a Polars frame, as polars.read_csv(...) reads one")
    groups = Groups(return_)
    made = [*_counted(groups), *_by_school(groups, schools)]
    return pl.DataFrame(made, schema=FIGURES)


def _counted(groups: Groups) -> Iterator[dict[str, object]]:
    values: dict[tuple[str, str], float | None] = {}
    for row in _expanded(groups.of):
        figure = _figure(row, groups.of)
        if row["counts"] == "%":
            figure["value"] = _share(row, values)
            figure["why_not"] = None if figure["value"] is not None else "there is nothing to take the share of"
        elif row["counts"] == "authority":
            figure.update(_officer(groups.of, row["where"]))
        else:
            figure.update(_count(groups, row))
        values[row["file"], row["column"]] = figure["value"]  # type: ignore[assignment]
        yield figure


def _expanded(return_: Return) -> Iterator[Row]:
    """The rows of `figures.csv` with the needs and the years that their names stand for."""
    year = return_.year % 100
    for row in rows("figures"):
        column = re.sub(r"\{yy(-1)?\}", lambda found: f"{year - bool(found[1]):02}", row["column"])
        if "{need}" not in column:
            yield {**row, "column": column}
            continue
        for code in return_.specification.lists["need"].codes:
            # these two are counted together
            if code not in ("OTH", "DS"):
                named = column.replace("{need}", code.lower())
                yield {**row, "column": named, "where": row["where"].replace("{code}", code)}


def _figure(row: Row, return_: Return) -> dict[str, object]:
    flow = row["file"] in FLOWS
    year = return_.year
    if row["file"] == "sen2_dmo_dco":
        period, identifier = f"{year}", "Calendar year"
    else:
        period = f"{year - 1}" if flow else f"{year - 1}{year % 100:02}"
        identifier = "Calendar year" if flow else "Academic year"
    return {
        "file": row["file"],
        "column": row["column"],
        "time_period": period,
        "time_identifier": identifier,
        "value": None,
        "text": None,
        "confidence": row["confidence"],
        "note": row["note"] or None,
        "why_not": None,
    }


def _count(groups: Groups, row: Row) -> dict[str, object]:
    if lacking := groups.lacking(row["counts"], row["where"]):
        return {"why_not": f"the return of {groups.of.year} has no {' or '.join(lacking)}"}
    return {"value": float(groups.records(row["counts"], row["where"]).select(pl.len()).collect().item())}


def _officer(return_: Return, column: str) -> dict[str, object]:
    if column not in return_.authority.columns:
        return {"why_not": f"the return of {return_.year} has no {column}"}
    codes = return_.authority[column].drop_nulls().to_list()
    # the file has one row an authority: of two Sources neither is the right one
    if len(codes) != 1:
        return {"why_not": f"{column} is not there" if not codes else f"{column} is there {len(codes)} times"}
    return {"text": OFFICERS.get(codes[0], codes[0])}


def _share(row: Row, values: Mapping[tuple[str, str], float | None]) -> float | None:
    part, _, whole = row["where"].partition("/")
    parts = [values[row["file"], name] for name in (part, *whole.split("+"))]
    if None in parts or not (total := sum(parts[1:])):  # type: ignore[arg-type]
        return None
    # as they are published
    return round(100 * parts[0] / total, 1)  # type: ignore[operator]


def _by_school(groups: Groups, schools: pl.DataFrame | None) -> Iterator[dict[str, object]]:
    """Columns by type of school, of the settings on the census day and of new plans."""
    columns = dict.fromkeys(
        f"{row['column']}{suffix}"
        for row in rows("school_types")
        for suffix in (("", "_resourced_provision", "_senunit") if row["provision"] else ("",))
    )
    for file, group in (("caseload", "settings"), ("newplans", "new_settings")):
        counts = None if schools is None else _school_counts(groups.group(group), schools)
        for column in columns:
            note = "Which type of school goes to which column is inference"
            row = {"file": file, "column": column, "confidence": "C", "note": note}
            why = {"why_not": _NO_SCHOOLS} if counts is None else {"value": float(counts.get(column, 0))}
            yield {**_figure(row, groups.of), **why}


def _school_counts(settings: pl.DataFrame, schools: pl.DataFrame) -> dict[str, int]:
    if missing := [name for name in ("URN", "TypeOfEstablishment (name)") if name not in schools.columns]:
        raise SEN2Error(f"schools= has no column {' or '.join(missing)}: give an extract of all establishments of GIAS")
    types = pl.DataFrame(rows("school_types"))
    known = schools.select(URN=pl.col("URN").cast(pl.String), type=pl.col("TypeOfEstablishment (name)")).unique("URN")
    placed = settings.join(known, on="URN").join(types, on="type")
    divided = pl.col("provision") == "y"
    suffix = (
        pl.when(divided & pl.col("SENunitIndicator").is_in(YES))
        .then(pl.lit("_senunit"))
        .when(divided & pl.col("ResourcedProvisionIndicator").is_in(YES))
        .then(pl.lit("_resourced_provision"))
        .otherwise(pl.lit(""))
    )
    counted = placed.group_by(pl.col("column") + suffix).len()
    return dict(counted.iter_rows())
