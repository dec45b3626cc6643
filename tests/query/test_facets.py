"""Tests of conditions written as comparisons, and of the guards against Python's own syntax."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eesclient import ComparatorError, facets
from tests.doors.query import And, Comparator, Condition, Facet, Not, Or

SEX = facets.filter("Sex")
A, B, C = SEX == "a", SEX == "b", SEX == "c"


@pytest.mark.parametrize(
    ("condition", "comparator", "values"),
    [
        (SEX == "a", Comparator.EQ, ("a",)),
        (SEX != "a", Comparator.NOT_EQ, ("a",)),
        (SEX.eq("a"), Comparator.EQ, ("a",)),
        (SEX.ne("a"), Comparator.NOT_EQ, ("a",)),
        (SEX.is_in(["a", "b"]), Comparator.IN, ("a", "b")),
        (SEX.not_in(x for x in "ab"), Comparator.NOT_IN, ("a", "b")),
    ],
)
def test_filter_comparators(condition: Condition, comparator: Comparator, values: tuple[str, ...]) -> None:
    """A filter has the four comparators of the service, as operators and as methods."""
    assert condition == Condition(kind="filter", name="Sex", comparator=comparator, values=values)


@pytest.mark.parametrize(
    ("condition", "comparator"),
    [
        (facets.period > "x", Comparator.GT),
        (facets.period >= "x", Comparator.GTE),
        (facets.period < "x", Comparator.LT),
        (facets.period <= "x", Comparator.LTE),
        (facets.period.gt("x"), Comparator.GT),
        (facets.period.ge("x"), Comparator.GTE),
        (facets.period.lt("x"), Comparator.LT),
        (facets.period.le("x"), Comparator.LTE),
        (facets.period == "x", Comparator.EQ),
    ],
)
def test_period_is_ordered(condition: Condition, comparator: Comparator) -> None:
    """Time periods also have the four comparators of order."""
    assert condition == Condition(kind="period", name="", comparator=comparator, values=("x",))


@pytest.mark.parametrize("facet", [SEX, facets.level, facets.location("LA")])
@pytest.mark.parametrize("compare", [Facet.__gt__, Facet.__ge__, Facet.__lt__, Facet.__le__])
def test_other_facets_have_no_order(facet: Facet, compare: Callable[[Facet, str], Condition]) -> None:
    """An order on anything else is refused, and the message names what there is."""
    with pytest.raises(ComparatorError, match="is_in"):
        compare(facet, "x")


@pytest.mark.parametrize(
    "expression",
    [
        lambda: A and B,
        lambda: A or B,
        lambda: not A,
        lambda: "x" if A else "y",
        lambda: "a" < facets.period < "c",
        lambda: bool(A & B),
        lambda: bool(~A),
        lambda: bool(SEX),
        lambda: "a" in SEX,
        lambda: SEX in ["a", "b"],
        lambda: list(SEX),
        lambda: list(A),
    ],
)
def test_python_syntax_is_refused(expression: Callable[[], object]) -> None:
    """and, or, not, in, if, loops and chained comparisons raise a TypeError that says what to write."""
    with pytest.raises(TypeError, match="&") as caught:
        expression()
    assert isinstance(caught.value, ComparatorError)


def test_advice_names_the_alternatives() -> None:
    """The refusal names &, |, ~, is_in and ees.between."""
    with pytest.raises(ComparatorError) as caught:
        bool(A)
    assert [word for word in ("&", "|", "~", "is_in", "ees.between") if word not in str(caught.value)] == []


@pytest.mark.parametrize("value", [None, 1.5, True, ["a"]])
def test_values_are_texts(value: object) -> None:
    """A facet is compared with names; anything else is refused at once."""
    with pytest.raises(ComparatorError, match="text"):
        SEX == value  # type: ignore[operator]  # noqa: B015


def test_a_text_is_no_list() -> None:
    """is_in("abc") would be three options; it is refused."""
    with pytest.raises(ComparatorError, match="list"):
        SEX.is_in("abc")


def test_an_empty_list_is_refused() -> None:
    """The service refuses empty lists, so the condition does too."""
    with pytest.raises(ComparatorError, match="at least one"):
        SEX.is_in([])


def test_facets_cannot_be_hashed() -> None:
    """A facet's == makes a condition, so it is not a key."""
    with pytest.raises(TypeError):
        hash(SEX)


def test_chains_are_flat() -> None:
    """Chains of one operator are one node, whichever way they were bracketed."""
    assert And(clauses=(A, B, C)) == (A & B) & C == A & (B & C)
    assert Or(clauses=(A, B, C)) == (A | B) | C == A | (B | C)


def test_double_negation() -> None:
    """~~x is x."""
    assert A == ~~A
    assert Not(clause=A) == ~A


@pytest.mark.parametrize("operate", [lambda: A & "x", lambda: A | "x", lambda: "x" | A, lambda: A & True])
def test_only_conditions_combine(operate: Callable[[], object]) -> None:
    """& and | take conditions on both sides."""
    with pytest.raises(TypeError):
        operate()


def test_conditions_have_value_equality() -> None:
    """Equal conditions are equal and hash alike."""
    assert len({SEX == "a", facets.filter("Sex") == "a"}) == 1
