"""Locations that are made when they are wanted are those that are made at once."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import GeographicLevel, Level, LocationGroup, LocationOption, Meta
from tests.doors.api import from_json, structure, to_data
from tests.doors.models import Columns, Positions, location_columns

AREA = Level(code=GeographicLevel("LA"), label="Local authority")
WORDS = st.sampled_from(["a", "b", "A", "", "É", "a b"])
OPTION = st.fixed_dictionaries({"id": WORDS, "label": WORDS}, optional={"code": WORDS | st.none(), "oldCode": WORDS})


def sent(options: list[dict[str, Any]]) -> dict[str, Any]:
    """A group as the service sends it."""
    return {"level": {"code": "LA", "label": "Local authority"}, "options": options}


def made(options: list[dict[str, Any]]) -> LocationGroup:
    """The same group, made by hand."""
    names = {"oldCode": "old_code"}
    return LocationGroup(
        level=AREA, options=tuple(LocationOption(**{names.get(k, k): v for k, v in one.items()}) for one in options)
    )


@given(st.lists(OPTION, max_size=12))
def test_as_if_made_at_once(options: list[dict[str, Any]]) -> None:
    """Equality, hash, repr, copies and JSON are those of a group that was made by hand, whatever is asked first."""
    expected = made(options)

    def read() -> LocationGroup:
        return structure(sent(options), LocationGroup)

    assert expected == read()
    assert read() == expected
    assert hash(expected) == hash(read())
    assert repr(expected) == repr(read())
    assert list(expected) == list(read())
    assert expected.options == read().options
    assert to_data(expected) == to_data(read())
    assert attrs.evolve(expected, level=AREA) == attrs.evolve(read(), level=AREA)
    for copied in (copy.copy(read()), copy.deepcopy(read()), pickle.loads(pickle.dumps(read()))):  # noqa: S301 - ours
        assert expected == copied
        assert dir(expected) == dir(copied)
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        read().nothing_of_that_name  # type: ignore[attr-defined]  # noqa: B018 - it raises


@given(st.lists(OPTION, min_size=1, max_size=12), st.lists(WORDS, max_size=24))
def test_looked_up_without_making_them(options: list[dict[str, Any]], ids: list[str]) -> None:
    """A location is found by its id, however often, as in all of them."""
    group = structure(sent(options), LocationGroup)
    meta, everything = Meta(locations=[group]), {one.id: one for one in made(options).options}
    for id_ in ids:
        assert everything.get(id_) == meta.location("LA", id_)
    assert meta.location("REG", options[0]["id"]) is None
    assert made(options).options == group.options


@given(st.lists(WORDS | st.none(), max_size=12), st.lists(WORDS, max_size=30))
def test_positions(column: list[str | None], values: list[str]) -> None:
    """They are those of each value, in order, when one is looked for and when many are."""
    positions = Positions(column)
    for value in values:
        assert [at for at, one in enumerate(column) if one == value] == list(positions.of(value))


def test_columns_of_a_group() -> None:
    """Columns are the same of a group that was read and of one that was made."""
    options = [{"id": "1", "label": "Oak", "code": "X"}, {"id": "2", "label": "Elm"}]
    for group in (structure(sent(options), LocationGroup), made(options)):
        columns = location_columns(group)
        assert (2, ["Oak", "Elm"], ["X", None]) == (len(columns), columns.column("label"), columns.column("code"))
        assert columns.item(1) == group.options[1]
        assert columns.items() == group.options
        assert columns is location_columns(group)
    assert () == Columns(LocationOption, {"id": [], "label": []}, 0).items()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ([{"id": "1", "label": 5}], r"options\[0\]\.label"),
        ([{"id": "1", "label": "a"}, {"label": "b"}], r"'id', which is missing @ \$\.locations\[0\]\.options\[1\]"),
        ([{"id": "1", "label": "a"}, "b"], r"options\[1\]"),
        ("none", "options"),
    ],
)
def test_odd_locations(options: Any, fault: str) -> None:
    """What is no location is told as ever, with its path, when metadata is read and not when it is used."""
    body = {"filters": [], "indicators": [], "geographicLevels": [], "timePeriods": [], "locations": [sent(options)]}
    with pytest.raises(ees.InvalidResponseError, match=fault):
        from_json(json.dumps(body).encode(), Meta)
