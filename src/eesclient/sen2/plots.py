"""Charts of a return, from the counts of its summary alone: no record of a person is in any; they need altair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from .errors import SEN2Error
from .page import MADE_UP
from .returns import Return
from .summary import DISCLOSIVE, TWENTY_WEEKS, Summary

if TYPE_CHECKING:
    import altair as alt

__all__ = ["ages", "dashboard", "needs", "outcomes", "reviews", "timeliness"]

Counted: TypeAlias = Return | Summary
"""What a chart can be made of."""

_WEEK = 7
_WIDTH = 360
_RANKS = {"SENtype rank 1": "rank 1", "SENtype rank 2": "rank 2", "SENtype other rank": "another rank or none"}
_AGED = {"age": "All persons", "age with a plan": "Persons with an active plan"}
_TAKEN = {"days": "without an exception", "days_exception": "with an exception (Week20)"}
_REVIEWED = {"ReviewMeeting": "Review meetings", "LastReview": "Decisions after reviews"}
_DECIDED = {"RequestOutcome": "Requests", "AssessmentOutcome": "Assessments"}


def timeliness(of: Counted) -> alt.LayerChart:
    """A chart of the days from request to plan, week by week, with a line after 20 weeks (140 days).

    Plans that started in the year before the census day; those with an exception (Week20) are apart.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    taken = _series(summary, _TAKEN).filter(pl.col("code").is_not_null())
    # a week ends with the day that it is counted by, so that the 140th day stands before the line
    end = (pl.col("code").cast(pl.Float64) / _WEEK).ceil().cast(pl.Int64) * _WEEK
    weeks = taken.group_by("series", end=end).agg(pl.col("count").sum()).sort("end", "series")
    bars = _chart(weeks.select("series", "end", "count", begin=pl.col("end") - _WEEK)).mark_bar()
    bars = bars.encode(
        x=vega.X("begin:Q", bin="binned", title="Days from request to plan"),
        x2="end",
        y=vega.Y("sum(count):Q", title="Plans"),
        color=vega.Color("series:N", title=None, sort=list(_TAKEN.values())),
    )
    line = _chart(pl.DataFrame({"days": [TWENTY_WEEKS]})).mark_rule(strokeDash=[4, 4]).encode(x="days:Q")
    unknown = summary.timeliness["no_request"][0]
    left = f"{unknown:,} without a day of their request" if unknown else ""
    title = _title(summary, "Days from request to plan", left)
    chart: alt.LayerChart = vega.layer(bars, line).properties(title=title, width=_WIDTH)
    return chart


def outcomes(of: Counted) -> alt.Chart:
    """A chart of the outcomes of requests and of assessments.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    bars = _bars(summary, _DECIDED, "Outcomes of requests and assessments", "Records")
    rows = bars.encode(row=vega.Row("series:N", title=None, sort=list(_DECIDED.values())))
    # each has outcomes of its own
    chart: alt.Chart = rows.resolve_scale(y="independent")
    return chart


def needs(of: Counted) -> alt.Chart:
    """A chart of the needs of active plans, by rank.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    chart = _bars(summary, _RANKS, "Needs of active plans", "Needs")
    ranked: alt.Chart = chart.encode(color=vega.Color("series:N", title=None, sort=list(_RANKS.values())))
    return ranked


def ages(of: Counted) -> alt.Chart:
    """A chart of ages in completed years on the census day: of all persons, and of those with an active plan.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    # who was born after the census day, or has no day, has words in place of an age
    counted = _series(summary, _AGED).with_columns(age=pl.coalesce("code", "label"))
    chart: alt.Chart = (
        _chart(counted.select("series", "age", "count"))
        .mark_bar()
        .encode(
            x=vega.X("age:N", sort=_order(counted, "age"), title="Age on the census day"),
            xOffset=vega.XOffset("series:N", sort=list(_AGED.values())),
            y=vega.Y("count:Q", title="Persons"),
            color=vega.Color("series:N", title=None, sort=list(_AGED.values())),
        )
        .properties(title=_title(summary, "Ages"), width=_WIDTH)
    )
    return chart


def reviews(of: Counted) -> alt.Chart:
    """A chart of review meetings and of decisions after reviews, by month.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    counted = _series(summary, _REVIEWED)
    months = counted.filter(pl.col("code").is_not_null()).select("series", "count", month="code")
    undated = counted.filter(pl.col("code").is_null())
    left = "; ".join(f"{series} without a day: {count:,}" for series, count in undated.select("series", "count").rows())
    chart: alt.Chart = (
        _chart(months)
        .mark_line(point=True)
        .encode(
            x=vega.X("month:O", title="Month"),
            y=vega.Y("count:Q", title="Active plans"),
            color=vega.Color("series:N", title=None, sort=list(_REVIEWED.values())),
        )
        .properties(title=_title(summary, "Annual reviews by month", left), width=_WIDTH)
    )
    return chart


def dashboard(of: Counted) -> alt.VConcatChart:
    """All five charts on one page.

    Args:
        of: A return or its summary.

    Raises:
        SEN2Error: altair is not installed.
    """
    vega, summary = _altair(), _summary(of)
    # each chart keeps its own colours and legend: Vega would make them share one
    above = vega.hconcat(timeliness(summary), ages(summary)).resolve_scale(color="independent")
    below = vega.hconcat(outcomes(summary), needs(summary)).resolve_scale(color="independent")
    page = vega.vconcat(above, below, reviews(summary)).resolve_scale(color="independent")
    chart: alt.VConcatChart = page.properties(title=_title(summary, "Summary"))
    return chart


def _altair() -> Any:
    try:
        import altair as alt
    except ImportError as error:
        raise SEN2Error("charts of a return need altair: pip install 'eesclient[sen2]'") from error
    return alt


def _summary(of: Counted) -> Summary:
    return of if isinstance(of, Summary) else of.summary()


def _series(summary: Summary, measures: dict[str, str]) -> pl.DataFrame:
    """The counts of some measures, each under its name in the chart."""
    held = summary.frame.filter(pl.col("measure").is_in(list(measures)))
    return held.with_columns(series=pl.col("measure").replace_strict(measures, return_dtype=pl.String))


def _order(counted: pl.DataFrame, column: str) -> list[str]:
    """The values of a column: numbers by size, then words."""
    number = pl.col(column).cast(pl.Int64, strict=False)
    return counted.select(column).unique().sort(number, column, nulls_last=True)[column].to_list()


def _chart(data: pl.DataFrame) -> alt.Chart:
    vega = _altair()
    # plain rows stand in the chart as they are, whatever is installed beside altair and however many there are
    chart: alt.Chart = vega.Chart(vega.InlineData(values=data.to_dicts()))
    return chart


def _bars(summary: Summary, measures: dict[str, str], title: str, counts: str) -> alt.Chart:
    """A bar for each code, named by its words, in the order of the list."""
    vega = _altair()
    coded = pl.when(pl.col("code") != "").then(pl.format("{} ({})", "label", "code")).otherwise("label")
    counted = _series(summary, measures).with_columns(what=coded)
    chart: alt.Chart = (
        _chart(counted.select("series", "what", "count"))
        .mark_bar()
        .encode(
            x=vega.X("sum(count):Q", title=counts),
            y=vega.Y("what:N", title=None, sort=list(dict.fromkeys(counted["what"])), axis=vega.Axis(labelLimit=300)),
        )
        .properties(title=_title(summary, title), width=_WIDTH)
    )
    return chart


def _title(summary: Summary, title: str, *more: str) -> Any:
    made = "SYNTHETIC: " if summary.synthetic else ""
    said = [MADE_UP] if summary.synthetic else []
    return _altair().TitleParams(
        text=f"{made}{title}, SEN2 return of {summary.year}", subtitle=[*said, *filter(None, more), DISCLOSIVE]
    )
