"""Tests of the folding rule and of name look-up."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.models import Entry, NameIndex, fold, listed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SEN provision", "sen_provision"),
        ("SEN  provision ", "sen\N{NO-BREAK SPACE}provision"),
        ("2018\N{EN DASH}19", "2018-19"),
        ("a \N{MINUS SIGN} b", "a - b"),
        ("\N{LEFT DOUBLE QUOTATION MARK}x\N{RIGHT DOUBLE QUOTATION MARK}", '"x"'),
        ("King\N{RIGHT SINGLE QUOTATION MARK}s", "king's"),
        ("Bath & Wells", "bath and wells"),
        ("Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "CAFE\N{COMBINING ACUTE ACCENT}"),
    ],
)
def test_fold_equal(one: str, other: str) -> None:
    """Case, spaces, underscores, dashes, quotes, & and composition do not count."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A", "A*"),
        ("Level 3", "Level 3+"),
        ("Under 5", "<5"),
        ("5%", "5"),
        ("£5", "5"),
        ("a.b", "a/b"),
        ("(a)", "a"),
        ("x\N{SUPERSCRIPT TWO}", "x2"),
        ("SEN provisions", "SEN provision"),
        ("cafe", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)
def test_fold_different(one: str, other: str) -> None:
    """Letters, digits and every other sign count."""
    assert fold(one) != fold(other)


@given(st.text())
def test_fold_idempotent(text: str) -> None:
    """Folding twice is folding once."""
    assert fold(text) == fold(fold(text))


@given(st.text())
def test_fold_composition(text: str) -> None:
    """A label folds alike in either Unicode composition."""
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text(st.characters(codec="ascii")))
def test_fold_alike_beside_other_letters(text: str) -> None:
    """The short way for plain letters folds as the long one does, which a letter at the end makes it take."""
    assert fold(f"{text}x") + "é" == fold(f"{text}xé")


def test_exact_before_folded() -> None:
    """A name that one thing has exactly is not ambiguous with another that only folds to it."""
    upper, lower = Entry(thing=1, labels=("Total",)), Entry(thing=2, labels=("TOTAL",))
    index = NameIndex([upper, lower])
    assert index.find("Total") == (upper,)
    assert index.find("total") == (upper, lower)


def test_ids_match_exactly_only() -> None:
    """Ids are case sensitive."""
    index = NameIndex([Entry(thing=1, labels=("Label",), ids=("gIyO9",))])
    assert [entry.thing for entry in index.find("gIyO9")] == [1]
    assert index.find("giyo9") == ()


def test_nearest_lists_each_once() -> None:
    """Something that is near by its label and its column is suggested once."""
    index = NameIndex([Entry(thing=1, labels=("Number of pupils", "number_of_pupils"), shown="Number of pupils")])
    assert index.nearest("Number of pupil") == ["Number of pupils"]


def test_nearest_is_ordered_and_bounded() -> None:
    """The most similar names come first, five at most."""
    index = NameIndex(Entry(thing=n, labels=(f"Year {n}",)) for n in range(20))
    assert index.nearest("Year 7")[0] == "Year 7"
    assert len(index.nearest("Year")) == 5


def test_nearest_of_nothing_similar() -> None:
    """Where nothing is similar the first names are shown, so that the user sees what there is."""
    index = NameIndex([Entry(thing=1, labels=("Alpha",)), Entry(thing=2, labels=("Beta",))])
    assert index.nearest("zzzzzz") == ["Alpha", "Beta"]


def test_listed() -> None:
    """Long lists say how many names they leave out."""
    assert listed(["a", "b", "c"], most=2) == '"a", "b" and 1 more'
