"""Rules of the guide: values that go together, as public sources paraphrase it; "not required" is not "not allowed"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from .declared import Rule
from .ground import Ground, Test, tests

ELSEWHERE = ["NEET", "NIEC", "NIEO"]
"""Codes of SENSetting that say that a person is in no setting."""


@tests("G01")
def no_number(ground: Ground, _: Rule) -> Iterator[Test]:
    """A person without any number."""
    numbers = ("UPN", "UniqueLearnerNumber", "UPNunknown")
    none = ~pl.any_horizontal(ground.given("persons", name) for name in numbers)
    says = "UPNunknown is expected where there is neither UPN nor UniqueLearnerNumber"
    yield Test("persons", "UPNunknown", none, says)


@tests("G02")
def request_begun(ground: Ground, rule: Rule) -> Iterator[Test]:
    """What belongs to a request of the period."""
    # an outcome that is no code at all is a fault of its own, and says nothing of the rest
    current = pl.col("RequestOutcome").is_in(["Y", "N", "A", "W"])
    for name in rule.elements:
        says = f"{name} is expected, unless RequestOutcome is H"
        yield Test("requests", name, current & ~ground.given("requests", name), says)


@tests("G03")
def request_decided(ground: Ground, _: Rule) -> Iterator[Test]:
    """The day of a decision that was taken."""
    name = "RequestOutcomeDate"
    wrong = pl.col("RequestOutcome").is_in(["Y", "N"]) & ~ground.given("requests", name)
    yield Test("requests", name, wrong, f"{name} is expected where RequestOutcome is Y or N")


@tests("G04")
def request_over(ground: Ground, rule: Rule) -> Iterator[Test]:
    """What a request without a decision of the period does not need."""
    for name in rule.elements:
        wrong = pl.col("RequestOutcome").is_in(["A", "W", "H"]) & ground.given("requests", name)
        yield Test("requests", name, wrong, f"{name} is not needed where RequestOutcome is A, W or H")


@tests("G05")
def exported(ground: Ground, _: Rule) -> Iterator[Test]:
    """What the authority that sent a request elsewhere does not need."""
    gone = ground.given("requests", "Exported") & ~pl.col("RequestOutcome").is_in(["A", "W", "H"]).fill_null(
        value=False
    )
    for element, table in (("Assessment", "assessments"), ("ActivePlans", "active_plans")):
        says = f"{element} is not needed of a request that was exported"
        yield Test("requests", element, gone & (pl.col(table) > 0), says)


@tests("G06")
def assessment_decided(ground: Ground, _: Rule) -> Iterator[Test]:
    """The day of a decision on a plan; one to issue it has none until that is done."""
    name, outcome = "AssessmentOutcomeDate", pl.col("AssessmentOutcome")
    absent = ~ground.given("assessments", name)
    issued = (outcome == "Y") & pl.col("started").fill_null(value=False)
    says = f"{name} is expected where AssessmentOutcome is N, or is Y and the plan has a StartDate"
    yield Test("assessments", name, absent & ((outcome == "N") | issued), says)


@tests("G07")
def assessment_over(ground: Ground, rule: Rule) -> Iterator[Test]:
    """What an assessment without a decision does not need."""
    over = pl.col("AssessmentOutcome").is_in(["A", "W"])
    children = {"NamedPlan": pl.col("named_plans") > 0, "ActivePlans": pl.col("active_plans") > 0}
    for name in rule.elements:
        there = children[name] if name in children else ground.given("assessments", name)
        says = f"{name} is not needed where AssessmentOutcome is A or W"
        yield Test("assessments", name, over & there, says)


@tests("G08")
def historical(_: Ground, __: Rule) -> Iterator[Test]:
    """Plans of former years, and from other authorities."""
    outcome = pl.col("AssessmentOutcome")
    without = (outcome == "H") & (pl.col("named_plans") == 0) & (pl.col("active_plans") == 0)
    says = "NamedPlan or ActivePlans is expected where AssessmentOutcome is H"
    yield Test("assessments", "AssessmentOutcome", without, says)
    moved = pl.col("TransferLA").is_not_null() & pl.col("outcome").is_in(["Y", "N"])
    says = "AssessmentOutcome H is expected for a plan that another authority transferred (TransferLA)"
    yield Test("active_plans", "TransferLA", moved, says)


@tests("G09", "G10")
def one_setting(ground: Ground, rule: Rule) -> Iterator[Test]:
    """How a setting is named: by a number, or by a kind."""
    table, element = settings(rule)
    given = [ground.given(table, name) for name in ("URN", "UKPRN", "SENSetting")]
    wrong = (given[0] & given[1]) | ~pl.any_horizontal(given)
    yield Test(table, element, wrong, "one of URN, UKPRN and SENSetting is expected")


def settings(rule: Rule) -> tuple[str, str]:
    """Table and tag of the settings that a rule of the two is about."""
    return ("plan_details", "URN") if rule.id == "G09" else ("placements", "URN")


@tests("G12")
def other_setting(ground: Ground, _: Rule) -> Iterator[Test]:
    """What an other setting is."""
    for table in ("plan_details", "placements"):
        name = "SENSettingOther"
        wrong = pl.col("SENSetting").is_in(["OTH", "NIEO"]) & ~ground.given(table, name)
        yield Test(table, name, wrong, f"{name} is expected where SENSetting is OTH or NIEO")


@tests("G13")
def needs_ranked(_: Ground, __: Rule) -> Iterator[Test]:
    """Ranks of one or two needs; more of them are too many in any case."""
    count, first, second = (pl.col(name) for name in ("sen_needs", "first", "second"))
    wrong = ((count == 1) & (first != 1)) | ((count == 2) & ~((first == 1) & (second == 1)))
    says = "SENtypeRank 1 is expected for one need, 1 and 2 for two"
    yield Test("active_plans", "SENtypeRank", wrong & pl.col("clear"), says)


def years_before(day: date, years: int) -> date:
    """The birth date of who is that old today."""
    # census days are in January: no 29 February comes up
    return day.replace(year=day.year - years)


@tests("G14")
def out_of_education(ground: Ground, _: Rule) -> Iterator[Test]:
    """Ages at the census day; one born after it is a fault of its own."""
    born = pl.col("PersonBirthDate")
    young = (born > years_before(ground.census, 16)) & (born <= ground.census)
    old = (born <= years_before(ground.census, 26)) & ~ground.given("placements", "LeavingDate")
    says = f"an age of 16 to 25 on {ground.census} is expected where SENSetting is NEET"
    yield Test("placements", "SENSetting", (pl.col("SENSetting") == "NEET") & (young | old), says)


@tests("G15")
def under_six(ground: Ground, _: Rule) -> Iterator[Test]:
    """A code for young children."""
    old = pl.col("PersonBirthDate") <= years_before(ground.census, 6)
    says = f"an age under 6 on {ground.census} is expected where UPNunknown is UN1"
    yield Test("persons", "UPNunknown", (pl.col("UPNunknown") == "UN1") & old, says)


@tests("G17")
def ceased(ground: Ground, _: Rule) -> Iterator[Test]:
    """A plan that ceased: when, and why."""
    when, why = (ground.given("named_plans", name) for name in ("CeaseDate", "CeaseReason"))
    yield Test("named_plans", "CeaseReason", when & ~why, "CeaseReason is expected beside CeaseDate")
    yield Test("named_plans", "CeaseDate", why & ~when, "CeaseDate is expected beside CeaseReason")


@tests("G18")
def attendance(ground: Ground, _: Rule) -> Iterator[Test]:
    """Compulsory school age by section 8 of the Education Act 1996, as it is on a census day in January.

    It begins on the 31 December, 31 March or 31 August after the fifth birthday, and ends in June of the school year of
    the sixteenth.
    """
    year = ground.census.year
    of_age = pl.col("PersonBirthDate").is_between(date(year - 17, 9, 1), date(year - 6, 12, 31))
    wrong = ~of_age & (pl.col("PersonBirthDate") <= ground.census) & ~ground.given("placements", "LeavingDate")
    says = f"compulsory school age on {ground.census} is expected where AttendancePattern is given"
    yield Test("placements", "AttendancePattern", pl.col("AttendancePattern").is_not_null() & wrong, says)


@tests("G19")
def named_settings(_: Ground, __: Rule) -> Iterator[Test]:
    """A plan names a setting."""
    says = f"SENSetting {', '.join(ELSEWHERE)} is expected in placements alone, not in a named plan"
    yield Test("plan_details", "SENSetting", pl.col("SENSetting").is_in(ELSEWHERE), says)


@tests("G20")
def review_order(ground: Ground, _: Rule) -> Iterator[Test]:
    """The letter follows the meeting."""
    wrong = ground.past("LastReview") < ground.past("ReviewMeeting")
    says = "LastReview, the day of the decision letter, is expected on or after ReviewMeeting"
    yield Test("active_plans", "LastReview", wrong, says)


@tests("G21")
def reference_period(ground: Ground, _: Rule) -> Iterator[Test]:
    """Decisions of the calendar year before the census; ones out of order are O02's."""
    year = ground.census.year - 1
    for table, outcome in (("requests", "RequestOutcome"), ("assessments", "AssessmentOutcome")):
        day = ground.past(f"{outcome}Date")
        outside = ~day.is_between(date(year, 1, 1), date(year, 12, 31))
        wrong = pl.col(outcome).is_in(["Y", "N"]) & outside & ~ground.out_of_order(table).fill_null(value=False)
        says = f"a day in {year} is expected where {outcome} is Y or N"
        yield Test(table, f"{outcome}Date", wrong, says)
