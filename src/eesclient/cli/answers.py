"""Rows as a command writes them: a table for people, or JSON, CSV, Parquet and Excel."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import attrs

from .._classes import frozen
from .._installed import installed
from ..api.json import to_data
from ..errors import EESError
from ..store.files import reason
from .store import as_json, count
from .terminal import Cell, Terminal, is_drawn, write_table

if TYPE_CHECKING:
    import polars as pl

    from ..results.result import QueryResult
    from ..table.columns import ColumnInfo

_MOST_ROWS = 50
"""Rows that are drawn on a terminal."""


@frozen(kw_only=True)
class Form:
    """How rows are written; a table, if nothing else is said."""

    is_json: bool = False
    is_csv: bool = False
    parquet: Path | None = None
    xlsx: Path | None = None

    def check(self) -> None:
        """Refuse what cannot be written before anything is asked, which may take long."""
        for path in filter(None, (self.parquet, self.xlsx)):
            if not path.parent.is_dir():
                raise EESError(f"{path} cannot be written: there is no folder {path.parent}")
        if self.xlsx is not None and installed("xlsxwriter") is None:
            raise EESError("--xlsx needs XlsxWriter: pip install 'eesclient[excel]'")


def add(parser: argparse.ArgumentParser, *, files: bool = False) -> None:
    """Add the options that say how rows are written."""
    group = parser.add_argument_group("how it is written (default: a table)")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", dest="is_json", help="JSON")
    form.add_argument("--csv", action="store_true", dest="is_csv", help="CSV, in UTF-8")
    parser.set_defaults(parquet=None, xlsx=None)
    if files:
        form.add_argument("--parquet", type=Path, metavar="FILE", help="a Parquet file, with where the rows come from")
        form.add_argument("--xlsx", type=Path, metavar="FILE", help="an Excel workbook, likewise (extra: excel)")


def at_least_one(text: str) -> int:
    """A number of things, read from an argument."""
    number = int(text) if text.isdecimal() else 0
    if not number:
        raise argparse.ArgumentTypeError(f"{text!r}: write a number of at least 1")
    return number


def formed(run: Callable[..., int | None]) -> Callable[..., int | None]:
    """Have a command take how rows are written as one argument, `form`."""

    def command(out: TextIO, **said: Any) -> int | None:
        form = Form(**{field.name: said.pop(field.name) for field in attrs.fields(Form)})
        form.check()
        return run(out, form=form, **said)

    return command


def write_rows(out: TextIO, header: Sequence[str], rows: Sequence[Sequence[Cell]], form: Form) -> None:
    """Write a list as a table, JSON or CSV."""
    if form.is_json:
        exactly(out, as_json([dict(zip(header, row, strict=True)) for row in rows]))
    elif form.is_csv:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([header, *rows])
        exactly(out, text.getvalue())
    else:
        write_table(out, header, rows)


def exactly(out: TextIO, text: str) -> None:
    """Write a text as it is, where a program reads it."""
    if isinstance(out, Terminal):
        out.write_exactly(text)
    else:
        out.write(text)


def write_result(out: TextIO, result: QueryResult, form: Form) -> None:
    """Write an answer, with where it comes from."""
    if form.is_json:
        exactly(out, _as_json(result))
    elif form.is_csv:
        exactly(out, result.frame.write_csv())
        # CSV has no place for it
        sys.stderr.write(f"ees: {result.cite()}\n")
    elif form.parquet is not None:
        _save(out, result, result.write_parquet, form.parquet)
    elif form.xlsx is not None:
        _save(out, result, result.write_excel, form.xlsx)
    else:
        _write_text(out, result)


def _save(out: TextIO, result: QueryResult, write: Callable[[Path], object], path: Path) -> None:
    try:
        write(path)
    except ImportError as error:
        raise EESError(str(error)) from error
    except OSError as error:
        if isinstance(error, EESError):
            raise
        raise EESError(f"{path} cannot be written: {reason(error)}") from error
    out.write(f"{path}: {count(len(result), 'row')}\n{result.cite()}\n")


def _as_json(result: QueryResult) -> str:
    columns = [{name: getattr(column, name) for name in _COLUMN} for column in result.columns]
    whole = {
        "title": result.provenance.title,
        "version": str(result.version),
        "citation": result.cite(),
        "provenance": to_data(result.provenance),
        "digest": result.digest,
        "pinned": dict(result.pinned),
        "total": result.total,
        "columns": to_data(columns),
        "rows": result.frame.to_dicts(),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, default=str) + "\n"


_COLUMN = ("name", "column", "label", "kind", "unit", "decimal_places")


def _write_text(out: TextIO, result: QueryResult) -> None:
    """The rows for people: constant columns in a line, then those that tell rows apart, and figures with symbols."""
    frame = result.frame
    out.write(f"{result._heading()}\n")
    if not frame.height:
        out.write("no rows; ees explain with the same question says why\n")
        return
    keys = [column for column in result.columns if column.kind not in ("indicator", "status")]
    constant = [column for column in keys if frame.height > 1 and frame[column.name].n_unique() == 1]
    # a code says nothing beside a name
    named = [frame[column.name][0] for column in constant if not column.name.endswith("_code")]
    if named:
        out.write(f"all rows: {' · '.join(str(cell) for cell in named if cell is not None)}\n")
    out.write("\n")
    shown = [column for column in result.columns if column not in constant and column.kind != "status"]
    some = frame.head(_MOST_ROWS) if is_drawn(out) else frame
    cells = [_cells(some, result.columns, column) for column in shown]
    write_table(out, [column.name for column in shown], [*zip(*cells, strict=True)])
    if some.height < frame.height:
        out.write(f"{frame.height - some.height:,} more rows: --csv, --json, --parquet and --xlsx have all\n")
    rows = count(frame.height, "row") + (f" of {result.total:,}" if result.total > frame.height else "")
    out.write(f"\n{rows}. {result.cite()}\n")


def _cells(frame: pl.DataFrame, columns: Sequence[ColumnInfo], column: ColumnInfo) -> list[Cell]:
    """Cells of a column; a figure without a number is its symbol."""
    values: list[Cell] = frame.get_column(column.name).to_list()
    after = columns.index(column) + 1
    if after == len(columns) or columns[after].kind != "status":
        return values
    symbols = frame.get_column(columns[after].name).to_list()
    return [symbol if value is None else value for value, symbol in zip(values, symbols, strict=True)]
