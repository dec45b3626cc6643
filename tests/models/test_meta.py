"""Tests of metadata: shown as frames, and found by ids."""

from __future__ import annotations

import copy
import pickle

import polars as pl
import pytest

from eesclient import Level, LocationOption, Meta
from tests.doors.models import MetaItems
from tests.query.examples import META


def test_filters_as_frame() -> None:
    """Filters have a row for each option."""
    frame = META.filters.to_frame()
    assert sum(len(item.options) for item in META.filters) == frame.height
    assert {
        "filter_id": "fprov",
        "filter_column": "sen_provision",
        "filter": "SEN provision",
        "hint": "",
        "option_id": "oehcp",
        "option": "Education, health and care plan",
    } == frame.row(0, named=True)


def test_indicators_as_frame() -> None:
    """Indicators have a row each, decimal places as whole numbers."""
    frame = META.indicators.to_frame()
    assert ["id", "column", "label", "unit", "decimal_places"] == frame.columns
    assert pl.Int64 == frame.schema["decimal_places"]
    assert ["icount", "ipct"] == frame["id"].to_list()


def test_locations_as_frame() -> None:
    """Locations have a row each, with all of their codes."""
    frame = META.locations.to_frame()
    assert sum(len(group.options) for group in META.locations) == frame.height
    school = frame.filter(pl.col("level") == "SCH").row(0, named=True)
    assert ("100000", "2021000", None) == (school["urn"], school["la_estab"], school["code"])


def test_levels_and_periods_as_frames() -> None:
    """Levels and periods have a row each, as text."""
    assert ["Local authority", "National", "Regional"] == META.levels.to_frame()["label"].to_list()
    assert ["2019/20", "2019/2020"] == list(META.periods.to_frame().row(0)[:0:-1])


def test_nothing_as_frame() -> None:
    """No items make a frame without rows."""
    assert 0 == Meta().filters.to_frame().height


def test_rows_of_something_else() -> None:
    """Only metadata can be shown so."""
    with pytest.raises(TypeError, match="int"):
        MetaItems([3]).to_frame()


def test_found_by_id() -> None:
    """Everything in metadata is found by its own id or code."""
    for filter_ in META.filters:
        assert filter_ is META.filter(filter_.id)
        for option in filter_.options:
            assert (filter_, option) == (META.filter_of(option.id), META.option(option.id))
    assert [*META.indicators] == [META.indicator(item.id) for item in META.indicators]
    assert [*META.levels] == [META.level(str(level.code)) for level in META.levels]
    assert [*META.periods] == [META.period(item.period, str(item.code)) for item in META.periods]
    for group in META.locations:
        level = str(group.level.code)
        assert (group, group.level) == (META.group(level), META.level(level))
        assert [*group.options] == [META.location(level, option.id) for option in group.options]


def test_not_found_by_id() -> None:
    """What metadata lacks is None."""
    one = [META.filter, META.option, META.filter_of, META.indicator, META.level, META.group]
    assert {None} == {find("gone") for find in one}
    option = META.locations[0].options[0]
    assert META.location("gone", option.id) is None
    assert META.period("1066", "CY") is None


def test_what_was_looked_up_is_not_part() -> None:
    """Metadata that was searched equals its copies, which are searched anew."""
    META.option("ofem")
    for other in (copy.deepcopy(META), pickle.loads(pickle.dumps(META))):  # noqa: S301 - our own bytes
        assert META == other
        assert META.option("ofem") == other.option("ofem")


def test_items_are_a_tuple() -> None:
    """Metadata can be used as plain tuples."""
    assert META.levels[0] == Level(code=META.levels[0].code, label="Local authority")
    assert isinstance(Meta(levels=list(META.levels)).levels, MetaItems)


def test_codes_of_a_location() -> None:
    """A location knows which codes it has."""
    assert {"urn": "1", "la_estab": "2"} == LocationOption(id="a", label="b", urn="1", la_estab="2").codes
