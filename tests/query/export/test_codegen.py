"""Tests of the modules that `ees codegen` writes: they run, and type checkers read them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from eesclient import Filter, Indicator, Meta, UnknownLabelError, Version
from tests.doors.query import MOST, generate
from tests.hostile import BAD, LABELS
from tests.query.examples import META, options

AWKWARD = (
    *LABELS,
    'quotes " and \' and """ and \\',
    "two\nlines\r\tand \x00 \u202e bidi",
    "\\N{BULLET} \\x41 {braces} %s",
    "A",
    "A*",
    "5",
    "<5",
    "-0.5",
    "0.5",
    "Level 3",
    "Level 3+",
    "Year 1-2",
    "Year 1 2",
    "year 1 2",
    "class",
    "None",
    "",
    "   ",
    "日本語",
    "Ysgol Gynradd Cân",
    "__class__",
    "mro",
)


def awkward() -> Meta:
    """Metadata with names that no Python name looks like, and with names that look alike."""
    labels = options(*((f"o{n}", label) for n, label in enumerate(AWKWARD)), ("twin", "A"))
    columns = ("a_1", "a1", "class", "asked", "name", "filter", "1st", "é", "A_1")
    filters = [Filter(id=f"f{n}", column=column, label="Same", options=labels) for n, column in enumerate(columns)]
    filters.append(Filter(id="bad\"'", column=BAD, label=BAD, hint=BAD, options=options(("x\n", BAD))))
    filters.append(Filter(id="none", column="none", label="None", options=()))
    many = options(*((f"m{n}", f"School {n}") for n in range(MOST + 1)))
    filters.append(Filter(id="many", column="school", label="School", options=many))
    indicators = [Indicator(id=f"i{n}", column=f"c{n}", label=label) for n, label in enumerate((*AWKWARD, "A"))]
    return Meta(filters=filters, indicators=indicators)


def source(meta: Meta, title: str = "T") -> str:
    """The module of a data set."""
    return generate(data_set_id="0000", title=title, version=Version(1), meta=meta)


def ran(text: str) -> Any:
    """Run a module, and return its names."""
    scope: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), scope)  # noqa: S102 - what we wrote
    return scope


class Opened:
    """As much of an opened data set as is checked."""

    def __init__(self, meta: Meta) -> None:
        self.meta = meta


def test_every_name_finds_one_thing() -> None:
    """Each member of each enumeration stands for one thing of the metadata, in its order; none is lost."""
    for meta in (META, awkward()):
        names = ran(source(meta, BAD))
        names["check"](Opened(meta))
        assert len(meta.indicators) == len(names["Indicator"]) == len(set(names["INDICATORS"]))
        assert [filter_.column for filter_ in meta.filters] == [meta.filters[name].column for name in names["Filter"]]
        for filter_, (name, found) in zip(meta.filters, names["FILTERS"].items(), strict=True):
            assert filter_ is meta.filters[name]
            expected = list(filter_.options) if len(filter_.options) <= MOST else []
            assert expected == [filter_[option] for option in found]


def test_members() -> None:
    """Members say what their labels say, signs too; where two would be the same, each has its id."""
    meta = Meta(filters=[Filter(id="f", column="grade", label="Grade", options=awkward().filters[0].options)])
    members = ran(source(meta))["GradeOption"].__members__
    expected = {"A_STAR", "N_5", "UNDER_5", "MINUS_0_5", "N_0_5", "LEVEL_3", "LEVEL_3_PLUS", "A_twin"}
    assert expected <= set(members)
    assert "A" not in members
    assert "twin" == members["A_twin"]


def test_deterministic() -> None:
    """The same metadata gives the same text, which names data set and version and nothing of the day."""
    text = source(awkward())
    assert text == source(awkward())
    assert text.startswith('"""Names of a data set, version 1.0: T.\n\nData set 0000.\n')


def test_hostile_labels_stay_texts() -> None:
    """No label ends a string or docstring: a module of hostile ones has the statements of any other."""
    tame = Meta(filters=[Filter(id="f", column="x", label="X", options=options(("o", "O")))])
    ends = '"""\nimport os\n'
    wild = Meta(filters=[Filter(id="f", column=f"x{ends}", label=BAD, options=options(("o", ends)))])
    kinds = [type(node) for node in ast.parse(source(tame)).body]
    assert kinds == [type(node) for node in ast.parse(source(wild, ends + "\\")).body]


def test_another_version() -> None:
    """A later version is refused only where a name is missing; the error lists all of them, with the nearest."""
    names = ran(source(META))
    more = Meta(
        filters=(*META.filters, Filter(id="new", column="new", label="New")),
        indicators=META.indicators[:1],
    )
    with pytest.raises(UnknownLabelError, match="Percentage of pupils") as caught:
        names["check"](Opened(more))
    assert ("Percentage of pupils",) == caught.value.unknown
    fewer = Meta(filters=(META.filters[0], *META.filters[2:]), indicators=META.indicators)
    with pytest.raises(UnknownLabelError, match="no filter 'Sex'"):
        names["check"](Opened(fewer))
    names["check"](Opened(Meta(filters=more.filters, indicators=META.indicators)))


def test_nothing_to_name() -> None:
    """A data set without filters and indicators has a module too."""
    names = ran(source(Meta()))
    assert ({}, []) == (names["filters"](), names["indicators"]())
