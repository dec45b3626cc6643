"""The groups of records of a return that are counted, and the conditions by which; figures and summaries share them."""

from __future__ import annotations

import re
from functools import cached_property

import polars as pl

from .._classes import frozen
from .returns import Return

YES = ["1", "true", "TRUE"]
"""Codes of a flag that is set; one source takes `true` too, in small or capital letters."""

DAYS = {
    "decided": ("RequestOutcomeDate", "ReceivedDate"),
    "assessed": ("AssessmentOutcomeDate", "ReceivedDate"),
    "issued": ("StartDate", "ReceivedDate"),
    "reviewed": ("LastReview", "ReviewMeeting"),
}
_IN_YEAR = {"received": "ReceivedDate", "started": "StartDate", "ceased": "CeaseDate"}


@frozen
class Groups:
    """The groups of records that are counted, each with the dates and codes that its conditions need."""

    of: Return

    def group(self, name: str) -> pl.DataFrame:
        """A group of ours, or a frame of the return."""
        found: pl.DataFrame = getattr(self if hasattr(self, name) else self.of, name)
        return found

    def lacking(self, name: str, where: str, *columns: str) -> list[str]:
        """The columns that the year's return lacks, of those that the conditions `where` need, and of others."""
        needed = {root for condition in self._conditions(where) for root in condition.meta.root_names()}
        return sorted((needed | set(columns)) - set(self.group(name).columns))

    def records(self, name: str, where: str) -> pl.LazyFrame:
        """The records of a group that meet all of the conditions `where`, words with blanks between them."""
        return self.group(name).lazy().filter(*self._conditions(where))

    def _conditions(self, where: str) -> list[pl.Expr]:
        return [self.condition(word) for word in where.split()]

    @cached_property
    def flags(self) -> frozenset[str]:
        """The tags of elements that say yes or no."""
        return frozenset(e.name for e in self.of.specification.elements if e.values == "flag")

    @cached_property
    def assessments(self) -> pl.DataFrame:
        """Assessments, each with its request."""
        return self.of.assessments.join(self.of.requests.drop("line"), on="request", how="left")

    @cached_property
    def named_plans(self) -> pl.DataFrame:
        """Named plans, each with its assessment and request."""
        return self.of.named_plans.join(self.assessments.drop("line"), on="assessment", how="left")

    @cached_property
    def active_plans(self) -> pl.DataFrame:
        """Active plans, and whether they have `no_need`."""
        needs = self.needs.select("active_plan", no_need=False)
        return self.of.active_plans.join(needs, on="active_plan", how="left").with_columns(
            pl.col("no_need").fill_null(value=True)
        )

    @cached_property
    def needs(self) -> pl.DataFrame:
        """The first need of each active plan."""
        return first(self.of.sen_needs, "active_plan", "SENtypeRank")

    @cached_property
    def settings(self) -> pl.DataFrame:
        """The first placement of each active plan."""
        return first(self.of.placements, "active_plan", "PlacementRank")

    @cached_property
    def new_settings(self) -> pl.DataFrame:
        """The first setting of each plan that started in the year before the census day."""
        started = self.named_plans.filter(self._in_year("StartDate")).select("named_plan")
        return first(self.of.plan_details, "named_plan", "PlacementRank").join(started, on="named_plan", how="semi")

    @cached_property
    def new_needs(self) -> pl.DataFrame:
        """The first need of each plan that started in the year before, where it is active."""
        # needs stand with active plans alone: a plan that ceased within its first year has none
        started = self.named_plans.filter(self._in_year("StartDate")).select("request").unique()
        plans = self.of.active_plans.join(started, on="request", how="semi")
        return self.needs.join(plans, on="active_plan", how="semi")

    @cached_property
    def open_plans(self) -> pl.DataFrame:
        """Named plans of which there is an active one."""
        return self.named_plans.join(self.of.active_plans, on="request", how="semi")

    @cached_property
    def residence(self) -> pl.DataFrame:
        """What is said of residence and work of each active plan, once."""
        if "Res" in self.of.active_plans.columns:
            return self.of.active_plans
        # a plan counts once, by the first of its placements that says anything
        said = self.of.placements.sort("PlacementRank", maintain_order=True, nulls_last=True)
        codes = [pl.col(name).filter(pl.col(name) != "").first() for name in ("Res", "WBP")]
        return said.group_by("active_plan", maintain_order=True).agg(codes)

    @cached_property
    def persons_with_plans(self) -> pl.DataFrame:
        """Persons who have an active plan."""
        requests = self.of.requests.join(self.of.active_plans, on="request", how="semi")
        return self.of.persons.join(requests, on="person", how="semi")

    def _in_year(self, column: str) -> pl.Expr:
        # a return tells of the calendar year before its census day
        return pl.col(column).dt.year() == self.of.year - 1

    def condition(self, word: str) -> pl.Expr:
        """The condition that a word in the column `where` of a table says."""
        if word in _IN_YEAR:
            return self._in_year(_IN_YEAR[word])
        if word in ("has_request", "no_need"):
            return pl.col("ReceivedDate").is_not_null() if word == "has_request" else pl.col("no_need")
        if days := re.fullmatch(r"(\w+)(<=|>)(\d+)", word):
            took = days_between(*DAYS[days[1]])
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


def days_between(end: str, begin: str) -> pl.Expr:
    """Days from one date to another, below 0 where it is the earlier one."""
    return (pl.col(end) - pl.col(begin)).dt.total_days()


def first(frame: pl.DataFrame, key: str, rank: str) -> pl.DataFrame:
    """The record of rank 1 of each plan; where none has it, the first."""
    return frame.sort(pl.col(rank) != "1", maintain_order=True, nulls_last=True).unique(
        key, keep="first", maintain_order=True
    )
