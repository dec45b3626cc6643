"""Key fields of locations, made column by column, are those made of one location after another."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from eesclient import GeographicLevel, Level, LocationGroup, LocationOption
from tests.doors.models import ATTRIBUTES, location_columns
from tests.doors.table import Category, Dimension, Located, location_dimension, location_index, schema_of
from tests.table.example import META, QUERY

LEVEL = GeographicLevel("LA")
WORDS = st.sampled_from(["", "a", "A", "b", "a b", "É", "\U0001f600", "\uffff"])
OPTIONS = st.lists(
    st.builds(LocationOption, id=WORDS, label=WORDS, code=st.none() | WORDS, old_code=st.none() | WORDS), max_size=12
)


def one_by_one(options: Sequence[LocationOption]) -> Dimension:
    """The field as it is made of categories."""
    made = location_dimension(LEVEL, "Local authority")
    categories = [
        Category(id=option.id, cells=(option.code, option.old_code, option.label), position=position)
        for position, option in enumerate(options)
    ]
    return attrs.evolve(made, categories=categories, listed=None)


def by_columns(options: Sequence[LocationOption]) -> Dimension:
    """The field as it is made of columns."""
    group = LocationGroup(level=Level(code=LEVEL, label="Local authority"), options=tuple(options))
    return location_dimension(LEVEL, "Local authority", location_columns(group))


@given(OPTIONS, st.data())
def test_by_columns_as_one_by_one(options: list[LocationOption], data: st.DataObject) -> None:
    """Order, ids, ranks, positions and texts agree, also of equal locations, repeated ids and missing texts."""
    expected, found = one_by_one(options), by_columns(options)
    few = data.draw(st.lists(st.sampled_from(range(expected.ids.len())), max_size=2) if options else st.just([]))
    # before its texts are there, and after
    for codes in (pl.Series([*few, None], dtype=pl.UInt32), pl.Series(range(found.ids.len()), dtype=pl.UInt32)):
        for one, other in zip(expected.read(codes), found.read(codes), strict=True):
            assert one.equals(other)
            assert one.dtype == other.dtype
    for name in ("ids", "ranks", "positions"):
        one, other = getattr(expected, name), getattr(found, name)
        assert (one.dtype, one.to_list()) == (other.dtype, other.to_list())
    assert expected.size == found.size
    assert expected.categories == found.categories
    assert [(one.key, one.position) for one in expected.categories] == [
        (one.key, one.position) for one in found.categories
    ]
    assert [text.to_list() for text in expected.texts] == [text.to_list() for text in found.texts]
    for code, id_ in enumerate(expected.ids):
        assert [code] == list(found.codes.of(id_))


def test_fields_of_metadata_are_made_once() -> None:
    """Questions about some indicators share the fields of their metadata, and give them up with it."""
    meta = attrs.evolve(META)
    one, all_ = (
        attrs.evolve(QUERY, meta=meta, indicators=indicators)
        for indicators in ((meta.indicators[0],), tuple(meta.indicators))
    )
    assert schema_of(one).dimensions is schema_of(all_).dimensions
    assert schema_of(one) is schema_of(attrs.evolve(one, limit=5))
    assert schema_of(one).cells != schema_of(all_).cells
    assert schema_of(attrs.evolve(one, meta=attrs.evolve(META))).dimensions is not schema_of(one).dimensions


@given(OPTIONS, st.lists(st.tuples(st.sampled_from(["LA", "REG"]), st.sampled_from([*ATTRIBUTES, "name"]), WORDS)))
def test_locations_of_conditions(options: list[LocationOption], keys: list[tuple[str, str, str]]) -> None:
    """A condition finds the location that an index of all of them has: of several with one code, the first."""
    group = LocationGroup(level=Level(code=LEVEL, label="Local authority"), options=tuple(options))
    meta = attrs.evolve(META, locations=[group])
    ids = one_by_one(options).ids.to_list()
    expected = location_index(meta, lambda _, __, option: ("location|LA", ids.index(option.id)))
    found = Located(meta)
    for key in keys:
        assert expected.get(key) == found.get(key)
