"""Tests of answers that lack a part of what was named: a place, or the latest period of a level."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from eesclient import NoRowsWarning, local

META = "col_name,col_type,label\npupils,Indicator,Pupils\n"
ROWS = """\
time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,new_la_code,la_name,pupils
202223,Academic year,National,E92000001,England,,,,,,1
202324,Academic year,National,E92000001,England,,,,,,2
202223,Academic year,Regional,E92000001,England,E12000003,Yorkshire,,,,3
202223,Academic year,Local authority,E92000001,England,E12000003,Yorkshire,816,E06000099,York,4
202324,Academic year,Local authority,E92000001,England,E12000003,Yorkshire,816,E06000014,York,5
202324,Academic year,Local authority,E92000001,England,E12000003,Yorkshire,383,E08000035,Leeds,6
"""


@contextmanager
def asking(folder: Path, rows: str, meta: str, route: Any) -> Iterator[Any]:
    """Give what asks by a route, and says what was warned of."""
    (folder / "made_up.csv").write_text(rows)
    (folder / "made_up.meta.csv").write_text(meta)
    service = local.Service.from_folder(folder)
    with ees.Client(service=service, store=folder / "store") as client:
        data_set = client.open(next(client.data_sets()).id)
        data_set.read()

        def said(**words: Any) -> list[str]:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                data_set.query(route=route, **words)
            assert all(one.category is NoRowsWarning for one in caught)
            return [str(one.message) for one in caught]

        yield said


@pytest.fixture(params=["pages", "csv", "store"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Return what asks by a route, and says what was warned of."""
    with asking(tmp_path, ROWS, META, request.param) as said:
        yield said


def test_places(ask: Any) -> None:
    """A place that the answer has no row of is named; not one that goes on under another code."""
    (text,) = ask(places=["England", "Yorkshire"], periods="2023/24")
    assert text.startswith("the answer has no rows of Yorkshire (Regional, E12000003, id ")
    assert [] == ask(places=["England", "Yorkshire"])
    assert [] == ask(places=["England", "816"], periods="2023/24")
    (text,) = ask(places=["Leeds", "E06000099"], periods="2023/24")
    assert "York (Local authority, E06000099" in text


def test_latest(ask: Any) -> None:
    """What the last period of the data set has no rows of is said, whether it was named or not."""
    end = "in 2023/24 (Academic year), the last period of the whole data set: they may end before it [EES-W08]"
    assert [f"the answer has no rows of level 'Regional' {end}"] == ask(periods=ees.latest())
    assert [f"the answer has no rows of level 'Regional' {end}"] == ask(periods=[ees.last(2)])
    assert [f"the answer has no rows of level 'Regional' {end}"] == ask(periods=ees.last(2), levels=["NAT", "REG"])
    (text,) = ask(periods=ees.latest(), places=["England", "Yorkshire"])
    assert "Yorkshire (Regional" in text
    assert text.endswith(end)
    assert [] == ask(periods=ees.latest(), levels=["National", "LA"])
    (text,) = ask(periods=ees.latest(), levels="Regional")
    assert text.startswith("no rows match the question (2023/24 is the last period of the whole data set)")


def test_levels(ask: Any) -> None:
    """A level that was named is said; without `latest`, one that was not is not missed."""
    (text,) = ask(levels=["National", "Regional"], periods="2023/24")
    assert text == "the answer has no rows of level 'Regional' [EES-W08]"
    assert [] == ask(periods="2023/24")


AREAS = """\
time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,sex,pupils
202223,Academic year,National,E92000001,England,,,Girls,1
202223,Academic year,National,E92000001,England,,,Boys,1
202223,Academic year,Regional,E92000001,England,E12000003,Yorkshire,Boys,3
202324,Academic year,National,E92000001,England,,,Girls,2
202324,Academic year,Regional,E92000001,England,E12000007,London,Girls,4
"""


def test_options(tmp_path: Path) -> None:
    """Options that were named are said where the answer, or its last period, has no row of them."""
    with asking(tmp_path, AREAS, f"{META}sex,Filter,Sex\n", "csv") as ask_about:
        both = {"Sex": ["Boys", "Girls"]}
        assert [] == ask_about(filters=both)
        assert ["the answer has no rows of option 'Boys' of 'Sex' [EES-W08]"] == ask_about(
            filters=both, periods="2023/24"
        )
        assert [] == ask_about(filters={"Sex": "Girls"}, periods="2023/24")
        (text,) = ask_about(filters=both, periods=ees.last(2), places="England")
        assert text.startswith("the answer has no rows of option 'Boys' of 'Sex' in 2023/24 (Academic year), the last")


def test_areas(tmp_path: Path) -> None:
    """Areas inside which the answer has no row are said, whether their own rows count or not."""
    with asking(tmp_path, AREAS, f"{META}sex,Filter,Sex\n", "csv") as ask_about:
        assert [] == ask_about(within="England")
        (text,) = ask_about(within=["England", "Yorkshire"])
        assert text.startswith("the answer has no rows of areas within Yorkshire (Regional, E12000003, id ")
        assert [] == ask_about(within=["England", "Yorkshire"], include_self=True)
        (text,) = ask_about(within=["England", "Yorkshire"], include_self=True, periods="2023/24")
        assert "areas within Yorkshire (Regional" in text
        assert "England" not in text
