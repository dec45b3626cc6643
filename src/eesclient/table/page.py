"""The page route: JSON text to columns (reference, section 12).

A row of an answer has no braces but those of its members, so that a page is cut into these at `{`. Polars does it, a
slice at a time, and reads only what differs between rows: each different text of a member is decoded once for all pages
of an answer, with the schema that metadata gives, and spread over its rows; values are cut row by row.

What decoding with a schema would drop or reword without a sound (a member that metadata does not name, a number where
a text is promised) shows in counts of quotes; so does a brace inside a text, which cuts a row in the wrong place.
Whatever does not add up is left to an exact and slow reading with the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import polars as pl

from .._classes import frozen
from ..api.json import parsed
from ..errors import InvalidResponseError
from ..models.answers import Paging, Warning
from ..query.question import Query
from ..texts import pattern
from .columns import GROUPS, INDICATOR, EncodedRows, Schema, encode, schema_of
from .dimensions import LEVEL, PERIOD, Category, unknown_dimension
from .envelope import cut_out, paging_of, shows_labels, warnings_of
from .escapes import SIGNS, unescaped

_SLICE = 1_250_000
"""Bytes of JSON text that are read at a time, about: reading takes several times their memory."""

_LONG = 600_000
"""Bytes of rows from which on the reader of CSV cuts them: it takes a while to begin."""

_MANY_TEXTS = 50_000
"""Different texts of a part that are remembered, about."""

_FIRST = pattern(rb'\{"\w+":')
_NEXT = pattern(r'"([A-Za-z]+)":\Z')

_PREFIXES = {PERIOD: f"{PERIOD}.", **GROUPS}
_WIDTH = 1 + len(_PREFIXES)
"""Opening braces of a row: its own, and those of its members."""

_APART = [pl.col("line").gather_every(_WIDTH, place).alias(str(place)) for place in range(_WIDTH)]
_LENGTHS = pl.all().str.len_bytes().sum()
_JOINED = pl.all().str.join("")


@frozen(kw_only=True, eq=False)
class EncodedPage(EncodedRows):
    """A page as columns, with what the service says beside the rows."""

    paging: Paging
    warnings: tuple[Warning, ...] = ()


_Part: TypeAlias = tuple[str | None, str | None, bool]
"""A part of a row: the member that it is, the one that follows, and whether there are labels beside ids."""


@frozen(kw_only=True, eq=False)
class _Texts:
    """The different texts of a part: codes and cells for each, and categories that metadata lacks."""

    all: pl.Enum
    columns: pl.DataFrame
    unknown: Mapping[str, tuple[Category, ...]]


Known: TypeAlias = dict[_Part, _Texts]
"""What pages of one answer have in common."""


def read_page(query: Query, body: bytes, known: Known | None = None) -> EncodedPage:
    """Turn the body of a query's answer into columns, its rows in the order in which they came.

    What `known` is given is read of a page, and used and added to by the next about the same question.
    """
    schema = schema_of(query)
    envelope, rows = _read_quickly(schema, body, {} if known is None else known) or _read_exactly(schema, body)
    return EncodedPage(
        paging=paging_of(envelope), warnings=warnings_of(envelope), frame=rows.frame, unknown=rows.unknown
    )


def _read_quickly(schema: Schema, body: bytes, known: Known) -> tuple[dict[str, Any], EncodedRows] | None:
    """The body without its rows, and the rows; None where only the exact reader can tell."""
    if (cut := cut_out(body)) is None:
        return None
    envelope, rows = cut
    encoded = _read_slices(schema, body, slices_of(body, rows), known, has_labels=shows_labels(envelope))
    return None if encoded is None else (envelope, encoded)


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


def _read_slices(
    schema: Schema, body: bytes, slices: Sequence[slice], known: Known, *, has_labels: bool
) -> EncodedRows | None:
    parts: list[EncodedRows] = []
    for rows in slices:
        if (part := _read_rows(schema, body, rows, known, has_labels=has_labels)) is None:
            return None
        parts.append(part)
    first = parts[0]
    if len(parts) == 1:
        return first
    if any(part.unknown or part.frame.columns != first.frame.columns for part in parts):
        # what metadata lacks has codes of its own in each slice
        whole = slice(slices[0].start, slices[-1].stop)
        return _read_slices(schema, body, [whole], known, has_labels=has_labels)
    # a field of which a slice has nothing is of another type there
    return EncodedRows(frame=pl.concat([part.frame for part in parts], how="vertical_relaxed"))


def _read_rows(schema: Schema, body: bytes, rows: slice, known: Known, *, has_labels: bool) -> EncodedRows | None:
    """The rows that stand there in a page; None where this reading may miss something."""
    if not (body.startswith(b"{", rows.start) and body.endswith(b"}}", rows.start, rows.stop)):
        return None
    # all rows end alike then
    given = b"".join([memoryview(body)[rows.start + 1 : rows.stop], b","])
    try:
        plain = unescaped(given) if b"\\" in given else given
        # what is nested deeply, Polars may not survive
        if _has_list(plain):
            return None
        signs = [] if plain is given else [sign for sign in SIGNS if sign.encode() in plain]
        return _read_lines(schema, _lines(plain), known, signs, has_labels=has_labels)
    except (pl.exceptions.PolarsError, ValueError):
        return None


def _lines(plain: bytes) -> pl.Series:
    """What stands before, between and after all opening braces."""
    if len(plain) < _LONG:
        return pl.Series([plain]).cast(pl.String).str.split("{").explode()
    # the reader of CSV looks for a byte several times as fast; of a text that has its separator, it says so
    layout: dict[str, Any] = {"has_header": False, "separator": "\x03", "quote_char": None, "eol_char": "{"}
    found = pl.read_csv(plain, schema={"line": pl.String}, low_memory=True, **layout)
    # what is in one chunk is gathered several times as fast
    return found["line"].rechunk()


def _read_lines(
    schema: Schema, lines: pl.Series, known: Known, signs: Sequence[str], *, has_labels: bool
) -> EncodedRows | None:
    """Rows of so many lines each: one before, and one in each of the members that are objects."""
    height, rest = divmod(lines.len(), _WIDTH)
    # the members of a row in their order, as the first row has them
    names = [match[1] for text in lines.head(_WIDTH - 1) if (match := _NEXT.search(text or ""))]
    if rest or lines.null_count() or sorted(names) != sorted(_PREFIXES):
        return None
    parts = lines.alias("line").to_frame().select_seq(_APART).get_columns()
    columns: list[pl.Series] = []
    unknown: dict[str, tuple[Category, ...]] = {}
    values = _cut_values(parts[-1], signs) if names[-1] == "values" else None
    if values is not None:
        cells, _ = _encode(schema, values, has_labels=has_labels)
        if any(sign in name for sign in signs for name in cells.columns):
            return None
        columns += cells.get_columns()
        del parts[-1]
    for part, name, following in zip(parts, [None, *names], [*names, None], strict=False):
        # cells of rows are seldom the same
        found = _read_part(schema, part, (name, following, has_labels), {} if name == "values" else known)
        if found is None:
            return None
        columns += found[0].get_columns()
        unknown |= found[1]
    # a member that stands twice is for the exact reader to refuse
    by_name = {column.name: column for column in columns}
    return _in_order(schema, by_name, unknown, height) if len(by_name) == len(columns) else None


def _has_list(plain: bytes) -> bool:
    """Say whether there is a list between rows without escapes, where a `[` that begins a text is of no account."""
    # most pages have none, and to look for one byte takes a tenth of the time of counting it
    is_likely = b"[" in plain and plain.count(b"[") != plain.count(b'"[')
    return is_likely and b"[" in b"".join(plain.split(b'"')[::2])


def _read_part(
    schema: Schema, lines: pl.Series, key: _Part, known: Known
) -> tuple[pl.DataFrame, Mapping[str, tuple[Category, ...]]] | None:
    """The columns of a part of all rows, each of whose different texts is decoded once; None where one is odd."""
    texts = known.get(key)
    index = None if texts is None else lines.cast(texts.all, strict=False).to_physical()
    if texts is None or index is None or index.null_count():
        new = (lines if index is None else lines.filter(index.is_null())).unique(maintain_order=True)
        found = _decode_part(schema, new.rename("text"), key)
        if found is None:
            return None
        columns, unknown = _encode(schema, found, has_labels=key[-1])
        if texts is not None:
            if unknown or columns.schema != texts.columns.schema or texts.all.categories.len() > _MANY_TEXTS:
                # what metadata lacks has codes of its own in each page
                return _read_part(schema, lines, key, {})
            new, columns = pl.concat([texts.all.categories, new]), pl.concat([texts.columns, columns])
        texts = _Texts(all=pl.Enum(new), columns=columns, unknown=unknown)
        if not unknown:
            known[key] = texts
        index = lines.cast(texts.all).to_physical()
    return (texts.columns[index] if texts.columns.width else texts.columns), texts.unknown


def _cut_values(part: pl.Series, signs: Sequence[str]) -> pl.DataFrame | None:
    """The cells of the last part, where all rows have the members of the first, in its order."""
    try:
        keys = list(json.loads(f"{{{part[0].removesuffix('}},')}}}", strict=False))
    except ValueError:
        return None
    if not keys:
        return None
    cells, texts, taken = _cutting(tuple(keys))
    found = part.alias("part").to_frame().select_seq(cells, pl.col("part").str.len_bytes().sum().alias("size"))
    size = found.drop_in_place("size")[0]
    found = found.unnest("cells").select_seq(texts)
    # a text that lacks what goes before or behind its cell is too long, by less than a row can be too short
    sizes, joined = found.select_seq(_LENGTHS).row(0), found.select_seq(_JOINED).row(0)
    if size - sum(sizes) != taken * part.len() or any('"' in cell for cell in joined):
        return None
    for sign in signs:
        odd = [name for name, cell in zip(found.columns, joined, strict=True) if sign in cell]
        found = found.with_columns(pl.col(odd).str.replace_all(sign, SIGNS[sign], literal=True))
    return found


# made once, here and below: to say it takes as long as to do it to a few rows
@lru_cache(maxsize=32)
def _cutting(keys: tuple[str, ...]) -> tuple[pl.Expr, list[pl.Expr], int]:
    """What cuts the last part into cells, what takes their texts, and how many bytes of a row are not in these."""
    openings = [f'{key}":"' if number else f'"{key}":"' for number, key in enumerate(keys)]
    texts = [
        pl.col(f"field_{number}").str.strip_prefix(opening).alias(f"{INDICATOR}{key}")
        for number, (key, opening) in enumerate(zip(keys, openings, strict=True))
    ]
    texts[-1] = texts[-1].str.strip_suffix('"}},')
    between = '","'
    taken = len("".join(openings).encode()) + len(between) * (len(keys) - 1) + len('"}},')
    return pl.col("part").str.splitn(between, len(keys)).alias("cells"), texts, taken


def _decode_part(schema: Schema, texts: pl.Series, key: _Part) -> pl.DataFrame | None:
    """Columns of a part: the members of the object that it begins in, and the level if that comes before the next."""
    name, following, _ = key
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
    sound = table["ends"][0] and table["texts"][0] == filled and table["quotes"][0] == quotes and not table["odd"][0]
    return found if sound else None


@lru_cache(maxsize=32)
def _decoding(schema: Schema, name: str | None, following: str | None) -> list[pl.Expr]:
    """What decodes the texts of a part, and counts what it should have found in them."""
    opening, closing = '{"inner":{' if name else "{", "0}" if following else ""
    types = {"inner": schema.row_types[name]} if name else {}
    text = pl.col("text")
    return [
        pl.concat_str(pl.lit(opening), text if following else text.str.strip_suffix(","), pl.lit(closing))
        .str.json_decode(pl.Struct({**types, LEVEL: pl.String()}))
        .alias("members"),
        text.str.count_matches('":"', literal=True).sum().alias("texts"),
        text.str.count_matches('"', literal=True).sum().alias("quotes"),
        # a name that counts as what stands between a name and a text
        text.str.contains('":":', literal=True).any().alias("odd"),
        text.str.ends_with(f'"{following}":' if following else "}},").all().alias("ends"),
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
    has_labels = shows_labels(envelope)
    always = (f"{PERIOD}.code", f"{PERIOD}.period", LEVEL)
    columns: dict[str, list[str | None]] = {name: [None] * len(rows) for name in always}
    for number, row in enumerate(rows):
        members = _checked(row, dict, f"results[{number}]")
        columns[LEVEL][number] = _checked(members.get(LEVEL), str | None, f"results[{number}].{LEVEL}")
        for member, prefix in _PREFIXES.items():
            fields = _checked(members.get(member), dict | None, f"results[{number}].{member}")
            for name, value in _by_id(fields or {}, f"results[{number}].{member}", has_labels=has_labels).items():
                # members of the row that the API does not have are passed over
                if member != PERIOD or prefix + name in columns:
                    text = _checked(value, str | None, f"results[{number}].{member}.{name}")
                    columns.setdefault(prefix + name, [None] * len(rows))[number] = text
    texts = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    codes, unknown = _encode(schema, texts, has_labels=has_labels)
    return envelope, _in_order(schema, codes.to_dict(), unknown, len(rows))


def _by_id(fields: Mapping[str, Any], place: str, *, has_labels: bool) -> Mapping[str, Any]:
    """Fields of a row without the labels beside their ids, which may differ from row to row."""
    if not has_labels:
        return fields
    found = {_id_of(name): value for name, value in fields.items()}
    if len(found) < len(fields):
        raise InvalidResponseError(f"the answer to the query is not what the API promises: {place} has an id twice")
    return found


def _checked(value: Any, kind: Any, place: str) -> Any:
    if isinstance(value, kind):
        return value
    what = "an object" if kind in (dict, dict | None) else "a text"
    raise InvalidResponseError(f"the answer to the query is not what the API promises: {place} should be {what}")


def _encode(
    schema: Schema, texts: pl.DataFrame, *, has_labels: bool
) -> tuple[pl.DataFrame, dict[str, tuple[Category, ...]]]:
    """The texts with codes for ids; what the schema does not name comes after what it names."""
    if has_labels:
        texts = _without_labels(texts)
    if f"{PERIOD}.period" in texts.columns:
        texts = _with_period(texts)
    keys = [name for name in texts.columns if not name.startswith(INDICATOR)]
    if not keys:
        return texts, {}
    codes, unknown = encode(texts, [schema.by_field.get(name) or unknown_dimension(name) for name in keys])
    return codes.hstack([text for text in texts.get_columns() if text.name.startswith(INDICATOR)]), unknown


def _in_order(
    schema: Schema, columns: dict[str, pl.Series], unknown: dict[str, tuple[Category, ...]], height: int
) -> EncodedRows:
    """Rows with the columns of the schema, in its order."""
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
    names = {name: _id_of(name) for name in texts.columns}
    keys = [pl.col(name).str.split(" :: ").list.first() for name in names if not name.startswith(INDICATOR)]
    return texts.with_columns(keys).rename(names)


def _id_of(text: str) -> str:
    return text.partition(" :: ")[0]


def _with_period(texts: pl.DataFrame) -> pl.DataFrame:
    """The columns with the two of the time period made one."""
    return texts.select_seq(_period_of_two())


@lru_cache(maxsize=1)
def _period_of_two() -> list[pl.Expr]:
    names = [f"{PERIOD}.period", f"{PERIOD}.code"]
    ids = pl.concat_str(pl.col(names).fill_null(""), separator="|")
    is_filled = pl.any_horizontal(pl.col(names).is_not_null())
    return [pl.when(is_filled).then(ids).alias(PERIOD), pl.exclude(names)]
