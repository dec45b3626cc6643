"""A return at a glance: counts that add up, and what is calculated from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import TypeAlias

import polars as pl

from .._classes import frozen
from ..errors import printable
from .errors import SEN2Error
from .groups import DAYS, Groups, days_between
from .page import MADE_UP, escaped, row_html, table_html
from .returns import Return, marked, may_be_shown
from .specification import Element, Row, Specification, rows, specification

SUMMARY = pl.Schema(
    {"section": pl.String, "measure": pl.String, "label": pl.String, "code": pl.String, "count": pl.Int64}
)
"""Columns of `Summary.frame`."""

OFFICERS = pl.Schema({"authority": pl.String, "officer": pl.String, "label": pl.String, "code": pl.String})
"""Columns of `Summary.officers`."""

DISCLOSIVE = "Small numbers can tell who somebody is: this is for the authority itself, not for publication."
"""What every form of a summary says."""

NOT_GIVEN, EMPTY, UNLISTED, NO_CODE = "not given", "empty", "not in the code list", "a text that is no code"
"""Labels of what has none: an absent element, one without text, a code of no list, a text that may be a person's."""

TWENTY_WEEKS = 140
"""Days from the request within which a plan is to be issued."""

Line: TypeAlias = tuple[str, str, str]

_RECORDS = "Records"
_MIDDLE = {"age": "years", "age with a plan": "years", "days": "days", "days_exception": "days"}
_IDENTIFIED = {"URN": "School or provider by its URN", "UKPRN": "Provider by its UKPRN"}
_KEYS = ["section", "measure", "label", "code"]


@frozen(kw_only=True, repr=False, eq=False)
class Summary:
    """Counts of a return's records; no value of a person stands in it, but small counts can tell who somebody is.

    It is additive: the summaries of the parts that a return's persons are divided into add up to the return's own.

    Attributes:
        frame: A row for each count: `section`, `measure` (a tag, or our name for what is counted), `label` in words,
            `code`, and `count`. Codes of the year's lists have a row even if none is there; a code that the year lacks
            has its own, if it looks like a code. `code` is null where there is none, and in counts of records. Ages are
            in completed years on the year's census day; days and months stand in `code` as numbers.
        officers: What the header says of the authority's officers: `authority`, `officer`, `label`, `code`. It is about
            the authority and not a count: what parts have in common is there once in their sum.
        year: Year of the return.
        synthetic: Whether the return, or a part of it, says that it is synthetic.
    """

    frame: pl.DataFrame
    officers: pl.DataFrame
    year: int
    synthetic: bool

    def __add__(self, other: Summary) -> Summary:
        """The summary of both: of two parts of a return, or of two authorities' returns of a year."""
        if not isinstance(other, Summary):
            return NotImplemented
        if self.year != other.year:
            raise SEN2Error(f"summaries of {self.year} and {other.year} cannot be added: take two of a year")
        # parts of one return have the same authority: to add its officers would count them twice
        officers = pl.concat([self.officers, other.officers]).unique()
        return Summary(
            frame=_total([self.frame, other.frame], self.year),
            officers=officers.sort(pl.all(), nulls_last=True),
            year=self.year,
            synthetic=self.synthetic or other.synthetic,
        )

    def equals(self, other: Summary) -> bool:
        """Whether two summaries say the same."""
        return (
            (self.year, self.synthetic) == (other.year, other.synthetic)
            and self.frame.equals(other.frame)
            and self.officers.equals(other.officers)
        )

    def count(self, measure: str, code: str | None = None) -> int:
        """How many there are of a measure: with a code, or in all.

        Args:
            measure: As in `frame`; the name of a table counts its records.
            code: As in `frame`.

        Raises:
            SEN2Error: There is no such measure.
        """
        spec = specification(self.year)
        if measure not in [*spec.tables, *(row["measure"] for row in _measures(spec))]:
            raise SEN2Error(f"the summary of {self.year} has no measure {measure!r}: see `measure` in its frame")
        found = self.frame.filter(pl.col("measure") == measure)
        return int(found.filter(True if code is None else pl.col("code") == code)["count"].sum())

    @cached_property
    def shares(self) -> pl.DataFrame:
        """`frame` with `share`: the per cent that a row is of its measure, or null where it is the measure's only row.

        They are calculated from the sum: the shares of a whole are no sum of those of its parts.
        """
        over = ["section", "measure"]
        whole = pl.col("count").sum().over(over)
        divided = (pl.len().over(over) > 1) & (whole > 0)
        return self.frame.with_columns(share=pl.when(divided).then(100 * pl.col("count") / whole))

    @cached_property
    def medians(self) -> pl.DataFrame:
        """Medians of ages and of days from request to plan: `measure`, `median` (null where none is known), `unit`."""
        return pl.DataFrame(
            [(measure, self._numbers(measure).median(), unit) for measure, unit in _MIDDLE.items()],
            schema={"measure": pl.String, "median": pl.Float64, "unit": pl.String},
            orient="row",
        )

    @cached_property
    def timeliness(self) -> pl.DataFrame:
        """Plans that started in the year before, by the days from their request, with exceptions and without.

        Returns:
            Two rows: `plans` (`all`, `without exceptions`), `issued` (how many have a day of the request),
            `within_20_weeks` (140 days), `share` of these in per cent, `median_days`, and `no_request` (how many have
            no day of the request).
        """
        found = []
        for name, measures in (("all", ["days", "days_exception"]), ("without exceptions", ["days"])):
            days = pl.concat([self._numbers(measure) for measure in measures])
            within = int((days <= TWENTY_WEEKS).sum())
            share = 100 * within / days.len() if days.len() else None
            unknown = sum(map(self.count, measures)) - days.len()
            found.append((name, days.len(), within, share, days.median(), unknown))
        columns = {"plans": pl.String, "issued": pl.Int64, "within_20_weeks": pl.Int64}
        more = {"share": pl.Float64, "median_days": pl.Float64, "no_request": pl.Int64}
        return pl.DataFrame(found, schema={**columns, **more}, orient="row")

    def to_text(self) -> str:
        """The summary in words: what is there, and of days from request to plan what `timeliness` says."""
        lines = [f"SEN2 return of {self.year}: summary", *self._notices()]
        for section, measures in self._sections():
            lines += ["", section]
            for title, shown in measures:
                lines += [f"  {title}" if shown else f"  {title}: none"] if title else []
                indent = "    " if title else "  "
                lines += [f"{indent}{label}: {' '.join(filter(None, cells))}" for label, *cells in shown]
        return printable("\n".join(lines))

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        counts = f"{self.count('persons'):,} persons, {self.count('active_plans'):,} active plans"
        return f"<{marked(self.synthetic)}Summary of {self.year}: {counts}>"

    def _repr_html_(self) -> str:
        said = "".join(f"<p><strong>{escaped(notice)}</strong></p>" for notice in self._notices())
        body = ""
        for section, measures in self._sections():
            body += f"<h2>{escaped(section)}</h2>"
            for title, shown in measures:
                cells = "".join(row_html(*line) for line in shown)
                body += table_html(title or section, ("What", "Count", "Share"), cells or row_html("none"))
        return f"<h1>{escaped(f'SEN2 return of {self.year}: summary')}</h1>{said}{body}"

    def _notices(self) -> Iterator[str]:
        if self.synthetic:
            yield MADE_UP
        yield DISCLOSIVE

    def _numbers(self, measure: str) -> pl.Series:
        """What was counted, one by one, where it is a number."""
        counted = self.frame.filter(pl.col("measure") == measure, pl.col("code").is_not_null())
        # counts add up over the parts of a return, medians do not: they are made anew from what was counted
        return counted["code"].cast(pl.Int64).repeat_by(counted["count"]).explode().drop_nulls()

    def _sections(self) -> Iterator[tuple[str, list[tuple[str, list[Line]]]]]:
        """What is shown: sections, their measures by title, and lines of a label, a count and a share."""
        spec = specification(self.year)
        held = {name: part for (name,), part in self.shares.group_by("measure", maintain_order=True)}
        counts = [line for name in spec.tables if name in held for line in _lines(held[name])]
        yield _RECORDS, [("", counts)]
        for section, measures in groupby(_measures(spec), lambda row: row["section"]):
            if section == "Timeliness":
                yield section, [("Plans that started in the year before", list(self._in_time()))]
                continue
            shown: list[tuple[str, list[Line]]] = []
            for row in measures:
                if row["by"]:
                    there = held.get(row["measure"], self.shares.clear()).filter(pl.col("count") > 0)
                    shown.append((row["title"], list(_lines(there, coded=":" not in row["by"]))))
                else:
                    shown.append(("", list(_lines(held[row["measure"]]))))
            yield section, shown
        said = [(f"{row['authority']} {row['officer']}", row["label"], "") for row in self.officers.to_dicts()]
        yield "Officers of the authority", [("", said)]

    def _in_time(self) -> Iterator[Line]:
        for row in self.timeliness.to_dicts():
            yield f"{row['plans']}, with a day of their request", f"{row['issued']:,}", ""
            yield f"{row['plans']}, within 20 weeks", f"{row['within_20_weeks']:,}", _per_cent(row["share"])
            if row["median_days"] is not None:
                yield f"{row['plans']}, median of days from request to plan", f"{row['median_days']:g}", ""
            yield f"{row['plans']}, without a day of their request", f"{row['no_request']:,}", ""


def summary(return_: Return) -> Summary:
    """Count a return's records; see `Return.summary`."""
    groups = Groups(return_)
    spec = return_.specification
    counted = pl.collect_all([_counted(groups, row) for row in _measures(spec)])
    return Summary(
        frame=_total([_records(return_), *counted], return_.year),
        officers=_officers(return_),
        year=return_.year,
        synthetic=return_.synthetic,
    )


def _measures(spec: Specification) -> Iterator[Row]:
    """The rows of `summary.csv` whose elements the year has."""
    there = {element.name for element in spec.elements}
    # what is counted without an element, by ours of settings, and by days between two dates
    there |= {"", "setting", *DAYS}
    return (row for row in rows("summary") if row["by"].rpartition(":")[2] in there)


def _records(return_: Return) -> pl.DataFrame:
    # the authority is no record of a person, and stands among the officers
    tables = [table for table in return_.specification.tables.values() if table.parent or table.name == "persons"]
    made = [(_RECORDS, table.name, table.title, None, return_.frames[table.name].height) for table in tables]
    return pl.DataFrame(made, schema=SUMMARY, orient="row")


def _counted(groups: Groups, row: Row) -> pl.LazyFrame:
    """What a row of `summary.csv` counts, a row for each code that is there."""
    found = groups.records(row["counts"], row["where"])
    kind, _, column = row["by"].rpartition(":")
    if column:
        spec = groups.of.specification
        counts = found.group_by(_code(kind, column, spec)).agg(count=pl.len()).with_columns(_label(kind, column, spec))
    else:
        counts = found.select(pl.lit(None).alias("code"), pl.lit(row["title"]).alias("label"), pl.len().alias("count"))
    said = {"section": pl.lit(row["section"]), "measure": pl.lit(row["measure"])}
    return counts.select(**said, label="label", code="code", count="count").cast(SUMMARY)


def _code(kind: str, column: str, spec: Specification) -> pl.Expr:
    """What a record is counted by."""
    value = pl.col(column) if column not in DAYS and column != "setting" else _setting()
    if kind == "age":
        value = _age(value, spec.year.census_day)
    elif kind == "days":
        value = days_between(*DAYS[column])
    elif kind:
        value = value.dt.strftime("%Y-%m" if kind == "month" else "%Y")
    return value.cast(pl.String).alias("code")


def _label(kind: str, column: str, spec: Specification) -> list[pl.Expr]:
    """The words of a code, and the code; of one that a list lacks, if it can hardly be a value of a person."""
    code = pl.col("code")
    if kind:
        before = pl.when(code.str.starts_with("-") & (kind == "age")).then(pl.lit("born after the census day"))
        label = before.otherwise(code if kind == "year" else _SAID[kind](code))
        return [label.fill_null(NOT_GIVEN).alias("label")]
    known = _labels(column, spec)
    # what stands where a code is expected may be a name: it is told only if it is like a code
    fit = code.is_in([*known, ""]) | may_be_shown(code)
    listed = code.replace_strict(known, default=pl.lit(UNLISTED), return_dtype=pl.String)
    label = pl.when(code.is_null()).then(pl.lit(NOT_GIVEN)).when(code == "").then(pl.lit(EMPTY))
    return [
        label.when(fit).then(listed).otherwise(pl.lit(NO_CODE)).alias("label"),
        pl.when(fit).then(code).alias("code"),
    ]


_SAID: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "age": lambda code: pl.format("aged {}", code),
    "days": lambda code: pl.format("{} days", code),
    "month": lambda code: (code + "-01").str.to_date("%Y-%m-%d").dt.strftime("%B %Y"),
}


def _setting() -> pl.Expr:
    """What says where somebody is placed: the kind of setting, or else the number of a school or provider."""
    filled = [pl.when(pl.col(name) != "").then(pl.lit(name)) for name in _IDENTIFIED]
    return pl.coalesce(pl.when(pl.col("SENSetting") != "").then("SENSetting"), *filled, "SENSetting")


def _labels(column: str, spec: Specification) -> dict[str, str]:
    """The known codes that a measure counts by, with their labels."""
    if column == "setting":
        return {**_labels("SENSetting", spec), **_IDENTIFIED}
    element: Element = spec.find(column)[0]
    return spec.lists[element.values].labels


def _age(born: pl.Expr, day: date) -> pl.Expr:
    """Completed years on a day; a birthday on 29 February is on 1 March in other years."""
    # by month and day, as a difference of days knows nothing of leap years
    not_yet = (born.dt.month() > day.month) | ((born.dt.month() == day.month) & (born.dt.day() > day.day))
    return day.year - born.dt.year() - not_yet.cast(pl.Int32)


def _known(year: int) -> pl.DataFrame:
    """A row that counts nothing for each code of the year's lists, and for each plain count."""
    spec = specification(year)
    made: list[tuple[str, str, str, str | None, int]] = []
    for row in _measures(spec):
        if not row["by"]:
            made.append((row["section"], row["measure"], row["title"], None, 0))
        elif ":" not in row["by"]:
            made += [
                (row["section"], row["measure"], label, code, 0) for code, label in _labels(row["by"], spec).items()
            ]
    return pl.DataFrame(made, schema=SUMMARY, orient="row")


def _total(frames: Iterable[pl.DataFrame], year: int) -> pl.DataFrame:
    """The sum of counts in one order: measures as in the table, known codes as in their lists, then the others."""
    # with a row for each known code, though nothing has it, summaries of parts have the rows of that of the whole
    known = _known(year)
    summed = pl.concat([known, *frames]).group_by(_KEYS).agg(pl.col("count").sum())
    order = [(_RECORDS, name) for name in specification(year).tables]
    order += [(row["section"], row["measure"]) for row in rows("summary")]
    measures = pl.DataFrame(order, schema=["section", "measure"], orient="row").with_row_index("_measure")
    codes = known.select(_KEYS).unique(maintain_order=True).with_row_index("_code")
    placed = summed.join(measures, on=["section", "measure"]).join(codes, on=_KEYS, how="left", nulls_equal=True)
    number = pl.col("code").cast(pl.Int64, strict=False)
    return placed.sort("_measure", "_code", number, "code", "label", nulls_last=True).select(list(SUMMARY))


def _officers(return_: Return) -> pl.DataFrame:
    spec = return_.specification
    named = [element for element in spec.columns("authority") if element.values == "officer"]
    parts = [
        return_.authority.select(authority="LEA", officer=pl.lit(element.name), code=element.name).with_columns(
            _label("", element.name, spec)
        )
        for element in named
    ]
    return pl.concat(parts).select(list(OFFICERS)).unique().sort(pl.all(), nulls_last=True)


def _lines(held: pl.DataFrame, *, coded: bool = False) -> Iterator[Line]:
    for label, code, count, share in held.select("label", "code", "count", "share").iter_rows():
        yield f"{label} ({code})" if coded and code else label, f"{count:,}", _per_cent(share)


def _per_cent(share: float | None) -> str:
    return "" if share is None else f"({share:.1f} %)"
