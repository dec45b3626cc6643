"""Each code and each element of the tables is missed when it is taken out of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import polars as pl
import pytest

from eesclient import sen2
from tests.doors.sen2 import declared, rows, specification

from .drafts import Draft
from .faults import YEARS

Row = dict[str, str]
Without = Callable[[str, Row], AbstractContextManager[None]]

WHERE = sys.modules[rows.__module__]


def forget() -> None:
    """Have everything that is kept of the tables be read again."""
    for name, module in list(sys.modules.items()):
        if name.startswith("eesclient.sen2"):
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[Without]:
    """Return a context in which a table lacks a row, as if it had never been there."""

    @contextmanager
    def take(table: str, one: Row) -> Iterator[None]:
        left = tuple(row for row in rows(table) if row != one)
        assert len(left) == len(rows(table)) - 1
        with monkeypatch.context() as patch:
            patch.setattr(WHERE, "rows", lambda name: left if name == table else rows(name))
            forget()
            yield
        forget()

    yield take
    forget()


def last_year(row: Row, names: tuple[str, ...], table: str) -> int:
    """Return the last year in which a row holds: that before a newer one about the same."""
    same = [other for other in rows(table) if all(other[name] == row[name] for name in names)]
    later = [int(other["since"]) for other in same if int(other["since"]) > int(row["since"])]
    return min(later, default=YEARS[-1] + 1) - 1


def older(row: Row, names: tuple[str, ...], table: str) -> list[Row]:
    """Return older rows about the same, which hold again without it."""
    same = [other for other in rows(table) if all(other[name] == row[name] for name in names)]
    return [other for other in same if int(other["since"]) < int(row["since"])]


@pytest.mark.parametrize("list_", sorted({row["list"] for row in rows("codes")}))
def test_codes(list_: str, without: Without) -> None:
    """A code is right for an element of its list, and wrong once it is out of that."""
    for row in (row for row in rows("codes") if row["list"] == list_):
        most = last_year(row, ("list", "code"), "codes")
        spots = [(y, e) for y in YEARS if y <= most for e in specification(y).elements if e.values == list_ and e.table]
        year, element = spots[-1]
        (rule,) = (r.id for r in declared(year) if r.id[0] == "K" and element.name in r.elements)
        return_ = Draft(year).set(element.table, 1, **{element.name: row["code"]}).make()
        assert 0 == len(return_.check(only=rule))
        before = older(row, ("list", "code"), "codes")
        with without("codes", row):
            if before:
                # the same code, with another label
                assert before[-1]["label"] == specification(year).lists[list_].codes[row["code"]].label != row["label"]
            else:
                found = return_.check(only=rule).frame.select("rule", "table", "key", "element").rows()
                assert (rule, element.table, 1, element.name) in found


ELEMENTS = [row for row in rows("elements") if row["order"] and row["parent"] != "Message"]


@cache
def file(year: int) -> bytes:
    """Return a small return, without findings, as XML."""
    text = Draft(year).make().to_xml()
    assert 0 == len(sen2.read(text).check(only="S02"))
    return text


@pytest.mark.parametrize("row", ELEMENTS, ids=lambda row: f"{row['since']}-{row['parent']}-{row['element']}")
def test_elements(row: Row, without: Without) -> None:
    """An element is known, and unknown once it is out of its parent; what older rows say of it is something else."""
    year, tag = last_year(row, ("parent", "element"), "elements"), row["element"]
    text = file(year)
    assert f"<{tag}>".encode() in text
    said = specification(year).find(tag)
    with without("elements", row):
        if older(row, ("parent", "element"), "elements"):
            assert said != specification(year).find(tag)
        elif row["type"] == "container" or tag == "SoftwareCode":
            # without them a return has no frames, or does not say what made it
            with pytest.raises((KeyError, pl.exceptions.ColumnNotFoundError), match=tag):
                sen2.read(text).check(only="S02")
        else:
            found = sen2.read(text).check(only="S02").frame
            assert {tag} == set(found["element"])
