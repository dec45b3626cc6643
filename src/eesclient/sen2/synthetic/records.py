"""The frames of a synthetic return, module by module; a column is drawn for every year, and `demo` takes its year's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from ..._classes import frozen
from ..returns import SYNTHETIC
from ..rules.declared import declared
from ..rules.sanity import CHECK_LETTERS
from ..specification import Specification
from .draw import Draw, flag_of

AGES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 6, **dict.fromkeys(range(5, 16), 8), 16: 6, 17: 5, 18: 4, 19: 3, 20: 2, 21: 2}
"""Weights of ages on 31 August before the census day; those to 24 that are not named have 1."""

ETHNICITIES = (
    "WBRI 60 WOTH 6 WIRI 1 WROM 1 MWBC 3 MWBA 1 MWAS 2 MOTH 3 AIND 2 APKN 5 ABAN 2 AOTH 2 BCRB 2 BAFR 5 BOTH 1 CHNE 1 "
    "OOTH 2 NOBT 1"
)
NEEDS = "ASD 33 SLCN 19 SEMH 20 MLD 9 SLD 7 SPLD 4 PD 4 PMLD 3 HI 2 VI 1 MSI 1 OTH 3 DS 2"
"""Codes, each with its weight."""

CEASED = {
    16: {"2": 45, "5": 30, "7": 15, "8": 2, "9": 8},
    23: {"2": 20, "3": 15, "4": 20, "5": 15, "6": 20, "9": 10},
    99: {"1": 70, "3": 5, "4": 15, "9": 10},
}
"""Why plans cease, by the age below which that holds."""

KINDS = {
    5: {"URN": 75, "EYP": 20, "OLA": 3, "OTH": 2},
    16: {"URN": 92, "OLA": 4, "OPA": 1, "EHE": 2, "OTH": 1},
    99: {"URN": 40, "UKPRN": 55, "OLA": 3, "OTH": 2},
}
"""What says where a person is placed: a number of a school or provider, or else a kind of setting; by age."""

OUTSIDE = {"NEET": 6, "NIEC": 2, "NIEO": 2, "": 90}
"""Kinds of placement outside education and training, for those who may be; "" for the setting of the plan."""


@frozen(kw_only=True)
class Making:
    """What is asked for.

    Attributes:
        spec: Specification of its year.
        seed: What draws begin with.
        authority: Code of the authority.
        first: First day of the calendar year that the return reports on, counted from 1970.
        last: Its last day.
    """

    spec: Specification
    seed: int
    authority: str
    first: int
    last: int

    @property
    def year(self) -> int:
        """The year of the return."""
        return self.spec.year.year

    def draw(self, *keys: str) -> Draw:
        """Draws by a number of the record, or by one and a rank."""
        number = pl.col(keys[0])
        return Draw(self.seed, number * 2 + pl.col(keys[1]) if keys[1:] else number)

    def codes(self, name: str, weights: str) -> dict[str, int]:
        """The codes of a list that the year has, with their weights."""
        words, known = weights.split(), self.spec.lists[name].codes
        return {code: int(weight) for code, weight in zip(words[::2], words[1::2], strict=True) if code in known}


def frames(making: Making, persons: int) -> dict[str, pl.DataFrame]:
    """The nine frames, with columns that serve their making too."""
    people = _persons(making, persons)
    requests = _requests(making, people)
    assessments = _assessments(making, requests)
    plans = _named_plans(making, assessments)
    active = _active_plans(making, plans)
    return {
        "authority": _authority(making),
        "persons": people,
        "requests": requests,
        "assessments": assessments,
        "named_plans": plans,
        "plan_details": _settings(making, plans, "plan_detail"),
        "active_plans": active,
        "placements": _placements(making, active),
        "sen_needs": _needs(making, active),
    }


def _authority(making: Making) -> pl.DataFrame:
    sent = making.spec.year.census_day + timedelta(days=14)
    officers = {"DMO": "Y", "DCO": "Y", "DSCO": "N"}
    texts = {"SourceLevel": "L", "LEA": making.authority, "SoftwareCode": SYNTHETIC, "Release": "1", "SerialNo": "001"}
    return pl.DataFrame({"authority": 1, **texts, "DateTime": f"{sent}T09:00:00", **officers})


def _numbered(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias(key))


def _by_age(draw: Draw, name: str, weights: Mapping[int, Mapping[str, int]]) -> pl.Expr:
    """A text of the weights for the person's age: those below the least age that is above it."""
    drawn = pl.lit(None, pl.String)
    for below in sorted(weights, reverse=True):
        drawn = pl.when(pl.col("age") < below).then(draw.pick(name, weights[below])).otherwise(drawn)
    return drawn


# Module 1


def _persons(making: Making, persons: int) -> pl.DataFrame:
    draw = making.draw("person")
    number = pl.col("person").cast(pl.String)
    ages = {str(age): AGES.get(age, 1) for age in range(25)}
    known = {5: {"UPN": 60, "UN1": 40}, 16: {"UPN": 99, "UN3": 1}, 99: {"UPN": 30, "both": 60, "ULN": 9, "UN9": 1}}
    frame = pl.DataFrame({"person": pl.int_range(1, persons + 1, dtype=pl.UInt32, eager=True)})
    frame = frame.with_columns(age=draw.pick("age", ages).cast(pl.Int64))
    since = pl.date(making.year - 2 - pl.col("age"), 9, 1).cast(pl.Int32).cast(pl.Int64)
    return frame.with_columns(
        # most plans were there before the year, but for those of the youngest
        history=(pl.col("age") >= 3) & draw.chance("history", 760),
        known=_by_age(draw, "known", known),
        Surname="Surname" + number.str.zfill(6),
        Forename="Forename" + number.str.zfill(6),
        PersonBirthDate=since + draw.number("birth", 365),
        Sex=draw.pick("sex", {"M": 72, "F": 28}),
        GenderCurrent=draw.pick("sex", {"1": 72, "2": 28}),
        Ethnicity=draw.pick("ethnicity", making.codes("ethnicity", ETHNICITIES)),
        PostCode=pl.concat_str(pl.lit("ZZ99 "), *(draw.pick(f"post {n}", signs) for n, signs in enumerate(_SIGNS))),
    ).with_columns(
        UPN=pl.when(pl.col("known").is_in(["UPN", "both"])).then(_upn(making)),
        UniqueLearnerNumber=pl.when(pl.col("known").is_in(["ULN", "both"])).then("99" + number.str.zfill(8)),
        UPNunknown=pl.when(pl.col("known").str.starts_with("UN")).then("known"),
    )


_SIGNS = (dict.fromkeys("123456789", 1), *[dict.fromkeys("ABDEFGHJLNPQRSTUWXYZ", 1)] * 2)
"""Signs of the second half of a postcode."""


def _upn(making: Making) -> pl.Expr:
    """UPNs that count the persons: check letter, authority, school, year of admission, pupil."""
    person = pl.col("person").cast(pl.Int64) - 1
    admitted = (making.year + 4 - pl.max_horizontal(pl.col("age"), 4)) % 100
    school, pupil = (part.cast(pl.String) for part in (person // 1000, person % 1000))
    digits = pl.concat_str(
        pl.lit(making.authority),
        school.str.zfill(4),
        admitted.cast(pl.String).str.zfill(2),
        pupil.str.zfill(3),
    )
    check = pl.sum_horizontal(digits.str.slice(at, 1).cast(pl.Int64) * (at + 2) for at in range(12)) % len(
        CHECK_LETTERS
    )
    return check.replace_strict(range(len(CHECK_LETTERS)), list(CHECK_LETTERS), return_dtype=pl.String) + digits


# Module 2


def _requests(making: Making, people: pl.DataFrame) -> pl.DataFrame:
    draw = making.draw("person")
    kept = people.select("person", "age", "history", birth="PersonBirthDate")
    # nobody is asked for before birth
    received = pl.max_horizontal(draw.within("received", making.first, making.last), pl.col("birth") + 60)
    decided = (
        pl.when(draw.chance("six weeks", 880)).then(draw.within("soon", 14, 42)).otherwise(draw.within("late", 43, 82))
    )
    asked = kept.with_columns(again=pl.lit(0), ReceivedDate=received).with_columns(
        RequestOutcomeDate=pl.col("ReceivedDate") + decided
    )
    outcome = (
        pl.when("history").then(pl.lit("H"))
        .when(pl.col("RequestOutcomeDate") > making.last).then(pl.lit("A"))
        .otherwise(draw.pick("outcome", {"Y": 74, "N": 23, "W": 3}))
    )  # fmt: skip
    asked = asked.with_columns(RequestOutcome=outcome)
    # who was refused early in the year may have asked once more late in it
    refused = (pl.col("RequestOutcome") == "N") & (pl.col("RequestOutcomeDate") < making.last - 60)
    again = asked.filter(refused & draw.chance("again", 150)).with_columns(
        again=pl.lit(1), ReceivedDate=draw.within("received again", making.last - 45, making.last - 5),
        RequestOutcome=pl.lit("A"),
    )  # fmt: skip
    return _told(making, _numbered(pl.concat([asked, again]).sort("person", "again"), "request"))


def _told(making: Making, requests: pl.DataFrame) -> pl.DataFrame:
    """What else is told of a request: nothing of history but who asked, and little of what is not decided."""
    draw, outcome = making.draw("request"), pl.col("RequestOutcome")
    decided = outcome.is_in(["Y", "N"])
    said_no = outcome == "N"
    return requests.with_columns(
        ReceivedDate=pl.when(outcome != "H").then("ReceivedDate"),
        RequestSource=draw.pick("source", {"1": 35, "2": 55, "3": 4, "4": 2, "5": 4}),
        RYA=pl.when(outcome != "H").then(draw.flag("rya", 2)),
        RequestOutcomeDate=pl.when(decided).then("RequestOutcomeDate"),
        RequestMediation=pl.when(decided).then(
            pl.when(said_no).then(draw.flag("mediation", 250)).otherwise(pl.lit("0"))
        ),
        RequestTribunal=pl.when(decided).then(pl.when(said_no).then(draw.flag("tribunal", 150)).otherwise(pl.lit("0"))),
        Exported=pl.when((outcome == "Y") & draw.chance("exported", 15)).then(_other_authority(making, draw)),
    )


def _other_authority(making: Making, draw: Draw) -> pl.Expr:
    return draw.pick("other authority", {code: 1 for code in ("996", "997", "998", "XXX") if code != making.authority})


# Module 3


def _assessments(making: Making, requests: pl.DataFrame) -> pl.DataFrame:
    assessed = (pl.col("RequestOutcome") == "H") | ((pl.col("RequestOutcome") == "Y") & pl.col("Exported").is_null())
    frame = _numbered(requests.filter(assessed), "assessment")
    draw = making.draw("request")
    late = draw.chance("late plan", 450)
    frame = frame.with_columns(
        late=late,
        issued=pl.col("ReceivedDate")
        + pl.when(late).then(draw.within("after 20 weeks", 141, 280)).otherwise(draw.within("in 20 weeks", 100, 140)),
        refused=pl.col("ReceivedDate") + draw.within("refused", 84, 112),
    )
    fate = draw.pick("assessment outcome", {"Y": 92, "N": 6, "W": 2})
    decided = pl.when(fate == "Y").then("issued").when(fate == "N").then("refused")
    outcome = pl.when("history").then(pl.lit("H")).when(decided > making.last).then(pl.lit("A")).otherwise(fate)
    frame = frame.with_columns(AssessmentOutcome=outcome)
    done, seen = pl.col("AssessmentOutcome").is_in(["Y", "N"]), pl.col("AssessmentOutcome").is_in(["Y", "N", "H"])
    return frame.with_columns(
        AssessmentOutcomeDate=pl.when(done).then(decided),
        AssessmentMediation=pl.when(done).then(draw.flag("assessment mediation", 60)),
        AssessmentTribunal=pl.when(done).then(draw.flag("assessment tribunal", 50)),
        OtherMediation=pl.when(seen).then(draw.flag("other mediation", 20)),
        OtherTribunal=pl.when(seen).then(draw.flag("other tribunal", 30)),
        Week20=pl.when(done).then(
            pl.when("late").then(draw.flag("exception", 200)).otherwise(draw.flag("exception", 20))
        ),
    )


# Module 4


def _named_plans(making: Making, assessments: pl.DataFrame) -> pl.DataFrame:
    draw, history = making.draw("request"), pl.col("history")
    frame = _numbered(assessments.filter(pl.col("AssessmentOutcome").is_in(["Y", "H"])), "named_plan")
    # no plan before the age of two, and none older than ten years
    earliest = pl.max_horizontal(pl.col("birth") + 730, pl.lit(making.first - 3650))
    ceased = history & draw.chance("ceased", 80)
    budget = draw.chance("budget", 60)
    return frame.with_columns(
        StartDate=pl.when(history).then(draw.within("start", earliest, making.first - 1)).otherwise("issued"),
        PlanRes=pl.when(draw.chance("residential", 30)).then(draw.pick("weeks", {"A": 80, "B": 20})),
        PlanWBP=_work_based(draw),
        PB=flag_of(budget),
        OA=pl.when(budget).then(draw.flag("arrangement", 300)).otherwise(pl.lit("0")),
        DP=pl.when(budget).then(draw.pick("payment", {"E": 60, "S": 25, "H": 5, "I": 10})),
        CeaseDate=pl.when(ceased).then(draw.within("cease", making.first, making.last)),
        CeaseReason=pl.when(ceased).then(_by_age(draw, "reason", CEASED)),
    )


def _work_based(draw: Draw) -> pl.Expr:
    who = pl.col("age").is_between(16, 23) & draw.chance("work based", 60)
    return pl.when(who).then(draw.pick("work", {"A": 30, "T": 10, "S": 60}))


def _settings(making: Making, plans: pl.DataFrame, key: str) -> pl.DataFrame:
    """The settings of plans: one, and now and then a second one in a school."""
    draw = making.draw("request")
    first = plans.with_columns(rank=pl.lit(1))
    both = pl.concat([first, first.filter(draw.chance("second setting", 45)).with_columns(rank=pl.lit(2))])
    frame = _numbered(both.sort("request", "rank"), key)
    draw, kind = making.draw("request", "rank"), pl.col("kind")
    frame = frame.with_columns(
        kind=pl.when(pl.col("rank") == 1).then(_by_age(draw, "kind", KINDS)).otherwise(pl.lit("URN")),
        unit=draw.pick("unit", {"none": 92, "unit": 5, "resourced": 3}),
    )
    # of a second setting another range, so that it is another school
    school = pl.lit(850_000) + pl.col("rank") * 50_000 + draw.number("school", 400)
    setting = ~kind.is_in(["URN", "UKPRN"])
    return frame.with_columns(
        URN=pl.when(kind == "URN").then(school.cast(pl.String)),
        UKPRN=pl.when(kind == "UKPRN").then((99_000_000 + draw.number("provider", 60)).cast(pl.String)),
        SENSetting=pl.when(setting).then("kind"),
        SENSettingOther=pl.when(kind == "OTH").then(pl.lit("Synthetic setting")),
        PlacementRank=pl.col("rank").cast(pl.String),
        SENunitIndicator=flag_of((kind == "URN") & (pl.col("unit") == "unit")),
        ResourcedProvisionIndicator=flag_of((kind == "URN") & (pl.col("unit") == "resourced")),
    )


# Module 5


def _active_plans(making: Making, plans: pl.DataFrame) -> pl.DataFrame:
    draw, history = making.draw("request"), pl.col("history")
    frame = _numbered(plans.filter(pl.col("CeaseDate").is_null()), "active_plan")
    met = draw.within("review", making.first, making.last - 60)
    frame = frame.with_columns(
        TransferLA=pl.when(history & draw.chance("transferred", 20)).then(_other_authority(making, draw)),
        Res=pl.col("PlanRes"),
        WBP=pl.col("PlanWBP"),
        ReviewMeeting=pl.when("history").then(met),
        ReviewOutcome=pl.when("history").then(draw.pick("review outcome", {"M": 60, "A": 39, "C": 1})),
        LastReview=pl.when("history").then(met + draw.within("letter", 7, 28)),
        due=pl.when(history & pl.col("age").is_in([4, 6, 10])).then(_day_of_year(making, 45))
        .when(history & (pl.col("age") == 15)).then(_day_of_year(making, 89)),
    )  # fmt: skip
    return frame.with_columns(
        ReviewDraft=pl.when(pl.col("ReviewOutcome") == "A").then(pl.col("LastReview") + draw.number("draft", 15)),
        PhaseTransferDueDate=pl.col("due"),
        PhaseTransferFinalDate=pl.col("due") + draw.within("final", -20, 10),
    )


def _day_of_year(making: Making, days: int) -> pl.Expr:
    return pl.lit(making.first + days, pl.Int64)


def _placements(making: Making, active: pl.DataFrame) -> pl.DataFrame:
    """The settings of the plans as they are now; a few of those of an age for it are outside education."""
    frame = _settings(making, active, "placement")
    if any(rule.id == "N05" for rule in declared(making.year)):
        # whether OTH is a code of placements is disputed
        frame = frame.with_columns(SENSetting=pl.col("SENSetting").replace("OTH", "OLA"), SENSettingOther=pl.lit(None))
    draw, rank = making.draw("request", "rank"), pl.col("rank")
    may = (rank == 1) & pl.col("age").is_between(17, 23)
    outside = draw.pick("outside", OUTSIDE)
    frame = frame.with_columns(outside=pl.when(may & (outside != "")).then(outside))
    here = pl.col("outside").is_null()
    years = pl.min_horizontal(pl.col("age") - 1, pl.lit(4)).clip(1)
    since = pl.date(making.year - 1 - draw.number("entered", years), 9, 1).cast(pl.Int32).cast(pl.Int64)
    frame = frame.with_columns(
        **{name: pl.when(here).then(name) for name in ("URN", "UKPRN")},
        SENSetting=pl.when(here).then("SENSetting").otherwise("outside"),
        SENSettingOther=pl.when(here).then("SENSettingOther")
        .when(pl.col("outside") == "NIEO").then(pl.lit("Synthetic reason")),
        **{name: pl.when(here).then(name).otherwise(pl.lit("0")) for name in _INDICATORS},
        EntryDate=since + draw.number("day", 5),
        Res=pl.when(rank == 1).then("PlanRes"),
        WBP=pl.when(rank == 1).then("PlanWBP"),
    )  # fmt: skip
    left = (rank == 2) & draw.chance("left", 200)
    schooling = pl.col("age").is_between(6, 14)
    return frame.with_columns(
        LeavingDate=pl.when(left).then(pl.col("EntryDate") + draw.within("stay", 20, 80)),
        AttendancePattern=pl.when(schooling & here).then(draw.pick("attendance", {"FT": 95, "PT": 5})),
    )


_INDICATORS = ("SENunitIndicator", "ResourcedProvisionIndicator")


def _needs(making: Making, active: pl.DataFrame) -> pl.DataFrame:
    """One need, or two of two types."""
    draw, codes = making.draw("request"), making.codes("need", NEEDS)
    types = list(codes)
    first = active.select("person", "active_plan", "request", rank=pl.lit(1), type=draw.pick("need", codes))
    other = draw.pick("second need", codes)
    following = pl.col("type").replace_strict(types, [*types[1:], types[0]], return_dtype=pl.String)
    second = first.filter(draw.chance("two needs", 350)).with_columns(
        rank=pl.lit(2), type=pl.when(other == pl.col("type")).then(following).otherwise(other)
    )
    frame = _numbered(pl.concat([first, second]).sort("active_plan", "rank"), "sen_need")
    return frame.with_columns(SENtype="type", SENtypeRank=pl.col("rank").cast(pl.String))
