"""What stands at a path of a POST body, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..models.meta import CODE_NAMES, Meta

_STEPS = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")
_SHOWN = 3
"""Things that are named; of more, the number is said."""

_WIRE_CODES = {"old_code": "oldCode", "la_estab": "laEstab"}


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
    values = list(items) if items else found if isinstance(found, list) else [found]
    named = [words for value in values[:_SHOWN] if (words := describe(value, meta))]
    more = len(values) - _SHOWN
    return "; ".join(named) + (f"; and {more} more" if named and more > 0 else "")


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
    for filter_ in meta.filters:
        for option in filter_.options:
            if option.id == value:
                return f"filter {filter_.label!r}, option {option.label!r}"
    return ""


def _level(value: Any, meta: Meta) -> str:
    return next((f"level {level.label!r}" for level in meta.levels if str(level.code) == value), "")


def _location(value: Any, meta: Meta) -> str:
    if not isinstance(value, Mapping):
        return ""
    for group in meta.locations:
        if str(group.level.code) != value.get("level"):
            continue
        names = [
            option.label
            for option in group.options
            if any(value.get(_WIRE_CODES.get(name, name)) == getattr(option, name) is not None for name in _KEYS)
        ]
        if names:
            return f"level {group.level.label!r}, location {' or '.join(map(repr, names))}"
    return ""


_KEYS = ("id", *CODE_NAMES)


def _period(value: Any, meta: Meta) -> str:
    if not isinstance(value, Mapping):
        return ""
    asked = value.get("period"), value.get("code")
    return next((f"time period {p.label!r}" for p in meta.periods if (p.period, str(p.code)) == asked), "")


def _indicator(value: Any, meta: Meta) -> str:
    return next((f"indicator {indicator.label!r}" for indicator in meta.indicators if indicator.id == value), "")


def _sort(value: Any, meta: Meta) -> str:
    field = value.get("field") if isinstance(value, Mapping) else None
    kind, _, name = str(field).partition("|")
    match kind:
        case "filter":
            words = next((f"filter {filter_.label!r}" for filter_ in meta.filters if filter_.id == name), "")
        case "indicator":
            words = _indicator(name, meta)
        case "location":
            labels = (group.level.label for group in meta.locations if str(group.level.code) == name)
            words = next((f"location at level {label!r}" for label in labels), "")
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
