"""The shipped tables say what the reference establishes, year by year."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.conftest import shared_folder
from tests.doors.sen2 import schema, specification, years

YEARS = (2023, 2024, 2025, 2026)


@pytest.fixture(scope="module")
def reference() -> Path:
    """Return the folder of the reference's tables."""
    return shared_folder("reference", "EES_REFERENCE") / "sen2"


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of one of them."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("year", YEARS)
def test_elements_are_those_of_the_reference(reference: Path, year: int) -> None:
    """Each parent holds the same elements in the same order, with the same item numbers."""
    spec = specification(year)
    rows = [row for row in table(reference, "elements") if row["year"] == str(year)]
    expected: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        item = row["guide_item"].removesuffix(" (inferred)")
        expected.setdefault(row["parent"].rpartition("/")[2], []).append((row["element"], item))
    assert expected == {parent: [(e.name, e.item) for e in held] for parent, held in spec.children.items()}
    assert len(spec.elements) == len(rows)


@pytest.mark.parametrize("year", YEARS)
def test_codes_are_those_of_the_reference(reference: Path, year: int) -> None:
    """Each element has the codes that the reference gives it; 2023's settings have those of W's placements too."""
    spec = specification(year)
    codes: dict[str, set[str]] = {}
    for row in table(reference, "codesets"):
        if row["year"] == str(year) and row["codeset"] != "exportedandleatype":
            codes.setdefault(row["codeset"], set()).add(row["code"])
    elements = [row for row in table(reference, "elements") if row["year"] == str(year) and row["codeset"] in codes]
    assert len(elements) > 20
    for row in elements:
        parent = row["parent"].rpartition("/")[2]
        (element,) = (e for e in spec.children[parent] if e.name == row["element"])
        extra = {"NEET", "NIEC", "NIEO"} if (year, element.name) == (2023, "SENSetting") else set()
        assert set(spec.lists[element.values].codes) == codes[row["codeset"]] | extra


def test_dates_are_those_of_the_reference(reference: Path) -> None:
    """Census days and deadlines, of the years that are ours."""
    expected = {int(row["year"]): (row["census_day"], row["deadline"]) for row in table(reference, "census_dates")}
    ours = {y.year: (y.census_day.isoformat(), y.deadline.isoformat() if y.deadline else "") for y in years().values()}
    assert ours == {year: dates for year, dates in expected.items() if year >= 2021}


@pytest.mark.parametrize(("year", "count"), [(2023, 65), (2024, 66), (2025, 71), (2026, 71)])
def test_count_of_items(year: int, count: int) -> None:
    """Leaf elements are as many as the reference counts; all but three of the header are columns."""
    spec = specification(year)
    assert sum(e.type != "container" for e in spec.elements) == count
    assert sum(len(spec.columns(name)) for name in spec.tables) == count - 3
    assert all({e.name for e in spec.columns(name)} <= set(schema(name, year)) for name in spec.tables)
