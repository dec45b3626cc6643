"""Tests of open enumerations."""

from __future__ import annotations

import pickle

import pytest

from eesclient import DataSetStatus, DataSetVersionStatus, GeographicLevel, IndicatorUnit, TimeIdentifier
from tests.doors.models import OpenEnum

ENUMS = [*OpenEnum.__subclasses__()]


@pytest.mark.parametrize("enum", ENUMS)
def test_unknown_members_survive(enum: type[OpenEnum]) -> None:
    """An unknown text stays what it is, is not known, is one object, and can be pickled."""
    member = enum("something new")
    assert "something new" == member == str(member)
    assert not member.is_known
    assert enum("something new") is member
    assert pickle.loads(pickle.dumps(member)) is member  # noqa: S301 - our own bytes
    assert member not in list(enum)
    assert f"{enum.__name__}('something new')" == repr(member)


@pytest.mark.parametrize("enum", ENUMS)
def test_known_members(enum: type[OpenEnum]) -> None:
    """Known members print as their text and are known."""
    for member in enum:
        assert member.is_known
        assert member.value == str(member)
        assert enum(member.value) is member


def test_repr_of_known_members() -> None:
    """A known member shows its name."""
    assert "DataSetStatus.PUBLISHED" == repr(DataSetStatus.PUBLISHED)


def test_live_and_draft_statuses() -> None:
    """Live versions answer anybody; withdrawn ones are neither live nor drafts."""
    live = {status for status in DataSetVersionStatus if status.is_live}
    drafts = {status for status in DataSetVersionStatus if status.is_draft}
    assert {DataSetVersionStatus.PUBLISHED, DataSetVersionStatus.DEPRECATED} == live
    assert {*DataSetVersionStatus} - live - {DataSetVersionStatus.WITHDRAWN} == drafts


def test_only_texts() -> None:
    """Anything but a text is refused."""
    with pytest.raises(ValueError, match="3 is not a valid"):
        DataSetStatus(3)


def test_units() -> None:
    """The explicit "no unit" is a member, and none is missing."""
    assert ["%", "£", "£m", "pp", "string", ""] == [unit.value for unit in IndicatorUnit]


def test_unknown_level_has_columns() -> None:
    """A level of the future gets columns made from its code."""
    assert ("zone_code", "zone_name") == GeographicLevel("ZONE").columns.all
    assert "ZONE" == GeographicLevel("ZONE").columns.label


def test_unknown_identifier() -> None:
    """An identifier of the future is labelled by its code and comes last."""
    future = TimeIdentifier("D1")
    assert "D1" == future.label
    assert not future.spans_two_years
    assert future.order > max(identifier.order for identifier in TimeIdentifier)
