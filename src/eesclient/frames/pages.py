"""The page route: JSON text to columns (reference, section 12)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from .._lazy import pl
from ..errors import InvalidResponseError
from ..models.paging import Paging
from ..models.problems import Warning
from ..query.query import Query
from .axes import INDICATOR, PERIOD, Category, EncodedRows, Schema, encode, schema_of, unknown_dimension
from .careful import read_carefully
from .parts import Group, read_parts, slices_of

_OPENING = re.compile(rb'"results"\s*:\s*\[')
_CLOSING = re.compile(rb"\}\s*\]")
_TAIL = 65_536


@attrs.frozen(kw_only=True, eq=False)
class EncodedPage(EncodedRows):
    """A page as columns.

    Attributes:
        paging: Where the page stands.
        warnings: What the service says beside the rows.
    """

    paging: Paging
    warnings: tuple[Warning, ...] = ()


def read_page(query: Query, body: bytes) -> EncodedPage:
    """Turn the body of a query's answer into columns; safe in a worker thread.

    Args:
        query: The question that was asked.
        body: JSON text of the answer, in UTF-8.

    Returns:
        The rows as codes and texts, in the order in which they came.

    Raises:
        InvalidResponseError: The body is not what the API promises.
    """
    schema = schema_of(query)
    found = _read_fast(schema, body)
    if found is None:
        envelope, groups = read_carefully(body)
        rows = _encode(schema, groups, has_labels=_has_labels(envelope))
    else:
        envelope, rows = found
    return EncodedPage(paging=_paging(envelope), warnings=_warnings(envelope), frame=rows.frame, unknown=rows.unknown)


_DEBUG = "DebugEnabled"
_LABEL = " :: "


def _has_labels(envelope: Mapping[str, Any]) -> bool:
    return any(warning.code == _DEBUG for warning in _warnings(envelope))


def _without_labels(group: Group) -> Group:
    """The ids alone, of what debug mode writes as `<id> :: <label>` (reference, section 12)."""
    names = {name: name.partition(_LABEL)[0] for name in group.texts.columns}
    keys = [pl.col(name).str.split(_LABEL).list.first() for name in names if not name.startswith(INDICATOR)]
    return Group(texts=group.texts.with_columns(keys).rename(names), index=group.index)


def _read_fast(schema: Schema, body: bytes) -> tuple[dict[str, Any], EncodedRows] | None:
    cut = _cut(body)
    if cut is None:
        return None
    envelope, rows = cut
    slices = slices_of(body, rows)
    encoded = _read_slices(schema, body, slices, has_labels=_has_labels(envelope)) if slices else None
    return None if encoded is None else (envelope, encoded)


def _read_slices(schema: Schema, body: bytes, slices: Sequence[slice], *, has_labels: bool) -> EncodedRows | None:
    chunks = []
    for rows in slices:
        groups = read_parts(schema, body, rows)
        if groups is None:
            return None
        chunks.append(_encode(schema, groups, has_labels=has_labels))
    first, *others = chunks
    if not others:
        return first
    if any(chunk.unknown or chunk.frame.columns != first.frame.columns for chunk in chunks):
        # what metadata lacks has codes of its own in each chunk
        whole = slice(slices[0].start, slices[-1].stop)
        return _read_slices(schema, body, [whole], has_labels=has_labels)
    return EncodedRows(frame=pl.concat([chunk.frame for chunk in chunks], how="vertical_relaxed"))


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


def _encode(schema: Schema, groups: Sequence[Group], *, has_labels: bool = False) -> EncodedRows:
    """Ids to codes; what the schema does not name comes after what it names."""
    columns: dict[str, pl.Series] = {}
    unknown: dict[str, tuple[Category, ...]] = {}
    for found in groups:
        group = _without_labels(found) if has_labels else found
        texts = _with_period(group.texts)
        keys = [name for name in texts.columns if not name.startswith(INDICATOR)]
        codes, added = encode(texts, [schema.dimension(name) or unknown_dimension(name) for name in keys])
        unknown |= added
        columns |= {part.name: part for part in group.spread(texts.drop(keys).hstack(codes))}
    height = next(part.len() for part in columns.values())
    named = [*schema.fields, *schema.cells]
    for name in named:
        if name not in columns:
            columns[name] = _nothing(name, height)
    return EncodedRows(frame=pl.DataFrame([columns.pop(name) for name in named] + [*columns.values()]), unknown=unknown)


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
