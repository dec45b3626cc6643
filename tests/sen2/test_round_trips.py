"""Laws of reading and writing: what is written is read as it was, and what is read is written as it stood."""

from __future__ import annotations

import warnings
from datetime import date
from itertools import count
from pathlib import Path

import attrs
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import sen2
from tests.doors.sen2 import Return
from tests.sen2.drawn import YEARS, examples, returns


def same(one: Return, two: Return) -> None:
    """Hold that two returns say the same; of those that do not, show what differs."""
    if not one.equals(two):
        assert one.header == two.header
        for name in (*one.frames, "kept", "order"):
            left, right = (getattr(found, name).drop("line", strict=False) for found in (one, two))
            assert left.to_dicts() == right.to_dicts(), name
    assert one.equals(two)


@pytest.mark.property
@pytest.mark.parametrize("year", YEARS)
def test_xml(year: int) -> None:
    """Read what was written: the same return; write it again: the same bytes."""

    @examples(8, 1_000)
    @given(returns(year))
    def law(drawn: Return) -> None:
        text = drawn.to_xml()
        found = sen2.read(text)
        same(drawn, found)
        assert text == found.to_xml()

    law()


@pytest.mark.property
@pytest.mark.parametrize("year", YEARS)
def test_blade(year: int, tmp_path: Path) -> None:
    """Read what was written as a Blade export: the same return, but for what CSV has no word for."""
    numbers = count()

    @examples(8, 1_000)
    @given(returns(year, odd=False).filter(lambda drawn: not drawn.authority.is_empty()))
    def law(drawn: Return) -> None:
        one, two = (tmp_path / f"{next(numbers)}" for _ in range(2))
        drawn.write_blade(one, day=date(2025, 1, 20))
        found = sen2.read(one)
        same(as_blade_holds(drawn), found)
        found.write_blade(two, day=date(2025, 1, 20))
        assert {path.name: path.read_bytes() for path in one.iterdir()} == {
            path.name: path.read_bytes() for path in two.iterdir()
        }

    law()


@pytest.mark.property
@pytest.mark.parametrize("year", YEARS)
def test_foreign_blade(year: int, tmp_path: Path) -> None:
    """Write an export of another program that was read: it reads the same, and is written the same from then on."""
    numbers = count()

    @examples(5, 400)
    @given(returns(year, odd=False).filter(lambda drawn: not drawn.authority.is_empty()), st.data())
    def law(drawn: Return, data: st.DataObject) -> None:
        one, two, three = (tmp_path / f"{next(numbers)}" for _ in range(3))
        drawn.write_blade(one)
        for path in one.iterdir():
            table = pl.read_csv(path, infer_schema=False)
            path.write_text(data.draw(foreign(table)).write_csv(), encoding="utf-8", newline="")
        with warnings.catch_warnings(action="ignore", category=sen2.PartialReturnWarning):
            found = sen2.read(one)
            found.write_blade(two, day=date(2025, 1, 20))
            again = sen2.read(two)
        again.write_blade(three, day=date(2025, 1, 20))
        same(found, again)
        assert {path.name: path.read_bytes() for path in two.iterdir()} == {
            path.name: path.read_bytes() for path in three.iterdir()
        }
        assert {name: frame.height for name, frame in drawn.frames.items()} == {
            name: frame.height for name, frame in found.frames.items()
        }

    law()


@st.composite
def foreign(draw: st.DrawFn, table: pl.DataFrame) -> pl.DataFrame:
    """Draw what another program may make of a file: other ids, numbers, columns, and an order of its own."""
    ids = [name for name in table.columns if name.endswith("tableid")]
    table = table.with_columns(pl.format("A-{}", name).alias(name) for name in ids)
    if draw(st.booleans()):
        table = table.reverse()
    for heading in draw(st.lists(st.sampled_from(["NativeId", "Zoë", "a,b", "KEY"]), max_size=2, unique=True)):
        cells = draw(st.lists(st.sampled_from(["", "x", "l\nm", ","]), min_size=table.height, max_size=table.height))
        table = table.with_columns(pl.Series(heading, cells, pl.String))
    for heading in (name for name in table.columns if name.endswith("orderseqcolumn") or name == "sourceid"):
        table = table.with_columns(pl.lit(draw(st.sampled_from([None, "1", "S"])), pl.String).alias(heading))
    if draw(st.booleans()):
        table = table.drop(draw(st.sampled_from([name for name in table.columns if name not in {*ids, "year"}])))
    return table.select(draw(st.permutations(table.columns)))


def as_blade_holds(return_: Return) -> Return:
    """Return what CSV can say: what is empty is absent, and what stands apart stands nowhere."""
    header = attrs.evolve(return_.header, collection=return_.header.collection or None)
    frames = {name: frame.with_columns(pl.col(pl.String).replace("", None)) for name, frame in return_.frames.items()}
    kept = return_.kept.filter(pl.col("why") != "empty").with_columns(position=pl.lit(None, pl.UInt32))
    return attrs.evolve(return_, header=header, kept=kept, **frames)


HEADER = (
    '<Header x="1"><CollectionDetails><Year>2025</Year><Year>a&amp;b</Year><ReferenceDate>soon</ReferenceDate>'
    "</CollectionDetails><CollectionDetails><Year>1</Year></CollectionDetails><Source/></Header>"
)


@pytest.mark.parametrize(
    "text",
    [
        "<Message/>",
        "<Message><Header/></Message>",
        "<Message><Persons><Person/></Persons></Message>",
        "<Message><Header><Source/></Header><Persons/></Message>",
        "<Message><Header><CollectionDetails><Collection/></CollectionDetails></Header><Persons/></Message>",
        "<Message><Header><CollectionDetails><Year>1 &amp; 2</Year></CollectionDetails></Header><Persons/></Message>",
        "<Message><Header><CollectionDetails><Year>1<b/></Year></CollectionDetails></Header><Persons/></Message>",
        f"<Message>a{HEADER}b<Persons/>{HEADER}c</Message>",
        f'<Message xmlns="urn:x" xmlns:y="urn:y"><Persons y:a="&#9;1"><y:b/></Persons>{HEADER}</Message>',
        f"<Message>{HEADER}<Persons><Person><Sex>M</Sex></Person></Persons><Persons><Person/></Persons></Message>",
        f"<Message><Persons/><Persons/>{HEADER}<Persons><Person/><Person/></Persons></Message>",
        (
            f'<Message>{HEADER}<Persons x="1">a<Person/><New/>b</Persons>m<Persons x="2">c<New>2</New>'
            "<Person/>d</Persons><New/><Persons>e</Persons><Persons/><Persons>f<Person/></Persons></Message>"
        ),
        f"<Message>{HEADER}<Persons><Person/></Persons><Persons>c<New>2</New><Person/>d</Persons></Message>",
    ],
)
def test_odd_messages(text: str) -> None:
    """What stands around the persons, or does not, is read as it was too."""
    found = sen2.read(text.encode(), year=2025)
    again = sen2.read(found.to_xml(), year=2025)
    same(found, again)
    assert found.to_xml() == again.to_xml()
