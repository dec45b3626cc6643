"""Cases of criteria that become a condition."""

from __future__ import annotations

from typing import Any

from tests.conformance.pack import Case
from tests.doors.api import to_data
from tests.doors.query import And, Not, Or
from tests.doors.table import Compare, Const, Index, Parser

_COLUMNS = {"level": "geographicLevel", "period": "timePeriod"}


def check(case: Case) -> None:
    """units_parser: criteria become the condition that the service makes of them, with its warnings."""
    parser = Parser(index=_index(case["input"]["known"]))
    predicate = parser.parse(case["input"]["criteria"], case["input"].get("path", ""))
    assert case["expect"]["predicate"] == _as_json(predicate)
    assert case["expect"]["warnings"] == to_data(parser.warnings)


def _index(known: dict[str, Any]) -> Index:
    return Index(
        filters={option: (column, option) for option, column in known.get("filters", {}).items()},
        levels={code: code for code in known.get("geographicLevels", ())},
        locations={
            (level, "id", option): (f"location:{level}", option) for option, level in known.get("locations", {}).items()
        },
        periods={tuple(text.split("|")): text for text in known.get("timePeriods", ())},
    )


def _as_json(predicate: Any) -> Any:
    match predicate:
        case None:
            return None
        case Const(value):
            return {"const": value}
        case Compare(column, op, places):
            return {"column": _COLUMNS.get(column, column), "op": op, "ids": list(places)}
        case And(clauses=parts):
            return {"and": [_as_json(part) for part in parts]}
        case Or(clauses=parts):
            return {"or": [_as_json(part) for part in parts]}
        case Not(clause=part):
            return {"not": _as_json(part)}
