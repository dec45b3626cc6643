"""Tests of what changed between two versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eesclient import (
    FacetChange,
    Filter,
    FilterOption,
    IndicatorUnit,
    LocationGroup,
    LocationOption,
    Meta,
    TimePeriod,
    Version,
)
from tests.doors.local import compare, natural_key
from tests.doors.models import ChangedFacet
from tests.local.changed import BASE, filter_of, indicator, level, next_version, period, places, steps


def of(facet: ChangedFacet, changes: Iterable[FacetChange]) -> list[FacetChange]:
    """Changes of one kind of thing."""
    return [change for change in changes if change.facet == facet]


def labels(changes: Iterable[FacetChange]) -> list[tuple[str, str]]:
    """Steps and labels, before the change where there was one."""
    return [(change.kind, (change.before or change.after).label) for change in changes]  # type: ignore[union-attr]


def test_natural_order() -> None:
    """Numbers count as numbers, before words; case does not count."""
    expected = ["1", "Year", "year 4", "Year 10", "year 10 b", "Years"]
    assert expected == sorted(["Years", "Year 10", "1", "year 10 b", "Year", "year 4"], key=natural_key)


def test_options_come_in_natural_order_over_all_filters() -> None:
    """Deletions, updates by the label before, additions, whatever filter they are of."""
    before = [filter_of("f", "Year 10", "Year 4", "kept"), filter_of("g", "Year 5", "Year 1")]
    renamed = FilterOption(id="g.Year 1", label="Reception")
    after = [
        filter_of("f", "kept", "b 11"),
        attrs.evolve(filter_of("g", "B 2"), options=[renamed, *filter_of("g", "B 2").options]),
    ]
    changes = compare(Meta(filters=before), Meta(filters=after))
    assert [
        ("deleted", "Year 4"), ("deleted", "Year 5"), ("deleted", "Year 10"), ("updated", "Year 1"),
        ("added", "B 2"), ("added", "b 11"),
    ] == labels(of("option", changes))  # fmt: skip
    assert ["f", "g", "f", "g", "g", "f"] == [change.group.id for change in changes if isinstance(change.group, Filter)]
    assert [] == of("filter", changes)


def test_a_deleted_option_belongs_to_the_filter_before() -> None:
    """An option's filter is the current one for what is there now, else the one before."""
    before, after = filter_of("f", "gone", label="Old"), filter_of("f", "come", label="New")
    changes = compare(Meta(filters=[before]), Meta(filters=[after]))
    assert ["Old", "New"] == [change.group.label for change in changes if change.group]
    assert [FacetChange(facet="filter", before=before, after=after)] == of("filter", changes)


@pytest.mark.parametrize(
    "after",
    [
        indicator("i1", "Another label"),
        attrs.evolve(indicator("i1"), unit=IndicatorUnit.PERCENT),
        attrs.evolve(indicator("i1"), decimal_places=2),
        attrs.evolve(indicator("i1"), column="another"),
    ],
)
def test_other_words_of_an_indicator_are_minor(after: Any) -> None:
    """Label, unit, decimal places and column may change while the id stays."""
    changes = compare(Meta(indicators=[indicator("i1")]), Meta(indicators=[after]))
    assert {("indicator", "updated")} == steps(changes)
    assert not any(change.is_major for change in changes)
    assert Version(1, 1) == next_version(Version(1, 0), changes)


def test_another_code_of_a_location_is_major() -> None:
    """A location that keeps its id but not a code breaks questions by code; another label does not."""

    def group(**codes: str) -> Meta:
        option = LocationOption(id="x", **{"label": "Leeds", "code": "1", "old_code": "2"} | codes)
        return Meta(locations=[LocationGroup(level=level("LA"), options=(option,))])

    assert [True, True, False] == [
        compare(group(), group(**other))[0].is_major
        for other in ({"code": "3"}, {"old_code": "3"}, {"label": "Leeds City"})
    ]


def test_levels_and_groups_that_come_and_go() -> None:
    """A level of rows and a level of locations are told apart; locations of either are not listed."""
    before = Meta(levels=[level("NAT")], locations=[places("NAT", "a"), places("LAD", "b")])
    after = Meta(levels=[level("SCH"), level("LA")], locations=[places("NAT", "a"), places("LA", "b")])
    changes = compare(before, after)
    assert [("deleted", "National"), ("added", "Local authority"), ("added", "School")] == labels(of("level", changes))
    assert [("deleted", "Local authority district"), ("added", "Local authority")] == labels(
        of("location level", changes)
    )
    assert [] == of("location", changes)


def test_periods_come_in_order_of_time() -> None:
    """Periods of several kinds follow the period, then the order of the kinds."""
    gone = [period("2022", "W10"), period("2022", "W2"), period("2021", "CY")]
    changes = compare(Meta(periods=gone), Meta(periods=[period("2022", "W10"), period("2020", "CY")]))
    assert [("deleted", "2021 CY"), ("deleted", "2022 W2"), ("added", "2020 CY")] == [
        (change.kind, f"{item.period} {item.code}")
        for change in changes
        if isinstance(item := change.before or change.after, TimePeriod)
    ]


def test_another_period_or_level_in_its_place_is_major() -> None:
    """Comparing never pairs those, but a change mapped by hand may; the label does not count."""
    years = period("2020", "CY"), period("2021", "CY"), attrs.evolve(period("2020", "CY"), label="Year 2020")
    changed = [FacetChange(facet="period", before=years[0], after=other) for other in years[1:]]
    assert [True, False] == [change.is_major for change in changed]
    assert FacetChange(facet="level", before=level("LAD"), after=level("LA")).is_major


# strategies that are made for each draw take longer than the draws
NAMES = st.lists(st.sampled_from("abcde"), unique=True)
TEXT = st.sampled_from(["", "h"])
LABEL = st.sampled_from(["x", "y"])
LEVELS = st.lists(st.sampled_from(["NAT", "LA", "REG"]), unique=True)
PLACED = st.sets(st.sampled_from(["NAT", "LA"]))
PERIODS = st.sets(st.sampled_from(["2020/2021", "2021/2022"]))


@st.composite
def metas(draw: st.DrawFn) -> Meta:
    """Metadata with some of a few things."""
    return Meta(
        filters=[filter_of(name, *draw(NAMES), hint=draw(TEXT)) for name in draw(NAMES)],
        indicators=[indicator(name, draw(LABEL)) for name in draw(NAMES)],
        levels=[level(code) for code in draw(LEVELS)],
        locations=[places(code, *draw(NAMES)) for code in draw(PLACED)],
        periods=[period(text) for text in draw(PERIODS)],
    )


@settings(deadline=None)
@given(metas(), metas())
def test_laws(before: Meta, after: Meta) -> None:
    """Nothing changes from a version to itself; the way back undoes every step; parts make the whole."""
    assert () == compare(before, before)
    there, back = compare(before, after), compare(after, before)
    undone = {"added": "deleted", "deleted": "added", "updated": "updated"}
    assert steps(there) == {(kind, undone[what]) for kind, what in steps(back)}
    major = [change for change in there if change.is_major]
    assert "added" not in {change.kind for change in major}
    assert [change for change in there if change.after is None] == [c for c in major if c.after is None]


def test_nothing_is_lost_without_a_match() -> None:
    """A version that has everything of the one before is minor, however much it adds."""
    more = attrs.evolve(BASE, indicators=[*BASE.indicators, indicator("new")], levels=[*BASE.levels, level("SCH")])
    assert Version(1, 1) == next_version(Version(1, 0), compare(BASE, more))
    assert Version(2, 0) == next_version(Version(1, 0), compare(more, BASE))
