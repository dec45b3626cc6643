"""Tests of how metadata is shown."""

from __future__ import annotations

import html5lib

from eesclient import Filter, FilterOption, LocationGroup, LocationOption, Meta
from tests.doors.models import NAMES, ROWS, MetaItems, counted, names
from tests.hostile import demo_displays, displays, elements, shown, words
from tests.query.examples import META, level

DEMO = "National - Special educational needs (SEN) - API (synthetic)"
HARMLESS = {
    "DOCUMENT_FRAGMENT",
    *("p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("span", "em", "ul", "ol", "li", "input", "datalist", "option"),
    *("div", "small", "style"),  # of Polars
}

PLAIN = {
    *("style", "title", "colspan", "class", "border"),
    *("list", "id", "value", "placeholder", "aria-label", "size"),  # of fields that find options
}


def test_hostile_labels_are_inert() -> None:
    """Read as HTML5, hostile labels are text: no element and no attribute is theirs, and they can be read."""
    for name, text in displays():
        found = elements(text)
        assert (name, set()) == (name, {element for element, _ in found} - HARMLESS)
        assert (name, set()) == (name, {attribute for _, given in found for attribute in given} - PLAIN)
        assert "document.title=" in words(text)


def test_html_is_valid() -> None:
    """A strict HTML5 parser finds no fault."""
    for name, text in (*displays(), *demo_displays()):
        if name != "result":  # Polars writes its own
            html5lib.HTMLParser(strict=True).parseFragment(text)


def test_ids_are_tucked_away() -> None:
    """Ids are in the title attribute, where the pointer finds them, and not in the text."""
    text = shown(META.filters)
    assert "fprov" not in words(text)
    assert "id fprov" in {given.get("title") for _, given in elements(text)}
    assert "sen_provision" in words(text)


def test_long_lists_are_counted() -> None:
    """A table of thousands is short, and says how many there are."""
    options = tuple(FilterOption(id=f"o{n}", label=f"School {n}") for n in range(18_000))
    one = Filter(id="f", column="school", label="School", options=options)
    assert max(len(shown(Meta(filters=(one,)))), len(repr(Meta(filters=(one,)))), len(repr(one))) < 5_000
    assert len(shown(one)) < 50_000
    assert "… 17,500 more: to_frame() has all of them" in words(shown(one))
    assert "18,000 options: School 0; School 1;" in words(shown(MetaItems([one])))
    places = tuple(LocationOption(id=f"l{n}", label=f"Place {n}", code=f"E{n}") for n in range(ROWS + 1))
    group, many = LocationGroup(level=level("LA"), options=places), MetaItems(places)
    assert words(shown(group)).startswith("Local authority (LA)All 21 locationsPlace 0 · E0")
    assert "… 1 more of 21 locations" in words(shown(many))
    assert "21 locations: Place 0" in repr(MetaItems([group]))
    assert repr(many).endswith("\n  … 1 more")


def test_text() -> None:
    """Elsewhere metadata is a few lines of text, a line for each item."""
    lines = repr(META).splitlines()
    assert "3 filters" == lines[0]
    assert (
        "  SEN provision · sen_provision · 3 options: Education, health and care plan; SEN support; Total" == lines[1]
    )
    assert "2 indicators" in lines
    assert "4 levels with locations" in lines
    assert "no metadata" == repr(Meta())
    assert "MetaItems(())" == repr(Meta().filters)
    assert "MetaItems((1, 2))" == repr(MetaItems([1, 2]))


def test_nothing_to_show() -> None:
    """What is empty says so."""
    assert ("<p>none</p>", "<p>no metadata</p>") == (shown(Meta().filters), shown(Meta()))
    assert "<pre>(&#x27;&lt;b&gt;&#x27;,)</pre>" == shown(MetaItems(["<b>"]))


def test_counting() -> None:
    """Counts read as English, and long lines of names end with a sign that there are more."""
    assert ["1 filter", "2 filters", "1,000 filters"] == [counted(n, "filter") for n in (1, 2, 1_000)]
    assert "1 level with locations" == counted(1, "level with locations")
    assert "0 options" == names([], "option")
    assert "a; b" == names(["a", "b"])
    assert names(["x"] * (NAMES + 1)).endswith("x; …")


def test_made_up_figures_say_so() -> None:
    """The demo's data set says that its figures are made up before anything else."""
    shows = dict(demo_displays())
    assert words(shows["pinned"]).startswith("SYNTHETIC, not a statistic")
    assert "Reporting year 2026 revised (synthetic)" in words(shows["pinned"])
    assert words(shows["result"]).startswith(
        "National - Special educational needs (SEN) - API (synthetic) · version 2.0"
    )
