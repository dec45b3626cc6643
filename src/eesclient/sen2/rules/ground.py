"""What rules are tested on: the frames of a return with blanks as absent, and what they need of each other beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property

import polars as pl

from ..._classes import frozen
from ..returns import Return
from ..specification import Element, Format, Specification
from .declared import Rule


@frozen
class Test:
    """A test of the records of a table.

    Attributes:
        table: Name of the table.
        element: Tag of the column, or of the child, that is at fault.
        faulty: True for the records at fault, over `Ground.frame(table)`.
        says: What is expected.
        coded: Whether the element has a code list, so that what stands there may be shown.
    """

    __test__ = False

    table: str
    element: str
    faulty: pl.Expr
    says: str
    coded: bool = False


Tester = Callable[["Ground", Rule], Iterable[Test | pl.DataFrame]]

TESTERS: dict[str, Tester] = {}
"""What tests a rule, by its id, or by the letter of a family whose rules are all rows."""


def tests(*ids: str) -> Callable[[Tester], Tester]:
    """Declare what tests some rules, or a whole family."""

    def declare(tester: Tester) -> Tester:
        TESTERS.update(dict.fromkeys(ids, tester))
        return tester

    return declare


def fits(text: pl.Expr, format_: Format) -> pl.Expr:
    """Whether a text is written as a format says."""
    # here \d would be the digits of all scripts
    return text.str.contains(rf"^(?:{format_.pattern})$".replace(r"\d", "[0-9]"))


def is_time(text: pl.Expr, format_: Format) -> pl.Expr:
    """Whether a text is a time of a day that there is, written as its format says."""
    there = text.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False).is_not_null()
    return fits(text, format_) & there


class Ground:
    """A return as rules see it; frames that several rules need are joined once."""

    def __init__(self, return_: Return) -> None:
        self.return_ = return_
        self.spec: Specification = return_.specification
        self.census: date = self.spec.year.census_day
        self._frames: dict[str, pl.DataFrame] = {}
        self._persons: dict[str, pl.DataFrame] = {}

    def key(self, table: str) -> str:
        """The column that numbers the records of a table."""
        return self.spec.tables[table].key

    def elements(self, name: str) -> Iterable[Element]:
        """The columns of that tag, in all tables."""
        return (e for e in self.spec.elements if e.name == name and e.table)

    @cached_property
    def plain(self) -> Mapping[str, pl.DataFrame]:
        """The nine frames, with empty text as absent: whether blanks are accepted is not established."""
        return {
            name: frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep())
            for name, frame in self.return_.frames.items()
        }

    @cached_property
    def kept(self) -> pl.DataFrame:
        """What typed columns could not hold, with its own `tag`, and the column that it `fits`, whatever its case."""
        fitting = {
            (name, e.name.lower()): e.name for name, table in self.spec.tables.items() for e in self.spec.columns(name)
        }
        fits = pl.DataFrame(
            [(table, low, tag) for (table, low), tag in fitting.items()],
            schema=["table", "low", "fits"],
            orient="row",
        )
        tag = pl.col("element").str.split("/").list.last()
        found = self.return_.kept.with_columns(tag=tag, low=tag.str.to_lowercase())
        joined = found.join(fits, on=["table", "low"], how="left", maintain_order="left").drop("low")
        return joined.with_columns(fits=pl.when(pl.col("why") == "unknown").then("fits"))

    def header_texts(self, tag: str) -> pl.DataFrame:
        """What stood in an element of the header that could not be taken as it is."""
        outside = (pl.col("table") == "") & pl.col("why").is_in(["header", "unreadable"])
        return self.kept.filter(outside & (pl.col("tag") == tag))

    @cached_property
    def _there(self) -> Mapping[tuple[str, str], pl.Series]:
        """Records that have an element, but not in its column: no date, XML instead of text, a tag in another case."""
        # such an element is at fault elsewhere, once: it must not be called absent too
        there = self.kept.filter((pl.col("why") == "unreadable") | pl.col("fits").is_not_null()).select(
            "table", "key", tag=pl.coalesce("fits", "tag")
        )
        return {
            (str(table), str(tag)): rows["key"]
            for (table, tag), rows in there.group_by("table", "tag", maintain_order=True)
        }

    def given(self, table: str, element: str) -> pl.Expr:
        """Whether records have an element, also where it could not be read into its column."""
        keys = self._there.get((table, element))
        there = pl.col(element).is_not_null()
        return there if keys is None else there | pl.col(self.key(table)).is_in(keys.implode())

    @cached_property
    def sent(self) -> date | None:
        """The day of the file, in the header's DateTime; None where that is absent or no time."""
        days = self.plain["authority"].filter(is_time(pl.col("DateTime"), self.spec.formats["datetime"]))
        return date.fromisoformat(days["DateTime"][0][:10]) if days.height else None

    def past(self, column: str) -> pl.Expr:
        """A date, but for one after the day of the file: that is a fault of its own, and makes no second one."""
        return pl.col(column) if self.sent is None else pl.when(pl.col(column) <= self.sent).then(column)

    def out_of_order(self, table: str) -> pl.Expr:
        """Whether the outcome's date of a request or an assessment is before what it follows."""
        received, decided = self.past("ReceivedDate"), self.past("RequestOutcomeDate")
        if table == "requests":
            return decided < received
        # a request that is out of order itself is told there
        return self.past("AssessmentOutcomeDate") < pl.coalesce(decided, received)

    def frame(self, table: str) -> pl.DataFrame:
        """A table with what its rules need of other tables; see `_WIDE`."""
        if table not in self._frames:
            widen = _WIDE.get(table)
            self._frames[table] = widen(self) if widen else self.plain[table]
        return self._frames[table]

    def counted(self, frame: pl.DataFrame, parent: str, *children: str) -> pl.DataFrame:
        """A parent's frame with the number of its children, in a column named as their table."""
        key = self.key(parent)
        for child in children:
            count = self.plain[child].group_by(key).len(child)
            frame = frame.join(count, on=key, how="left", maintain_order="left").with_columns(
                pl.col(child).fill_null(0)
            )
        return frame

    def from_parent(self, frame: pl.DataFrame, parent: str, *columns: str) -> pl.DataFrame:
        """A frame with columns of the parent's frame."""
        key = self.key(parent)
        # a key that stands twice, in frames that the user made, must not multiply records
        held = self.frame(parent).select(key, *columns).unique(key)
        return frame.join(held, on=key, how="left", maintain_order="left")

    def persons_of(self, table: str) -> pl.DataFrame:
        """The keys of a table's records, and the person that each belongs to."""
        if table not in self._persons:
            this = self.spec.tables[table]
            frame = self.plain[table]
            if not this.parent:
                person = pl.col("person") if table == "persons" else pl.lit(None, pl.UInt32)
                found = frame.select(key=this.key, person=person)
            else:
                parents = self.persons_of(this.parent)
                keys = frame.select(key=this.key, parent=self.key(this.parent))
                found = keys.join(parents, left_on="parent", right_on="key", how="left").drop("parent")
            self._persons[table] = found.unique("key")
        return self._persons[table]


def ranked(ground: Ground, child: str, rank: str) -> pl.DataFrame:
    """What the ranks of children say together: `first` and `second` how many have rank 1 and 2, `clear` if all do."""
    key = ground.key(ground.spec.tables[child].parent)
    known = pl.col(rank).is_in(["1", "2"])
    return (
        ground.plain[child]
        .group_by(key)
        .agg(
            first=(pl.col(rank) == "1").sum(),
            second=(pl.col(rank) == "2").sum(),
            # one that is no code is a fault of its own
            clear=(known | ~ground.given(child, rank)).all(),
            all_ranked=known.all(),
        )
    )


def _requests(ground: Ground) -> pl.DataFrame:
    return ground.counted(ground.plain["requests"], "requests", "assessments", "active_plans")


def _assessments(ground: Ground) -> pl.DataFrame:
    plans = ground.plain["named_plans"].group_by("assessment").agg(started=pl.col("StartDate").is_not_null().any())
    frame = ground.counted(ground.plain["assessments"], "assessments", "named_plans")
    frame = frame.join(plans, on="assessment", how="left", maintain_order="left")
    return ground.from_parent(frame, "requests", "ReceivedDate", "RequestOutcomeDate", "active_plans")


def _named_plans(ground: Ground) -> pl.DataFrame:
    return ground.counted(ground.plain["named_plans"], "named_plans", "plan_details")


def _active_plans(ground: Ground) -> pl.DataFrame:
    frame = ground.counted(ground.plain["active_plans"], "active_plans", "placements", "sen_needs")
    frame = frame.join(ranked(ground, "sen_needs", "SENtypeRank"), on="active_plan", how="left", maintain_order="left")
    plans = ground.plain["named_plans"].join(
        ground.plain["assessments"].select("assessment", "request"), on="assessment", how="inner"
    )
    ended = plans.group_by("request").agg(ended=ground.given("named_plans", "CeaseDate").any())
    decided = ground.plain["assessments"].group_by("request").agg(outcome=pl.col("AssessmentOutcome").first())
    for facts in (ended, decided):
        frame = frame.join(facts, on="request", how="left", maintain_order="left")
    requests = ground.plain["requests"].select("request", "person").unique("request")
    frame = frame.join(requests, on="request", how="left", maintain_order="left")
    return ground.from_parent(frame, "persons", "PersonBirthDate")


def _placements(ground: Ground) -> pl.DataFrame:
    return ground.from_parent(ground.plain["placements"], "active_plans", "PersonBirthDate")


def _persons(ground: Ground) -> pl.DataFrame:
    return ground.counted(ground.plain["persons"], "persons", "requests")


_WIDE: dict[str, Callable[[Ground], pl.DataFrame]] = {
    "persons": _persons,
    "requests": _requests,
    "assessments": _assessments,
    "named_plans": _named_plans,
    "active_plans": _active_plans,
    "placements": _placements,
}
