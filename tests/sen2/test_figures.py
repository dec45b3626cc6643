"""Counts of a small return, each by hand, and the return beside published figures."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl
import pytest

from eesclient.sen2 import Return, SEN2Error, demo, reconcile, summarise, upgrade
from tests.conftest import shared_folder
from tests.doors.sen2 import FIGURES, Groups, expanded
from tests.sen2.nested import made

NEEDS = ["SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "OTH", "DS"]


def plan(start: str, **more: Any) -> dict[str, Any]:
    """Return an assessment that led to a plan."""
    named = {"StartDate": start, "plan_details": [{"SENSetting": "EHE", "PlacementRank": "1"}], **more}
    week20 = named.pop("Week20", "0")
    return {"AssessmentOutcome": "Y", "AssessmentOutcomeDate": start, "Week20": week20, "named_plans": [named]}


def active(**more: Any) -> dict[str, Any]:
    """Return an active plan with a placement and a need."""
    filled: dict[str, Any] = {
        "placements": [{"PlacementRank": "1", "URN": "100001", "SENunitIndicator": "0"}],
        "sen_needs": [{"SENtype": "ASD", "SENtypeRank": "1"}],
    }
    return {**filled, **more}


def asked(
    received: str = "2024-01-10", outcome: str = "Y", decided: str | None = "2024-02-01", **more: Any
) -> dict[str, Any]:
    """Return a request."""
    return {"ReceivedDate": received, "RequestOutcome": outcome, "RequestOutcomeDate": decided, **more}


REQUESTS: list[dict[str, Any]] = [
    # requests, in and out of 2024
    asked(outcome="N", RYA="1", RequestMediation="1", RequestTribunal="1"),
    asked(outcome="N", decided="2024-06-01", RequestMediation="true"),
    asked(outcome="A", decided="2024-01-20"),
    asked(outcome="W", decided="2024-06-01", RequestTribunal="1"),
    asked("2023-06-01", "N", RYA="1", RequestMediation="1", RequestTribunal="1"),
    asked("2023-06-01", "N", "2023-06-15"),
    asked("2023-06-01", "A", None),
    asked("2023-06-01", "W", None),
    # assessments
    asked(assessments=[{"AssessmentOutcome": "N", "AssessmentOutcomeDate": "2024-04-01", "AssessmentMediation": "1"}]),
    asked(assessments=[{"AssessmentOutcome": "N", "AssessmentOutcomeDate": "2024-09-01", "AssessmentTribunal": "1"}]),
    asked(assessments=[{"AssessmentOutcome": "A", "AssessmentMediation": "1", "AssessmentTribunal": "1"}]),
    asked(assessments=[{"AssessmentOutcome": "W", "OtherMediation": "1", "AssessmentOutcomeDate": "2024-03-01"}]),
    asked(assessments=[{"AssessmentOutcome": "W", "OtherTribunal": "1", "AssessmentOutcomeDate": "2024-11-01"}]),
    asked(assessments=[{"AssessmentOutcome": "H", "OtherMediation": "1", "OtherTribunal": "1"}]),
    # plans: in time, late with and without an exception, very late, older, without a request's date
    asked(assessments=[plan("2024-03-01", PB="1", OA="1", DP="E")], active_plans=[active()]),
    asked(assessments=[plan("2024-03-01", Week20="1", DP="S")], active_plans=[active()]),
    asked(assessments=[plan("2024-09-01", DP="H")], active_plans=[active()]),
    asked(assessments=[plan("2024-09-01", Week20="1", DP="I")], active_plans=[active()]),
    asked("2022-06-01", assessments=[plan("2024-09-01")]),
    asked("2022-06-01", assessments=[plan("2024-09-01", Week20="1")]),
    asked(None, "H", None, assessments=[plan("2024-09-01", CeaseDate="2024-12-01")]),
    asked(None, "H", None, assessments=[plan("2024-09-01", Week20="1")]),
    asked("2022-01-01", assessments=[plan("2022-03-01")]),
    asked("2022-01-01", assessments=[plan("2022-03-01", Week20="1")]),
    asked("2022-01-01", assessments=[plan("2022-09-01")]),
    asked("2022-01-01", assessments=[plan("2022-09-01", Week20="1")]),
    asked("2022-01-01", assessments=[plan("2023-09-01")]),
    asked("2022-01-01", assessments=[plan("2023-09-01", Week20="1")]),
    # ceased in the year and before it, for every reason
    *(
        asked(None, "H", None, assessments=[plan("2020-01-01", CeaseDate="2024-05-01", CeaseReason=str(n))])
        for n in range(1, 10)
    ),
    *(
        asked(None, "H", None, assessments=[plan("2020-01-01", CeaseDate="2023-05-01", CeaseReason=str(n))])
        for n in range(1, 10)
    ),
    asked(None, "H", None, assessments=[plan("2020-01-01", CeaseDate="2024-05-01", CeaseReason="")]),
    # settings named in new plans
    *(
        asked(
            None, "H", None, assessments=[plan("2024-09-01", plan_details=[{"SENSetting": code, "PlacementRank": "1"}])]
        )
        for code in ("OLA", "OPA", "EYP", "OTH")
    ),
    # needs of new plans and of old ones; a second need does not count
    *(
        asked(
            None,
            "H",
            None,
            assessments=[plan("2024-09-01")],
            active_plans=[
                active(sen_needs=[{"SENtype": "ASD", "SENtypeRank": "2"}, {"SENtype": need, "SENtypeRank": "1"}])
            ],
        )
        for need in NEEDS
    ),
    asked(None, "H", None, active_plans=[active(sen_needs=[])]),
    # settings attended, with the second of two first
    *(
        asked(
            None,
            "H",
            None,
            active_plans=[
                active(
                    placements=[{"PlacementRank": "2", "SENSetting": "OLA"}, {"PlacementRank": "1", "SENSetting": c}]
                )
            ],
        )
        for c in ("OLA", "OPA", "EHE", "EYP", "OTH", "NEET", "NIEC", "NIEO")
    ),
    # reviews
    *(
        asked(None, "H", None, active_plans=[active(ReviewMeeting=met, LastReview=sent, ReviewOutcome=outcome)])
        for met, sent, outcome in (
            ("2025-01-03", "2025-01-10", "A"),
            ("2024-12-03", "2025-01-10", "C"),
            ("2024-06-03", "2024-06-10", "M"),
            ("2022-06-03", "2022-09-10", "M"),
        )
    ),
    # where they live and work: counted once a plan
    *(
        asked(
            None,
            "H",
            None,
            active_plans=[active(placements=[{"PlacementRank": "1"}, {"PlacementRank": "2", "Res": res, "WBP": wbp}])],
        )
        for res, wbp in (("A", "A"), ("B", "T"), ("B", "S"))
    ),
]

EXPECTED = {
    "requests": {
        "requests_received_in_year": 14,
        "requests_rya": 1,
        "requests_decided_to_assess": 10,
        "requests_decided_not_to_assess": 2,
        "requests_decision_not_made": 1,
        "requests_withdrawn": 1,
        "request_outcome_six_weeks": 11,
        "request_outcome_over_6_weeks": 1,
        "mediation_related_request": 2,
        "tribunal_related_request": 2,
        "tribunal_after_mediation_request": 1,
        "request_assess_pc": 71.4,
        "request_outcome_six_weeks_pc": 91.7,
    },
    "assessments": {
        "assess_issued": 50,
        "assess_not_issued": 2,
        "assess_not_made": 1,
        "assess_withdrawn": 2,
        "assess_in_year": 55,
        "outcome_decision_within_time": 1,
        "outcome_decision_over_time": 1,
        "number_assess_mediation": 2,
        "number_assess_tribunal": 2,
        "number_asssess_mediation_tribunal": 1,
        "number_other_mediation": 2,
        "number_other_tribunal": 2,
        "number_other_mediation_tribunal": 1,
        "assess_issued_pc": 90.9,
        "outcome_decision_within_time_pc": 50.0,
    },
    "newplans": {
        "new_ehc_plans": 25,
        "elective_home_education": 21,
        "other_arrangements_la": 1,
        "other_arrangements_parents": 1,
        "nm_early_years": 1,
        "other_placement_settings": 1,
    },
    "timeliness_20_week": {
        "plans_issued_den": 6,
        "plans_issued_den_ex": 3,
        "plans_issued_within_20_weeks": 2,
        "plans_issued_20_weeks_ex": 1,
        "plans_issued_gt20weeks_ltYear": 2,
        "plans_issued_gt20weeks_ltYear_ex": 1,
        "plans_issued_gt_1_year": 2,
        "plans_issued_gt_1_year_ex": 1,
        "pc_plans_issued_within_20_weeks": 33.3,
    },
    "caseload": {
        "ehcplans": 33,
        "elective_home_education": 1,
        "other_arrangements_la": 1,
        "other_arrangements_parents": 1,
        "nm_early_years": 1,
        "other_placement_settings": 1,
        "neet": 1,
        "neet_ntci": 1,
        "neet_other": 1,
    },
    "sen_needs_all_plans": {
        "ehc_plans": 33,
        "number_asd": 20,
        "number_oth": 2,
        "number_need_unknown": 1,
        **{f"number_{need.lower()}": 1 for need in NEEDS if need not in ("ASD", "OTH", "DS")},
    },
    "sen_need_newplans": {
        "ehc_plans": 25,
        "number_asd": 5,
        "number_oth": 2,
        **{f"number_{need.lower()}": 1 for need in NEEDS if need not in ("ASD", "OTH", "DS")},
    },
    "annual_reviews": {
        "total_ehc_plans": 33,
        "review_meeting_25": 1,
        "review_meeting_24": 2,
        "review_meeting_prior_24": 1,
        "total_review_meeting": 4,
        "outcome_amend": 1,
        "outcome_cease": 1,
        "outcome_maintan": 2,
        "review_decision25": 2,
        "review_decision24": 1,
        "review_decision_prior24": 1,
        "number_decsion_4weeks": 2,
        "number_decision_gt_4weeks": 2,
    },
    "personal_budgets": {
        "personal_budget": 1,
        "org_arrangments": 1,
        "pb_education": 1,
        "pb_social": 1,
        "pb_health": 1,
        "pb_integrated": 1,
    },
    "residential_settings": {"Res_3851": 1, "Res_52": 2, "Res_tot": 3},
    "work_based_placements": {"open_supp_intern": 1, "open_apprentice": 1, "open_trainee": 1, "open_wbp": 3},
    "ceased_plans": {
        **dict.fromkeys(
            ["max_age", "needs_met", "he", "employ", "transfer", "no_engage", "moved_outside_eng", "deceased", "other"],
            1,
        ),
        "not_rec": 2,
        "total_ceased": 11,
    },
}


@pytest.fixture(scope="module")
def small() -> Return:
    """Return a made return, one person a request."""
    return made(2025, [{"requests": [request]} for request in REQUESTS], DSCO="R")


@pytest.fixture(scope="module")
def figures(small: Return) -> pl.DataFrame:
    """Return its figures."""
    return summarise(small)


@pytest.mark.parametrize(("file", "column"), [(file, column) for file, held in EXPECTED.items() for column in held])
def test_counts(figures: pl.DataFrame, file: str, column: str) -> None:
    """Each figure is what was counted by hand."""
    assert figures.filter(file=file, column=column)["value"].to_list() == [EXPECTED[file][column]]


def test_every_figure_is_counted_by_hand(figures: pl.DataFrame) -> None:
    """None is left out but shares, of which one a kind is enough, officers, and types of school."""
    names = set(figures.filter(pl.col("value").is_not_null()).select("file", "column").rows())
    by_hand = {(file, column) for file, held in EXPECTED.items() for column in held}
    assert all("pc" in column.lower().split("_") for _, column in names - by_hand)
    assert by_hand <= names


def test_every_condition_counts(small: Return) -> None:
    """Without any one of its conditions, a figure would be another: the small return tells them apart."""
    groups = Groups(small)
    for row in expanded(small):
        words = row["where"].split()
        if row["counts"] in ("%", "authority"):
            continue
        frame = groups.group(row["counts"])
        with_all = frame.filter(*(groups.condition(word) for word in words)).height
        for word in words:
            without = frame.filter(*(groups.condition(other) for other in words if other != word)).height
            assert with_all != without, (row["column"], word)


def test_officers_and_periods(figures: pl.DataFrame) -> None:
    """Officers are words; flows are of the calendar year before, stocks of the academic year around the census day."""
    officers = figures.filter(file="sen2_dmo_dco").select("column", "text", "time_period").rows()
    assert officers == [
        ("des_med_off", "Yes", "2025"),
        ("des_clin_off", "No", "2025"),
        ("des_so_care_off", "Recruiting", "2025"),
    ]
    periods = set(figures.select("file", "time_period").rows())
    assert {("requests", "2024"), ("caseload", "202425"), ("ceased_plans", "2024")} <= periods
    assert figures.schema == FIGURES


def test_schools_come_from_gias(small: Return, figures: pl.DataFrame) -> None:
    """Types of school have no value without an extract, and one with it."""
    column = pl.col("column") == "mainstream_la_maintained"
    assert figures.filter(column)["why_not"].str.contains("GIAS").all()
    schools = pl.DataFrame({"URN": [100001], "TypeOfEstablishment (name)": ["Community school"]})
    assert summarise(small, schools=schools).filter(column)["value"].to_list() == [22.0, 0.0]
    with pytest.raises(SEN2Error, match="no column TypeOfEstablishment"):
        summarise(small, schools=schools.select("URN"))


def test_units_and_resourced_provision() -> None:
    """A unit or resourced provision in a mainstream school has a column of its own; a special school has none."""
    placements = [
        {"PlacementRank": "1", "URN": "100001", "SENunitIndicator": "1"},
        {"PlacementRank": "1", "URN": "100001", "ResourcedProvisionIndicator": "1"},
        {"PlacementRank": "1", "URN": "100002", "SENunitIndicator": "1"},
    ]
    return_ = made(2025, [{"requests": [asked(active_plans=[active(placements=[p])])]} for p in placements])
    schools = pl.DataFrame(
        {"URN": [100001, 100002], "TypeOfEstablishment (name)": ["Academy converter", "Community special school"]}
    )
    found = summarise(return_, schools=schools).filter(pl.col("file") == "caseload", pl.col("value") == 1)
    assert set(found["column"]) == {
        "mainstream_academy_senunit",
        "mainstream_academy_resourced_provision",
        "special_la_maintained",
    }


def test_what_a_year_lacks() -> None:
    """A return of 2023 has no review meetings and no third officer, and its residence is in the plan."""
    found = summarise(
        made(2023, [{"requests": [asked(None, "H", None, active_plans=[active(placements=[], Res="A")])]}])
    )
    said = dict(found.select("column", "why_not").rows())
    assert said["outcome_amend"] == "the return of 2023 has no ReviewOutcome"
    assert said["des_so_care_off"] == "the return of 2023 has no DSCO"
    assert found.filter(column="Res_3851")["value"].to_list() == [1.0]
    assert "review_meeting_23" in said


@pytest.fixture(scope="module")
def caseload() -> pl.DataFrame:
    """Return a SYNTHETIC published row that agrees with the small return but for one column and one symbol."""
    row = {"time_period": "202425", "time_identifier": "Academic year", "geographic_level": "Local authority"}
    row |= {"old_la_code": "301", "la_name": "Made", "breakdown_topic": "All EHC plans", "breakdown": "All EHC plans"}
    figures = {
        "ehcplans": "33",
        "neet": "2",
        "neet_ntci": "x",
        "mainstream_total": "20",
        "mainstream_la_maintained": "9",
    }
    other = {**row, "breakdown": "Male", "breakdown_topic": "Sex"}
    return pl.DataFrame(
        [{**row, **figures}, {**other, **figures}, {**row, **figures, "neet_ntci": "1", "old_la_code": "302"}]
    )


def test_reconcile(small: Return, caseload: pl.DataFrame) -> None:
    """Equal, different by how much, a symbol that is kept, and what cannot be derived."""
    found = reconcile(small, caseload)
    frame = found.frame.filter(pl.col("published").is_not_null())
    assert frame.select("column", "derived", "published", "difference", "verdict").rows() == [
        ("ehcplans", "33", "33", 0.0, "equal"),
        ("neet", "1", "2", -1.0, "differs"),
        ("neet_ntci", "1", "x", None, "not published"),
        ("mainstream_la_maintained", None, "9", None, "not derivable"),
        ("mainstream_total", None, "20", None, "not derivable"),
    ]
    assert found.counts()["equal"] == 1
    assert repr(found).startswith("<return beside caseload of 301: 1 equal, 1 differs")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"old_la_code": "309"}, "no authority 301: name another by authority=; did you mean 309"),
        ({"time_period": "202324"}, "says nothing of authority 301 in 202425; it has 202324"),
        ({"breakdown": "Male"}, "has 0 rows about everything of authority 301 in 202425"),
    ],
)
def test_rows_that_are_not_there(small: Return, caseload: pl.DataFrame, change: dict[str, str], says: str) -> None:
    """Another authority, period or breakdown is an error that says what there is."""
    data = caseload.head(1).with_columns(**{name: pl.lit(value) for name, value in change.items()})
    with pytest.raises(SEN2Error, match=says):
        reconcile(small, data)


@pytest.mark.parametrize("type_", [pl.Int64, pl.Float64])
def test_frames_of_a_reader_that_guesses_types(small: Return, caseload: pl.DataFrame, type_: Any) -> None:
    """Years, codes and figures that a reader of CSV took for numbers are the same ones."""
    guessed = caseload.with_columns(pl.col("time_period", "old_la_code", "ehcplans").cast(type_))
    assert reconcile(small, guessed).frame.equals(reconcile(small, caseload).frame)


def test_things_of_another_type(small: Return, caseload: pl.DataFrame) -> None:
    """The name of a file where a return, frame or rule file is meant, or a number for a code, is an error in words."""
    file: Any = "return.xml"
    number: Any = 301
    for call in (summarise, partial(upgrade, year=2026), partial(reconcile, data=caseload)):
        with pytest.raises(SEN2Error, match=r"^takes a return, not str: eesclient\.sen2\.read\(\.\.\.\) reads one"):
            call(file)
    with pytest.raises(SEN2Error, match=r"schools='return.xml': give a Polars frame"):
        summarise(small, schools=file)
    with pytest.raises(SEN2Error, match=r"rules='return.xml': load the file first"):
        small.check(rules=file)
    for ask in (partial(reconcile, small, caseload), partial(demo, 5)):
        with pytest.raises(SEN2Error, match="authority=301: write the three digits of an authority as text"):
            ask(authority=number)
    with pytest.raises(SEN2Error, match="not list"):
        reconcile(small, [file])  # type: ignore[arg-type]
    wrong: Any = "2025"
    with pytest.raises(SEN2Error, match="no specification for '2025'"):
        demo(5, year=wrong)
    assert demo(5, faults="K27").check().by_severity() == {"code": 1}


def test_data_sets_of_something_else(small: Return, caseload: pl.DataFrame) -> None:
    """A data set without a known column, or without codes of authorities, is refused."""
    keys = caseload.select("time_period", "time_identifier", "geographic_level", pl.lit("1").alias("pupils"))
    with pytest.raises(SEN2Error, match="no column that a return can be counted as"):
        reconcile(small, keys)
    with pytest.raises(SEN2Error, match="no column old_la_code"):
        reconcile(small, caseload.drop("old_la_code"))


def test_which_authority(small: Return, caseload: pl.DataFrame) -> None:
    """`authority=` names another; a return that names none or several asks for it."""
    assert reconcile(small, caseload, authority="302").frame.filter(column="neet_ntci")["verdict"].to_list() == [
        "equal"
    ]
    with pytest.raises(SEN2Error, match="names 0 authorities: say which by authority="):
        reconcile(made(2025, LEA=None), caseload)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "file", ["annual_reviews", "ceased_plans", "personal_budgets", "residential_settings", "work_based_placements"]
)
def test_published_files_are_told_apart(small: Return, file: str) -> None:
    """Each real file of 2025 is known by its columns, and every one of its figures gets a verdict."""
    found = reconcile(small, shared_folder("data", "EES_DATA") / "sen2_published" / f"{file}.csv.gz")
    assert found.file == file
    assert found.frame["verdict"].null_count() == 0
    assert found.frame["published"].null_count() == 0


def test_needs_by_kind_of_period(small: Return) -> None:
    """Needs of all plans and of new ones have the same columns: the period's kind tells."""
    assert (
        reconcile(small, shared_folder("data", "EES_DATA") / "large/sen_needs_all_plans.csv.gz").file
        == "sen_needs_all_plans"
    )


def test_officers_beside_theirs(small: Return) -> None:
    """Words are compared as words."""
    found = reconcile(small, shared_folder("data", "EES_DATA") / "sen2_published/sen2_dmo_dco.csv")
    assert found.frame.select("derived", "verdict").height == 3
    assert set(found.frame["verdict"]) <= {"equal", "differs"}
