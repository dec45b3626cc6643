"""Tests of questions as R for the package eesyapi: read back, they mean the same."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import assume, given

import eesclient as ees
from eesclient import LocationOption, Query, QueryError, QueryTooLargeError
from tests.doors.query import (
    And,
    Comparator,
    FilterIds,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Or,
    PeriodKey,
    PeriodKeys,
)

from ..examples import META, ask, options
from ..oracle import holds
from ..r import Call, read_assignment
from ..test_normal import ROWS, TREES

F = ees.facets
SAID: dict[str, dict[str, Any]] = {
    "everything": {},
    "filters": {"filters": {"Sex": "Female", "SEN provision": ["SEN support", "Total"]}},
    "one filter": {"filters": {"SEN provision": ["SEN support", "Total"]}, "page_size": 50},
    "periods": {"periods": ["2019/20", "2021/22"], "indicators": ["ipct", "icount"]},
    "open periods": {"where": (F.period >= "2021/22") & (F.period != "2023/24") & (F.period < "2024/25")},
    "levels": {"levels": ["LA", "Regional"]},
    "not a level": {"where": ~(F.level == "LA")},
    "places": {"places": ["Camden", "llon"]},
    "within": {"within": ["llon"]},
    "within and its own": {"within": "llon", "include_self": True},
    "within at a level": {"within": "llon", "levels": "LA"},
    "level or place": {"where": (F.level == "NAT") | F.location("LA").is_in(["Camden"])},
    "level or its own place": {
        "where": (F.level == "NAT") | ((F.level == "LA") & (F.location("LA") == "Camden")) | (F.level == "REG")
    },
    "all": {"filters": {"Sex": "Male"}, "periods": "2023/24", "places": "Camden", "indicators": "icount"},
}


def as_list(value: Any) -> list[Any]:
    """Return the items of `c(...)` or `list(...)`; a lone item is a list of itself."""
    if isinstance(value, Call) and value.name in {"c", "list"}:
        return [*value.arguments.values()]
    return [value]


def meaning(source: str) -> Node:
    """Return what eesyapi sends for the call."""
    name, call = read_assignment(source)
    assert ("result", "eesyapi::query_dataset") == (name, call.name)
    found = call.arguments
    assert ("0000", "1.0") == (found["dataset_id"], found["dataset_version"])
    clauses: list[Node] = [And(clauses=())]
    if "time_periods" in found:
        clauses.append(PeriodKeys(comparator=Comparator.IN, keys=tuple(map(period_of, as_list(found["time_periods"])))))
    if "filter_items" in found:
        items = found["filter_items"]
        vectors = as_list(items) if isinstance(items, Call) and items.name == "list" else [items]
        clauses += [FilterIds(comparator=Comparator.IN, ids=tuple(as_list(vector))) for vector in vectors]
    if "geographies" in found:
        clauses.append(area_of(found["geographies"]))
    return And(clauses=tuple(clauses))


def period_of(text: str) -> PeriodKey:
    """Return the period that a single year and a code name: eesyapi takes no other."""
    year, code = text.split("|")
    assert re.fullmatch("[0-9]{4}", year)
    return PeriodKey(period=f"{year}/{int(year) + 1}", code=code)


def area_of(value: Any) -> Node:
    """Return rows of level AND location, or of a level alone, joined by OR."""
    cells: list[tuple[str, ...]]
    if isinstance(value, Call) and value.name == "data.frame":
        columns = {name: as_list(values) for name, values in value.arguments.items()}
        assert ["geographic_level", "location_level", "location_id_type", "location_id"] == [*columns]
        cells = [*zip(*columns.values(), strict=True)]
    else:
        texts = [text.split("|") for text in as_list(value)]
        cells = [(level, level, *(place or ("", ""))) for level, *place in texts]
    rows: list[Node] = []
    for level, place_level, kind, id_ in cells:
        of_level = LevelCodes(comparator=Comparator.EQ, codes=(level,))
        place = LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level=place_level, property=kind, value=id_),))
        rows.append(And(clauses=(of_level, place)) if kind else of_level)
    return Or(clauses=tuple(rows))


@pytest.mark.parametrize("words", SAID.values(), ids=SAID)
def test_it_means_the_same(words: dict[str, Any]) -> None:
    """Read back, the call keeps the same rows."""
    query = ask(**words)
    found = meaning(query.to_eesyapi_r())
    criteria = And(clauses=()) if query.criteria is None else query.criteria
    assert [holds(criteria, row) for row in ROWS] == [holds(found, row) for row in ROWS]


@given(TREES)
def test_any_condition(tree: Node) -> None:
    """Any condition that R can say means the same there."""
    query = attrs.evolve(ask(), criteria=tree)
    try:
        source = query.to_eesyapi_r()
    except QueryError:
        assume(False)
    found = meaning(source)
    assert [holds(tree, row) for row in ROWS] == [holds(found, row) for row in ROWS]


def test_what_it_looks_like() -> None:
    """Only ids are arguments; what they stand for is said in comments."""
    query = ask(filters={"Sex": "Female"}, periods="2023/24", places="Camden", indicators="icount")
    assert """\
# Data set 0000, version 1.0
# icount: Number of pupils
# lcam: Camden (Local authority, E09000007, 202, id lcam)
# ofem: Sex = Female
result <- eesyapi::query_dataset(
  dataset_id = "0000",
  dataset_version = "1.0",
  indicators = "icount",
  time_periods = "2023|AY",
  geographies = data.frame(
    geographic_level = "LA",
    location_level = "LA",
    location_id_type = "id",
    location_id = "lcam"
  ),
  filter_items = "ofem"
)
""" == query.to_eesyapi_r()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "limit": ({"limit": 5}, "no limit"),
    "sort": ({"sort": "-period"}, "no sort"),
    "excluded options": ({"where": F.filter("Sex") != "Female"}, "excludes some"),
    "excluded places": ({"where": F.location("LA") != "Camden"}, "excludes some"),
    "or": ({"where": (F.filter("Sex") == "Female") | (F.level == "LA")}, "OR"),
    "two places": ({"places": "Camden", "within": "llon"}, "two"),
    "no period": ({"where": (F.period > "2023/24") & (F.period < "2024/25")}, "no time period"),
    "no level": ({"where": (F.level == "LA") & (F.level == "NAT")}, "no level"),
}


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED)
def test_what_it_cannot_say(words: dict[str, Any], why: str) -> None:
    """What the package cannot say is refused, with the reason."""
    with pytest.raises(QueryError, match=why):
        ask(**words).to_eesyapi_r()


@pytest.mark.parametrize(
    ("leaf", "why"),
    [
        (
            LocationKeys(comparator=Comparator.EQ, keys=(LocationKey(level="LA", property="oldCode", value="1"),)),
            "oldCode",
        ),
        (PeriodKeys(comparator=Comparator.GT, keys=(PeriodKey(period="1999/2000", code="AY"),)), "no time period 1999"),
        (FilterIds(comparator=Comparator.EQ, ids=("a\0b",)), "zero character"),
    ],
)
def test_what_only_a_hand_makes(leaf: Node, why: str) -> None:
    """Conditions that no call makes are refused too."""
    with pytest.raises(QueryError, match=why):
        attrs.evolve(ask(), criteria=leaf).to_eesyapi_r()


def places_of(count: int) -> Query:
    """Return a question for so many authorities."""
    many = tuple(LocationOption(id=f"l{n:04}", label=f"Place {n}", code=f"E{n}") for n in range(count))
    group = attrs.evolve(META.locations[0], options=many)
    return ask(attrs.evolve(META, locations=(group,)), places=[option.id for option in many])


def test_many_places() -> None:
    """Hundreds of places are a row each; where eesyapi would make more of them than the gateway takes, that is said."""
    frame = read_assignment(places_of(400).to_eesyapi_r())[1].arguments["geographies"]
    assert [f"l{n:04}" for n in range(400)] == as_list(frame.arguments["location_id"])
    with pytest.raises(QueryTooLargeError, match="condition for each place, and the service's gateway refuses more"):
        places_of(500).to_eesyapi_r()
    # each place at each level
    keys = tuple(LocationKey(level="LA", property="id", value=f"l{n}") for n in range(200))
    query = attrs.evolve(ask(), criteria=LocationKeys(comparator=Comparator.IN, keys=keys))
    with pytest.raises(QueryTooLargeError, match="refuses more than 131,072"):
        query.to_eesyapi_r()


def test_what_eesyapi_cannot_read() -> None:
    """A data set without filters, on whose metadata it fails, is refused for that."""
    with pytest.raises(QueryError, match="this data set has no filters, and eesyapi fails"):
        ask(attrs.evolve(META, filters=())).to_eesyapi_r()


HOSTILE = ['a"b', "a\\", "\\n", "line\nbreak", "\u202e", "é", "\U0001f600", "tab\t", "')", '"); q("no', "#", "\\U{41}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts(text: str) -> None:
    """Whatever ids and labels hold, the source is sound: texts survive, and comments end with their line."""
    item = attrs.evolve(META.filters[1], label=text, options=options((text, text), ("other", "x")))
    meta = attrs.evolve(META, filters=(item,))
    source = ask(meta, filters={"fsex": [text, "other"]}).to_eesyapi_r()
    _, call = read_assignment(source)
    assert [text, "other"] == as_list(call.arguments["filter_items"])
    assert ["dataset_id", "dataset_version", "indicators", "filter_items"] == [*call.arguments]


def test_every_argument_is_documented(reference_folder: Path) -> None:
    """The package's own documentation has every argument that is used."""
    page = (reference_folder / "eesyapi-r.md").read_text(encoding="utf-8")
    signature = re.search(r"`query_dataset\(([^`]*)\)`", page)
    assert signature is not None
    documented = {part.partition("=")[0].strip() for part in signature[1].split(",")}
    sources = [ask(**words).to_eesyapi_r() for words in SAID.values()]
    used = {name for source in sources for name in read_assignment(source)[1].arguments}
    assert {"indicators", "time_periods", "geographies", "filter_items", "page_size"} < used
    assert used <= documented
    columns = {"geographic_level", "location_level", "location_id_type", "location_id"}
    assert all(f"`{name}`" in page for name in columns)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="there is no Rscript to parse it with")
def test_r_parses_it() -> None:
    """R itself reads the source."""
    source = "".join(ask(**words).to_eesyapi_r() for words in SAID.values())
    command = ["Rscript", "-e", 'invisible(parse(file("stdin")))']
    done = subprocess.run(command, input=source, text=True, check=False)  # noqa: S603 - our own
    assert 0 == done.returncode


def test_an_option_that_is_gone() -> None:
    """An id without a label is asked for without a comment."""
    leaf = FilterIds(comparator=Comparator.EQ, ids=("gone",))
    assert "# Data set 0000, version 1.0\nresult <-" in attrs.evolve(ask(), criteria=leaf).to_eesyapi_r()


@pytest.mark.parametrize("source", ['x <- f("a\nb")', "x <- f(a b)", "x <- f('a')", 'x <- f("a",)', 'x <- f("\\q")'])
def test_the_reader_refuses_what_r_would(source: str) -> None:
    """The reader that these tests rely on is no more lenient than R."""
    with pytest.raises((ValueError, AssertionError)):
        read_assignment(source)
