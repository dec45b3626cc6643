"""Tests of places by what people call them."""

from __future__ import annotations

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import AmbiguousLabelError, FilterOption, UnknownLabelError
from tests.doors.query import place_table

from .examples import META, ask


def matched(*names: str) -> list[tuple[object, ...]]:
    """Name, how it matched, id, and whether it is meant."""
    return place_table(names, META).select("asked", "matched_by", "id", "meant").rows()


@pytest.mark.parametrize(
    ("name", "how", "id_"),
    [
        ("Camden", "name", "lcam"),
        ("CAMDEN ", "name, folded", "lcam"),
        ("LA:Camden", "name", "lcam"),
        ("local authority: camden", "name, folded", "lcam"),
        ("E09000007", "code", "lcam"),
        ("code:E09000007", "code", "lcam"),
        ("202", "old_code", "lcam"),
        ("lcam", "id", "lcam"),
        ("urn:100000", "urn", "lsch"),
        ("100000", "urn", "lsch"),
        ("LAESTAB:2021000", "la_estab", "lsch"),
        ("202/1000", "la_estab", "lsch"),
        ("laestab: 202/1000", "la_estab", "lsch"),
        ("SCH:202/1000", "la_estab", "lsch"),
    ],
)
def test_how_a_name_matched(name: str, how: str, id_: str) -> None:
    """A place is found by its name, its codes and its id, and the table says by which."""
    assert [(name, how, id_, True)] == matched(name)


def test_a_code_of_several_names_means_all() -> None:
    """All places of a code are meant, also with a prefix and a space."""
    for name in ("E09000033", "code:E09000033", "LA: 213"):
        assert [("lwes", True), ("lcity", True)] == [row[2:] for row in matched(name)]
        assert ask(places=name) == ask(places="E09000033")


def test_what_is_not_meant() -> None:
    """A name of several places shows them all as not meant; one that fits none has a row of nulls."""
    assert [("lnew1", False), ("lnew2", False)] == [row[2:] for row in matched("Newtown")]
    assert [("ltwin", False), ("llon", False)] == [row[2:] for row in matched("London")]
    assert [("nowhere", None, None, False)] == matched("nowhere")


def test_a_slash_belongs_to_laestabs_alone() -> None:
    """The number of a school after its authority's is no code of another kind, and no place of another level."""
    for name in ("LA:202/1000", "urn:202/1000", "100/000", "20/21000", "2021/000"):
        assert [(name, None, None, False)] == matched(name)


def test_zeros_that_spreadsheets_take_off() -> None:
    """A number that is a code but for the zeros at its beginning is not taken for it, and the message says so."""
    school = attrs.evolve(META.locations[-1].options[0], la_estab="0021000", label="Zero School", id="lzer")
    group = attrs.evolve(META.locations[-1], options=(*META.locations[-1].options, school))
    meta = attrs.evolve(META, locations=(*META.locations[:-1], group), levels=(*META.levels, group.level))
    assert ask(meta, places="002/1000") == ask(meta, places="0021000")
    for name in ("21000", 21000, "2/1000", "laestab:21000"):
        with pytest.raises(UnknownLabelError, match='but "0021000", whose zeros at the beginning count'):
            ask(meta, places=name)
    options = (FilterOption(id="oz", label="0012"), FilterOption(id="ot", label="Total"))
    meta = attrs.evolve(META, filters=(attrs.evolve(META.filters[0], options=options),))
    with pytest.raises(UnknownLabelError, match='but "0012", whose zeros'):
        ask(meta, filters={META.filters[0].id: 12})


def test_several_levels_say_how_to_name_one() -> None:
    """A name at several levels is an error that shows them, and how to say which."""
    with pytest.raises(AmbiguousLabelError, match=r"999, id ltwin.*Regional.*write its level before it, as in 'LA:Lon"):
        ask(places="London")


@pytest.mark.parametrize("name", ["E0900007", "code:E0900007", "LA:Camdn", "e09000007"])
def test_nearest_by_code_and_prefix(name: str) -> None:
    """A code with a typing error suggests the place with the nearest code."""
    with pytest.raises(UnknownLabelError, match=r"the nearest: \"Camden \(Local authority\)\""):
        ask(places=name)


def test_places_of_a_data_set() -> None:
    """A pinned data set gives the table, and sends nothing for it."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        ks4 = client.open(ees.local.KS4_ID)
    table = ks4.places(["camden", "840", "Atlantis"])
    assert ["asked", "matched_by", "level", "level_label", "label"] == table.columns[:5]
    assert ["Camden", "County Durham", None] == table["label"].to_list()
    assert ["name, folded", "old_code", None] == table["matched_by"].to_list()
    assert table.schema == ks4.places([]).schema
    assert pl.Boolean == table.schema["meant"]
    assert ks4.places("Camden")["id"].to_list() == table["id"].to_list()[:1]
