"""Lists of models of texts, made column by column, are what the models make one by one."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import Filter, FilterOption, Indicator, LocationGroup, LocationOption, Publication
from tests.doors.api import is_of_texts, structure, wire_name
from tests.doors.models import LevelColumns

LEVEL = {"code": "SCH", "label": "School"}
NAMES = {wire_name(field): field.name for field in attrs.fields(LocationOption)}
REQUIRED = {"id": st.text(), "label": st.text()}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {wire: st.none() | st.text() for wire in NAMES.keys() - REQUIRED}
NEW: dict[str, st.SearchStrategy[Any]] = {"newMember": st.none() | st.text() | st.integers() | st.just([{}])}


@given(st.lists(st.fixed_dictionaries(REQUIRED, optional=OPTIONAL | NEW), max_size=5))
def test_as_one_by_one(items: list[dict[str, Any]]) -> None:
    """Whatever members are there, absent, null or new."""
    group = structure({"level": LEVEL, "options": items}, LocationGroup)
    alone = [LocationOption(**{NAMES[wire]: text for wire, text in item.items() if wire in NAMES}) for item in items]
    assert tuple(alone) == group.options


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"id": "l2"}, r"expected a member 'label', which is missing @ \$\.options\[1\]\.label"),
        ({"id": None, "label": "Elm"}, r"expected a member 'id', which is missing @ \$\.options\[1\]\.id"),
        (
            {"id": "l2", "label": "Elm", "laEstab": 7},
            r"expected text, got the number 7 @ \$\.options\[1\]\.laEstab",
        ),
        ("l2", r"expected an object, got the text 'l2' @ \$\.options\[1\]"),
        (None, r"expected an object, got null @ \$\.options\[1\]"),
    ],
)
def test_faults_keep_their_path(item: object, message: str) -> None:
    """What is wrong with one of many is said with its place."""
    options = [{"id": "l1", "label": "Oak"}, item, {"id": "l3", "label": "Ash"}]
    with pytest.raises(ValueError, match=message):
        structure({"level": LEVEL, "options": options}, LocationGroup)


def test_models_stay_frozen() -> None:
    """A model that was made this way cannot be changed."""
    [option] = structure({"level": LEVEL, "options": [{"id": "l1", "label": "Oak"}]}, LocationGroup).options
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        option.label = "Elm"  # type: ignore[misc]


def test_classes_of_texts() -> None:
    """Only classes that hold nothing but texts, as they come, are made this way."""
    classes = (FilterOption, LocationOption, Filter, Indicator, LevelColumns, Publication, str)
    assert [True, True, False, False, False, False, False] == [is_of_texts(class_) for class_ in classes]
