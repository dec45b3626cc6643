"""Tests of which names are suggested."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.models import Entry, NameIndex, most_alike

MANY = [f"School {number} of St Mary in Town {number % 97}" for number in range(3_000)]


def first(name: str, *labels: str) -> str | None:
    """The label that is most like a name."""
    return next((labels[place] for place in most_alike(name, labels)), None)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("ehc plan", ("SEN support", "Education, health and care plan"), "Education, health and care plan"),
        ("CIN", ("Care", "Children in need at 31 March"), "Children in need at 31 March"),
        ("Level 3 +", ("Level 3", "Level 3+"), "Level 3+"),
        ("London", ("Londonderry", "London Borough of Camden"), "London Borough of Camden"),
        ("% of pupils", ("Number of pupils", "Percentage of pupils"), "Percentage of pupils"),
        ("xyz", ("Alpha", "Beta"), None),
        ("", ("Alpha",), None),
        ("  ", ("Alpha",), None),
    ],
)
def test_most_alike(name: str, labels: tuple[str, ...], expected: str | None) -> None:
    """Signs, initials and whole words count; what is not like anything has no suggestion."""
    assert expected == first(name, *labels)


@pytest.mark.parametrize("number", [0, 7, 40])
def test_among_thousands(number: int) -> None:
    """Among thousands of labels the one meant comes first."""
    assert MANY[number] == first(MANY[number].replace("School", "Scool"), *MANY)


@pytest.mark.parametrize("name", ["", "é", "\N{GREEK SMALL LETTER OMEGA}" * 9, "zz", "t"])
def test_odd_names_among_thousands(name: str) -> None:
    """A name that shares little or nothing with thousands of labels is no failure, and shows what there is."""
    index = NameIndex(Entry(thing=label, labels=(label,)) for label in MANY)
    assert 5 == len(index.nearest(name))


@given(st.text(), st.lists(st.text(), max_size=4))
def test_nothing_is_invented(name: str, labels: list[str]) -> None:
    """Places are those of labels, each once."""
    places = list(most_alike(name, labels))
    assert len(places) == len(set(places))
    assert set(places) <= set(range(len(labels)))
