"""What stands at a path of a request, in the user's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from ..models.meta import Meta
from .places import places_of
from .query import Query
from .render import render_body
from .tree import LocationKey, PeriodKey, values_of

_STEPS = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")
_SHOWN = 3
"""Things that are named; of more, the number is said."""


def meant(query: Query, path: str | None, detail: Mapping[str, Any] | None) -> str:
    """What an error or warning of the service is about: the argument of the call, and the labels.

    Args:
        query: The question that was asked.
        path: Where the service points, as errors and warnings have it.
        detail: What it says besides; its `items` are what is meant.

    Returns:
        Such as `filters=: filter 'Sex', option 'Female'`; "" where the path leads to nothing with a label.
    """
    items = (detail or {}).get("items")
    items = items if isinstance(items, list) else None
    body = json.loads(render_body(query))
    words = in_words(path, body, query.meta, items)
    facet, found = _walk(path or "", body)
    arguments = _arguments(query, facet, _values(items, found))
    return f"{' and '.join(f'{name}=' for name in arguments)}: {words}" if words and arguments else words


def _arguments(query: Query, facet: str, values: Sequence[Any]) -> list[str]:
    """The arguments of the call in which the values were named."""
    if facet in _ARGUMENTS:
        return [_ARGUMENTS[facet]]
    wanted = {_key(facet, value) for value in values}
    named = (argument for argument, node in query.parts if not wanted.isdisjoint(values_of(facet, node)))
    return list(dict.fromkeys(named))


_ARGUMENTS = {"indicators": "indicators", "sorts": "sort"}


def _key(facet: str, value: Any) -> Hashable:
    """A value of a request as leaves hold it."""
    if not isinstance(value, Mapping):
        return str(value)
    if facet == "timePeriods":
        return PeriodKey(period=str(value.get("period")), code=str(value.get("code")))
    name = next((name for name in value if name != "level"), "")
    return LocationKey(level=str(value.get("level")), property=name, value=str(value.get(name)))


def in_words(path: str | None, body: Any, meta: Meta, items: Sequence[Any] | None = None) -> str:
    """What the service means by a path such as `criteria.and[1].filters.in[0]`.

    Args:
        path: The path, as errors and warnings have it.
        body: The parsed body to which it belongs.
        meta: Metadata that has the labels.
        items: The values that are meant, where an error names them; else those at the path.

    Returns:
        Such as `filter 'Sex', option 'Female'`; "" where the path leads to nothing with a label.
    """
    facet, found = _walk(path or "", body)
    describe = _DESCRIBE.get(facet)
    if describe is None:
        return ""
    values = _values(items, found)
    named = [words for value in values[:_SHOWN] if (words := describe(value, meta))]
    more = len(values) - _SHOWN
    return "; ".join(named) + (f"; and {more} more" if named and more > 0 else "")


def _values(items: Sequence[Any] | None, found: Any) -> list[Any]:
    return [_parted(value) for value in (items or (found if isinstance(found, list) else [found]))]


def _parted(value: Any) -> Any:
    """A location or time period that a GET query writes as text, as the object of a POST body."""
    parts = value.split("|") if isinstance(value, str) else []
    if len(parts) == 2 and parts[0][:4].isdigit():
        return {"period": parts[0], "code": parts[1]}
    return {"level": parts[0], parts[1]: parts[2]} if len(parts) == 3 else value


def _walk(path: str, value: Any) -> tuple[str, Any]:
    """The facet (or other list) that a path goes through, and the last thing in it that has a label."""
    facet = ""
    for number, name in _STEPS.findall(path):
        if facet and isinstance(value, Mapping) and not _is_comparison(value):
            break
        value = _step(value, int(number) if number else name)
        facet = name if name in _DESCRIBE else facet
    return facet, None if _is_comparison(value) else value


def _step(value: Any, step: int | str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _is_comparison(value: Any) -> bool:
    """Whether a value is `{comparator: …}`, and not a location, period or sort, whose members are no labels."""
    return isinstance(value, Mapping) and not {"level", "period", "field"} & value.keys()


def _option(value: Any, meta: Meta) -> str:
    filter_, option = meta.filter_of(str(value)), meta.option(str(value))
    return f"filter {filter_.label!r}, option {option.label!r}" if filter_ and option else ""


def _level(value: Any, meta: Meta) -> str:
    level = meta.level(str(value))
    return f"level {level.label!r}" if level else ""


def _location(value: Any, meta: Meta) -> str:
    places = places_of(key, meta) if isinstance(key := _key("locations", value), LocationKey) else ()
    names = " or ".join(repr(place.option.label) for place in places)
    return f"level {places[0].level.label!r}, location {names}" if places else ""


def _period(value: Any, meta: Meta) -> str:
    key = _key("timePeriods", value)
    period = meta.period(key.period, key.code) if isinstance(key, PeriodKey) else None
    return f"time period {period.label!r}" if period else ""


def _indicator(value: Any, meta: Meta) -> str:
    indicator = meta.indicator(str(value))
    return f"indicator {indicator.label!r}" if indicator else ""


def _sort(value: Any, meta: Meta) -> str:
    field = value.get("field") if isinstance(value, Mapping) else None
    kind, _, name = str(field).partition("|")
    match kind:
        case "filter":
            words = f"filter {filter_.label!r}" if (filter_ := meta.filter(name)) else ""
        case "indicator":
            words = _indicator(name, meta)
        case "location":
            words = f"location at level {group.level.label!r}" if (group := meta.group(name)) else ""
        case _:
            words = {"timePeriod": "period", "geographicLevel": "level"}.get(kind, "")
    return f"sort by {words}" if words else ""


_DESCRIBE: Mapping[str, Callable[[Any, Meta], str]] = {
    "filters": _option,
    "geographicLevels": _level,
    "locations": _location,
    "timePeriods": _period,
    "indicators": _indicator,
    "sorts": _sort,
}
