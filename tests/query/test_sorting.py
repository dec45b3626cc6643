"""Tests of sorts in words."""

from __future__ import annotations

import json

import attrs
import pytest

from eesclient import AmbiguousLabelError, Indicator, QueryError, service_sort
from tests.doors.query import Sort

from .examples import META, ask


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("period", Sort(field="timePeriod")),
        ("-time_period", Sort(field="timePeriod", descending=True)),
        ("level", Sort(field="geographicLevel")),
        ("SEN provision", Sort(field="filter|fprov")),
        ("-fsex", Sort(field="filter|fsex", descending=True)),
        ("pupil_count", Sort(field="indicator|icount")),
        ("Regional", Sort(field="location|REG")),
        ("la_name", Sort(field="location|LA")),
        (service_sort("-pupil_percent"), Sort(field="indicator|ipct", descending=True, textual=True)),
    ],
)
def test_every_field(name: object, expected: Sort) -> None:
    """Every field that the service sorts by can be named."""
    assert (expected,) == ask(sort=name).sort


def test_several() -> None:
    """Sorts apply in their order."""
    assert (Sort(field="timePeriod", descending=True), Sort(field="filter|fsex")) == ask(sort=["-period", "Sex"]).sort


def test_label_that_begins_with_a_minus() -> None:
    """A minus sign that belongs to the label is no direction."""
    minus = Indicator(id="im", column="change", label="-change")
    meta = attrs.evolve(META, indicators=(*META.indicators, minus))
    assert (Sort(field="indicator|im"),) == ask(meta, sort="-change").sort
    assert (Sort(field="indicator|im", descending=True),) == ask(meta, sort="--change").sort


def test_sorts_go_out_only_with_a_limit() -> None:
    """Without a limit the frame is sorted here; with one the service has to choose the rows."""
    assert "sorts" not in json.loads(ask(sort="-period").to_json())
    assert [{"field": "timePeriod", "direction": "Desc"}, {"field": "filter|fsex", "direction": "Asc"}] == json.loads(
        ask(sort=["-period", "Sex"], limit=5).to_json()
    )["sorts"]


def test_indicator_with_a_limit() -> None:
    """The service sorts indicators as text, so that has to be asked for (section 21, point 12)."""
    with pytest.raises(QueryError, match="service_sort"):
        ask(sort="pupil_count", limit=5)
    sent = json.loads(ask(sort=service_sort("pupil_count"), limit=5).to_json())
    assert [{"field": "indicator|icount", "direction": "Asc"}] == sent["sorts"]


def test_ambiguous_field() -> None:
    """A name of a filter and of an indicator fits both."""
    meta = attrs.evolve(META, indicators=(Indicator(id="is", column="sex_", label="Sex"),))
    with pytest.raises(AmbiguousLabelError, match=r"filter Sex.*indicator Sex"):
        ask(meta, sort="Sex")
