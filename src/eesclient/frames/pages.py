"""The page route: JSON text to columns (reference, section 12)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from .._lazy import pl
from ..errors import InvalidResponseError
from ..models.paging import Paging
from ..models.problems import Warning
from ..query.query import Query
from .axes import INDICATOR, PERIOD, Coded, Entry, Layout, encode, layout_of, stray_axis
from .careful import read_carefully
from .parts import Group, read_parts

_OPENING = re.compile(rb'"results"\s*:\s*\[')
_CLOSING = re.compile(rb"\}\s*\]")
_TAIL = 65_536


@attrs.frozen(kw_only=True, eq=False)
class PageColumns(Coded):
    """A page as columns.

    Attributes:
        paging: Where the page stands.
        warnings: What the service says beside the rows.
    """

    paging: Paging
    warnings: tuple[Warning, ...] = ()


def read_page(query: Query, body: bytes) -> PageColumns:
    """Turn the body of a query's answer into columns; safe in a worker thread.

    Args:
        query: The question that was asked.
        body: JSON text of the answer, in UTF-8.

    Returns:
        The rows as codes and texts, in the order in which they came.

    Raises:
        InvalidResponseError: The body is not what the API promises.
    """
    layout = layout_of(query)
    envelope, groups = _read_fast(layout, body) or read_carefully(body)
    warnings = _warnings(envelope)
    if any(warning.code == _DEBUG for warning in warnings):
        groups = [_without_labels(group) for group in groups]
    frame, strays = _encode(layout, groups)
    return PageColumns(paging=_paging(envelope), warnings=warnings, frame=frame, strays=strays)


_DEBUG = "DebugEnabled"
_LABEL = " :: "


def _without_labels(group: Group) -> Group:
    """The ids alone, of what debug mode writes as `<id> :: <label>` (reference, section 12)."""
    names = {name: name.partition(_LABEL)[0] for name in group.texts.columns}
    keys = [pl.col(name).str.split(_LABEL).list.first() for name in names if not name.startswith(INDICATOR)]
    return Group(texts=group.texts.with_columns(keys).rename(names), index=group.index)


def _read_fast(layout: Layout, body: bytes) -> tuple[dict[str, Any], list[Group]] | None:
    cut = _cut(body)
    groups = None if cut is None else read_parts(layout, body, cut[1])
    return None if cut is None or groups is None else (cut[0], groups)


def _cut(body: bytes) -> tuple[dict[str, Any], slice] | None:
    """The body without its rows, and where they stand in it."""
    opening = _OPENING.search(body)
    if opening is None:
        return None
    start = opening.end() - 1
    tail = max(start, len(body) - _TAIL)
    for closing in [*_CLOSING.finditer(body, tail)][::-1]:
        try:
            envelope = json.loads(body[:start] + b"[]" + body[closing.end() :])
        except ValueError:
            continue
        if "warnings" in envelope and "paging" in envelope:
            return envelope, slice(start, closing.end())
    return None


def _encode(layout: Layout, groups: list[Group]) -> tuple[pl.DataFrame, dict[str, tuple[Entry, ...]]]:
    """Ids to codes; what the layout does not name comes after what it names."""
    columns: dict[str, pl.Series] = {}
    strays: dict[str, tuple[Entry, ...]] = {}
    for group in groups:
        texts = _with_period(group.texts)
        keys = [name for name in texts.columns if not name.startswith(INDICATOR)]
        codes, unknown = encode(texts, [layout.axis(name) or stray_axis(name) for name in keys])
        strays |= unknown
        columns |= {part.name: part for part in group.spread(texts.drop(keys).hstack(codes))}
    height = next(part.len() for part in columns.values())
    named = [*(axis.field for axis in layout.axes), *(f"{INDICATOR}{item.id}" for item in layout.indicators)]
    for name in named:
        if name not in columns:
            columns[name] = _nothing(name, height)
    return pl.DataFrame([columns.pop(name) for name in named] + [*columns.values()]), strays


def _with_period(texts: pl.DataFrame) -> pl.DataFrame:
    """The columns with the two of the time period made one."""
    period, code = pl.col(f"{PERIOD}.period"), pl.col(f"{PERIOD}.code")
    if f"{PERIOD}.period" not in texts.columns:
        return texts
    ids = pl.concat_str([period.fill_null(""), code.fill_null("")], separator="|")
    either = period.is_not_null() | code.is_not_null()
    return texts.select_seq(pl.when(either).then(ids).alias(PERIOD), pl.exclude(f"{PERIOD}.period", f"{PERIOD}.code"))


def _nothing(name: str, height: int) -> pl.Series:
    dtype = pl.String if name.startswith(INDICATOR) else pl.UInt8
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, height)


def _paging(envelope: Mapping[str, Any]) -> Paging:
    members = envelope.get("paging")
    if not isinstance(members, dict):
        raise InvalidResponseError("the answer to the query has no paging: it is not an answer of this API")
    numbers = [members.get(name) for name in _PAGING]
    page, page_size, total_results, total_pages = (number if type(number) is int else -1 for number in numbers)
    if min(page, page_size, total_results, total_pages) < 0:
        raise InvalidResponseError(f"the answer to the query has a paging without whole numbers: {members}")
    return Paging(page=page, page_size=page_size, total_results=total_results, total_pages=total_pages)


_PAGING = ("page", "pageSize", "totalResults", "totalPages")


def _warnings(envelope: Mapping[str, Any]) -> tuple[Warning, ...]:
    items = envelope.get("warnings")
    if not isinstance(items, list | None):
        raise InvalidResponseError("warnings of the answer to the query should be a list")
    return tuple(_warning(item) for item in items or ())


def _warning(item: object) -> Warning:
    members = item if isinstance(item, dict) else {"message": item}
    detail = members.get("detail")
    return Warning(
        message=_text(members.get("message")) or "",
        code=_text(members.get("code")) or "",
        path=_text(members.get("path")),
        detail=detail if isinstance(detail, dict | None) else {"detail": detail},
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str | None) else json.dumps(value)
