"""Tests of following ids through change sets."""

from __future__ import annotations

from eesclient import (
    Change,
    ChangeSet,
    FilterOption,
    GeographicLevel,
    Indicator,
    Level,
    LocationOption,
    Version,
    VersionChanges,
)
from tests.doors.models import FilterOptionChanges, FilterState, Lineage, LocationOptionChanges, lineage_of

SEX = FilterState(id="f", column="sex", label="Sex")


def options(*pairs: tuple[str, str]) -> ChangeSet:
    """Options whose ids changed."""
    changes = tuple(
        Change(previous=FilterOption(id=old, label=old), current=FilterOption(id=new, label=new)) for old, new in pairs
    )
    return ChangeSet(filter_options=(FilterOptionChanges(filter=SEX, options=changes),))


def step(number: int, major: ChangeSet, minor: ChangeSet | None = None) -> VersionChanges:
    """What a version changed."""
    return VersionChanges(version=Version(number), major_changes=major, minor_changes=minor or ChangeSet())


def test_ids_are_followed_through_versions() -> None:
    """An id that changes twice is one step from the first to the last; one that comes back is none."""
    lineage = lineage_of([step(2, options(("a", "b"), ("x", "y"))), step(3, options(("b", "c"), ("y", "x")))])
    assert {("option", "a"): "c"} == lineage.moved
    assert ("c", "q") == (lineage.follow("option", "a"), lineage.follow("option", "q"))
    assert "a" == lineage.follow("indicator", "a")


def test_ids_that_change_places() -> None:
    """All entries of one version speak of the version before it."""
    assert {("option", "a"): "b", ("option", "b"): "a"} == lineage_of([step(2, options(("a", "b"), ("b", "a")))]).moved


def test_every_kind() -> None:
    """Filters, options, indicators and locations are followed, in major and minor changes."""
    leeds, moved_leeds = (LocationOption(id=id_, label="Leeds") for id_ in ("l", "m"))
    major = ChangeSet(
        filters=(Change(previous=SEX, current=FilterState(id="g", column="sex", label="Sex")),),
        indicators=(
            Change(previous=Indicator(id="i", column="n", label="N"), current=Indicator(id="j", column="n", label="N")),
        ),
        location_options=(
            LocationOptionChanges(
                level=Level(code=GeographicLevel.LA, label="Local authority"),
                options=(Change(previous=leeds, current=moved_leeds),),
            ),
        ),
    )
    moved = lineage_of([step(2, major, options(("a", "b")))]).moved
    assert {("filter", "f"): "g", ("indicator", "i"): "j", ("location", "l"): "m", ("option", "a"): "b"} == moved


def test_nothing_else_is_followed() -> None:
    """Additions, deletions and updates of words move nothing."""
    changes = ChangeSet(
        filters=(Change(previous=SEX), Change(current=SEX), Change(previous=SEX, current=SEX)),
    )
    assert {} == lineage_of([step(2, changes)]).moved


def test_way_back() -> None:
    """Back it is the same way."""
    lineage = Lineage(moved={("option", "a"): "b"})
    assert ("a", "b") == (lineage.reversed().follow("option", "b"), lineage.follow("option", "a"))
