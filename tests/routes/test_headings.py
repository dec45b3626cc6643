"""Headings that Polars takes for patterns, and those that are called as columns of our own: each is only a name."""

from __future__ import annotations

from pathlib import Path

import pytest

import eesclient as ees

HEADINGS = ["*", "^U$", "^.*$", "a*", "c0", "row", "key", "tied", "value", "indicator", "period", "status", "level"]
HEADINGS += ["literal", "len", "column_1", "filter|x", "number|x", "label|0", "time_period_id", 'a "b"', "a,b"]
KEPT = [heading for heading in HEADINGS if heading != "time_period_id" and '"' not in heading]
META = 'col_name,col_type,label,indicator_dp\n"{0}",{1},Odd,{2}\nU,{3},U,{4}\n'
HEADER = 'time_period,time_identifier,geographic_level,country_code,country_name,"{0}",U\n'
ROWS = "2024,Calendar year,National,E92000001,England,7,1\n2024,Calendar year,National,E92000001,England,5,c\n"


def data_set(folder: Path, heading: str, kind: str) -> tuple[ees.Client, ees.DataSet]:
    """Return a data set that has such a column; the other one is of the other kind."""
    kinds = ("Indicator", "Filter") if kind == "Indicator" else ("Filter", "Indicator")
    places = {"Indicator": "0", "Filter": ""}
    (folder / "a.csv").write_text(HEADER.format(heading) + ROWS)
    (folder / "a.meta.csv").write_text(META.format(heading, kinds[0], places[kinds[0]], kinds[1], places[kinds[1]]))
    client = ees.Client(service=ees.local.Service.from_folder(folder), store=folder / "store")
    return client, client.open(next(client.data_sets()).id)


# the service takes no indicators of the other two names, which its import joins the file by
@pytest.mark.parametrize("heading", [heading for heading in KEPT if heading not in {"period", "level"}])
def test_indicator(tmp_path: Path, heading: str) -> None:
    """Its numbers are its own on every route and in every shape."""
    client, one = data_set(tmp_path, heading, "Indicator")
    with client:
        pages = one.query(route="pages")
        assert [7, 5] == pages.frame.sort(pages.frame["U"])[heading].to_list()
        for frame in (one.query(route="csv").frame, one.read().frame, one.query(route="store").frame):
            assert pages.frame.equals(frame)
        assert pages.frame.rows() == one.scan().collect().rows()
        assert [heading] * 2 == pages.to_long()["indicator"].to_list()
        assert sorted(pages.to_long()["value"].to_list()) == [5, 7]
        assert pages.with_ids()[heading].to_list() == pages.frame[heading].to_list()
        assert 12 == pages.add_up("Odd").to_series(0).item()
        assert [5, 7] == one.query(sort="Odd").frame[heading].to_list()
        assert ["5", "7"] == sorted(one.query(values="text").frame[heading].to_list())
        pages.write_parquet(tmp_path / "a.parquet")
        assert pages.frame.equals(ees.read_parquet(tmp_path / "a.parquet").frame)
        assert pages.digest == one.read().digest


@pytest.mark.filterwarnings("ignore::eesclient.SuppressedCellsWarning")
@pytest.mark.parametrize("heading", KEPT)
def test_filter(tmp_path: Path, heading: str) -> None:
    """Its options are its own on every route and in every shape."""
    client, one = data_set(tmp_path, heading, "Filter")
    with client:
        pages = one.query(route="pages")
        assert {"7", "5"} == {*pages.frame[heading]}
        for frame in (one.query(route="csv").frame, one.read().frame, one.query(route="store").frame):
            assert pages.frame.equals(frame)
        assert pages.frame.rows() == one.scan().collect().rows()
        assert [1] == one.query(filters={"Odd": "7"}).frame["U"].to_list()
        assert {"7", "5"} == {*pages.to_long().to_series(5)}
        assert {"7", "5"} == {*pages.add_up("U", by="Odd", suppressed="zero").to_series(0)}
        assert pages.with_ids()[heading].equals(pages.frame[heading])


@pytest.mark.parametrize("heading", ["time_period_id", "ID", "locations_nat_id", "{n}", "geographic_level", 'a""b'])
@pytest.mark.parametrize("kind", ["Indicator", "Filter"])
def test_names_that_the_service_cannot_import(tmp_path: Path, heading: str, kind: str) -> None:
    """Its own table has columns of these names, or its SQL breaks."""
    with pytest.raises(ees.DataFileError, match="rename the column"):
        data_set(tmp_path, heading, kind)


def test_apostrophe_in_the_name_of_a_filter(tmp_path: Path) -> None:
    """The service cannot import it, but it can as the name of an indicator."""
    with pytest.raises(ees.DataFileError, match="has a ' in its name"):
        data_set(tmp_path, "a'b", "Filter")
    client, one = data_set(tmp_path, "a'b", "Indicator")
    with client:
        assert "a'b" in one.read().frame.columns


@pytest.mark.filterwarnings("ignore::eesclient.AmbiguousRowsWarning")
def test_patterns_in_series(tmp_path: Path) -> None:
    """Versions side by side have them too."""
    for version in ("", ".v1.1"):
        (tmp_path / f"a{version}.csv").write_text(HEADER.format("^U$") + ROWS)
        (tmp_path / f"a{version}.meta.csv").write_text(META.format("^U$", "Indicator", "0", "Indicator", "0"))
    with ees.Client(service=ees.local.Service.from_folder(tmp_path)) as client:
        one = client.open(next(client.data_sets()).id)
        frame = one.revisions(one.build()).frame
        assert [5, 5, 7, 7] == sorted(frame["^U$"].to_list())
        assert {(1.0, None), (None, "c")} == {*frame[:, -2:].rows()}
