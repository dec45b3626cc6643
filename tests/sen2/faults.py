"""For each rule, small changes to a return that break it and nothing else, with the places that it must name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import attrs

from tests.doors.sen2 import Rule, specification

from .drafts import Draft, upn

YEARS = (2023, 2024, 2025, 2026)

Place = tuple[str, int, str]
"""Table, key and element."""


class Fault(NamedTuple):
    """A change that breaks a rule, and the place of the finding; years in which it can be made."""

    change: Callable[[Draft], object]
    place: Place
    years: tuple[int, ...] = YEARS


def _set(table: str, key: int, **values: object) -> Callable[[Draft], object]:
    return lambda d: d.set(table, key, **values)


def _absent(table: str, key: int, element: str) -> Fault:
    return Fault(_set(table, key, **{element: None}), (table, key, element))


def _keep(table: str, key: int, element: str | None, why: str) -> Callable[[Draft], object]:
    return lambda d: d.keep(table, key, element, why, text={"empty": "", "header": "2022"}.get(why, "odd"))


def _two(table: str, like: int, **values: object) -> Callable[[Draft], object]:
    return lambda d: d.add(table, like, **values)


def _drop(table: str, *keys: int) -> Callable[[Draft], object]:
    def change(d: Draft) -> None:
        for key in keys:
            d.drop(table, key)

    return change


def _header(**values: object) -> Callable[[Draft], object]:
    def change(d: Draft) -> None:
        d.header = attrs.evolve(d.header, **values)

    return change


def _each(*changes: Callable[[Draft], object]) -> Callable[[Draft], object]:
    def change(d: Draft) -> None:
        for one in changes:
            one(d)

    return change


def _born(person: int, years: int, days: int = 0) -> Callable[[Draft], object]:
    """Have a person be so old on the census day, and as many days more."""

    def change(d: Draft) -> None:
        census = d.spec.year.census_day
        d.set("persons", person, PersonBirthDate=census.replace(year=census.year - years) - timedelta(days))

    return change


def _dated(table: str, key: int, element: str, at: tuple[int, int, int]) -> Callable[[Draft], object]:
    """Date an element: years before that of the return, month, day."""
    return lambda d: d.set(table, key, **{element: date(d.year - at[0], *at[1:])})


def _neet(person: int) -> Callable[[Draft], object]:
    def change(d: Draft) -> None:
        placement = {1: 1, 2: 3}[person]
        d.set("placements", placement, SENSetting="NEET", URN=None)
        if d.year == 2023:
            d.set("placements", placement, AttendancePattern=None)

    return change


FAULTS: dict[str, list[Fault]] = {
    "S01": [
        Fault(lambda d: d.records["authority"].clear(), ("", 0, "Source")),
        Fault(_two("authority", 1), ("", 0, "Source")),
        Fault(_keep("", 0, "Persons", "absent"), ("", 0, "Persons")),
    ],
    "S02": [
        Fault(_keep("persons", 2, "ShoeSize", "unknown"), ("persons", 2, "ShoeSize")),
        Fault(_keep("persons", 2, "Surname", "repeated"), ("persons", 2, "Surname")),
        Fault(_keep("", 0, "Header/Remark", "header"), ("", 0, "Remark")),
        Fault(
            _each(_keep("persons", 2, "Sex", "unknown"), _set("persons", 2, Sex=None)),
            ("persons", 2, "Sex"),
            (2024, 2025, 2026),
        ),
    ],
    "S03": [
        Fault(_header(collection="SEN1"), ("", 0, "Collection")),
        Fault(_header(collection=None), ("", 0, "Collection")),
        Fault(_set("authority", 1, SourceLevel="S"), ("authority", 1, "SourceLevel")),
        _absent("authority", 1, "SourceLevel"),
    ],
    "S04": [
        Fault(_header(reference_date=date(2020, 1, 16)), ("", 0, "ReferenceDate")),
        Fault(_header(reference_date=None), ("", 0, "ReferenceDate")),
        Fault(_keep("", 0, "Header/CollectionDetails/Year", "header"), ("", 0, "Year")),
    ],
    "S05": [
        Fault(_drop("requests", 3), ("persons", 3, "Requests")),
        Fault(_drop("persons", *range(1, 7)), ("", 0, "Person")),
    ],
    "S06": [
        Fault(_two("assessments", 4, AssessmentOutcome="A", AssessmentOutcomeDate=None), ("requests", 8, "Assessment")),
        Fault(
            _each(_two("active_plans", 1), *(_two(of, 1, active_plan=3) for of in ("placements", "sen_needs"))),
            ("requests", 1, "ActivePlans"),
        ),
    ],
    "S07": [
        Fault(
            _each(_two("named_plans", 3), _two("plan_details", 4, named_plan=4)),
            ("assessments", 3, "NamedPlan"),
        ),
        Fault(_drop("plan_details", 1), ("named_plans", 1, "PlanDetail")),
        Fault(_two("plan_details", 3, SENSettingOther="A tent"), ("named_plans", 2, "PlanDetail")),
    ],
    "S08": [
        Fault(_drop("placements", 1), ("active_plans", 1, "PlacementDetail")),
        Fault(_drop("sen_needs", 1), ("active_plans", 1, "SENneed")),
        Fault(_two("sen_needs", 3, SENtype="VI"), ("active_plans", 2, "SENneed")),
    ],
    "S11": [
        Fault(_set("active_plans", 2, ReviewMeeting=None), ("active_plans", 2, "ReviewMeeting")),
        Fault(_set("active_plans", 2, ReviewOutcome=None), ("active_plans", 2, "ReviewOutcome")),
        Fault(_set("active_plans", 2, ReviewOutcome=None, LastReview=None), ("active_plans", 2, "ReviewOutcome")),
    ],
    "S12": [_absent("authority", 1, "DSCO"), _absent("requests", 1, "RequestSource")],
    "F01": [
        Fault(
            _each(_keep("persons", 1, "PersonBirthDate", "unreadable"), _set("persons", 1, PersonBirthDate=None)),
            ("persons", 1, "PersonBirthDate"),
        ),
        Fault(
            _each(_keep("", 0, "Header/CollectionDetails/ReferenceDate", "unreadable"), _header(reference_date=None)),
            ("", 0, "ReferenceDate"),
        ),
    ],
    "F02": [Fault(lambda d: d.keep("", 0, "Header/CollectionDetails/Year", "header", text="24"), ("", 0, "Year"))],
    "F03": [
        Fault(_set("authority", 1, DateTime=text), ("authority", 1, "DateTime"))
        for text in ("2024-02-30T09:00:00", "2024-02-01", "2024-02-01T25:00:00", "noon")
    ],
    "F04": [Fault(_set("authority", 1, SerialNo=text), ("authority", 1, "SerialNo")) for text in ("01", "00a", "٠٠١")],
    "F05": [
        Fault(_set("authority", 1, LEA="99"), ("authority", 1, "LEA")),
        Fault(_set("requests", 7, Exported="Kent"), ("requests", 7, "Exported")),
        Fault(_set("active_plans", 2, TransferLA="E090"), ("active_plans", 2, "TransferLA")),
    ],
    "F06": [
        Fault(_set("persons", 1, UPN=text), ("persons", 1, "UPN"))
        for text in ("A12345678901", "A12345678901AB", "1123456789012", "A1234567890AB")
    ],
    "F07": [
        Fault(_set("persons", 2, UniqueLearnerNumber=text), ("persons", 2, "UniqueLearnerNumber"))
        for text in ("12345678", "12345678901", "123456789x")
    ],
    "F08": [
        Fault(_set("plan_details", 1, URN="1234"), ("plan_details", 1, "URN")),
        Fault(_set("placements", 1, URN="1234567"), ("placements", 1, "URN")),
    ],
    "F09": [
        Fault(_set("plan_details", 2, UKPRN="1234567"), ("plan_details", 2, "UKPRN")),
        Fault(_set("placements", 2, UKPRN="123456789"), ("placements", 2, "UKPRN")),
    ],
    "G01": [_absent("persons", 3, "UPNunknown"), Fault(_set("persons", 1, UPN=None), ("persons", 1, "UPNunknown"))],
    "G02": [_absent("requests", key, name) for key in (1, 3, 4, 5) for name in ("ReceivedDate", "RYA")],
    "G03": [_absent("requests", key, "RequestOutcomeDate") for key in (1, 3)],
    "G04": [
        Fault(_set("requests", key, **{name: value}), ("requests", key, name))
        for key in (2, 4, 5)
        for name, value in (("RequestMediation", "0"), ("RequestTribunal", "1"), ("Exported", "998"))
    ],
    "G05": [
        Fault(_set("requests", 8, Exported="998"), ("requests", 8, "Assessment")),
        Fault(_each(_set("requests", 7, person=1), _set("active_plans", 1, request=7)), ("requests", 7, "ActivePlans")),
    ],
    "G06": [_absent("assessments", key, "AssessmentOutcomeDate") for key in (1, 4)],
    "G07": [
        Fault(_set("assessments", 4, AssessmentOutcome="A"), ("assessments", 4, "AssessmentOutcomeDate")),
        *(
            Fault(
                _set("assessments", 4, AssessmentOutcome="W", AssessmentOutcomeDate=None, **{name: "0"}),
                ("assessments", 4, name),
            )
            for name in ("AssessmentMediation", "AssessmentTribunal", "OtherMediation", "OtherTribunal", "Week20")
        ),
        Fault(
            _each(
                _set("assessments", 4, AssessmentOutcome="A", AssessmentOutcomeDate=None),
                _set("named_plans", 3, assessment=4),
                _drop("assessments", 3),
            ),
            ("assessments", 4, "NamedPlan"),
        ),
        Fault(
            _each(
                _set("assessments", 4, AssessmentOutcome="A", AssessmentOutcomeDate=None),
                _set("active_plans", 1, request=8),
            ),
            ("assessments", 4, "ActivePlans"),
        ),
    ],
    "G08": [
        Fault(
            _set("assessments", 4, AssessmentOutcome="H", AssessmentOutcomeDate=None),
            ("assessments", 4, "AssessmentOutcome"),
        ),
        Fault(_set("active_plans", 1, TransferLA="998"), ("active_plans", 1, "TransferLA")),
    ],
    "G09": [
        Fault(_set("plan_details", 1, URN=None), ("plan_details", 1, "URN")),
        Fault(_set("plan_details", 1, UKPRN="90000009"), ("plan_details", 1, "URN")),
        Fault(_set("plan_details", 1, UKPRN="90000009", SENSetting="EHE"), ("plan_details", 1, "URN")),
    ],
    "G10": [
        Fault(_set("placements", 1, URN=None), ("placements", 1, "URN")),
        Fault(_set("placements", 2, URN="900009"), ("placements", 2, "URN")),
    ],
    "G12": [
        _absent("plan_details", 3, "SENSettingOther"),
        Fault(_set("placements", 3, SENSetting="NIEO", SENSettingOther=None), ("placements", 3, "SENSettingOther")),
    ],
    "G13": [
        Fault(_set("sen_needs", 1, SENtypeRank="2"), ("active_plans", 1, "SENtypeRank")),
        Fault(_set("sen_needs", 1, SENtypeRank=None), ("active_plans", 1, "SENtypeRank")),
        Fault(_set("sen_needs", 3, SENtypeRank="1"), ("active_plans", 2, "SENtypeRank")),
        Fault(_set("sen_needs", 3, SENtypeRank=None), ("active_plans", 2, "SENtypeRank")),
    ],
    "G15": [Fault(_born(3, 6), ("persons", 3, "UPNunknown"))],
    "G17": [_absent("named_plans", 3, "CeaseReason"), _absent("named_plans", 3, "CeaseDate")],
    "G18": [
        Fault(_set("persons", 1, PersonBirthDate=date(2018, 1, 1)), ("placements", 1, "AttendancePattern")),
        Fault(_set("persons", 1, PersonBirthDate=date(2006, 8, 31)), ("placements", 1, "AttendancePattern")),
    ],
    "G19": [
        Fault(_set("plan_details", 3, SENSetting=code, SENSettingOther=None), ("plan_details", 3, "SENSetting"))
        for code in ("NEET", "NIEC")
    ],
    "G20": [Fault(_dated("active_plans", 2, "LastReview", (1, 8, 31)), ("active_plans", 2, "LastReview"))],
    "G21": [
        Fault(
            _each(
                _dated("requests", 3, "ReceivedDate", (2, 10, 1)),
                _dated("requests", 3, "RequestOutcomeDate", (2, 12, 31)),
            ),
            ("requests", 3, "RequestOutcomeDate"),
        ),
        Fault(_dated("requests", 3, "RequestOutcomeDate", (0, 1, 1)), ("requests", 3, "RequestOutcomeDate")),
        Fault(
            _dated("assessments", 4, "AssessmentOutcomeDate", (0, 1, 1)), ("assessments", 4, "AssessmentOutcomeDate")
        ),
    ],
    "O01": [Fault(_born(3, 0, -1), ("persons", 3, "PersonBirthDate"))],
    "O02": [
        Fault(_dated("requests", 1, "RequestOutcomeDate", (1, 1, 31)), ("requests", 1, "RequestOutcomeDate")),
        Fault(_dated("requests", 3, "RequestOutcomeDate", (8, 1, 31)), ("requests", 3, "RequestOutcomeDate")),
        Fault(
            _dated("assessments", 4, "AssessmentOutcomeDate", (1, 2, 28)), ("assessments", 4, "AssessmentOutcomeDate")
        ),
    ],
    "O03": [Fault(_dated("placements", 2, "LeavingDate", (3, 8, 31)), ("placements", 2, "LeavingDate"))],
    "O04": [Fault(_dated("named_plans", 3, "CeaseDate", (6, 6, 30)), ("named_plans", 3, "CeaseDate"))],
    "O05": [
        Fault(_dated(table, key, element, (0, 2, 2)), (table, key, element), YEARS[since:])
        for table, key, elements, since in (
            ("requests", 1, "ReceivedDate RequestOutcomeDate", 0),
            ("assessments", 1, "AssessmentOutcomeDate", 0),
            ("named_plans", 1, "StartDate", 0),
            ("named_plans", 3, "CeaseDate", 0),
            ("placements", 2, "EntryDate LeavingDate", 0),
            ("active_plans", 2, "LastReview", 0),
            ("active_plans", 2, "ReviewMeeting", 1),
            ("active_plans", 2, "ReviewDraft PhaseTransferFinalDate", 2),
        )
        for element in elements.split()
    ],
    "O06": [
        Fault(_set("persons", 5, UPN=upn("999000000001")), ("persons", 5, "UPN")),
        Fault(_set("persons", 5, UniqueLearnerNumber="9900000002"), ("persons", 5, "UniqueLearnerNumber")),
        Fault(
            _each(
                _set("persons", 4, UniqueLearnerNumber="9900000007"),
                _set("persons", 5, UPN=upn("99900000000A"), UniqueLearnerNumber="9900000007"),
            ),
            ("persons", 5, "UPN"),
        ),
    ],
    "O07": [Fault(_set("sen_needs", 3, SENtype="SLCN"), ("sen_needs", 3, "SENtype"))],
    "O08": [
        Fault(_set("plan_details", 1, PlacementRank="2"), ("plan_details", 1, "PlacementRank")),
        Fault(_set("placements", 2, PlacementRank="2"), ("placements", 2, "PlacementRank")),
    ],
    "O09": [
        Fault(
            lambda d: d.set("persons", 2, PersonBirthDate=date(d.year - 26, 8, 31)),
            ("active_plans", 2, "PersonBirthDate"),
        )
    ],
    "O10": [
        Fault(_two("plan_details", 1), ("plan_details", 5, "PlanDetail")),
        Fault(_two("placements", 1), ("placements", 4, "PlacementDetail")),
    ],
    "O11": [
        Fault(_set("persons", 1, UPN=upn("999000000001").replace("1", "2")), ("persons", 1, "UPN")),
        Fault(_set("persons", 4, UPN=upn("99900000000A").replace("A", "B")), ("persons", 4, "UPN")),
        Fault(_set("persons", 4, UPN="A99900000000I"), ("persons", 4, "UPN")),
    ],
    "N01": [
        Fault(lambda d: d.reorder("persons", 2, "Forename Surname"), ("persons", 2, "Person")),
        Fault(lambda d: d.reorder("", 0, "Persons Header"), ("", 0, "Message")),
    ],
    "N02": [
        Fault(
            _each(*(_two("placements", 2, UKPRN=f"9000001{n}", PlacementRank="1") for n in range(2))),
            ("active_plans", 2, "PlacementDetail"),
        )
    ],
    "N03": [
        Fault(_set("plan_details", 1, SENSetting="EHE"), ("plan_details", 1, "SENSetting")),
        Fault(_set("placements", 2, SENSetting="EHE"), ("placements", 2, "SENSetting")),
    ],
    "N05": [Fault(_set("placements", 3, SENSetting="OTH", SENSettingOther="A tent"), ("placements", 3, "SENSetting"))],
    "N06": [Fault(_set("persons", 3, Ethnicity="WENG"), ("persons", 3, "Ethnicity"))],
    "N07": [
        Fault(
            _each(_keep("placements", 3, "SENsetting", "unknown"), _set("placements", 3, SENSetting=None)),
            ("placements", 3, "SENSetting"),
        ),
    ],
    "N08": [
        Fault(_set("requests", 3, Exported=""), ("requests", 3, "Exported")),
        Fault(_keep("named_plans", 2, "CeaseDate", "empty"), ("named_plans", 2, "CeaseDate")),
    ],
    "N09": [
        Fault(_keep("persons", 2, "Surname", "attribute"), ("persons", 2, "Person")),
        Fault(_keep("requests", 2, None, "text"), ("requests", 2, "Requests")),
    ],
}
FAULTS["G14"] = [
    Fault(_each(_neet(2), _born(2, 16, -1)), ("placements", 3, "SENSetting")),
    # whose plan ceased, so that it is not too old a person's open plan as well
    Fault(
        _each(
            _neet(2),
            _born(2, 26, 200),
            lambda d: d.set("named_plans", 2, CeaseDate=date(d.year - 1, 9, 1), CeaseReason="1"),
        ),
        ("placements", 3, "SENSetting"),
    ),
]


def faults(rule: Rule, year: int) -> Iterator[Fault]:
    """The faults of a rule: those above, or, for rules that are rows alone, one for each of their elements."""
    if rule.id in FAULTS:
        yield from (fault for fault in FAULTS[rule.id] if year in fault.years)
        return
    if rule.untested:
        return
    draft, spec = Draft(year), specification(year)
    names = rule.elements or [e.name for e in spec.elements if e.type == "code" and spec.lists[e.values].also_seen]
    for element in dict.fromkeys(e for name in names for e in spec.elements if e.name == name and e.table):
        table, name = element.table, element.name
        key = next(
            record[spec.tables[table].key] for record in draft.records[table] if record.get(name) not in (None, "H")
        )
        for value in _wrong(rule, sorted(spec.lists[element.values].also_seen) if element.type == "code" else ()):
            yield Fault(_set(table, key, **{name: value}), (table, key, name))


def _wrong(rule: Rule, also_seen: tuple[str, ...] | list[str]) -> list[str | None]:
    if rule.id[0] == "K":
        return ["QQ"]
    return list(also_seen) if rule.id == "N04" else [None]
