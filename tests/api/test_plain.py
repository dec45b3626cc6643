"""What is read without cattrs is what cattrs reads, and what it refuses is left to cattrs."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import ChangeSet, DataSet, DataSetVersion, Meta, Publication, Version
from tests.doors.api import converter, reader, structure, to_data
from tests.doors.models import Page, Problem
from tests.transport import scripted

PROBLEM = {
    "title": "t",
    "status": 400,
    "errors": [{"message": "m", "code": "C", "path": "criteria", "detail": {"a": [1, None]}}, {"message": "n"}],
}
PUBLICATION = {
    "id": "x",
    "title": "t",
    "slug": "s",
    "summary": "",
    "lastPublished": "2024-03-01T09:30:00.1234567+00:00",
}
PAGE = {"paging": {"page": 1, "pageSize": 2, "totalResults": 1, "totalPages": 1}, "results": [PUBLICATION]}
BODIES: dict[str, tuple[Any, Any]] = {
    "data set": (DataSet, scripted.data_set()),
    "no version": (DataSet, scripted.data_set(latest=None)),
    "version": (DataSetVersion, scripted.version("1.0")),
    "metadata": (Meta, scripted.META),
    "publication": (Publication, PUBLICATION),
    "page": (Page[Publication], PAGE),
    "data sets": (Page[DataSet], {**PAGE, "results": [scripted.data_set()]}),
    "problem": (Problem, PROBLEM),
}
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        1 << 63,
        "",
        "x",
        "1.0",
        "2024-03-01T09:30:00",
        [],
        {},
        [None],
        [1],
        ["a"],
        [{}],
        {"id": "a"},
    ]
)


def places(data: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all that data holds."""
    keys: Any = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
    return [path] * bool(path) + [found for key in keys for found in places(data[key], (*path, key))]  # type: ignore[index]


def changed(data: Any, path: tuple[Any, ...], value: object, *, is_gone: bool) -> Any:
    """The data with something else at a path, or nothing."""
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    if is_gone:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return data


@pytest.mark.parametrize("name", BODIES)
def test_all_that_is_as_it_should_be(name: str) -> None:
    """What the service sends is read by the reader alone, and as cattrs reads it."""
    type_, data = BODIES[name]
    read = reader(type_)
    assert read is not None
    assert read(data, type_) == converter().structure(data, type_) == structure(data, type_)
    assert to_data(read(data, type_)) == to_data(converter().structure(data, type_))


@pytest.mark.parametrize("name", BODIES)
@given(drawn=st.data())
def test_as_cattrs_reads(name: str, drawn: st.DataObject) -> None:
    """With something odd in it: what the reader gives is what cattrs gives; where it raises, cattrs decides."""
    type_, data = BODIES[name]
    for _ in range(drawn.draw(st.integers(1, 2))):
        if there := places(data):
            path = drawn.draw(st.sampled_from(there))
            data = changed(data, path, drawn.draw(ODD), is_gone=drawn.draw(st.booleans()))
    read = reader(type_)
    assert read is not None
    try:
        found = read(data, type_)
    except Exception:  # noqa: BLE001 - whatever it is, cattrs decides
        with pytest.raises(Exception):  # noqa: B017, PT011
            converter().structure(data, type_)
    else:
        assert found == converter().structure(data, type_)


def test_published_metadata(conformance_folder: Path) -> None:
    """Metadata as the service sends it needs no cattrs."""
    data = json.loads((conformance_folder / "absence_school" / "meta.json").read_text())
    read = reader(Meta)
    assert read is not None
    assert read(data, Meta) == converter().structure(data, Meta)
    assert to_data(read(data, Meta)) == data


def test_types_for_cattrs_alone() -> None:
    """Types with members that are no members on the wire have no reader."""
    assert reader(ChangeSet) is None
    assert reader(Page) is None


@attrs.frozen(kw_only=True)
class Choosy:
    """A model with a member of some texts alone."""

    either: Literal["a", "b"] = "a"
    number: int | None = None
    at: datetime | None = None
    version: Version | None = None


def test_kinds_of_members() -> None:
    """A member of a kind that has no reader leaves its model to cattrs."""
    assert reader(Choosy) is None
    body = {"either": "b", "number": 1, "at": "2024-03-01T09:30:00Z", "version": "1.0"}
    at = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
    assert structure(body, Choosy) == Choosy(either="b", number=1, at=at, version=Version(1))
