"""What notebooks show of an answer."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import ColumnInfo
from tests.doors.results import view
from tests.hostile import elements, words

from .test_citation import OFFICIAL


@pytest.fixture(scope="module")
def sen() -> ees.PinnedDataSet:
    """Return a data set of the demo."""
    client = ees.Client(service=ees.local.demo(), store=None)
    return client.open(ees.local.SEN_ID, version="1.1")


def made(frame: pl.DataFrame, kinds: dict[str, Any], **more: Any) -> ees.SavedResult:
    """An answer of such rows; other columns are filters."""
    columns = []
    for name in frame.columns:
        facts = kinds.get(name, {"kind": "filter"})
        columns.append(ColumnInfo(**{"name": name, "column": name, "label": name.title()} | facts))
    where = attrs.evolve(OFFICIAL, **more)
    return ees.SavedResult(frame=frame, columns=tuple(columns), total=frame.height, provenance=where)


def table(text: str) -> list[list[str]]:
    """Texts of the rows of a table, headings first."""
    rows: list[list[str]] = []
    for part in text.partition("<thead>")[2].partition("</table>")[0].split("</tr>"):
        cells = [words(cell.partition(">")[2]) for cell in part.replace("<th", "<td").split("<td")[1:]]
        rows += [cells] if cells else []
    return rows


def test_what_varies_comes_first(sen: ees.PinnedDataSet) -> None:
    """Key columns that vary, then figures as metadata writes them; what is the same in all rows is said once."""
    chosen = {"SEN provision": "SEN support", "Social care group": "All pupils comparison"}
    result = sen.query(indicators=["pupil_percent", "pupil_count"], others=chosen, limit=3)
    text = result._repr_html_()
    heads, *rows = table(text)
    assert heads == ["sen_primary_need", "pupil_percent", "pupil_count"]
    frame = result.frame
    assert rows == [
        [str(need), f"{percent:.1f}", f"{count:,}"]
        for need, percent, count in frame.select("sen_primary_need", "pupil_percent", "pupil_count").rows()
    ]
    said = words(text)
    for part in ("time_period = 202526", "country_name = England", "sen_provision = SEN support"):
        assert part in said
    assert "3 rows of 114 that match · 12 columns in .frame" in said
    assert "country_code" not in said


def test_symbols_and_footnotes_on_hover() -> None:
    """A symbol stands where its figure would and says what it means; headings have labels and units."""
    frame = pl.DataFrame({"n": [1234.5, None, None, None], "n_status": [None, "c", "§", ""], "k": list("abcd")})
    kinds = {
        "n": {"kind": "indicator", "decimal_places": 0, "unit": ees.IndicatorUnit("£")},
        "n_status": {"kind": "status", "column": "n"},
    }
    text = made(frame, kinds, footnotes=("<b>One</b>", "Two"))._repr_html_()
    assert table(text) == [["k", "n"], ["a", "1,234"], ["b", "c"], ["c", "§"], ["d", "(empty)"]]
    titles = [given["title"] for _, given in elements(text) if "title" in given]
    assert "c: confidential: the figure is suppressed" in titles
    assert "§: a symbol of the data set: see its footnotes" in titles
    assert "N, in £" in titles
    assert "2: <b>One</b>; Two" not in titles
    assert "<b>One</b>; Two" in titles
    assert "Footnotes (2)" in words(text)
    assert "b" not in {tag for tag, _ in elements(text)}


def test_codes_where_names_do_not_tell() -> None:
    """Codes of places give way to their names, unless two places have one name."""
    kinds = {name: {"kind": "location"} for name in ("la_name", "new_la_code")} | {"n": {"kind": "indicator"}}
    frame = pl.DataFrame({"new_la_code": ["E1", "E2"], "la_name": ["A", "B"], "n": [1, 2]})
    assert table(made(frame, kinds)._repr_html_())[0] == ["la_name", "n"]
    same = frame.with_columns(la_name=pl.lit("A"))
    assert table(made(same, kinds)._repr_html_())[0] == ["new_la_code", "n"]


def test_long_and_empty() -> None:
    """Of many rows the first and the last are there, with the number of those between; none is no fault."""
    frame = pl.DataFrame({"^k.*$": range(100), "n": [0.25] * 100})
    kinds = {"n": {"kind": "indicator"}}
    _, *rows = table(made(frame, kinds)._repr_html_())
    assert len(rows) == view.ROWS + 1
    assert rows[14] == ["… 80 more rows"]
    assert [row[0] for row in (rows[0], rows[13], rows[15], rows[-1])] == ["0", "13", "94", "99"]
    assert rows[0] == ["0", "0.25"]
    assert table(made(frame.clear(), kinds)._repr_html_()) == [["^k.*$", "n"]]
    assert "0 rows" in words(made(frame.clear(), kinds)._repr_html_())


def test_many_options_are_found() -> None:
    """Of many places all names are there, folded away, and a field of HTML finds them; of few there is the table."""
    with ees.Client(service=ees.local.demo(), store=None) as client:
        places = client.open(ees.local.KS4_ID).meta.locations
    few, many = places["Regional"], places["Local authority"]
    text = many._repr_html_()
    found = elements(text)
    (field,) = (given for tag, given in found if tag == "input")
    (listed,) = (given for tag, given in found if tag == "datalist")
    assert field["list"] == listed["id"]
    assert [given["value"] for tag, given in found if tag == "option"] == [place.label for place in many.options]
    for place in many.options:
        assert f"{place.label} · {', '.join(place.codes.values())}" in words(text)
    assert {"script", "style"}.isdisjoint({tag for tag, _ in found})
    assert "input" not in {tag for tag, _ in elements(few._repr_html_())}
    long = attrs.evolve(many, options=many.options * 4)
    assert f"{len(many.options) * 4 - 500} more" in words(long._repr_html_())


def test_table_to_publish() -> None:
    """great-tables shows what varies, figures and symbols, and where they come from; labels are text."""
    pytest.importorskip("great_tables", reason="needs the extra tables")
    frame = pl.DataFrame(
        {
            "^x$": ["<b>A</b>", "[B](javascript:x)", "C"],
            "place": ["here"] * 3,
            "n": [1234.5, None, None],
            "n_status": [None, "c", "<i>"],
        }
    )
    kinds = {
        "^x$": {"kind": "filter", "label": "Type *of* <u>"},
        "n": {"kind": "indicator", "decimal_places": 1},
        "n_status": {"kind": "status", "column": "n"},
    }
    answer = made(frame, kinds, footnotes=("A *note*",), source="synthetic")
    text = answer.table().as_raw_html()
    found = words(text)
    for part in ("SYNTHETIC, not a statistic: ", "Place: here", "Type *of* <u>", "1,234.5", "A *note*", answer.cite()):
        assert part in found
    assert "c: confidential: the figure is suppressed" in found
    assert "[B](javascript:x)" in found
    assert {"b", "i", "u", "a", "em"}.isdisjoint({tag for tag, _ in elements(text)})
    cells = [words(part.partition(">")[2]) for part in text.partition("<tbody")[2].split("<td")[1:7]]
    assert [cell.strip() for cell in cells] == ["<b>A</b>", "1,234.5", "[B](javascript:x)", "c", "C", "<i>"]
    with pytest.raises(ees.ReceiptError, match="1,200 rows, and a table to read holds 1,000"):
        made(pl.concat([frame] * 400), kinds).table()


def test_plot(sen: ees.PinnedDataSet) -> None:
    """Polars' own charts, of the frame as it is."""
    pytest.importorskip("altair", reason="needs the extra plots")
    result = sen.query(indicators="pupil_count", others={"SEN provision": "SEN support"}, limit=4)
    chart = result.plot.bar(x="sen_primary_need", y="pupil_count").to_dict()
    assert chart["mark"]["type"] == "bar"
    assert len(next(iter(chart["datasets"].values()))) == 4


@pytest.mark.parametrize(("name", "module"), [("tables", "great_tables"), ("plots", "altair")])
def test_extras_are_named(name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the message says what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    answer = made(pl.DataFrame({"n": [1]}), {"n": {"kind": "indicator"}})
    with pytest.raises(ImportError, match=rf"pip install 'eesclient\[{name}\]'"):
        _ = answer.table() if name == "tables" else answer.plot
