"""What results of drafts and of withdrawn versions say of themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import eesclient as ees
from tests.test_client import Make, make

__all__ = ["make"]

TOKEN = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
ROW = "2023,Calendar year,National,E92000001,England,1.5\n"
STATUSES = f"""
[data_sets.rates.versions."1.0"]
status = "Withdrawn"
withdrawn = 2026-03-01T09:30:00Z
release = "Spring"

[data_sets.rates.versions."2.0"]
status = "Draft"
[[data_sets.rates.versions."2.0".preview_tokens]]
id = "{TOKEN}"
"""
Ask = Callable[..., ees.QueryResult]


@pytest.fixture
def ask(make: Make, tmp_path: Path) -> Ask:
    """Return a way to read a version of a data set whose 1.0 was withdrawn and whose 2.0 is a draft."""
    for name, text in {
        "rates.meta.csv": "col_name,col_type,label\nrate,Indicator,Rate\n",
        "rates.csv": HEADER + ROW,
        "rates.v1.1.csv": HEADER + ROW,
        "rates.v2.0.csv": HEADER + ROW,
        "service.toml": STATUSES,
    }.items():
        (tmp_path / name).write_text(text)
    service = ees.local.Service.from_folder(tmp_path)
    id_ = next(ees.Client(service=service).data_sets()).id

    def asked(version: str, **options: Any) -> ees.QueryResult:
        client = make(service=service, preview_token=TOKEN)
        result: ees.QueryResult = client.open(id_, version=version, **options).query()
        return result

    return asked


def test_drafts(ask: Ask, tmp_path: Path) -> None:
    """A draft says so wherever it is shown, cited or written."""
    result = ask("2.0")
    assert (True, None) == (result.provenance.is_draft, result.provenance.published)
    saved = ees.read_parquet(result.write_parquet(tmp_path / "x.parquet"))
    for found in (result, saved):
        assert repr(found).startswith("DRAFT, NOT FOR PUBLICATION · Rates · version 2.0")
        assert found._repr_html_().startswith("<p>DRAFT, NOT FOR PUBLICATION")
        assert found.cite().startswith("DRAFT, NOT FOR PUBLICATION: Rates. Version 2.0. ")
    assert "DRAFT, NOT FOR PUBLICATION" == pl.read_parquet_metadata(tmp_path / "x.parquet")["ees:notice"]


@pytest.mark.filterwarnings("ignore::eesclient.WithdrawnVersionWarning")
def test_withdrawn(ask: Ask) -> None:
    """A withdrawn version is cited with the day it was withdrawn."""
    result = ask("1.0", withdrawn="read")
    assert not result.provenance.is_draft
    assert "Rates. Version 1.0. Withdrawn on 1 March 2026. Spring." in result.cite()


def test_the_rest(ask: Ask) -> None:
    """A version that is out says none of this, though its data set has such versions."""
    result = ask("1.1")
    assert () == result.provenance.notices
    assert [] == [word for word in ("DRAFT", "SYNTHETIC", "ithdrawn") if word in result.cite() + repr(result)]
