"""What the reference says of metadata and questions, as questions (sections 6 and 8 to 21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eesclient.local.ids import in_order

from .asking import Asking, answered, refused, warned
from .outcomes import DiffersError, NotAskedError, expect
from .table import not_asked, statement


@statement("a page past the end is empty, and 200", section="6")
def past_the_end(ask: Asking) -> None:
    """Ask for the millionth page."""
    expect([], answered(ask.post({"page": 1_000_000, "pageSize": 1}))["results"], "results")


@statement("no rows: 200, one page in all, QueryNoResults", section="6 and 12")
def no_rows(ask: Asking) -> None:
    """Ask for rows of a level and not of it."""
    level = {"geographicLevels": {"eq": ask.level, "notEq": ask.level}}
    answer = answered(ask.post({"criteria": level, "pageSize": 10}))
    expect((0, 1), (answer["paging"]["totalResults"], answer["paging"]["totalPages"]), "rows and pages")
    expect(["QueryNoResults"], warned(answer), "warnings")


@statement("types of metadata are compared with case", section="9")
def types_case(ask: Asking) -> None:
    """Write one in lower case."""
    refused(ask.get(f"{ask.path}/meta", {"types": "filters"}), "AllowedValue", "types[0]")


@statement("parts of the metadata that are not asked for are empty lists", section="9")
def parts(ask: Asking) -> None:
    """Ask for time periods."""
    meta = answered(ask.get(f"{ask.path}/meta", [*ask.pinned.items(), ("types", "TimePeriods")]))
    empty = sorted(name for name, items in meta.items() if items == [])
    expect(["filters", "geographicLevels", "indicators", "locations"], empty, "empty parts")


@statement("time periods in the metadata stand by code text, then period", section="9")
def period_order(ask: Asking) -> None:
    """Look at the metadata."""
    pairs = [(str(item.code), item.period) for item in ask.meta.periods]
    expect(sorted(pairs), pairs, "periods")


@statement("labels in the metadata stand in ICU root order", section="9 and 17", mark="not run")
def label_order(ask: Asking) -> str:
    """Compare with the order of the local service."""
    lists: dict[str, Sequence[str]] = {
        "filters": [item.label for item in ask.meta.filters],
        "indicators": [item.label for item in ask.meta.indicators],
        "levels": [item.label for item in ask.meta.levels],
        **{f"options of {item.label}": [option.label for option in item.options] for item in ask.meta.filters},
        **{f"{item.level.label} locations": [place.label for place in item.options] for item in ask.meta.locations},
    }
    for name, labels in lists.items():
        ours = in_order(labels, "display", label=str)
        if ours != list(labels):
            place = next(n for n, pair in enumerate(zip(ours, labels, strict=True)) if pair[0] != pair[1])
            raise DiffersError(f"{name}: {labels[place]!r} stands where {ours[place]!r} was expected")
    return f"{sum(map(len, lists.values())):,} labels"


@statement("a comma inside an indexed item keeps only the first piece", section="10", mark="framework")
def indexed_comma(ask: Asking) -> None:
    """Put an unknown id after the comma: it is dropped, so nothing warns of it."""
    expect([], warned(answered(ask.query([("filters.in[0]", f"{ask.option},zzzzz")]))), "warnings")


@statement("there is no [] suffix for lists", section="10", mark="framework")
def suffix(ask: Asking) -> None:
    """Send one."""
    expect(400, ask.query([("filters.in[]", ask.option)]).status_code, "status")


@statement("a repeated, a separated and an indexed list are one", section="10")
def lists(ask: Asking) -> None:
    """Ask in the three forms."""
    ids = [option.id for item in ask.meta.filters for option in item.options if option.id != ask.option]
    ids = [ask.option, *ids[:1]]
    forms: list[list[tuple[str, str]]] = [
        [("filters.in", id_) for id_ in ids],
        [("filters.in", ",".join(ids))],
        [(f"filters.in[{place}]", id_) for place, id_ in enumerate(ids)],
    ]
    totals = [answered(ask.query(form))["paging"]["totalResults"] for form in forms]
    expect(1, len(set(totals)), f"different totals among {totals}")


@statement("a sort's direction is Asc or Desc exactly", section="10")
def direction(ask: Asking) -> None:
    """Write it in lower case."""
    refused(ask.query([("sorts", "timePeriod|desc")]), "SortDirection", "sorts[0]")


@statement("null for a compulsory member gets RequiredValue", section="11", mark="framework")
def null_member(ask: Asking) -> None:
    """Send a sort without a field."""
    refused(ask.post({"sorts": [{"field": None, "direction": "Asc"}]}), "RequiredValue")


@statement("a condition of two kinds gets UnknownField", section="11")
def mixed(ask: Asking) -> None:
    """Send and beside filters."""
    level = {"geographicLevels": {"eq": ask.level}}
    refused(ask.post({"criteria": {"and": [level], "filters": {"eq": "x"}}}), "UnknownField", "criteria.filters")


@statement("paging of a POST query in the address is refused", section="11 and 20")
def paging_in_address(ask: Asking) -> None:
    """Send page in the address."""
    refused(ask.post({}, {**ask.pinned, "page": "1"}), "UnknownField", "page")


@statement("an empty list of indicators gives rows without values", section="11")
def no_indicators(ask: Asking) -> None:
    """Ask for none."""
    expect({}, ask.rows({"indicators": []})["results"][0]["values"], "values")


@statement("facets under not are joined with or before they are negated", section="12")
def negated(ask: Asking) -> None:
    """Count the rows of both readings."""
    one, other = {"geographicLevels": {"eq": ask.level}}, {"filters": {"eq": ask.option}}
    expected = ask.total({"and": [{"not": one}, {"not": other}]})
    expect(expected, ask.total({"not": {**one, **other}}), "rows")


@statement("options of different filters in one list are joined with or", section="12")
def several_filters(ask: Asking) -> None:
    """Count the rows of both readings."""
    firsts = [item.options[0].id for item in ask.meta.filters if item.options][:2]
    if len(firsts) < 2:
        raise NotAskedError("the data set has fewer than two filters")
    expected = ask.total({"or": [{"filters": {"eq": id_}} for id_ in firsts]})
    expect(expected, ask.total({"filters": {"in": firsts}}), "rows")


@statement("an unknown option warns, and its condition is false", section="12")
def unknown_option(ask: Asking) -> None:
    """Ask for one that cannot be."""
    answer = ask.rows({"criteria": {"filters": {"eq": "zzzzzzzzzz"}}})
    expect(["FiltersNotFound", "QueryNoResults"], warned(answer), "warnings")


@statement("a level code that does not exist gets AllowedValue, with 19 codes", section="12 and 19")
def unknown_level(ask: Asking) -> str:
    """Ask for one that cannot be."""
    error = refused(ask.query([("geographicLevels.eq", "XYZ")]), "AllowedValue", "geographicLevels.eq")
    allowed = error.get("detail", {}).get("allowed", [])
    expect(19, len(allowed), "allowed codes")
    return ", ".join(allowed)


@statement("unknown indicators and sorts get one 400, indicators first", section="3.3 and 12")
def unknown_fields(ask: Asking) -> None:
    """Ask for both."""
    sorts = [{"field": "filter|zzz", "direction": "Asc"}]
    response = ask.post({"indicators": ["zzz"], "sorts": sorts})
    codes = [error["code"] for error in response.json().get("errors", [])]
    expect((400, ["IndicatorsNotFound", "SortFieldsNotFound"]), (response.status_code, codes), "status and codes")


@statement("a repeated level warns, with empty items", section="12", mark="evaluated")
def repeated_level(ask: Asking) -> None:
    """Send one twice."""
    answer = ask.rows({"criteria": {"geographicLevels": {"in": [ask.level, ask.level]}}})
    found = [(warning["code"], warning["detail"]["items"]) for warning in answer["warnings"]]
    expect([("GeographicLevelsNotFound", [])], found, "warnings")


@statement("without sorts, time periods descend", section="12")
def default_order(ask: Asking) -> None:
    """Compare the first row with the last period."""
    last = ask.data_set.latest_period
    row = ask.rows({})["results"][0]
    expected = None if last is None else {"code": str(last.code), "period": last.period}
    expect(expected, row["timePeriod"], "period of the first row")


@statement("indicators sort by their text", section="12", mark="evaluated")
def textual_sort(ask: Asking) -> str:
    """Ask for a page by an indicator."""
    sorts = [{"field": f"indicator|{ask.indicator}", "direction": "Desc"}]
    rows: list[dict[str, Any]] = ask.rows({"sorts": sorts, "pageSize": 200})["results"]
    texts = [row["values"][ask.indicator] for row in rows]
    expect(sorted(texts, reverse=True), texts, "texts")
    return f"{len(set(texts))} different texts"


@statement("debug names things beside their ids, and warns", section="12")
def debug(ask: Asking) -> None:
    """Turn it on for a row."""
    answer = ask.rows({"debug": True})
    expect(["DebugEnabled"], warned(answer), "warnings")
    keys = [key for row in answer["results"] for key in (*row["filters"], *row["values"])]
    expect([], [key for key in keys if " :: " not in key], "keys without a name")


def _two_years(ask: Asking) -> dict[str, str]:
    if "/" not in ask.period["period"]:
        raise NotAskedError("the data set has no period of two years")
    return ask.period


@statement("2020|AY is 2020/2021|AY", section="14")
def short_years(ask: Asking) -> None:
    """Count the rows of both."""
    period = _two_years(ask)
    short = period | {"period": period["period"][:4]}
    totals = [ask.total({"timePeriods": {"eq": one}}) for one in (period, short)]
    expect(totals[0], totals[1], "rows")


@statement("a range of years with a code of one year gets TimePeriodAllowedCode", section="14")
def range_of_one(ask: Asking) -> None:
    """Ask for a calendar year of two."""
    path = "timePeriods.eq"
    refused(ask.query([(path, "2020/2021|CY")]), "TimePeriodAllowedCode", path)


@statement("a four-digit year with an academic code cannot be matched", section="14", mark="not run")
def four_digits(ask: Asking) -> None:
    """Ask for such a period, if the data set has one."""
    found = [item for item in ask.meta.periods if not item.is_matchable]
    if not found:
        raise NotAskedError("the data set has no such period")
    period = {"period": found[0].period, "code": str(found[0].code)}
    expect(0, ask.total({"timePeriods": {"eq": period}}), "rows")


not_asked(
    "includePatchHistory on a version that is no patch gets 500",
    section="8",
    mark="not run",
    why="it makes the service fail",
)
not_asked(
    "an empty object inside and, or, not gets 500",
    section="11",
    mark="not run",
    why="it makes the service fail",
)
not_asked("a year such as 20|AY gets 500", section="14", mark="not run", why="it makes the service fail")
not_asked(
    "page × pageSize beyond 32 bits gets 500",
    section="21",
    mark="not run",
    why="it makes the service fail",
)
