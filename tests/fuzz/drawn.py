"""Requests that Schemathesis draws from the document, with words of what is served put into most of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import attrs
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.fuzz.served import TOKEN, Served, Words

Draw = Callable[[st.SearchStrategy[Any]], Any]

_MODES = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
_SIZES = st.sampled_from([1, 2, 5, 1000])
_PAGES = st.sampled_from([1, 1, 1, 2, 3, 2_147_483_647])
_ODD_VERSIONS = ["1.3000000000.*", "3000000000.*", "3000000000", "9" * 5000, "1.a", "*.1.0", "V1"]
_ODD_PERIODS = [{"period": "20", "code": "AY"}, {"period": "2020", "code": "CY"}, {"period": "2020/2022", "code": "AY"}]
_ACCEPT = st.sampled_from(["*/*", "*/*", "application/json", "text/html, application/json;q=0.9", "text/csv, */*"])
_ODD_ACCEPT = st.sampled_from(["text/csv", "text/html", "", ","])
_TOKENS = st.sampled_from([TOKEN, TOKEN.upper(), TOKEN.replace("-", ""), "no token", ""])


def cases(operation: Any, served: Served) -> st.SearchStrategy[Case]:
    """Requests of one operation: as the document has them or not, and in most of them ids and codes that are served."""
    by_mode = {mode: operation.as_strategy(generation_mode=mode) for mode in GenerationMode}
    # those that everyone may see come first, and get more of the requests
    public_first = sorted(served.words.values(), key=lambda words: not words.is_public)
    data_sets = st.sampled_from([words for words in public_first for _ in range(1 + 3 * words.is_public)])

    # all of it with words of one data set, so that it gets deep; or a part, so that checks meet each other
    @st.composite
    def mixed(draw: Draw) -> Case:
        case = draw(by_mode[draw(_MODES)])
        mixer = _Mixer(draw=draw, words=draw(data_sets), served=served, share=draw(st.sampled_from([4, 4, 4, 2, 0])))
        mixer.mix(case)
        return case

    return mixed()


@attrs.frozen(kw_only=True)
class _Mixer:
    """Puts words of a data set into a request.

    Attributes:
        draw: Draws.
        words: The words.
        served: Where the request goes.
        share: How much of the request is replaced, in quarters.
    """

    draw: Draw
    words: Words
    served: Served
    share: int

    def mix(self, case: Case) -> None:
        """Replace values of the request."""
        case.path_parameters = {
            name: quote(self.draw(_in_path(name, self.words, self.served)), safe="") if self._is_chosen() else value
            for name, value in case.path_parameters.items()
        }
        case.query = self._replaced(case.query, _get_words(self.words))
        if isinstance(case.body, dict):
            body = self._replaced(case.body, _body_words(self.words))
            if "criteria" in body:
                body["criteria"] = self._worded(body["criteria"])
            if self._is_chosen() and self.draw(st.sampled_from([True, True, True, False])):
                body["criteria"] = self.draw(criteria(self.words))
            case.body = copy.deepcopy(body)
        elif case.method.upper() == "POST" and self.draw(st.booleans()):
            case.headers.update({"Content-Type": "application/json"})
        case.headers.update({"Accept": self.draw(_rarely(_ACCEPT, _ODD_ACCEPT))})
        if self.draw(st.booleans()):
            case.headers.update({"preview-token": self.draw(_TOKENS)})

    def _is_chosen(self) -> bool:
        return self.share == 4 or (self.share > 0 and bool(self.draw(st.integers(1, 4)) <= self.share))

    def _replaced(self, values: Mapping[str, Any], words: Mapping[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
        return {
            name: self.draw(words[name]) if name in words and self._is_chosen() else value
            for name, value in values.items()
        }

    def _worded(self, value: Any) -> Any:
        """Criteria of the same shape with words of the data set."""
        if isinstance(value, list):
            return [self._worded(item) for item in value]
        if not isinstance(value, dict):
            return value
        facets = _facets(self.words)
        return {
            name: self._replaced(item, facets[name])
            if name in facets and isinstance(item, dict)
            else self._worded(item)
            for name, item in value.items()
        }


def _in_path(name: str, words: Words, served: Served) -> st.SearchStrategy[str]:
    if name == "dataSetVersion":
        return _rarely(st.sampled_from(words.versions), st.sampled_from(_ODD_VERSIONS))
    ids = served.publications if name == "publicationId" else [words.holding.about.id]
    other = [ids[0].upper(), f"{{{ids[0]}}}", words.holding.about.id]
    return _rarely(st.sampled_from(ids), st.sampled_from(other))


def _rarely(often: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda number: seldom if number == 7 else often)


def _several(items: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=3)


def _compared(name: str, items: list[Any], *, odd: list[Any] | None = None) -> dict[str, st.SearchStrategy[Any]]:
    one = _rarely(st.sampled_from(items), st.sampled_from(odd)) if odd else st.sampled_from(items)
    singles = ("eq", "notEq", *(("gt", "gte", "lt", "lte") if name == "timePeriods" else ()))
    return dict.fromkeys(singles, one) | dict.fromkeys(("in", "notIn"), st.lists(one, min_size=1, max_size=3))


def _get_words(words: Words) -> dict[str, st.SearchStrategy[Any]]:
    """Values of query parameters by name."""
    places = [
        "|".join((item["level"], *next(pair for pair in item.items() if pair[0] != "level")))
        for item in words.locations
    ]
    facets = {
        "filters": _compared("filters", words.options),
        "geographicLevels": _compared("geographicLevels", words.levels),
        "locations": _compared("locations", places),
        "timePeriods": _compared(
            "timePeriods",
            [f"{item['period']}|{item['code']}" for item in words.periods],
            odd=[f"{item['period']}|{item['code']}" for item in _ODD_PERIODS],
        ),
    }
    named = {f"{name}.{comparator}": drawn for name, given in facets.items() for comparator, drawn in given.items()}
    return named | {
        "dataSetVersion": _rarely(st.sampled_from(words.versions), st.sampled_from(_ODD_VERSIONS)),
        "indicators": _several(words.indicators),
        "sorts": _several([f"{field}|{direction}" for field in words.fields for direction in ("Asc", "Desc")]),
        "debug": st.sampled_from([True, False, "TRUE"]),
        "includePatchHistory": st.sampled_from([True, False, "True"]),
        "page": _PAGES,
        "pageSize": _SIZES,
        "search": st.sampled_from(["pupils", "SCHOOLS", "“fuzzed”", "nothing like it"]),
    }


def _body_words(words: Words) -> dict[str, st.SearchStrategy[Any]]:
    """Values of the members of a body by name, criteria apart."""
    return {
        "indicators": _several(words.indicators),
        "sorts": _several([{"field": field, "direction": way} for field in words.fields for way in ("Asc", "Desc")]),
        "page": _PAGES,
        "pageSize": _SIZES,
    }


def _facets(words: Words) -> dict[str, dict[str, st.SearchStrategy[Any]]]:
    """Values of comparators by facet, as a POST body has them."""
    return {
        "filters": _compared("filters", words.options),
        "geographicLevels": _compared("geographicLevels", words.levels),
        "locations": _compared("locations", words.locations),
        "timePeriods": _compared("timePeriods", words.periods, odd=_ODD_PERIODS),
    }


def criteria(words: Words) -> st.SearchStrategy[Any]:
    """Criteria of any form whose words the data set has; seldom an empty object in them."""
    single = {name: st.fixed_dictionaries({}, optional=given) for name, given in _facets(words).items()}
    filled = st.fixed_dictionaries({}, optional=single)
    return st.recursive(
        filled,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"not": inner}),
        ),
        max_leaves=5,
    )
