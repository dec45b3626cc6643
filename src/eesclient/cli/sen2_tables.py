"""`ees sen2 spec`, `codes`, `calendar` and `changes`: what is known of the return, as tables, JSON or CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import polars as pl

    from ..sen2 import Specification
    from ..sen2.specification import Element

_SAID = "From public sources; the department's own specification is not public in full, and this is not official."


def write(out: TextIO, frame: pl.DataFrame, form: str) -> None:
    """Write a frame: as a table of all rows (`text`), as `json` or as `csv`."""
    import polars as pl

    lists = pl.selectors.by_dtype(pl.List(pl.String))
    if form == "json":
        out.write(f"{json.dumps(frame.to_dicts(), ensure_ascii=False, indent=1, default=str)}\n")
    elif form == "csv":
        out.write(frame.with_columns(lists.list.join(" ")).write_csv())
    else:
        with pl.Config(
            tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, fmt_str_lengths=100, tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True, tbl_formatting="ASCII_MARKDOWN",
        ):  # fmt: skip
            out.write(f"{frame.with_columns(lists.list.join(' '))}\n")


def calendar(out: TextIO, *, form: str) -> None:
    """Show census days and deadlines."""
    from .. import sen2

    write(out, sen2.calendar(), form)


def changes(out: TextIO, *, before: int, after: int, form: str) -> None:
    """Show what changed between two years."""
    from .. import sen2

    frame = sen2.changes(before, after)
    write(out, frame.drop("path", "note") if form == "text" else frame, form)


def codes(out: TextIO, *, year: int, name: str | None, form: str) -> None:
    """Show the code lists of a year, or one of them."""
    import polars as pl

    from .. import sen2

    spec = sen2.specification(year)
    if name is not None and name not in spec.lists:
        raise sen2.SEN2Error(f"{year} has no code list {name!r}: there are {', '.join(spec.lists)}")
    rows = [
        (list_.name, code.code, code.label, code.confidence, " ".join(code.source), code.note)
        for list_ in spec.lists.values()
        for code in list_.codes.values()
        if name in (None, list_.name)
    ]
    columns = ["list", "code", "label", "confidence", "source", "note"]
    write(out, pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"), form)
    notes = "".join(f"{one.name}: {one.note}\n" for one in spec.lists.values() if one.note and name in (None, one.name))
    out.write(notes if form == "text" else "")


def spec(out: TextIO, *, year: int, item: str | None, form: str) -> None:
    """Show the elements of a year's return, or all that is known of one."""
    import polars as pl

    from .. import sen2

    known = sen2.specification(year)
    elements = known.elements if item is None else known.find(item)
    if form == "text" and item is not None:
        out.write("\n\n".join("\n".join(_told(known, element)) for element in elements) + f"\n\n{_SAID}\n")
        return
    frame = pl.DataFrame([_row(known, element) for element in elements], infer_schema_length=None)
    write(out, frame.drop("path", "codes", "format", "note") if form == "text" else frame, form)
    out.write(f"{_SAID}\n" if form == "text" else "")


def _row(known: Specification, element: Element) -> dict[str, object]:
    format_ = known.formats.get(element.type)
    return {
        "item": element.item,
        "element": element.name,
        "parent": element.parent,
        "path": element.path,
        "type": element.type,
        "values": element.values,
        "codes": list(known.lists[element.values].codes) if element.type == "code" else [],
        "format": format_.says if format_ else "",
        "count": _count(element),
        "need": element.need,
        "since": element.since,
        "confidence": element.confidence,
        "source": list(element.source),
        "note": element.note,
    }


def _count(element: Element) -> str:
    return f"{element.least}..{'n' if element.most is None else element.most}"


def _told(known: Specification, element: Element) -> Iterator[str]:
    """All that is known of an element, in lines."""
    yield f"{element.name}{f' ({element.item})' if element.item else ''}, {known.year.year}"
    yield f"  {element.path}"
    need = f", {element.need}" if element.need else ""
    yield f"  {_count(element)} in {element.parent}{need}, as it is since {element.since}"
    if element.type == "code":
        list_ = known.lists[element.values]
        yield f"  a code of {list_.name!r}:"
        yield from (f"    {code.code:5} {code.label}" for code in list_.codes.values())
        yield from [f"  {list_.note}"] if list_.note else []
    elif element.type in known.formats:
        yield f"  {known.formats[element.type].says}"
    else:
        yield f"  {element.type}{f' {element.values}' if element.values else ''}"
    yield from [f"  {element.note}"] if element.note else []
    yield f"  confidence {element.confidence}, from {' '.join(element.source)}:"
    yield from (f"    {key} {known.sources[key]}" for key in element.source)
