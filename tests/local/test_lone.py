"""Tests of a service that holds one data file without a metadata file."""

from __future__ import annotations

from pathlib import Path

import pytest

import eesclient as ees

HEAD = "TIME_PERIOD,TIME_IDENTIFIER,GEOGRAPHIC_LEVEL,COUNTRY_CODE,COUNTRY_NAME"
ENGLAND = "E92000001,England"


def written(folder: Path, *, encoding: str = "cp1252") -> Path:
    """A file as it may be found."""
    path = folder / "school_meals.csv"
    text = (
        f"{HEAD},Sex,Café meals,\r\n202324,academic year,national,{ENGLAND},Boys,1,\r\n"
        f"202324,academic year,national,{ENGLAND},Girls,x,\r\n\r\n"
    )
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("route", ["pages", "csv", "store"])
def test_questions(tmp_path: Path, route: str) -> None:
    """A lone file answers questions by any route, and the service says what was inferred."""
    service = ees.local.Service.from_csv(written(tmp_path), labels={"Café meals": "Meals"})
    with ees.Client(service=service, store=tmp_path / "store") as client:
        (entry,) = client.data_sets()
        data_set = client.open(entry.id)
        data_set.read()
        (version,) = client.versions(entry.id)
        result = data_set.query(filters={"Sex": "Girls"}, indicators="Meals", periods="2023/24", route=route)
    assert "School meals" == entry.title
    assert [("Girls", None, "x")] == result.frame.select("Sex", "Café meals", "Café meals_status").rows()
    assert "\n".join(service.notes) == version.notes
    assert "The file is not UTF-8 (first in line 1) and was read as Windows-1252" in service.notes[0]


def test_kinds_are_said(tmp_path: Path) -> None:
    """What the inference takes wrongly can be said."""
    service = ees.local.Service.from_csv(written(tmp_path), kinds={"Sex": "ignored"})
    with ees.Client(service=service) as client:
        (entry,) = client.data_sets()
        assert () == tuple(client.open(entry.id).meta.filters)


def test_origins(tmp_path: Path) -> None:
    """What a store keeps is of the same bytes, read the same way."""
    path = written(tmp_path)
    services = [
        ees.local.Service.from_csv(path),
        ees.local.Service.from_csv(path, kinds={"Sex": "ignored"}),
        ees.local.Service.from_csv(path, labels={"Sex": "Sex of pupils"}),
        ees.local.Service.from_csv(written(tmp_path, encoding="utf-8")),
    ]
    assert len(services) == len({service.origin for service in services})
    assert services[0].origin == ees.local.Service.from_csv(written(tmp_path)).origin


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is an error of the file."""
    with pytest.raises(ees.DataFileError, match=r"none\.csv: cannot be read"):
        ees.local.Service.from_csv(tmp_path / "none.csv")


def test_other_services_have_no_notes() -> None:
    """Nothing is inferred where a metadata file says it."""
    assert () == ees.local.demo().notes


@pytest.mark.parametrize("route", ["pages", "csv"])
def test_headings_with_quotes_and_line_breaks(tmp_path: Path, route: str) -> None:
    """Any heading is found by any route."""
    path = tmp_path / "a.csv"
    path.write_text(f'{HEAD},"a ""b""","c,\nd"\n2024,May,National,{ENGLAND},1,2\n', encoding="utf-8")
    with ees.Client(service=ees.local.Service.from_csv(path)) as client:
        (entry,) = client.data_sets()
        frame = client.open(entry.id).query(route=route).frame
    assert [(1.0, 2.0)] == frame.select('a "b"', "c,\nd").rows()
