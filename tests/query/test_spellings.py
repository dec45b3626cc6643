"""Each spelling of the table has the outcome that it must have."""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import AmbiguousLabelError, Filter, Query, QueryError, TimeIdentifier, TimePeriod, UnknownLabelError
from tests.doors.models import fold
from tests.doors.query import And, Leaf, Node, Or, PeriodKey

from .examples import ask
from .spellings import FOUND, META, REFUSED, SHOWN, Written

FILTERS = {filter_.id: filter_ for filter_ in META.filters}


def question(what: str, written: Written) -> Query:
    """The question that names one thing so."""
    words: dict[str, Any] = {
        "period": {"periods": written},
        "filter": {"filters": {written: _first_option(str(written))}},
        "indicator": {"indicators": written},
        "level": {"levels": written},
        "place": {"places": written},
    }
    return ask(META, **words.get(what, {"filters": {what: written}}))


def _first_option(name: str) -> str:
    # which option does not matter where the filter is in question, as long as the filter has it
    found = [f for f in META.filters if fold(name) in (fold(f.label), fold(f.column)) or name == f.id]
    return found[0].options[0].id if found else "x"


def selected(what: str, query: Query) -> str:
    """What a question selects: ids, codes, or period and code."""
    if what == "indicator":
        return " ".join(indicator.id for indicator in query.indicators)
    return " ".join(dict.fromkeys(_leaves(what, query.criteria)))


def _leaves(what: str, node: Node | None) -> list[str]:
    match node:
        case And(clauses=clauses) | Or(clauses=clauses):
            return [leaf for clause in clauses for leaf in _leaves(what, clause)]
        case Leaf(facet="filters", values=ids, owner=filter_id):
            return [str(filter_id)] if what == "filter" else list(ids)
        case Leaf(facet="timePeriods", values=keys):
            return [f"{key.period}|{key.code}" for key in keys]
        case Leaf(facet="geographicLevels", values=codes) if what == "level":
            return list(codes)
        case Leaf(facet="locations", values=places):
            return [key.value for key in places]
    return []


def _filter_of(option: str) -> Filter:
    return next(item for item in META.filters if option in [found.id for found in item.options])


def cases(table: dict[str, list[tuple[Written, Any]]]) -> list[Any]:
    """Parameters with names that say what is written."""
    return [pytest.param(what, *row, id=f"{what}: {row[0]}") for what, rows in table.items() for row in rows]


def test_size_of_the_table() -> None:
    """The table has at least 150 spellings, each once."""
    written = [(what, str(row[0])) for table in (FOUND, REFUSED, SHOWN) for what, rows in table.items() for row in rows]
    assert len(written) >= 150
    assert len(FOUND["period"]) >= 40
    assert len(REFUSED) >= 10


@pytest.mark.parametrize(("what", "written", "expected"), cases(FOUND))
def test_found(what: str, written: Written, expected: str) -> None:
    """What is written selects what it names, and nothing else."""
    where = _filter_of(expected).id if what == "option" else what
    assert expected == selected(where, question(where, written))


@pytest.mark.parametrize(("what", "written", "first"), cases(REFUSED))
def test_refused(what: str, written: Written, first: str) -> None:
    """What names nothing is an error, and the suggestion that helps stands first."""
    with pytest.raises(UnknownLabelError) as caught:
        question(what, written)
    line = str(caught.value).splitlines()[-1] if what != "filter" else str(caught.value)
    found = re.search(r'the nearest: "([^"]*)"', line)
    assert found, line
    assert first in ("", found[1]) or found[1].startswith(f"{first} ("), line


@pytest.mark.parametrize(("what", "written", "candidates"), cases(SHOWN))
def test_shown(what: str, written: Written, candidates: tuple[str, ...]) -> None:
    """What names several things is an error that shows them all."""
    with pytest.raises(AmbiguousLabelError) as caught:
        question(what, written)
    assert all(candidate in str(caught.value) for candidate in candidates)


def test_wrong_filter_and_wrong_level() -> None:
    """A label of another filter, or a place of another level, says where it is."""
    with pytest.raises(UnknownLabelError, match="there is 'SEN support' of filter 'SEN provision'"):
        ask(META, filters={"Primary type of need": "SEN support"})
    with pytest.raises(QueryError, match=r"no level 'Regional'.*within='London'"):
        ask(META, places="London", levels="Local authority")


LABELS = [(item.id, option) for item in META.filters for option in item.options]


@given(st.sampled_from(LABELS), st.data())
def test_no_spelling_selects_what_was_not_named(named: tuple[str, Any], data: st.DataObject) -> None:
    """A label with a sign added, dropped or changed is found only as what folds to it, and else an error."""
    filter_id, option = named
    place = data.draw(st.integers(0, len(option.label)))
    kept = data.draw(st.integers(place, min(place + 1, len(option.label))))
    written = (
        option.label[:place] + data.draw(st.sampled_from(["", "+", "*", "<", "1", "-", "s", " "])) + option.label[kept:]
    )
    options = FILTERS[filter_id].options
    exact = [other.id for other in options if written in (other.label, other.id)]
    meant = exact or [other.id for other in options if fold(other.label) == fold(written)]
    if len(meant) == 1:
        assert meant[0] == selected(filter_id, question(filter_id, written))
    else:
        with pytest.raises((UnknownLabelError, AmbiguousLabelError)):
            question(filter_id, written)


@pytest.mark.parametrize("text", ["2023", "2023/2024"])
def test_a_period_as_stored_beside_one_that_is_spelt_so(text: str) -> None:
    """`2023|AY` is the period that is stored so, where 2023/2024 is there too; and what `to_python` writes finds it."""
    both = tuple(TimePeriod(code=TimeIdentifier("AY"), period=one, label="2023/24") for one in ("2023", "2023/2024"))
    meta = attrs.evolve(META, periods=both)
    for name in (f"{text}|AY", next(period for period in both if period.period == text)):
        query = ask(meta=meta, periods=name)
        assert isinstance(query.criteria, Leaf)
        assert (PeriodKey(period=text, code="AY"),) == query.criteria.values
        assert f'periods="{text}|AY"' in query.to_python()
    with pytest.raises(AmbiguousLabelError, match="stored as 2023"):
        ask(meta=meta, periods="2023/24")
