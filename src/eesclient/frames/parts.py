"""The fast reading of a page: Polars alone, and only what differs between rows.

A row of an answer has no braces but those of its members, so that rows are cut apart at `}},{` and into their members
at `{`. Rows repeat each other: each different text of a member is decoded once, with the schema that metadata gives,
and spread over its rows; only values are decoded row by row.

What a decoding with a schema would drop or reword without a sound (a member that metadata does not name, a number where
a text is promised) shows in counts of the text; so does a brace inside a text, which cuts a row in the wrong place.
Whatever does not add up is left to the careful reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import attrs

from .._lazy import pl
from .axes import GROUPS, INDICATOR, LEVEL, PERIOD, Schema

VALUES = "values"
_NEXT = re.compile(r'"([A-Za-z]+)":\Z')
_OPENING, _BETWEEN, _CLOSING = b"[{", b"}},{", b"}}]"
_CHUNK = 1_250_000
"""Bytes of JSON text that are read at a time, about."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@attrs.frozen(kw_only=True, eq=False)
class Group:
    """Fields that are read together.

    Attributes:
        texts: Columns of text by field; the time period in two, `timePeriod.code` and `timePeriod.period`.
        index: Which row of `texts` each row of the page has; None where they are the same.
    """

    texts: pl.DataFrame
    index: pl.Series | None = None

    def spread(self, columns: pl.DataFrame) -> pl.DataFrame:
        """Columns that go with `texts`, for each row of the page."""
        return columns if self.index is None else columns[self.index]


def slices_of(body: bytes, rows: slice) -> list[slice]:
    """Cut the rows of a page into chunks to be read one after another, as reading takes many times their memory.

    Args:
        body: JSON text of the page.
        rows: Where in it the list of rows stands, brackets included.

    Returns:
        Where the chunks stand, without what is around and between them; none when this reading may miss something.
    """
    start, stop = rows.start + len(_OPENING), rows.stop - len(_CLOSING)
    if not body.startswith(_OPENING, rows.start) or not body.endswith(_CLOSING, start, rows.stop):
        return []
    if _has_hard_escapes(body):
        return []
    count = -(-(stop - start) // _CHUNK)
    size = (stop - start) // count if count else 0
    slices: list[slice] = []
    while len(slices) + 1 < count and (cut := body.find(_BETWEEN, start + size, stop)) > 0:
        slices.append(slice(start, cut))
        start = cut + len(_BETWEEN)
    return [*slices, slice(start, stop)]


def read_parts(schema: Schema, body: bytes, rows: slice) -> list[Group] | None:
    """Read rows of a page.

    Args:
        schema: What metadata says of the rows.
        body: JSON text of the page.
        rows: Where in it they stand, as `slices_of` says.

    Returns:
        Their texts; None when this reading may miss something.
    """
    try:
        parts = _cut(str(memoryview(body)[rows], "utf-8"))
        names = _names(parts)
        return None if names is None else _groups(schema, parts, names, has_escapes=b"\\" in body)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None


def _has_hard_escapes(body: bytes) -> bool:
    """Whether escapes hide a quote, or (half a surrogate pair) are not undone rightly."""
    return b"\\" in body and (b"\\\\" in body or b'\\"' in body or _SURROGATE.search(body) is not None)


def _cut(rows: str) -> pl.DataFrame:
    """The text before the first `{` inside each row, and after each `{`."""
    # one call for all, here and below: a call by itself costs as much as the work on a page
    lines = pl.col("rows").str.split(_BETWEEN.decode()).explode()
    return pl.DataFrame({"rows": [rows]}).select_seq(lines.str.splitn("{", 2 + len(GROUPS))).unnest("rows")


def _names(parts: pl.DataFrame) -> list[str] | None:
    """Names of the objects in a row, in their order, as the first row has them."""
    found = [_NEXT.search(text or "") for text in parts.row(0)[:-1]]
    names = [match[1] for match in found if match]
    return names if sorted(names) == sorted([PERIOD, *GROUPS]) else None


def _groups(schema: Schema, parts: pl.DataFrame, names: Sequence[str], *, has_escapes: bool) -> list[Group] | None:
    if any(part.null_count() for part in parts):
        return None
    *keys, last = parts.columns
    values = _values(parts[last]) if names[-1] == VALUES and not has_escapes else None
    groups = [values] if values else []
    keys += [] if values else [last]
    once = parts.select_seq(pl.col(keys).unique().implode())
    index = parts.select_seq(pl.col(key).cast(pl.Enum(once[key][0])).to_physical() for key in keys)
    for number, key in enumerate(keys):
        name = names[number - 1] if number else None
        texts = _decoded(schema, once[key][0].rename("text"), name, (*names, None)[number])
        if texts is None:
            return None
        if texts.width:
            groups.append(Group(texts=texts, index=index[key]))
    seen = [column for group in groups for column in group.texts.columns]
    return groups if len(seen) == len(set(seen)) else None


def _values(part: pl.Series) -> Group | None:
    """The last part, where all rows have the members of the first, in its order; not for texts with escapes."""
    keys = _keys(part[0])
    if not keys:
        return None
    openings = [f'"{keys[0]}":"', *(f'{key}":"' for key in keys[1:])]
    cells = [pl.col(f"field_{number}") for number in range(len(keys))]
    checks = [cell.str.starts_with(opening).all() for cell, opening in zip(cells, openings, strict=True)]
    checks.append(cells[-1].str.ends_with('"').all())
    cells[-1] = cells[-1].str.strip_suffix('"')
    named = [f"{INDICATOR}{key}" for key in keys]
    cut = part.alias("part").to_frame().with_columns_seq(pl.col("part").str.splitn('","', len(keys)).alias("cells"))
    table = cut.unnest("cells").select_seq(
        *(
            cell.str.strip_prefix(opening).alias(name)
            for cell, opening, name in zip(cells, openings, named, strict=True)
        ),
        pl.all_horizontal(checks).alias("sound"),
        pl.col("part").str.count_matches('"', literal=True).sum().alias("quotes"),
    )
    # all quotes are those of the openings, of the end and of what stands between cells, so that no cell has one
    sound = table["sound"][0] and table["quotes"][0] == 4 * len(keys) * part.len()
    texts = table[named]
    return Group(texts=texts) if sound and not any(text.null_count() for text in texts) else None


def _keys(text: str) -> list[str]:
    """Names of the members of an object; none when it is no object."""
    try:
        members = json.loads(f"{{{text}}}")
    except ValueError:
        return []
    return list(members)


def _decoded(schema: Schema, texts: pl.Series, name: str | None, following: str | None) -> pl.DataFrame | None:
    """Columns of a part: the members of the object that it begins in, and the level if that comes before the next."""
    opening, closing = '{"inner":{' if name else "{", "0}" if following else "}}"
    types = {"inner": schema.row_types[name]} if name else {}
    text = pl.col(texts.name)
    table = texts.to_frame().select_seq(
        pl.concat_str(pl.lit(opening), text, pl.lit(closing))
        .str.json_decode(pl.Struct({**types, LEVEL: pl.String()}))
        .alias("members"),
        text.str.count_matches('":"', literal=True).sum().alias("texts"),
        text.str.count_matches('"', literal=True).sum().alias("quotes"),
        text.str.ends_with(f'"{following}":' if following else "").all().alias("ends"),
    )
    columns = _columns(table["members"].struct.unnest(), name)
    filled = sum(column.len() - column.null_count() for column in columns)
    quotes = 4 * filled + (2 * texts.len() if following else 0)
    sound = table["ends"][0] and table["texts"][0] == filled and table["quotes"][0] == quotes
    return pl.DataFrame(columns) if sound else None


def _columns(members: pl.DataFrame, name: str | None) -> list[pl.Series]:
    level = members[LEVEL]
    columns = [level] if level.null_count() < level.len() else []
    if name is not None:
        prefix = _PREFIXES[name]
        columns += [part.alias(f"{prefix}{part.name}") for part in members["inner"].struct.unnest()]
    return columns


_PREFIXES: Mapping[str, str] = {PERIOD: f"{PERIOD}.", **GROUPS}
