"""Tests of how an opened data set is shown."""

from __future__ import annotations

from pathlib import Path

from eesclient import Client, local
from tests.hostile import shown, words
from tests.transport.scripted import ID, answer, opened, version

CSV = (
    "time_period,time_identifier,geographic_level,country_code,country_name,places\n202324,Academic year,National,,,1\n"
)
META = "col_name,col_type,label,indicator_unit,indicator_dp\nplaces,Indicator,Places,,0\n"


def test_showing_sends_nothing() -> None:
    """A data set and its metadata are shown, listed and completed out of what is known."""
    service = opened()
    with Client(service=service) as client:
        sen = client.open(ID)
        service.requests.clear()
        for item in (sen, sen.meta, sen.meta.filters, sen.meta.filters["Sex"], sen.meta.locations):
            assert shown(item)
            assert repr(item)
            assert dir(item)
        assert "female" in dir(sen.meta.filters.sex)  # type: ignore[attr-defined]
    assert [] == service.requests


def test_what_is_known() -> None:
    """Version, release, periods in the service's order and contents are there, each once."""
    with Client(service=opened()) as client:
        text = words(shown(client.open(ID)))
    assert "SENVersion1.0 (Published)ReleaseSpring 2024Published2024-03-01Rows3" in text
    assert "Time periods2024 Week 2 to 2024 Week 10LevelsNationalFiltersSexIndicatorsPupilsMetadata" in text


def test_drafts_say_so() -> None:
    """A draft says that it is one before anything else."""
    draft = version(status="Draft")
    del draft["published"]
    with Client(service=opened(**{"versions/1.0": answer(draft)})) as client:
        assert words(shown(client.open(ID))).startswith("DRAFT, NOT FOR PUBLICATION")


def test_local_files_say_so(tmp_path: Path) -> None:
    """What comes out of files of one's own says so."""
    (tmp_path / "places.csv").write_text(CSV)
    (tmp_path / "places.meta.csv").write_text(META)
    with Client(service=local.Service.from_folder(tmp_path)) as client:
        assert "Sourcelocal files" in words(shown(client.open("places")))
