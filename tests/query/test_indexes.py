"""Locations by name, code and id: the index finds what reading all of them would."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import GeographicLevel, Level, LocationGroup, LocationOption, Meta
from tests.doors.models import fold
from tests.doors.query import Place, PlaceIndex, Resolver, indexes_of

SCHOOL = Level(code=GeographicLevel("SCH"), label="School")
AREA = Level(code=GeographicLevel("LA"), label="Local authority")
PREFIXES = {"id": "id", "Code": "code", "old code": "old_code", "URN": "urn", "LAEstab": "la_estab", "ukprn": "ukprn"}
TEXTS = st.sampled_from(["a", "A", "b", "B_", "1", "2", "a:1", "urn:1", "É"])
OPTIONS = st.builds(
    LocationOption,
    id=TEXTS,
    label=TEXTS,
    code=st.none() | TEXTS,
    old_code=st.none() | TEXTS,
    urn=st.none() | TEXTS,
    la_estab=st.none() | TEXTS,
    ukprn=st.none() | TEXTS,
)
NAMES = TEXTS | st.builds("{}:{}".format, st.sampled_from([*PREFIXES, "sch", "LOCAL_AUTHORITY", "REG"]), TEXTS)


def read_through(groups: Sequence[LocationGroup], name: str) -> list[Place]:
    """What a name fits, by reading all locations for each rule in turn."""
    places = [Place(level=group.level, option=option) for group in groups for option in group.options]
    exact = [p for p in places if name in (p.option.label, p.option.id, *p.option.codes.values())]
    folded = [p for p in places if fold(name) == fold(p.option.label)]
    if exact or folded:
        return exact or folded
    prefix, _, rest = name.partition(":")
    kinds = {fold(known): attribute for known, attribute in PREFIXES.items()}
    if not rest:
        return []
    if fold(prefix) in kinds:
        return [p for p in places if getattr(p.option, kinds[fold(prefix)]) == rest]
    at_level = [p for p in places if fold(prefix) in (fold(p.level.label), fold(str(p.level.code)))]
    return [
        p for p in at_level if rest in (p.option.id, *p.option.codes.values()) or fold(rest) == fold(p.option.label)
    ]


@given(schools=st.lists(OPTIONS, max_size=6), areas=st.lists(OPTIONS, max_size=6), name=NAMES)
def test_found_as_by_reading(schools: list[LocationOption], areas: list[LocationOption], name: str) -> None:
    """A name finds the locations that reading all of them finds, in their order, each once."""
    groups = [LocationGroup(level=SCHOOL, options=tuple(schools)), LocationGroup(level=AREA, options=tuple(areas))]
    assert read_through(groups, name) == list(PlaceIndex(groups).find(name))


def a_meta() -> Meta:
    """Metadata with one school, equal each time and a new object."""
    return Meta(locations=[LocationGroup(level=SCHOOL, options=(LocationOption(id="l1", label="Oak"),))])


def test_indexes_are_built_once() -> None:
    """All calls about one metadata object share its indexes; equal metadata that is another object has its own."""
    meta = a_meta()
    places = indexes_of(meta).places
    assert [places, places] == [indexes_of(meta).places for _ in range(2)]
    assert indexes_of(meta).places_of(meta.locations[0]) is indexes_of(meta).places_of(meta.locations[0])
    assert indexes_of(a_meta()).places is not places


def test_indexes_end_with_their_metadata() -> None:
    """Indexes keep no metadata alive, and are forgotten with it."""
    meta = a_meta()
    Resolver(meta).places(["Oak", "id:l1", "SCH:oak"])
    forgotten = weakref.ref(meta), weakref.ref(indexes_of(meta))
    del meta
    gc.collect()
    assert (None, None) == tuple(found() for found in forgotten)


def test_known_names_prepare_no_suggestions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is near is looked for only when a name is unknown."""
    asked: list[str] = []
    monkeypatch.setattr(PlaceIndex, "nearest", lambda _, name: asked.append(name) or [])
    resolver = Resolver(a_meta())
    assert ["l1"] == [place.option.id for place in resolver.places(["OAK"])]
    assert [] == asked
    resolver.places(["Elm"])
    assert ["Elm"] == asked
