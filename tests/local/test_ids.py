"""Tests of public ids, and of what `service.toml` maps by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import DataFileError, FacetChange, Meta
from tests.doors.local import encode
from tests.local.support import number_of
from tests.versions.chains import ID, Table, holdings, renamed, replaced, small


def test_known_ids() -> None:
    """Numbers have the ids that the service gives them."""
    assert ["dP0Zw", "O7CLF", "wwbxT"] == [encode(1), encode(2), encode(60)]


@given(st.integers(min_value=0, max_value=10**9))
def test_round_trip(number: int) -> None:
    """Every number comes back from its id."""
    assert number == number_of(encode(number))


TABLE = small()
GIRLS = TABLE.with_cells(replaced("sex", "Girls", "Female"))
RECODED = TABLE.with_cells(replaced("new_la_code", "E08000035", "E08000099"))


def held(folder: Path, then: Table, toml: str) -> tuple[Meta, Meta, tuple[FacetChange, ...]]:
    """Metadata of version 1.0 and 2.0, and what changed."""
    data_set = holdings(folder, {"1.0": TABLE, "2.0": then}, {"2.0": toml}).data_sets[ID]
    before, after = data_set.versions
    return before.data.meta, after.data.meta, data_set.changes(after)


def test_options_keep_their_id(tmp_path: Path) -> None:
    """An option with another label keeps its id, and is listed as updated."""
    before, after, changes = held(tmp_path, GIRLS, '[@.mappings.options.sex]\nGirls = "Female"')
    ids = [{option.label: option.id for option in meta.filters[1].options} for meta in (before, after)]
    assert ids[0]["Girls"] == ids[1]["Female"]
    (change,) = changes
    assert ("Girls", "Female") == (change.before and change.before.label, change.after and change.after.label)


def test_columns_keep_their_ids(tmp_path: Path) -> None:
    """A filter and an indicator with another column keep their ids, and the filter's options theirs."""
    then = TABLE.with_cells(renamed("sex", "gender")).with_meta(renamed("sex", "gender"))
    then = then.with_cells(renamed("rate", "share")).with_meta(renamed("rate", "share"))
    toml = '[@.mappings.filters]\nsex = "gender"\n[@.mappings.indicators]\nrate = "share"'
    before, after, changes = held(tmp_path, then, toml)
    assert {item.id for item in before.filters} == {item.id for item in after.filters}
    assert before.filters[1].options == after.filters[1].options
    assert {item.id for item in before.indicators} == {item.id for item in after.indicators}
    assert ["filter", "indicator"] == [change.facet for change in changes]


def test_options_of_a_mapped_filter(tmp_path: Path) -> None:
    """Options are named below the column that their filter has now."""
    then = GIRLS.with_cells(renamed("sex", "gender")).with_meta(renamed("sex", "gender"))
    toml = '[@.mappings.filters]\nsex = "gender"\n[@.mappings.options.gender]\nGirls = "Female"'
    before, after, _ = held(tmp_path, then, toml)
    assert [option.id for option in before.filters[1].options] != []
    assert {option.id for option in before.filters[1].options} == {option.id for option in after.filters[1].options}


@pytest.mark.parametrize("names", [("Leeds", "E08000099"), ("E08000035", "Leeds"), ("383", "383")])
def test_locations_keep_their_id(tmp_path: Path, names: tuple[str, str]) -> None:
    """A location with another code keeps its id, whichever name or code the file gives."""
    before, after, changes = held(tmp_path, RECODED, f'[@.mappings.locations.LA]\n"{names[0]}" = "{names[1]}"')
    codes = [{o.id: o.code for group in meta.locations for o in group.options} for meta in (before, after)]
    assert codes[0].keys() == codes[1].keys()
    assert {("E08000035", "E08000099")} == {(codes[0][i], codes[1][i]) for i in codes[0] if codes[0][i] != codes[1][i]}
    assert [True] == [change.is_major for change in changes]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ('[@.mappings]\nplaces = {}', "mappings.places: is not known here"),
        ('[@.mappings.filters]\nsex = 1', "mappings.filters.sex: is a text"),
        ('[@.mappings.options]\nsex = "Girls"', "mappings.options.sex: is a table"),
        ('[@.mappings.options.sex]\nWomen = "Female"', "sex.Women: 'Women' is not in the version before; there"),
        ('[@.mappings.options.sex]\nGirls = "Women"', "options.sex.Girls: 'Women' is not in this version; there"),
        ('[@.mappings.options.age]\nGirls = "Female"', "options.age.Girls: 'Female' is not in this version"),
        ('[@.mappings.options.sex]\nBoys = "Female"', "options.sex.Boys: is still in this version"),
        ('[@.mappings.options.sex]\nGirls = "Female"\nBoys = "Female"', "another name is mapped to the same"),
        ('[@.mappings.filters]\nage = "sex"', "filters.age: 'age' is not in the version before"),
        ('[@.mappings.indicators]\nn = "pupils"', "indicators.n: 'n' is not in the version before"),
        ('[@.mappings.locations.LA]\nHull = "York"', "locations.LA.Hull: 'Hull' is not in the version before"),
        ('[@.mappings.locations.XX]\nHull = "York"', "locations.XX.Hull: 'York' is not in this version"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, toml: str, problem: str) -> None:
    """A name that is not there, or a thing mapped twice, is refused with its key."""
    with pytest.raises(DataFileError) as caught:
        held(tmp_path, GIRLS, toml)
    assert str(caught.value).startswith('service.toml: data_sets.chain.versions."2.0".mappings')
    assert problem in str(caught.value)


def test_ambiguous_name(tmp_path: Path) -> None:
    """A code that stands under two names does not say which is meant."""
    twice = TABLE.with_cells(replaced("old_la_code", "816", "383"))
    with pytest.raises(DataFileError, match="'383' fits several things of this version: use a code"):
        held(tmp_path, twice, '[@.mappings.locations.LA]\nYork = "383"')


def test_first_version(tmp_path: Path) -> None:
    """The first version has none before it."""
    with pytest.raises(DataFileError, match="first version has none before it"):
        holdings(tmp_path, {"1.0": TABLE}, {"1.0": "[@.mappings]"})


def test_swapped(tmp_path: Path) -> None:
    """Two options that change places keep each its id."""
    toml = '[@.mappings.options.sex]\nGirls = "Boys"\nBoys = "Girls"'
    before, after, _ = held(tmp_path, TABLE, toml)
    ids = [{option.label: option.id for option in meta.filters[1].options} for meta in (before, after)]
    assert (ids[0]["Girls"], ids[0]["Boys"]) == (ids[1]["Boys"], ids[1]["Girls"])
