"""Tests of metadata by name."""

from __future__ import annotations

import copy
import pickle

import pytest

from eesclient import AmbiguousLabelError, Filter, FilterOption, Indicator, Meta, UnknownLabelError
from tests.doors.models import attributes, identifier
from tests.query.examples import META, options


@pytest.mark.parametrize("name", ["SEN provision", "sen_provision", "fprov", "sen  PROVISION"])
def test_filters_in_brackets(name: str) -> None:
    """A filter is found by label, column or id, exactly or folded."""
    assert META.filters[0] is META.filters[name]


def test_all_kinds_in_brackets() -> None:
    """Indicators, levels, locations and periods are found too, and positions and slices still work."""
    assert "icount" == META.indicators["Number of pupils"].id
    assert "REG" == str(META.levels["Regional"].code)
    assert META.locations[0] is META.locations["LA"]
    assert "lbar" == META.locations["Local authority"]["barnet"].id
    assert "lbar" == META.locations["LA"]["302"].id
    assert "2019/2020" == META.periods["2019/20"].period
    assert META.periods[0] is META.periods["2019/2020"]
    assert "osup" == META.filters["SEN provision"]["SEN support"].id
    assert META.filters[1:] == (META.filters[1], META.filters[2])


def test_iteration() -> None:
    """Whatever has items by name gives them one after another, and says whether a name is among them."""
    for group in (*META.filters, *META.locations):
        assert [*group.options] == list(group)
        assert all(option in group for option in group.options)
    assert META.filters["Sex"].options[0] not in META.filters["SEN provision"]
    assert "sen  support" in META.filters["SEN provision"]
    assert "Newtown" in META.locations["LA"]  # two have the name
    assert "Leeds" not in META.locations["LA"]
    assert "Sex" in META.filters
    assert "Age" not in META.filters
    assert META.filters[0] in META.filters
    empty = Filter(id="f", column="c", label="Nothing")
    assert [] == list(empty)
    assert empty


def test_unknown_names() -> None:
    """A name that does not match is an error with the nearest, which says what was looked for."""
    with pytest.raises(UnknownLabelError, match="no filter 'SEN provison'; the nearest: \"SEN provision\"") as caught:
        META.filters["SEN provison"]
    assert ("SEN provison",) == caught.value.unknown
    with pytest.raises(UnknownLabelError, match="no option of filter 'Sex' 'Men'; the nearest"):
        META.filters["Sex"]["Men"]
    with pytest.raises(UnknownLabelError, match="no location at level 'Local authority' 'Leeds'"):
        META.locations["LA"]["Leeds"]
    with pytest.raises(UnknownLabelError, match="no item 'x'; there is none at all"):
        Meta().filters["x"]


def test_ambiguous_names() -> None:
    """A name that two have is an error that shows their ids, and an id tells them apart."""
    with pytest.raises(AmbiguousLabelError, match="lnew1"):
        META.locations["LA"]["Newtown"]
    assert "E06000002" == META.locations["LA"]["lnew2"].code


def test_attributes_complete() -> None:
    """What `dir()` lists beside the real attributes leads to the items, all the way down."""
    assert {"sen_provision", "sex", "pupil_group", "to_frame", "index"} <= set(dir(META.filters))
    assert META.filters.sen_provision is META.filters[0]  # type: ignore[attr-defined]
    assert "osup" == META.filters.sen_provision.sen_support.id  # type: ignore[attr-defined]
    assert {"education_health_and_care_plan", "sen_support", "total", "label"} <= set(dir(META.filters[0]))
    assert "lcam" == META.locations.local_authority.camden.id  # type: ignore[attr-defined]
    assert "newtown" not in dir(META.locations[0])
    assert ["Female", "Male"] == META.filters["sex"]._ipython_key_completions_()
    assert ["SEN provision", "Sex", "Pupil group"] == META.filters._ipython_key_completions_()


def test_unknown_attributes() -> None:
    """Any other attribute is none, with the nearest; what notebooks probe for is not searched."""
    with pytest.raises(AttributeError, match="no 'sen_provison' among the names here; the nearest: sen_provision"):
        META.filters.sen_provison  # type: ignore[attr-defined] # noqa: B018
    with pytest.raises(AttributeError, match=r"^no 'any' among the names here$"):
        Meta().filters.any  # type: ignore[attr-defined] # noqa: B018
    assert not hasattr(META.filters[0], "_ipython_canary_method_should_not_exist_")
    assert not hasattr(META.filters, "__array__")


def test_real_attributes_come_first() -> None:
    """Options that are called like a field hide nothing, and are found in brackets."""
    labels = ("Id", "Label", "Column", "Code", "Level", "Period", "Options", "Hint")
    tricky = Filter(id="f", column="index", label="X", options=options(*((f"o{n}", n) for n in labels)))
    meta = Meta(filters=(tricky,))
    assert ("f", "X", "index") == (tricky.id, tricky.label, tricky.column)
    assert "oCode" == tricky.code.id  # type: ignore[attr-defined]
    assert "oId" == tricky["Id"].id
    assert tricky is meta.filters["X"]
    assert 0 == meta.filters.index(tricky)
    assert dir(meta.filters).count("index") == 1
    assert ["X"] == meta.filters._ipython_key_completions_()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("SEN support", "sen_support"),
        ("Education, health and care plan", "education_health_and_care_plan"),
        ("Year 1-2", "year_1_2"),
        ("Bath & Wells", "bath_and_wells"),
        ("Total (all)", "total_all"),
        ("Ysgol Gynradd Cân", "ysgol_gynradd_cân"),
        ("A*", ""),
        ("Level 3+", ""),
        ("<5", ""),
        ("-0.5", ""),
        ("-x", ""),
        ("5", ""),
        ("class", ""),
        ("ª", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_identifiers(label: str, expected: str) -> None:
    """Signs that count make no identifier: none stands for what it does not say."""
    assert expected == identifier(label)


def test_identifiers_are_of_one_thing() -> None:
    """Two labels that make one identifier have neither."""
    pair = options(("a", "Year 1-2"), ("b", "Year 1 2"), ("c", "Year 3"))
    assert ["year_3"] == list(attributes(pair))


def test_copies() -> None:
    """Metadata can be copied and pickled, names and all."""
    for other in (copy.deepcopy(META), pickle.loads(pickle.dumps(META))):  # noqa: S301 - our own
        assert META == other
        assert "osup" == other.filters.sen_provision.sen_support.id


def test_plain_items_have_no_names() -> None:
    """What has no options has no further attributes."""
    assert not hasattr(FilterOption(id="o", label="L"), "l")
    assert not hasattr(Indicator(id="i", column="c", label="L"), "c")
