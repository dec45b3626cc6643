"""The page route: JSON text to columns (reference, section 12).

Polars reads a page, a slice at a time, and only what differs between rows: a row of an answer has no braces but those
of its members, so that rows are cut apart at `}},{` and into their members at `{`. Each different text of a member is
decoded once, with the schema that metadata gives, and spread over its rows; values are cut row by row. Escapes are
undone before; for quotes and backslashes stand signs that JSON cannot hold, until the cells are cut.

What decoding with a schema would drop or reword without a sound (a member that metadata does not name, a number where
a text is promised) shows in counts of quotes; so does a brace inside a text, which cuts a row in the wrong place.
Whatever does not add up is left to an exact and slow reading with the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import polars as pl

from .._classes import frozen
from ..api.json import parsed
from ..errors import InvalidResponseError
from ..models.data_sets import Paging, Warning
from ..query.question import Query
from .columns import GROUPS, INDICATOR, EncodedRows, Schema, encode, schema_of
from .dimensions import LEVEL, PERIOD, Category, unknown_dimension

_SLICE = 1_250_000
"""Bytes of JSON text that are read at a time, about: reading takes many times their memory."""

_OPENING = re.compile(rb'"results"\s*:\s*\[')
_FIRST = re.compile(rb'\{"\w+":')
_CLOSING = re.compile(rb"\}\s*\]")
_NEXT = re.compile(r'"([A-Za-z]+)":\Z')
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u....|u....|.)", re.DOTALL)
_QUOTE, _BACKSLASH = b"\x01", b"\x02"
_STAND_INS: dict[bytes, bytes] = {b'"': _QUOTE, b"\\": _BACKSLASH}
_RARE = 100
"""Escapes up to which each is looked at."""

_SIGNS = {"\x01": '"', "\x02": "\\"}
"""Signs for an escaped quote or backslash while rows are cut."""

_PARTS = pl.col("rows").str.split("}},{").explode().str.splitn("{", 2 + len(GROUPS))
"""What cuts rows apart, and into their members."""

_PREFIXES = {PERIOD: f"{PERIOD}.", **GROUPS}


@frozen(kw_only=True, eq=False)
class EncodedPage(EncodedRows):
    """A page as columns, with what the service says beside the rows."""

    paging: Paging
    warnings: tuple[Warning, ...] = ()


_Group: TypeAlias = tuple[pl.DataFrame, pl.Series | None]
"""Fields that are read together, as columns of text; the time period has `timePeriod.code` and `timePeriod.period`.

The series says which row of these each row of the page has; None where they are the same.
"""


def read_page(query: Query, body: bytes) -> EncodedPage:
    """Turn the body of a query's answer into columns, its rows in the order in which they came."""
    schema = schema_of(query)
    envelope, rows = _read_sliced(schema, body) or _read_exactly(schema, body)
    return EncodedPage(paging=_paging(envelope), warnings=_warnings(envelope), frame=rows.frame, unknown=rows.unknown)


def _read_sliced(schema: Schema, body: bytes) -> tuple[dict[str, Any], EncodedRows] | None:
    """The body without its rows, and the rows; None where only the exact reader can tell."""
    if (cut := _cut(body)) is None:
        return None
    envelope, rows = cut
    encoded = _read_slices(schema, body, slices_of(body, rows), has_labels=_has_labels(envelope))
    return None if encoded is None else (envelope, encoded)


def _cut(body: bytes) -> tuple[dict[str, Any], slice] | None:
    """The body without its rows, and where they stand in it."""
    opening = _OPENING.search(body)
    if opening is None:
        return None
    start = opening.end()
    # warnings and paging, which may follow the rows, are short
    for closing in [*_CLOSING.finditer(body, max(start, len(body) - 65_536))][::-1]:
        try:
            # without its rows, the list of results is empty
            envelope = parsed(body[:start] + body[closing.end() - 1 :])
        except ValueError:
            continue
        if "warnings" in envelope and "paging" in envelope:
            return envelope, slice(start, closing.start() + 1)
    return None


def slices_of(body: bytes, rows: slice) -> list[slice]:
    """Where slices of whole rows stand in a page, without the commas between them, to be read one after another."""
    first = _FIRST.match(body, rows.start)
    count = -(-(rows.stop - rows.start) // _SLICE) if first else 1
    size = (rows.stop - rows.start) // count
    slices: list[slice] = []
    start = rows.start
    # no text can hold this, as a quote within a text is escaped
    between = b"}," + (first[0] if first else b"")
    while len(slices) + 1 < count and (end := body.find(between, start + size, rows.stop)) > 0:
        slices.append(slice(start, end + 1))
        start = end + 2
    return [*slices, slice(start, rows.stop)]


def _read_slices(schema: Schema, body: bytes, slices: Sequence[slice], *, has_labels: bool) -> EncodedRows | None:
    parts: list[EncodedRows] = []
    for rows in slices:
        if (groups := _read_groups(schema, body[rows])) is None:
            return None
        parts.append(_encode(schema, groups, has_labels=has_labels))
    first = parts[0]
    if len(parts) == 1:
        return first
    if any(part.unknown or part.frame.columns != first.frame.columns for part in parts):
        # what metadata lacks has codes of its own in each slice
        whole = slice(slices[0].start, slices[-1].stop)
        return _read_slices(schema, body, [whole], has_labels=has_labels)
    # a field of which a slice has nothing is of another type there
    return EncodedRows(frame=pl.concat([part.frame for part in parts], how="vertical_relaxed"))


def _read_groups(schema: Schema, rows: bytes) -> list[_Group] | None:
    """The texts of rows; None where this reading may miss something."""
    try:
        plain = _unescaped(rows) if b"\\" in rows else rows
        if not (plain.startswith(b"{") and plain.endswith(b"}}")):
            return None
        # one call for all, here and below: a call by itself costs as much as the work on a slice
        table = pl.Series("rows", [str(memoryview(plain)[1:-2], "utf-8")], dtype=pl.String).to_frame()
        parts = table.select_seq(_PARTS).unnest("rows")
        # the members of a row in their order, as the first row has them
        names = [match[1] for text in parts.row(0)[:-1] if (match := _NEXT.search(text or ""))]
        if sorted(names) != sorted(_PREFIXES) or any(parts.null_count().row(0)):
            return None
        # nothing in a row is nested deeper: what is, Polars may not survive
        if parts[parts.columns[-1]].str.contains("{", literal=True).any() or _has_list(plain):
            return None
        signs = [] if plain is rows else [sign for sign in _SIGNS if sign.encode() in plain]
        return _groups(schema, parts, names, signs)
    except (pl.exceptions.PolarsError, ValueError):
        return None


def _has_list(plain: bytes) -> bool:
    """Say whether there is a list between rows without escapes, where a `[` that begins a text is of no account."""
    # most pages have none, and to look for one byte takes a tenth of the time of counting it
    is_likely = b"[" in plain and plain.count(b"[") != plain.count(b'"[')
    return is_likely and b"[" in b"".join(plain.split(b'"')[::2])


def _unescaped(rows: bytes) -> bytes:
    """JSON text without escapes: an escaped quote or backslash is a sign that cannot stand in JSON."""
    if _QUOTE in rows or _BACKSLASH in rows:
        raise ValueError("control characters are not valid in JSON")
    pieces: list[bytes] = []
    end, start = 0, rows.find(b"\\")
    # to find a byte is many times as fast as to search for two, which is worth it only where there are many
    while start >= 0 and len(pieces) < 2 * _RARE:
        escape, text = _escape_at(rows, start)
        pieces += [rows[end:start], text]
        end = escape.end()
        start = rows.find(b"\\", end)
    rest = rows[end:]
    return b"".join([*pieces, rest if start < 0 else _unescaped_at_once(rest)])


def _escape_at(rows: bytes, start: int) -> tuple[re.Match[bytes], bytes]:
    """The escape that begins at a backslash, and what it stands for."""
    escape = _ESCAPE.match(rows, start)
    text: bytes = json.loads(b'"%b"' % escape[0]).encode() if escape else _BACKSLASH
    if escape is None or text in (_QUOTE, _BACKSLASH):
        raise ValueError("this escape is for the exact reader")
    return escape, _STAND_INS.get(text, text)


def _unescaped_at_once(rows: bytes) -> bytes:
    """The same where there are many escapes: few different ones are in use, many times each."""
    # these first, so that each backslash after them begins an escape
    rows = rows.replace(b"\\\\", _BACKSLASH)
    for _ in range(100):
        start = rows.find(b"\\")
        if start < 0:
            return rows
        escape, text = _escape_at(rows, start)
        rows = rows.replace(escape[0], text)
    raise ValueError("too many escapes")


def _groups(schema: Schema, parts: pl.DataFrame, names: Sequence[str], signs: Sequence[str]) -> list[_Group] | None:
    *keys, last = parts.columns
    values = _cut_values(parts[last], signs) if names[-1] == "values" else None
    groups: list[_Group] = []
    if values is None:
        keys.append(last)
    else:
        groups.append((values, None))
    once = parts.select_seq(pl.col(keys).unique().implode())
    index = parts.select_seq([pl.col(key).cast(pl.Enum(once[key][0])).to_physical() for key in keys])
    seen = [] if values is None else values.columns
    for key, name, following in zip(keys, [None, *names], [*names, None], strict=False):
        texts = _decode_part(schema, once[key][0].rename("text"), name, following)
        if texts is None:
            return None
        seen += texts.columns
        if texts.width:
            groups.append((texts, index[key]))
    # a member that stands twice is for the exact reader to refuse
    return groups if len(seen) == len(set(seen)) else None


def _cut_values(part: pl.Series, signs: Sequence[str]) -> pl.DataFrame | None:
    """The cells of the last part, where all rows have the members of the first, in its order."""
    try:
        keys = list(json.loads(f"{{{part[0]}}}", strict=False))
    except ValueError:
        return None
    if not keys:
        return None
    cells, expressions = _cutting(tuple(keys))
    found = part.alias("part").to_frame().with_columns_seq(cells).unnest("cells").select_seq(expressions)
    is_sound, quotes = (found.drop_in_place(name)[0] for name in ("sound", "quotes"))
    # all quotes are those of the openings, of the end and of what stands between cells, so that no cell has one
    if not is_sound or quotes != 4 * len(keys) * part.len() or any(found.null_count().row(0)):
        return None
    for sign in signs:
        found = found.select(pl.all().str.replace_all(sign, _SIGNS[sign], literal=True))
    return found


# made once, here and below: to say it takes as long as to do it to a slice
@lru_cache(maxsize=32)
def _cutting(keys: tuple[str, ...]) -> tuple[pl.Expr, list[pl.Expr]]:
    """What cuts the last part into cells, and what takes their texts and checks them."""
    texts: list[pl.Expr] = []
    checks = [pl.col(f"field_{len(keys) - 1}").str.ends_with('"').all()]
    for number, key in enumerate(keys):
        cell, opening = pl.col(f"field_{number}"), f'{key}":"' if number else f'"{key}":"'
        checks.append(cell.str.starts_with(opening).all())
        texts.append(cell.str.strip_prefix(opening).alias(f"{INDICATOR}{key}"))
    texts[-1] = texts[-1].str.strip_suffix('"')
    part = pl.col("part")
    return part.str.splitn('","', len(keys)).alias("cells"), [
        *texts,
        pl.all_horizontal(checks).alias("sound"),
        part.str.count_matches('"', literal=True).sum().alias("quotes"),
    ]


def _decode_part(schema: Schema, texts: pl.Series, name: str | None, following: str | None) -> pl.DataFrame | None:
    """Columns of a part: the members of the object that it begins in, and the level if that comes before the next."""
    table = texts.to_frame().select_seq(_decoding(schema, name, following))
    members = table["members"].struct.unnest()
    level = members[LEVEL]
    columns = [level] if level.null_count() < level.len() else []
    if name is not None:
        columns += [part.alias(f"{_PREFIXES[name]}{part.name}") for part in members["inner"].struct.unnest()]
    found = pl.DataFrame(columns)
    filled = found.width * texts.len() - sum(found.null_count().row(0))
    # a cell is a name and a text, so four quotes; the name of the member behind has two
    quotes = 4 * filled + (2 * texts.len() if following else 0)
    sound = table["ends"][0] and table["texts"][0] == filled and table["quotes"][0] == quotes
    return found if sound else None


@lru_cache(maxsize=32)
def _decoding(schema: Schema, name: str | None, following: str | None) -> list[pl.Expr]:
    """What decodes the texts of a part, and counts what it should have found in them."""
    opening, closing = '{"inner":{' if name else "{", "0}" if following else "}}"
    types = {"inner": schema.row_types[name]} if name else {}
    text = pl.col("text")
    return [
        pl.concat_str(pl.lit(opening), text, pl.lit(closing))
        .str.json_decode(pl.Struct({**types, LEVEL: pl.String()}))
        .alias("members"),
        text.str.count_matches('":"', literal=True).sum().alias("texts"),
        text.str.count_matches('"', literal=True).sum().alias("quotes"),
        text.str.ends_with(f'"{following}":' if following else "").all().alias("ends"),
    ]


def _read_exactly(schema: Schema, body: bytes) -> tuple[dict[str, Any], EncodedRows]:
    """The body without its rows, and the rows; numbers where texts are promised keep their writing."""
    try:
        # twice: strictly for what stands around the rows, and with numbers as they are written
        envelope = parsed(body)
        worded = json.loads(body.decode("utf-8-sig"), parse_int=str, parse_float=str)
    except ValueError as error:
        raise InvalidResponseError(f"the answer to the query is not JSON: {error}") from error
    rows = worded.get("results") if isinstance(worded, dict) else None
    if not isinstance(rows, list):
        raise InvalidResponseError("the answer to the query has no list of results: it is not an answer of this API")
    always = (f"{PERIOD}.code", f"{PERIOD}.period", LEVEL)
    columns: dict[str, list[str | None]] = {name: [None] * len(rows) for name in always}
    for number, row in enumerate(rows):
        members = _checked(row, dict, f"results[{number}]")
        columns[LEVEL][number] = _checked(members.get(LEVEL), str | None, f"results[{number}].{LEVEL}")
        for member, prefix in _PREFIXES.items():
            fields = _checked(members.get(member), dict | None, f"results[{number}].{member}")
            for name, value in (fields or {}).items():
                # members of the row that the API does not have are passed over
                if member != PERIOD or prefix + name in columns:
                    text = _checked(value, str | None, f"results[{number}].{member}.{name}")
                    columns.setdefault(prefix + name, [None] * len(rows))[number] = text
    texts = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return envelope, _encode(schema, [(texts, None)], has_labels=_has_labels(envelope))


def _checked(value: Any, kind: Any, place: str) -> Any:
    if isinstance(value, kind):
        return value
    what = "an object" if kind in (dict, dict | None) else "a text"
    raise InvalidResponseError(f"the answer to the query is not what the API promises: {place} should be {what}")


def _encode(schema: Schema, groups: Sequence[_Group], *, has_labels: bool = False) -> EncodedRows:
    """Ids to codes; what the schema does not name comes after what it names."""
    columns: dict[str, pl.Series] = {}
    unknown: dict[str, tuple[Category, ...]] = {}
    for given, index in groups:
        texts = _without_labels(given) if has_labels else given
        if f"{PERIOD}.period" in texts.columns:
            texts = _with_period(texts)
        keys = [name for name in texts.columns if not name.startswith(INDICATOR)]
        found = texts.get_columns()
        if keys:
            codes, added = encode(texts, [schema.by_field.get(name) or unknown_dimension(name) for name in keys])
            unknown |= added
            found = [*codes.get_columns(), *(text for text in found if text.name.startswith(INDICATOR))]
        columns |= {part.name: part if index is None else part[index] for part in found}
    height = next(iter(columns.values())).len()
    named = [*schema.fields, *schema.cells]
    for name in named:
        if name not in columns:
            dtype = pl.String if name.startswith(INDICATOR) else pl.UInt8
            columns[name] = pl.Series(name, [None], dtype=dtype).new_from_index(0, height)
    # fields that metadata lacks are left, and come last
    ordered = [*map(columns.pop, named), *columns.values()]
    return EncodedRows(frame=pl.DataFrame(ordered), unknown=unknown)


def _without_labels(texts: pl.DataFrame) -> pl.DataFrame:
    """The ids alone, of what debug mode writes as `<id> :: <label>` (reference, section 12)."""
    names = {name: name.partition(" :: ")[0] for name in texts.columns}
    keys = [pl.col(name).str.split(" :: ").list.first() for name in names if not name.startswith(INDICATOR)]
    return texts.with_columns(keys).rename(names)


def _with_period(texts: pl.DataFrame) -> pl.DataFrame:
    """The columns with the two of the time period made one."""
    return texts.select_seq(_period_of_two())


@lru_cache(maxsize=1)
def _period_of_two() -> list[pl.Expr]:
    names = [f"{PERIOD}.period", f"{PERIOD}.code"]
    ids = pl.concat_str(pl.col(names).fill_null(""), separator="|")
    is_filled = pl.any_horizontal(pl.col(names).is_not_null())
    return [pl.when(is_filled).then(ids).alias(PERIOD), pl.exclude(names)]


def _has_labels(envelope: Mapping[str, Any]) -> bool:
    return any(warning.code == "DebugEnabled" for warning in _warnings(envelope))


def _paging(envelope: Mapping[str, Any]) -> Paging:
    members = envelope.get("paging")
    if not isinstance(members, dict):
        raise InvalidResponseError("the answer to the query has no paging: it is not an answer of this API")
    numbers: list[Any] = [members.get(name) for name in ("page", "pageSize", "totalResults", "totalPages")]
    # true and false are whole numbers to Python
    if {*map(type, numbers)} != {int} or min(numbers) < 0:
        raise InvalidResponseError(f"the answer to the query has a paging without whole numbers: {members}")
    page, page_size, total_results, total_pages = numbers
    return Paging(page=page, page_size=page_size, total_results=total_results, total_pages=total_pages)


def _warnings(envelope: Mapping[str, Any]) -> tuple[Warning, ...]:
    items = envelope.get("warnings")
    if not isinstance(items, list | None):
        raise InvalidResponseError("warnings of the answer to the query should be a list")
    return tuple(map(_warning, items or ()))


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
