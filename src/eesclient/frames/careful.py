"""The exact and slow reading of a page: for what the schema of the fast one does not foresee."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .._lazy import pl
from ..errors import InvalidResponseError
from .axes import GROUPS, LEVEL, PERIOD
from .parts import Group


def read_carefully(body: bytes) -> tuple[dict[str, Any], list[Group]]:
    """Read a page with the standard library's parser.

    Numbers where texts are promised keep the text that they were written in.

    Args:
        body: JSON text of the answer.

    Returns:
        The body without its rows, and the texts of the rows.

    Raises:
        InvalidResponseError: The body is no JSON, or not what the API promises.
    """
    try:
        envelope = json.loads(body)
        worded = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError(f"the answer to the query is not JSON: {error}") from error
    rows = worded.get("results") if isinstance(worded, dict) else None
    if not isinstance(rows, list):
        raise InvalidResponseError("the answer to the query has no list of results: it is not an answer of this API")
    return envelope, [Group(texts=_columns(rows))]


def _columns(rows: list[Any]) -> pl.DataFrame:
    columns: dict[str, list[str | None]] = {name: [None] * len(rows) for name in _ALWAYS}
    for number, row in enumerate(rows):
        for name, text in _texts(row, f"results[{number}]"):
            columns.setdefault(name, [None] * len(rows))[number] = text
    try:
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    except UnicodeError as error:
        raise InvalidResponseError(f"the answer to the query holds text that is no Unicode: {error}") from error


_ALWAYS = (f"{PERIOD}.code", f"{PERIOD}.period", LEVEL)


def _texts(row: object, place: str) -> Iterator[tuple[str, str | None]]:
    """Fields of a row with their texts; members of the row that the API does not have are passed over."""
    members = _members(row, place)
    period = _members(members.get(PERIOD), f"{place}.{PERIOD}")
    for name in ("code", "period"):
        yield f"{PERIOD}.{name}", _text(period.get(name), f"{place}.{PERIOD}.{name}")
    yield LEVEL, _text(members.get(LEVEL), f"{place}.{LEVEL}")
    for member, prefix in GROUPS.items():
        for name, value in _members(members.get(member), f"{place}.{member}").items():
            yield f"{prefix}{name}", _text(value, f"{place}.{member}.{name}")


def _members(value: object, place: str) -> dict[str, Any]:
    if value is None and place.count(".") > 0:
        return {}
    if isinstance(value, dict):
        return value
    raise InvalidResponseError(f"the answer to the query is not what the API promises: {place} should be an object")


def _text(value: object, place: str) -> str | None:
    if isinstance(value, str | None):
        return value
    raise InvalidResponseError(f"the answer to the query is not what the API promises: {place} should be a text")
