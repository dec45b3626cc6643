"""Tests of the three orders that the service calls "by label"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance import pack
from tests.doors.local import Collation, in_order, sort_key

DISPLAY = [
    [" Total", "Total"],
    ["10 Total", "Total", "Year 10", "Year 4"],
    ["age 0", "Age 0", "age 1"],
    [
        "_",
        "-",
        ",",
        ";",
        ":",
        "!",
        "?",
        ".",
        "'",
        '"',
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "@",
        "*",
        "/",
        "\\",
        "&",
        "#",
        "%",
    ],
    ["%", "`", "^", "+", "<", "=", ">", "|", "~", "$", "0", "9", "a", "A", "b", "B", "z", "Z"],
    ["cote", "coté", "côte", "côté"],
    ["Total", "Totals", "Tots"],
    ["A - b", "A b c", "A, b", "A/b"],
    ["Level 3", "Level 3+", "Level 30"],
    ["£1", "1", "½", "2", "²", "3"],
    ["School A", "School–B", "SchoolC"],
    ["o", "ø", "œ", "p"],
    ["Straße", "Strasses"],
]
DATABASE = [
    ["ab", "a c", "a-d", "ae"],
    ["1 1", "1-1", "1_1", "11"],
    ["a b", "a-b", "ab", "aB", "Ab", "AB"],
    ["total", " Total", "To tal", "Total", "TOTAL"],
    ["None", "Non-Gypsy", "Non-white"],
    ["£1", "1"],
]


@pytest.mark.parametrize("labels", DISPLAY)
def test_display_order(labels: list[str]) -> None:
    """Positions follow ICU's root order: everything counts, accents and case last."""
    assert labels == in_order(reversed(labels), "display", label=str)


@pytest.mark.parametrize("labels", DATABASE)
def test_database_order(labels: list[str]) -> None:
    """Option links follow glibc's order: spaces, punctuation and symbols count only between equals."""
    assert labels == in_order(reversed(labels), "database", label=str)


def test_byte_order() -> None:
    """The reading database compares code points: capitals before small letters, accents last."""
    assert ["A", "B", "a", "à"] == in_order(["a", "à", "B", "A"], "bytes", label=str)


def test_the_orders_differ() -> None:
    """One list, three orders."""
    labels = ["a", "B", "-c"]
    assert ["-c", "B", "a"] == in_order(labels, "bytes", label=str)
    assert ["a", "B", "-c"] == in_order(labels, "database", label=str)
    assert ["-c", "a", "B"] == in_order(labels, "display", label=str)


@pytest.mark.parametrize("text", ["Ω", "я", "文", "₧", "♀", "⟨", "\u200b", "\x01", "٣", "Ⅷ", "ﬁ", "\u0334", "\u2003"])
def test_other_characters_have_a_place(text: str) -> None:
    """Characters outside the table sort within their kind and never fail."""
    for collation in ("bytes", "database", "display"):
        assert sort_key(text, collation) == sort_key(text, collation)
    assert ["a", "Ω"] == in_order(["Ω", "a"], "display", label=str)
    assert ["ff", "ﬁ", "fj"] == in_order(["fj", "ﬁ", "ff"], "display", label=str)


def test_ignorable_characters_do_not_count() -> None:
    """A soft hyphen or a zero-width space changes no position."""
    assert sort_key("a\u00adb", "display") == sort_key("ab", "display")


def test_order_of_equals_is_kept() -> None:
    """Items with one label stay as they came."""
    assert [("x", 2), ("x", 1)] == in_order([("x", 2), ("x", 1)], "display", label=lambda pair: pair[0])


@given(st.lists(st.text()), st.sampled_from(["bytes", "database", "display"]))
def test_any_text_can_be_ordered(labels: list[str], collation: Collation) -> None:
    """Ordering is total: sorting again changes nothing, and nothing is lost."""
    once = in_order(labels, collation, label=str)
    assert once == in_order(once, collation, label=str)
    assert sorted(labels) == sorted(once)


def test_conformance_options_are_in_order() -> None:
    """Options of the fixture have ids in the database's order and places in display order."""
    if not pack.path("processor/filter_default_options").is_dir():
        pytest.skip(f"no CSV pairs in {pack.folder()}; EES_CONFORMANCE or EES_SHARED can name another folder")
    for item in pack.data("processor/filter_default_options").meta.filters:
        labels = [option.label for option in item.options]
        assert labels == in_order(labels, "display", label=str)
        assert labels == in_order(labels, "database", label=str)
