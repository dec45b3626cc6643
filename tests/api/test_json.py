"""JSON to models and back."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import (
    DataSet,
    DataSetStatus,
    DataSetVersion,
    DataSetVersionStatus,
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    IndicatorUnit,
    InvalidResponseError,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    Publication,
    TimeIdentifier,
    TimePeriod,
    Version,
)
from tests.doors.api import from_json, structure, to_data, to_json, wire_name
from tests.doors.models import ErrorDetail, MetaItems, Page, Paging, Problem
from tests.transport import scripted


def read(data: object, type_: type) -> object:
    """Read data as if it came over the wire."""
    return from_json(json.dumps(data).encode(), type_, url="https://ees.test/v1/x")


def test_data_set() -> None:
    """A data set comes with its latest version, and with what it lacks as None."""
    found = read(scripted.data_set(), DataSet)
    assert isinstance(found, DataSet)
    assert found.status is DataSetStatus.PUBLISHED
    assert found.superseding_data_set_id is None
    assert found.latest_version is not None
    assert found.latest_version.version == Version(1)
    assert found.latest_version.geographic_levels == ("National",)
    assert read(scripted.data_set(latest=None), DataSet) == attrs.evolve(found, latest_version=None)


def test_meta_parts() -> None:
    """Metadata members come under their own names, as items that can be shown as a frame."""
    meta = read(scripted.META, Meta)
    assert isinstance(meta, Meta)
    assert isinstance(meta.levels, MetaItems)
    assert meta.levels == (Level(code=GeographicLevel.NAT, label="National"),)
    assert meta.periods[0].label == "2024 Week 10"
    assert meta.locations[0].options == (LocationOption(id="lEng0", label="England", code="E92000001"),)
    assert meta.indicators[0].unit is IndicatorUnit.NONE


def test_published_metadata_round_trip(conformance_folder: Path) -> None:
    """The metadata of the conformance fixture is written as it was read."""
    data = json.loads((conformance_folder / "absence_school" / "meta.json").read_text())
    assert to_data(structure(data, Meta)) == data


def test_page_round_trip() -> None:
    """A page is read with the type of its items, and written the same."""
    data = json.loads(scripted.listed([scripted.publication()]).body)
    page = structure(data, Page[Publication])
    assert page.results[0].last_published == datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
    assert to_data(page) == data


def test_unknown_members_and_enums() -> None:
    """New members are ignored, and new enumeration members keep their text."""
    found = read(scripted.version(status="Frozen", colour="blue"), DataSetVersion)
    assert isinstance(found, DataSetVersion)
    assert (str(found.status), found.status.is_known) == ("Frozen", False)
    assert found.status is DataSetVersionStatus("Frozen")


def test_null_is_absent() -> None:
    """A null member means the same as none."""
    data = scripted.version(notes=None, withdrawn=None, filters=None)
    assert read(data, DataSetVersion) == read(
        {name: value for name, value in data.items() if value is not None}, DataSetVersion
    )


def test_nulls_stay_in_details() -> None:
    """Within a detail, null is a value of its own."""
    data = {"errors": [{"message": "m", "detail": {"value": None, "items": ["a"]}}]}
    problem = structure(data, Problem)
    assert problem.errors == (ErrorDetail(message="m", detail={"value": None, "items": ["a"]}),)
    assert to_data(problem) == {"title": "", **data}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01T09:30:00+00:00", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-03-01T09:30:00Z", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-03-01T09:30:00.1234567+00:00", datetime(2024, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2024-03-01T09:30:00.5+01:00", datetime(2024, 3, 1, 9, 30, 0, 500000, timezone(timedelta(hours=1)))),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    """Times come with their offset and up to seven fractional digits."""
    assert structure({**scripted.publication(), "lastPublished": text}, Publication).last_published == expected


@pytest.mark.parametrize("value", ["2024-03-01T09:30:00", "yesterday", 3, "2024-03-01"])
def test_bad_times(value: object) -> None:
    """A time without an offset, or none at all, is not what the API promises."""
    with pytest.raises(ValueError, match=r"expected a time such as .* @ \$\.lastPublished"):
        structure({**scripted.publication(), "lastPublished": value}, Publication)


@pytest.mark.parametrize(
    ("microseconds", "expected"), [(0, "00+00:00"), (500_000, "00.5+00:00"), (123_456, "00.123456+00:00")]
)
def test_times_are_written_as_the_service_does(microseconds: int, expected: str) -> None:
    """A fraction is written only where there is one, and without zeros at its end."""
    time = datetime(2024, 3, 1, 9, 30, 0, microseconds, UTC)
    assert to_data({"at": time}) == {"at": f"2024-03-01T09:30:{expected}"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected an object, got a list"),
        ({"paging": 1, "results": []}, "expected an object, got the number 1 @ $.paging"),
        ({"results": []}, "expected a member 'paging', which is missing @ $.paging"),
        ({"paging": {"page": "1"}, "results": []}, "expected a whole number, got the text '1' @ $.paging.page"),
        ({"paging": {"page": True}, "results": []}, "expected a whole number, got true or false @ $.paging.page"),
        ({"paging": {}, "results": []}, "expected a member 'pageSize', which is missing @ $.paging.pageSize"),
        ({"paging": {}, "results": "abc"}, "expected a list, got the text 'abc' @ $.results"),
        ({"paging": {}, "results": [None]}, "expected an object, got null @ $.results[0]"),
        ({"paging": {}, "results": {}}, "expected a list, got an object @ $.results"),
    ],
)
def test_faults_have_their_path(data: object, message: str) -> None:
    """What is wrong is said with its JSON path, in the words of the wire."""
    with pytest.raises(InvalidResponseError) as caught:
        read(data, Page[Publication])
    assert message in str(caught.value)
    assert "https://ees.test/v1/x" in str(caught.value)
    assert "EES_API_URL" in str(caught.value)
    assert caught.value.url == "https://ees.test/v1/x"
    assert isinstance(caught.value, ValueError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes


def test_nested_faults() -> None:
    """A fault deep in a list is found with its position, and renamed members under their name on the wire."""
    with pytest.raises(ValueError, match=r"got the number 3 @ \$\.geographicLevels\[1\]\.code"):
        structure({"geographicLevels": [{"code": "LA", "label": "x"}, {"code": 3, "label": "x"}]}, Meta)


def test_versions_are_checked() -> None:
    """A version that is none is refused."""
    with pytest.raises(ValueError, match=r'expected a version such as "1.0", got the text \'1.x\' @ \$\.version'):
        structure(scripted.version("1.x"), DataSetVersion)
    with pytest.raises(ValueError, match=r'expected a version such as "1.0", got the number 1.5'):
        structure({**scripted.version(), "version": 1.5}, DataSetVersion)


def test_details_are_objects() -> None:
    """A detail that is no object is refused."""
    with pytest.raises(ValueError, match="expected an object, got a list"):
        structure({"errors": [{"message": "m", "detail": []}]}, Problem)


def test_many_faults_are_counted() -> None:
    """A body that is wrong throughout does not flood the message."""
    with pytest.raises(ValueError, match=r"; and 15 more$"):
        structure({"filters": [1] * 20}, Meta)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "which is empty"),
        (b"<html><body>Sorry", "which begins with '<html><body>Sorry'"),
        (b"\xff\xfe", "which begins with"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"filters": [], "x": 1, "filters": []}', "an object has the member 'filters' twice"),
        (b'{"x" :1, "x"\t:2, "y": "a:b:c"}', "an object has the member 'x' twice"),
        (b'[{"x"\r\n: {"y": 1, "\\u0079" : 2}}]', "an object has the member 'y' twice"),
        (b'{"x": [NaN]}', "it has NaN, which is no number"),
        (b'{"x": -Infinity}', "it has -Infinity, which is no number"),
        (b'{"x": -1e999}', "it has -1e999, which is no number"),
        (b'{"x": "\\ud83d"}', "half of a surrogate pair"),
        (b'{"\\uDE00": 1}', "half of a surrogate pair"),
        (b'{"x": "\xed\xa0\xbd"}', "can't decode byte 0xed"),
        (b'{"x": "caf\xe9"}', "can't decode byte 0xe9"),
        ('{"filters": []}'.encode("utf-16"), "can't decode byte 0xff"),
        (b'{"x": 1' + b"0" * 5000 + b"}", "a number of 5,001 digits"),
    ],
)
def test_not_json(body: bytes, shown: str) -> None:
    """A body that is not JSON is shown from its start."""
    with pytest.raises(InvalidResponseError, match=r"expected JSON, got a body") as caught:
        from_json(body, Meta)
    assert shown in str(caught.value)


def test_anything() -> None:
    """`object` takes any JSON as it is, whole pairs of surrogates and a mark at the beginning too."""
    assert from_json(b'{"a": [1, null]}', object) == {"a": [1, None]}
    assert from_json(b'\xef\xbb\xbf["\\ud83d\\ude00", 1e9]', object) == ["\U0001f600", 1e9]


@pytest.mark.parametrize("text", [":", "a:b", "a : b", '":', '"x" :', "a\n:\t:"])
def test_colons_in_texts(text: str) -> None:
    """A colon in a name or a text is not taken for that of a member that is there twice."""
    data = {"x": text, text: [{"x": text}]}
    assert from_json(json.dumps(data).encode(), object) == data


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**30])
def test_numbers_that_are_too_large(number: int) -> None:
    """A whole number that no frame can hold is refused with its place."""
    with pytest.raises(InvalidResponseError, match=rf"whole number, got the number {number} @ \$\.totalResults"):
        read(scripted.version(totalResults=number), DataSetVersion)


@attrs.frozen(kw_only=True)
class Checked:
    """A model with a check of its own."""

    two_words: int = attrs.field(validator=attrs.validators.lt(5))


def test_errors_of_a_models_own_checks() -> None:
    """An error that the converter did not expect is shown with its class."""
    assert structure({"twoWords": 4}, Checked) == Checked(two_words=4)
    with pytest.raises(ValueError, match="ValueError: 'two_words' must be < 5"):
        structure({"twoWords": 5}, Checked)


def test_to_json() -> None:
    """Models, enumerations and versions in plain containers become plain JSON; text keeps its signs."""
    data = {"level": GeographicLevel.LA, "version": Version(1, 0, 2), "items": (FilterOption(id="a", label="£"),)}
    assert to_json(data) == '{"level":"LA","version":"1.0.2","items":[{"id":"a","label":"£"}]}'.encode()
    assert type(to_data(GeographicLevel.LA)) is str


def test_wire_names() -> None:
    """Names are camelCase, unless the field says otherwise."""
    names = [wire_name(field) for field in attrs.fields(Meta)]
    assert names == ["filters", "indicators", "geographicLevels", "locations", "timePeriods"]
    assert wire_name(attrs.fields(LocationOption).la_estab) == "laEstab"


texts = st.text(max_size=8)
metas = st.builds(
    Meta,
    filters=st.lists(
        st.builds(
            Filter,
            id=texts,
            column=texts,
            label=texts,
            hint=texts,
            options=st.lists(st.builds(FilterOption, id=texts, label=texts), max_size=2).map(tuple),
        ),
        max_size=2,
    ),
    indicators=st.lists(
        st.builds(
            Indicator,
            id=texts,
            column=texts,
            label=texts,
            unit=st.none() | texts.map(IndicatorUnit),
            decimal_places=st.none() | st.integers(0, 9),
        ),
        max_size=2,
    ),
    levels=st.lists(st.builds(Level, code=texts.map(GeographicLevel), label=texts), max_size=2),
    locations=st.lists(
        st.builds(
            LocationGroup,
            level=st.builds(Level, code=texts.map(GeographicLevel), label=texts),
            options=st.lists(
                st.builds(LocationOption, id=texts, label=texts, code=st.none() | texts, la_estab=st.none() | texts),
                max_size=2,
            ).map(tuple),
        ),
        max_size=2,
    ),
    periods=st.lists(st.builds(TimePeriod, code=texts.map(TimeIdentifier), period=texts, label=texts), max_size=2),
)


@given(metas)
def test_round_trip(meta: Meta) -> None:
    """What is written is read back equal, whatever the texts and unknown codes."""
    assert from_json(to_json(meta), Meta) == meta


numbers = st.integers(-(2**63) + 1, 2**63 - 1)


@given(st.builds(Paging, page=numbers, page_size=numbers, total_results=numbers, total_pages=numbers))
def test_paging_round_trip(paging: Paging) -> None:
    """Numbers of any size that the service has survive."""
    assert from_json(to_json(paging), Paging) == paging
