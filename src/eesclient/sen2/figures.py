"""A return as the figures that are published of it, by the names of their files and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import attrs
import polars as pl

from .errors import SEN2Error
from .returns import Return
from .specification import Row, rows

YES = ["1", "true"]
"""Codes of a flag that is set; one source takes `true` too."""

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

OFFICERS = {"Y": "Yes", "N": "No", "R": "Recruiting"}

_DAYS = {
    "decided": ("RequestOutcomeDate", "ReceivedDate"),
    "assessed": ("AssessmentOutcomeDate", "ReceivedDate"),
    "issued": ("StartDate", "ReceivedDate"),
    "reviewed": ("LastReview", "ReviewMeeting"),
}
_IN_YEAR = {"received": "ReceivedDate", "started": "StartDate", "ceased": "CeaseDate"}
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
        A row for each figure, as `FIGURES` says.

    Raises:
        SEN2Error: `schools` lacks a column.
    """
    groups = _Groups(return_)
    made = [*_counted(groups), *_by_school(groups, schools)]
    return pl.DataFrame(made, schema=FIGURES)


@attrs.frozen
class _Groups:
    """The groups of records that figures count, each with the dates and codes that its conditions need."""

    of: Return

    def group(self, name: str) -> pl.DataFrame:
        """A group of ours, or a frame of the return."""
        found: pl.DataFrame = getattr(self if hasattr(self, name) else self.of, name)
        return found

    @cached_property
    def flags(self) -> frozenset[str]:
        return frozenset(e.name for e in self.of.specification.elements if e.values == "flag")

    @cached_property
    def assessments(self) -> pl.DataFrame:
        return self.of.assessments.join(self.of.requests.drop("line"), on="request", how="left")

    @cached_property
    def named_plans(self) -> pl.DataFrame:
        return self.of.named_plans.join(self.assessments.drop("line"), on="assessment", how="left")

    @cached_property
    def active_plans(self) -> pl.DataFrame:
        needs = self.needs.select("active_plan", no_need=False)
        return self.of.active_plans.join(needs, on="active_plan", how="left").with_columns(
            pl.col("no_need").fill_null(value=True)
        )

    @cached_property
    def needs(self) -> pl.DataFrame:
        return _first(self.of.sen_needs, "active_plan", "SENtypeRank")

    @cached_property
    def settings(self) -> pl.DataFrame:
        return _first(self.of.placements, "active_plan", "PlacementRank")

    @cached_property
    def new_settings(self) -> pl.DataFrame:
        started = self.named_plans.filter(self._in_year("StartDate")).select("named_plan")
        return _first(self.of.plan_details, "named_plan", "PlacementRank").join(started, on="named_plan", how="semi")

    @cached_property
    def new_needs(self) -> pl.DataFrame:
        started = self.named_plans.filter(self._in_year("StartDate")).select("request").unique()
        plans = self.of.active_plans.join(started, on="request", how="semi")
        return self.needs.join(plans, on="active_plan", how="semi")

    @cached_property
    def open_plans(self) -> pl.DataFrame:
        return self.named_plans.join(self.of.active_plans, on="request", how="semi")

    @cached_property
    def residence(self) -> pl.DataFrame:
        if "Res" in self.of.active_plans.columns:
            return self.of.active_plans
        # a plan counts once, by the first of its placements that says anything
        said = self.of.placements.sort("PlacementRank", maintain_order=True, nulls_last=True)
        return said.group_by("active_plan", maintain_order=True).agg(pl.col("Res", "WBP").drop_nulls().first())

    def _in_year(self, column: str) -> pl.Expr:
        return pl.col(column).dt.year() == self.of.year - 1

    def condition(self, word: str) -> pl.Expr:
        """The condition that a word of `figures.csv` says."""
        if word in _IN_YEAR:
            return self._in_year(_IN_YEAR[word])
        if word in ("has_request", "no_need"):
            return pl.col("ReceivedDate").is_not_null() if word == "has_request" else pl.col("no_need")
        if days := re.fullmatch(r"(\w+)(<=|>)(\d+)", word):
            end, begin = _DAYS[days[1]]
            took = (pl.col(end) - pl.col(begin)).dt.total_days()
            return took <= int(days[3]) if days[2] == "<=" else took > int(days[3])
        if when := re.fullmatch(r"(\w+)@(<?)(any|-?\d)", word):
            year = pl.col(when[1]).dt.year()
            if when[3] == "any":
                return year.is_not_null()
            limit = self.of.year + int(when[3])
            return year < limit if when[2] else year == limit
        column, no, value = re.fullmatch(r"(\w+?)(!?)=(.*)", word).groups()  # type: ignore[union-attr]
        # nothing and an empty element are both no code
        code = pl.col(column).fill_null("")
        among = code.is_in(YES if value == "1" and column in self.flags else value.split("|"))
        return ~among if no else among


def _first(frame: pl.DataFrame, key: str, rank: str) -> pl.DataFrame:
    """The record of rank 1 of each plan; where none has it, the first."""
    return frame.sort(pl.col(rank) != "1", maintain_order=True, nulls_last=True).unique(
        key, keep="first", maintain_order=True
    )


def _counted(groups: _Groups) -> Iterator[dict[str, object]]:
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


def _count(groups: _Groups, row: Row) -> dict[str, object]:
    frame = groups.group(row["counts"])
    conditions = [groups.condition(word) for word in row["where"].split()]
    needed = {name for condition in conditions for name in condition.meta.root_names()}
    if lacking := sorted(needed - set(frame.columns)):
        return {"why_not": f"the return of {groups.of.year} has no {' or '.join(lacking)}"}
    return {"value": float(frame.filter(*conditions).height)}


def _officer(return_: Return, column: str) -> dict[str, object]:
    if column not in return_.authority.columns:
        return {"why_not": f"the return of {return_.year} has no {column}"}
    codes = return_.authority[column].drop_nulls().to_list()
    if len(codes) != 1:
        return {"why_not": f"{column} is not there" if not codes else f"{column} is there {len(codes)} times"}
    return {"text": OFFICERS.get(codes[0], codes[0])}


def _share(row: Row, values: Mapping[tuple[str, str], float | None]) -> float | None:
    part, _, whole = row["where"].partition("/")
    parts = [values[row["file"], name] for name in (part, *whole.split("+"))]
    if None in parts or not (total := sum(parts[1:])):  # type: ignore[arg-type]
        return None
    return round(100 * parts[0] / total, 1)  # type: ignore[operator]


def _by_school(groups: _Groups, schools: pl.DataFrame | None) -> Iterator[dict[str, object]]:
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
