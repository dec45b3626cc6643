"""Small returns of each year in which every rule holds, and changes to them; all of it is made up, about nobody."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from tests.doors.sen2 import KEPT, ORDER, Header, Return, schema, specification

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def upn(digits: str) -> str:
    """Return a UPN: twelve digits, or eleven and a letter, with the check letter before them."""
    values = [int(sign) if sign.isdigit() else LETTERS.index(sign) for sign in digits]
    return LETTERS[sum(place * value for place, value in enumerate(values, 2)) % 23] + digits


def _records(year: int) -> dict[str, list[dict[str, Any]]]:
    """Return records of six persons: a new plan, two older ones, and requests that led to none, or not yet."""
    last = year - 1

    def person(age: int, **more: Any) -> dict[str, Any]:
        born = date(year - age - 1, 6, 15)
        names = {"Surname": f"Zurname{age}", "Forename": f"Vorename{age}", "PostCode": f"ZZ99 {age % 10}ZZ"}
        return {"PersonBirthDate": born, **names, "GenderCurrent": "1", "Sex": "F", "Ethnicity": "WBRI", **more}

    def request(person_: int, outcome: str, **more: Any) -> dict[str, Any]:
        return {"person": person_, "RequestOutcome": outcome, "RequestSource": "2", **more}

    new = {"ReceivedDate": date(last, 2, 1), "RYA": "0", "RequestOutcomeDate": date(last, 3, 1)}
    flags = {"AssessmentMediation": "0", "AssessmentTribunal": "0", "OtherMediation": "1", "OtherTribunal": "0"}
    plan = {"PlanRes": "A", "PlanWBP": "S", "PB": "0", "OA": "1", "DP": "E"}
    units = {"SENunitIndicator": "0", "ResourcedProvisionIndicator": "1"}
    review = {
        "ReviewMeeting": date(last, 9, 1),
        "LastReview": date(last, 9, 20),
        "ReviewOutcome": "A",
        "ReviewDraft": date(last, 10, 1),
        "PhaseTransferDueDate": date(year, 3, 31),
        "PhaseTransferFinalDate": date(last, 12, 1),
    }
    work = {"Res": "B", "WBP": "T"}
    return {
        "authority": [
            {
                "SourceLevel": "L",
                "LEA": "999",
                "SoftwareCode": "SYNTHETIC",
                "Release": "1",
                "SerialNo": "001",
                "DateTime": f"{year}-02-01T09:00:00",
                "DMO": "Y",
                "DCO": "N",
                "DSCO": "R",
            }
        ],
        "persons": [
            person(10, UPN=upn("999000000001")),
            person(18, UniqueLearnerNumber="9900000002"),
            person(4, UPNunknown="UN1"),
            person(12, UPN=upn("99900000000A")),
            person(13, UPN=upn("999000000005"), UniqueLearnerNumber="9900000005"),
            person(20, UPN=upn("999000000006")),
        ],
        "requests": [
            request(1, "Y", **new, RequestMediation="0", RequestTribunal="1"),
            request(2, "H"),
            request(3, "N", **new),
            request(4, "A", ReceivedDate=date(last, 12, 1), RYA="0"),
            request(5, "W", ReceivedDate=date(last, 11, 1), RYA="1"),
            request(6, "H"),
            request(6, "Y", **new, Exported="XXX"),
            request(5, "Y", **new),
        ],
        "assessments": [
            {
                "request": 1,
                "AssessmentOutcome": "Y",
                "AssessmentOutcomeDate": date(last, 5, 1),
                **flags,
                "Week20": "0",
            },
            {"request": 2, "AssessmentOutcome": "H"},
            {"request": 6, "AssessmentOutcome": "H"},
            {"request": 8, "AssessmentOutcome": "N", "AssessmentOutcomeDate": date(last, 6, 1)},
        ],
        "named_plans": [
            {"assessment": 1, "StartDate": date(last, 7, 1), **plan},
            {"assessment": 2, "StartDate": date(last - 3, 7, 1), **plan},
            {
                "assessment": 3,
                "StartDate": date(last - 5, 7, 1),
                **plan,
                "CeaseDate": date(last, 8, 31),
                "CeaseReason": "4",
            },
        ],
        "plan_details": [
            {"named_plan": 1, "URN": "900001", "PlacementRank": "1", **units},
            {"named_plan": 2, "UKPRN": "90000001", "PlacementRank": "1", **units},
            {"named_plan": 2, "SENSetting": "OTH", "SENSettingOther": "A barge", "PlacementRank": "2", **units},
            {"named_plan": 3, "URN": "900003", "PlacementRank": "1", **units},
        ],
        "active_plans": [
            {"request": 1, **work},
            {"request": 2, "TransferLA": "998", **work, **review},
        ],
        "placements": [
            {
                "active_plan": 1,
                "URN": "900001",
                "PlacementRank": "1",
                "EntryDate": date(last, 9, 1),
                "AttendancePattern": "FT",
                **units,
                **work,
            },
            {
                "active_plan": 2,
                "UKPRN": "90000001",
                "PlacementRank": "1",
                "EntryDate": date(last - 2, 9, 1),
                "LeavingDate": date(last, 7, 31),
                **units,
                **work,
            },
            {
                "active_plan": 2,
                "SENSetting": "EHE",
                "SENSettingOther": "At home",
                "PlacementRank": "2",
                "EntryDate": date(last, 8, 1),
                **units,
                **work,
            },
        ],
        "sen_needs": [
            {"active_plan": 1, "SENtype": "ASD", "SENtypeRank": "1"},
            {"active_plan": 2, "SENtype": "SLCN", "SENtypeRank": "1"},
            {"active_plan": 2, "SENtype": "MLD", "SENtypeRank": "2"},
        ],
    }


class Draft:
    """A return in the making: records by table, numbered from 1; they have the columns of the year."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.spec = specification(year)
        self.header = Header(collection="SEN2", year=year, reference_date=self.spec.year.census_day)
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.kept: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        for table, records in _records(year).items():
            columns = schema(table, year)
            self.records[table] = [{k: v for k, v in record.items() if k in columns} for record in records]
            for number, record in enumerate(self.records[table], 1):
                record[self.spec.tables[table].key] = number

    def set(self, table: str, key: int, **values: Any) -> Draft:
        """Change values of a record."""
        assert set(values) <= set(schema(table, self.year))
        (record,) = (r for r in self.records[table] if r[self.spec.tables[table].key] == key)
        record.update(values)
        return self

    def add(self, table: str, like: int, **values: Any) -> Draft:
        """Add a record like another, but for some values."""
        key = self.spec.tables[table].key
        (record,) = (r for r in self.records[table] if r[key] == like)
        self.records[table].append({**record, key: max(r[key] for r in self.records[table]) + 1, **values})
        return self

    def drop(self, table: str, key: int) -> Draft:
        """Take out a record with what it holds."""
        column = self.spec.tables[table].key
        self.records[table] = [r for r in self.records[table] if r[column] != key]
        for child in (t for t in self.spec.tables.values() if t.parent == table):
            for record in [r for r in self.records[child.name] if r[column] == key]:
                self.drop(child.name, record[child.key])
        return self

    def keep(self, table: str, key: int, element: str | None, why: str, *, text: str) -> Draft:
        """Keep something that no column can hold."""
        row = {"table": table, "key": key, "element": element, "text": text, "why": why, "position": 0, "line": 7}
        self.kept.append(row)
        return self

    def reorder(self, table: str, key: int, order: str) -> Draft:
        """Say that the elements of a record stood in another order."""
        self.orders.append({"table": table, "key": key, "order": order})
        return self

    def make(self) -> Return:
        """Return the return."""
        frames = {
            table: pl.DataFrame(
                [{"line": 10 + number, **record} for number, record in enumerate(records)],
                schema=schema(table, self.year),
            )
            for table, records in self.records.items()
        }
        kept, order = pl.DataFrame(self.kept, schema=KEPT), pl.DataFrame(self.orders, schema=ORDER)
        return Return(header=self.header, **frames, kept=kept, order=order, synthetic=True)
