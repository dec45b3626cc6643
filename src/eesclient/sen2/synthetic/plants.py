"""Faults for synthetic returns: for each rule what breaks it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import attrs
import polars as pl

from ..._classes import frozen
from ..rules.declared import Rule, declared
from ..specification import specification

Frames = dict[str, pl.DataFrame]
Where = Callable[[Frames], pl.Expr]

WRONG = "ZZ"
"""A code of no list."""


@frozen(kw_only=True)
class Plant:
    """What breaks a rule.

    Attributes:
        table: The table whose records are spoilt; "" for the header.
        where: Which of them can be: over a frame with the columns of its making (`person`, `age`, `history`, …) too.
        sets: What columns have then.
        how: `set` columns; `repeat` the record, with those columns set in the copy, or `drop` it; `keep` an element
            that no column holds; give it an `order` of its own.
        kept: Element, text, reason and position of what is kept, or the order.
        of_both: Whether the fault lies between a person and the one before.
        most: How often it can be planted, or None: as often as there are records for it.
    """

    table: str
    where: Where = lambda _: pl.lit(value=True)
    sets: Mapping[str, pl.Expr] = attrs.field(factory=dict)
    how: Literal["set", "repeat", "drop", "keep", "order"] = "set"
    kept: tuple[str, str, str, int | None] | None = None
    of_both: bool = False
    most: int | None = None


def text(value: str | None) -> pl.Expr:
    """A text, or None for an element that is absent."""
    return pl.lit(value, pl.String)


def given(column: str) -> Where:
    """Where there is something."""
    return lambda _: pl.col(column).is_not_null()


def has(column: str, *values: str) -> Where:
    """Where there is one of some values."""
    return lambda _: pl.col(column).is_in(values)


def alone(parent: str) -> Where:
    """Where a record is the only one of its parent."""
    return lambda _: pl.len().over(parent) == 1


def both(*wheres: Where) -> Where:
    """Where all hold."""
    return lambda frames: pl.all_horizontal(where(frames) for where in wheres)


def _kind(code: str | None) -> dict[str, pl.Expr]:
    """A kind of setting instead of a number."""
    return {"URN": text(None), "UKPRN": text(None), "SENSetting": text(code), "SENSettingOther": text(None)}


def _refused(frames: Frames) -> pl.Expr:
    """Requests whose assessment ended with a decision not to issue a plan."""
    refused = frames["assessments"].filter(pl.col("AssessmentOutcome") == "N")
    return pl.col("request").is_in(refused["request"].implode())


def _grown_up(frames: Frames) -> pl.Expr:
    """Persons with a plan of which none of the rules on age speaks."""
    outside = frames["placements"].filter(pl.col("SENSetting").is_in(["NEET", "NIEC", "NIEO"]))
    planned = frames["active_plans"].filter(~pl.col("person").is_in(outside["person"].implode()))
    return pl.col("person").is_in(planned["person"].implode()) & (pl.col("age") >= 17)


def _not_of_school_age(_: Frames) -> pl.Expr:
    return (pl.col("age") >= 17) & pl.col("LeavingDate").is_null()


def _after_a_number(_: Frames) -> pl.Expr:
    """Every other person, so that who stands before is nobody's."""
    return (pl.col("person") % 2 == 0) & pl.col("UPN").is_not_null() & pl.col("UPN").shift(1).is_not_null()


_NUMBER = pl.col("person").cast(pl.String)

_LATE = pl.lit(60, pl.Int64)

PLANTS: dict[str, Plant] = {
    # structure
    "S01": Plant(table="authority", how="repeat", most=1),
    "S02": Plant(table="persons", how="keep", kept=("Colour", "", "unknown", 0)),
    "S03": Plant(table="authority", sets={"SourceLevel": text("S")}, most=1),
    "S04": Plant(table="", sets={"reference_date": pl.col("reference_date") + pl.duration(days=1)}, most=1),
    "S05": Plant(table="requests", where=both(has("RequestOutcome", "A", "W"), alone("person")), how="drop"),
    "S06": Plant(table="assessments", where=has("AssessmentOutcome", "A", "W"), how="repeat"),
    "S07": Plant(table="plan_details", where=alone("named_plan"), how="drop"),
    "S08": Plant(table="sen_needs", where=alone("active_plan"), how="drop"),
    "S09": Plant(table="authority", sets={"DCO": text(None)}, most=1),
    "S10": Plant(table="persons", sets={"Forename": text(None)}),
    "S11": Plant(table="active_plans", where=given("ReviewOutcome"), sets={"ReviewOutcome": text(None)}),
    "S12": Plant(table="requests", where=has("RequestOutcome", "N"), sets={"RequestSource": text(None)}),
    # formats
    "F01": Plant(
        table="persons",
        sets={"PersonBirthDate": pl.lit(None, pl.Int64)},
        how="keep",
        kept=("PersonBirthDate", "31/02/2015", "unreadable", 2),
    ),
    "F03": Plant(table="authority", sets={"DateTime": text("today")}, most=1),
    "F04": Plant(table="authority", sets={"SerialNo": text("1")}, most=1),
    "F05": Plant(table="requests", where=has("RequestOutcome", "N"), sets={"Exported": text("9X")}),
    "F06": Plant(table="persons", where=given("UPN"), sets={"UPN": "X" + _NUMBER}),
    "F07": Plant(table="persons", where=given("UPN"), sets={"UniqueLearnerNumber": "9" + _NUMBER.str.zfill(8)}),
    "F08": Plant(table="placements", where=given("URN"), sets={"URN": text("9999")}),
    "F09": Plant(table="plan_details", where=given("URN"), sets={"URN": text(None), "UKPRN": text("9999999")}),
    # the guide
    "G01": Plant(table="persons", sets=dict.fromkeys(("UPN", "UniqueLearnerNumber", "UPNunknown"), text(None))),
    "G02": Plant(table="requests", where=given("RYA"), sets={"RYA": text(None)}),
    "G03": Plant(
        table="requests", where=has("RequestOutcome", "N"), sets={"RequestOutcomeDate": pl.lit(None, pl.Int64)}
    ),
    "G04": Plant(
        table="requests", where=has("RequestOutcome", "A", "W", "H"), sets={"RequestMediation": text("0")}
    ),
    "G05": Plant(table="requests", where=_refused, sets={"Exported": text("XXX")}),
    "G06": Plant(
        table="assessments",
        where=has("AssessmentOutcome", "N"),
        sets={"AssessmentOutcomeDate": pl.lit(None, pl.Int64)},
    ),
    "G07": Plant(table="assessments", where=has("AssessmentOutcome", "A", "W"), sets={"Week20": text("0")}),
    "G08": Plant(table="active_plans", where=lambda _: ~pl.col("history"), sets={"TransferLA": text("XXX")}),
    "G09": Plant(table="plan_details", where=given("URN"), sets={"UKPRN": text("99000099")}),
    "G10": Plant(table="placements", where=given("URN"), sets={"UKPRN": text("99000099")}),
    "G11": Plant(table="plan_details", where=alone("named_plan"), sets={"PlacementRank": text(None)}),
    "G12": Plant(table="plan_details", where=given("URN"), sets=_kind("OTH")),
    "G13": Plant(table="sen_needs", where=alone("active_plan"), sets={"SENtypeRank": text("2")}),
    "G14": Plant(
        table="placements",
        where=both(given("URN"), lambda _: pl.col("age") <= 14),
        sets=_kind("NEET"),
    ),
    "G15": Plant(table="persons", where=lambda _: pl.col("age") >= 7, sets={"UPNunknown": text("UN1")}),
    "G17": Plant(
        table="named_plans", where=lambda _: pl.col("CeaseDate").is_null(), sets={"CeaseReason": text("9")}
    ),
    "G18": Plant(table="placements", where=_not_of_school_age, sets={"AttendancePattern": text("FT")}),
    "G19": Plant(table="plan_details", where=given("URN"), sets=_kind("NIEC")),
    "G20": Plant(table="active_plans", where=given("ReviewMeeting"), sets={"LastReview": pl.col("ReviewMeeting") - 1}),
    "G21": Plant(
        table="requests",
        where=has("RequestOutcome", "N"),
        sets={name: pl.col(name) - 366 for name in ("ReceivedDate", "RequestOutcomeDate")},
    ),
    # our own
    "O01": Plant(table="persons", sets={"PersonBirthDate": pl.col("last") + _LATE}),
    "O02": Plant(
        table="requests", where=has("RequestOutcome", "N"), sets={"RequestOutcomeDate": pl.col("ReceivedDate") - 1}
    ),
    "O03": Plant(table="placements", where=given("EntryDate"), sets={"LeavingDate": pl.col("EntryDate") - 1}),
    "O04": Plant(table="named_plans", where=given("CeaseDate"), sets={"CeaseDate": pl.col("StartDate") - 1}),
    "O05": Plant(
        table="placements",
        where=lambda _: pl.col("LeavingDate").is_null(),
        sets={"EntryDate": pl.col("last") + _LATE},
    ),
    "O06": Plant(table="persons", where=_after_a_number, sets={"UPN": pl.col("UPN").shift(1)}, of_both=True),
    "O07": Plant(table="sen_needs", where=has("SENtypeRank", "2"), sets={"SENtype": pl.col("SENtype").shift(1)}),
    "O08": Plant(table="plan_details", where=alone("named_plan"), sets={"PlacementRank": text("2")}),
    "O09": Plant(table="persons", where=_grown_up, sets={"PersonBirthDate": pl.col("last") - 28 * 366}),
    "O10": Plant(table="plan_details", where=alone("named_plan"), how="repeat"),
    "O11": Plant(
        table="persons",
        where=given("UPN"),
        sets={"UPN": pl.when(pl.col("UPN").str.starts_with("A")).then(text("B")).otherwise(text("A"))
              + pl.col("UPN").str.slice(1)},
    ),
    # what sources differ in
    "N01": Plant(table="sen_needs", how="order", kept=("SENtypeRank SENtype", "", "", None)),
    "N02": Plant(table="placements", where=has("PlacementRank", "2"), sets={"URN": text("950999")}, how="repeat"),
    "N03": Plant(table="plan_details", where=given("URN"), sets={"SENSetting": text("OLA")}),
    "N04": Plant(table="requests", where=given("RYA"), sets={"RYA": text("true")}),
    "N05": Plant(
        table="placements",
        where=given("URN"),
        sets={**_kind("OTH"), "SENSettingOther": text("Synthetic setting")},
    ),
    "N06": Plant(table="persons", sets={"Ethnicity": text("WENG")}, most=1),
    "N07": Plant(
        table="persons", sets={"PostCode": text(None)}, how="keep", kept=("Postcode", "ZZ99 1AA", "unknown", 5)
    ),
    "N08": Plant(table="plan_details", where=given("URN"), sets={"SENSettingOther": text("")}, most=1),
    "N09": Plant(table="persons", how="keep", kept=("Person", 'colour="red"', "attribute", None), most=1),
}  # fmt: skip
"""What breaks each rule but those of code lists, which all break alike, and those that no return in memory breaks."""

_EVERYWHERE = {"UPNunknown", "PlanRes", "PlanWBP", "DP"}
"""Elements that most records lack, and any may have."""

_CODES: dict[str, Plant] = {
    "RequestOutcome": Plant(table="requests", where=has("RequestOutcome", "N"), sets={"RequestOutcome": text(WRONG)}),
    "AssessmentOutcome": Plant(
        table="assessments", where=has("AssessmentOutcome", "N"), sets={"AssessmentOutcome": text(WRONG)}
    ),
    "SENSetting": Plant(table="plan_details", where=given("URN"), sets=_kind(WRONG)),
}
"""Codes with which other values go together."""


def plants(year: int) -> dict[str, Plant]:
    """What breaks each rule of a year."""
    elements = {(e.name, e.table) for e in specification(year).elements if e.type == "code"}
    found = {rule.id: PLANTS.get(rule.id) or _wrong_code(rule, elements) for rule in declared(year)}
    return {rule: plant for rule, plant in found.items() if plant}


def _wrong_code(rule: Rule, elements: set[tuple[str, str]]) -> Plant | None:
    if not rule.id.startswith("K"):
        return None
    name, table = next((name, table) for tag in rule.elements for name, table in sorted(elements) if name == tag)
    where = given(name) if name not in _EVERYWHERE else Plant(table=table).where
    most = 1 if table == "authority" else None
    return _CODES.get(name) or Plant(table=table, where=where, sets={name: text(WRONG)}, most=most)
