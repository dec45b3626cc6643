"""Tests of what changed between two versions."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eesclient.errors import InvalidVersionError
from eesclient.local.diff import Change, Changes, compare, is_major, natural_key, next_version
from eesclient.models.enums import IndicatorUnit
from eesclient.models.meta import FilterOption, LocationGroup, LocationOption, Meta
from eesclient.models.versions import Version
from tests.local.changed import BASE, filter_of, indicator, level, one_of_each, period, places, step, steps


def labels(changes: tuple[Change[Any], ...]) -> list[tuple[str, str]]:
    """Steps and labels, before the change where there was one."""
    return [(step(change), (change.previous or change.current).label) for change in changes]  # type: ignore[union-attr]


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
    ] == labels(changes.filter_options)  # fmt: skip
    assert ["f", "g", "f", "g", "g", "f"] == [change.group.id for change in changes.filter_options]
    assert () == changes.filters


def test_a_deleted_option_belongs_to_the_filter_before() -> None:
    """An option's filter is the current one for what is there now, else the one before."""
    before, after = filter_of("f", "gone", label="Old"), filter_of("f", "come", label="New")
    changes = compare(Meta(filters=[before]), Meta(filters=[after]))
    assert ["Old", "New"] == [change.group.label for change in changes.filter_options]
    assert [Change(previous=attrs.evolve(before), current=after)] == list(changes.filters)


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
    assert {("indicators", "updated")} == steps(changes.minor())
    assert set() == steps(changes.major())
    assert Version(1, 1) == next_version(Version(1, 0), changes)


def test_another_code_of_a_location_is_major() -> None:
    """A location that keeps its id but not a code breaks questions by code; another label does not."""

    def group(**codes: str) -> Meta:
        option = LocationOption(id="x", **{"label": "Leeds", "code": "1", "old_code": "2"} | codes)
        return Meta(locations=[LocationGroup(level=level("LA"), options=(option,))])

    assert [True, True, False] == [
        is_major(compare(group(), group(**other)).location_options[0])
        for other in ({"code": "3"}, {"old_code": "3"}, {"label": "Leeds City"})
    ]


def test_levels_and_groups_that_come_and_go() -> None:
    """A level of rows and a level of locations are told apart; locations of either are not listed."""
    before = Meta(levels=[level("NAT")], locations=[places("NAT", "a"), places("LAD", "b")])
    after = Meta(levels=[level("SCH"), level("LA")], locations=[places("NAT", "a"), places("LA", "b")])
    changes = compare(before, after)
    assert [("deleted", "National"), ("added", "Local authority"), ("added", "School")] == labels(changes.levels)
    assert [("deleted", "Local authority district"), ("added", "Local authority")] == labels(changes.location_groups)
    assert () == changes.location_options


def test_periods_come_in_order_of_time() -> None:
    """Periods of several kinds follow the period, then the order of the kinds."""
    gone = [period("2022", "W10"), period("2022", "W2"), period("2021", "CY")]
    changes = compare(Meta(periods=gone), Meta(periods=[period("2022", "W10"), period("2020", "CY")]))
    assert [("deleted", "2021 CY"), ("deleted", "2022 W2"), ("added", "2020 CY")] == [
        (step(change), f"{item.period} {item.code}")
        for change in changes.periods
        if (item := change.previous or change.current)
    ]


def test_another_period_or_level_in_its_place_is_major() -> None:
    """Comparing never pairs those, but a change mapped by hand may; the label does not count."""
    years = period("2020", "CY"), period("2021", "CY"), attrs.evolve(period("2020", "CY"), label="Year 2020")
    assert [True, False] == [is_major(Change(previous=years[0], current=other)) for other in years[1:]]
    assert is_major(Change(previous=level("LAD"), current=level("LA")))


def test_numbers_of_next_versions() -> None:
    """Anything that is gone makes a major version; a patch may not lose anything."""
    before = Version.parse("2.1.3")
    assert ["2.2", "2.1.4", "3.0"] == [
        str(version)
        for version in (
            next_version(before, Changes()),
            next_version(before, Changes(), patch=True),
            next_version(before, one_of_each()),
        )
    ]
    with pytest.raises(InvalidVersionError, match=r"give it the number 3\.0"):
        next_version(before, one_of_each(), patch=True)


NAMES = st.lists(st.sampled_from("abcde"), unique=True)


@st.composite
def metas(draw: st.DrawFn) -> Meta:
    """Metadata with some of a few things."""
    return Meta(
        filters=[filter_of(name, *draw(NAMES), hint=draw(st.sampled_from(["", "h"]))) for name in draw(NAMES)],
        indicators=[indicator(name, draw(st.sampled_from(["x", "y"]))) for name in draw(NAMES)],
        levels=[level(code) for code in draw(st.lists(st.sampled_from(["NAT", "LA", "REG"]), unique=True))],
        locations=[places(code, *draw(NAMES)) for code in draw(st.sets(st.sampled_from(["NAT", "LA"])))],
        periods=[period(text) for text in draw(st.sets(st.sampled_from(["2020/2021", "2021/2022"])))],
    )


@settings(deadline=None)
@given(metas(), metas())
def test_laws(before: Meta, after: Meta) -> None:
    """Nothing changes from a version to itself; the way back undoes every step; parts make the whole."""
    assert Changes() == compare(before, before)
    there, back = compare(before, after), compare(after, before)
    undone = {"added": "deleted", "deleted": "added", "updated": "updated"}
    assert steps(there) == {(kind, undone[what]) for kind, what in steps(back)}
    assert len(list(there.all)) == len(list(there.major().all)) + len(list(there.minor().all))
    assert steps(there.major()) <= {pair for pair in steps(there) if pair[1] != "added"}
    assert [c for c in there.all if c.current is None] == [c for c in there.major().all if c.current is None]


def test_nothing_is_lost_without_a_match() -> None:
    """A version that has everything of the one before is minor, however much it adds."""
    more = attrs.evolve(BASE, indicators=[*BASE.indicators, indicator("new")], levels=[*BASE.levels, level("SCH")])
    assert Version(1, 1) == next_version(Version(1, 0), compare(BASE, more))
    assert Version(2, 0) == next_version(Version(1, 0), compare(more, BASE))
