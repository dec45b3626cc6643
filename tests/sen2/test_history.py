"""What happened to one person, in order of date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from eesclient import sen2
from eesclient.sen2 import SEN2Error
from tests.doors.sen2 import HISTORY, frames_of, rows, specification
from tests.sen2.drafts import Draft
from tests.sen2.nested import made

HISTORICAL = "Historical: decided before the collection period"
PEOPLE: list[dict[str, Any]] = [
    {"PersonBirthDate": "2015-01-01", "requests": [{"ReceivedDate": "2024-03-01", "RequestOutcome": "Q"}]},
    {
        "PersonBirthDate": "2012-05-04",
        "requests": [
            {
                "ReceivedDate": "2024-02-01",
                "RequestSource": "2",
                "RequestOutcomeDate": "2024-03-01",
                "RequestOutcome": "Y",
                "Exported": "",
                "assessments": [
                    {
                        "AssessmentOutcome": "Y",
                        "AssessmentOutcomeDate": "2024-03-01",
                        "named_plans": [{"StartDate": "2024-06-01", "CeaseDate": "2024-12-01", "CeaseReason": "5"}],
                    }
                ],
                "active_plans": [{"sen_needs": [{"SENtype": "ASD", "SENtypeRank": "1"}]}],
            },
            {"RequestOutcome": "H"},
        ],
    },
]


def test_events_in_order() -> None:
    """Events stand by date, on a day by module, without a date last; words are the code list's."""
    history = made(2025, PEOPLE).history(2)
    assert HISTORY == history.schema
    assert [
        (date(2012, 5, 4), "Born", "1.3", "persons", 2, None),
        (date(2024, 2, 1), "Request received: School or other education setting", "2.1", "requests", 2, "2"),
        (date(2024, 3, 1), "Decision about the request: Assessment went ahead", "2.4", "requests", 2, "Y"),
        (date(2024, 3, 1), "Decision after the assessment: Plan to be issued", "3.2", "assessments", 1, "Y"),
        (date(2024, 6, 1), "Plan started", "4.1", "named_plans", 1, None),
        (date(2024, 12, 1), "Plan ceased: Transferred to another local authority", "4.5", "named_plans", 1, "5"),
        (
            None,
            "Decision about the request: Historical: decided before the collection period",
            "2.4",
            "requests",
            3,
            "H",
        ),
        (None, "Need: Autistic spectrum disorder", "5.8a", "sen_needs", 1, "ASD"),
    ] == history.rows()


def test_a_code_that_the_year_lacks() -> None:
    """An unknown code stands as it is."""
    assert ("Decision about the request: Q", "Q") in made(2025, PEOPLE).history(1).select("event", "code").rows()


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026])
def test_every_date_is_an_event(year: int) -> None:
    """All dates of all persons are told, each once."""
    return_ = Draft(year).make()
    told = sum(return_.history(key)["date"].count() for key in return_.persons["person"])
    assert told > 20
    dates = {e.name for e in specification(year).elements if e.type == "date" and e.table}
    assert dates <= {row["date"] for row in rows("events")}
    assert told == sum(
        return_.frames[e.table][e.name].count() for e in return_.specification.elements if e.name in dates
    )


def test_no_such_person() -> None:
    """A key that is not there is an error that says which are."""
    return_ = sen2.demo(12)
    for key in (0, -1, 13, 2**40, "3", None):
        with pytest.raises(SEN2Error, match=r"has no person .*: keys of persons are 1 to 12\nEES-E38"):
            return_.history(key)  # type: ignore[arg-type]
    with pytest.raises(SEN2Error, match="it has no persons"):
        made(2025).history(1)


def test_records_of_some_persons() -> None:
    """A person's records are those that hold together with them by keys."""
    return_ = sen2.demo(200)
    held = frames_of(return_, return_.persons["person"].head(50))
    assert held["requests"]["person"].max() == 50
    assert all(held[name].height < frame.height for name, frame in return_.frames.items() if name != "authority")
