"""Rows as a workbook: a sheet of the rows, one of where they come from, one of columns, one of symbols."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import polars as pl

from ..errors import ReceiptError
from ..models.symbols import meaning
from ..table.columns import ColumnInfo, unique
from ..transport.download import atomic_write
from .receipts import canonical

if TYPE_CHECKING:
    from .answer import Answer

MAX_ROWS = 1_048_576
"""Rows of a sheet, its headings among them."""

MAX_COLUMNS = 16_384
"""Columns of a sheet."""

MAX_TEXT = 32_767
"""UTF-16 units of the text in a cell."""

_DIGITS = 15
"""Digits of a number that Excel keeps."""

_MOST_PLACES = 30
"""Decimal places of a number format at most."""

_SHOWN = 60
"""Width of a column at most, in digits."""

_SLICE = 10_000
"""Rows that are turned into Python's objects at a time."""

_Cell: TypeAlias = str | int | float | date | None


def write(path: Path, answer: Answer, frame: pl.DataFrame) -> None:
    """Write a frame of an answer, and what is known of it, as a workbook: whole or not at all."""
    _check(path, frame)
    try:
        import xlsxwriter
    except ImportError as error:
        message = "write_excel() needs XlsxWriter: pip install 'eesclient[excel]'"
        raise ImportError(message, name=error.name) from error
    columns = _columns(frame, answer.columns)
    packed = io.BytesIO()
    # rows go to a temporary file one after another, and only what is packed into memory
    with (
        # where XlsxWriter fails it leaves its files behind, open
        tempfile.TemporaryDirectory(prefix="eesclient-", ignore_cleanup_errors=True) as folder,
        _own_errors(),
        xlsxwriter.Workbook(packed, {"constant_memory": True, "tmpdir": folder}) as book,
    ):
        # a sheet may unpack to more than 4 GB
        book.use_zip64()
        where = answer.provenance
        # not the time of writing: the same rows are the same bytes
        created = where.retrieved_at.replace(tzinfo=None)
        said = "; ".join(where.notices)
        book.set_properties({"title": ": ".join((*where.notices, where.title)), "comments": said, "created": created})
        sheets = _Sheets(book)
        # said on the tab, which goes with the rows wherever the sheet is copied to
        first = " ".join((*(notice.split(",")[0] for notice in where.notices), "rows"))
        sheets.table(first[0].upper() + first[1:], [one.name for one in columns], _rows(frame), columns)
        sheets.pairs("About", _about(answer), strong=len(where.notices))
        sheets.table("Columns", _COLUMN_FACTS, _described(frame, columns))
        sheets.table("Symbols", ("symbol", "cells", "usual meaning; footnotes go before"), _symbols(frame, columns))
    with atomic_write(path) as file:
        file.write(packed.getbuffer())


@contextmanager
def _own_errors() -> Iterator[None]:
    """Have what the disk said, such as that it is full, come as it was said."""
    try:
        yield
    except Exception as error:
        # XlsxWriter puts it into an error of its own
        if isinstance(said := error.args[0] if error.args else None, OSError):
            raise said from error
        raise


def _check(path: Path, frame: pl.DataFrame) -> None:
    if path.is_dir():
        raise IsADirectoryError(
            f"{str(path)!r} is a folder: name the file to write, such as {str(path / 'data.xlsx')!r}"
        )
    # a pipe has no ending
    if path.suffix.lower() != ".xlsx" and (path.is_file() or not path.exists()):
        raise ReceiptError("Excel opens a workbook only where its name ends in .xlsx: name it so", file=str(path))
    for what, most, found in (
        ("rows", MAX_ROWS - 1, frame.height),
        ("columns", MAX_COLUMNS, frame.width),
    ):
        if found > most:
            raise ReceiptError(
                f"there are {found:,} {what}, and a sheet of Excel holds {most:,}: ask for fewer, or write_parquet() "
                "writes them all",
                file=str(path),
            )
    for cells in frame.iter_columns():
        # few are that long, and Python counts as Excel does
        long = cells.filter(cells.cast(pl.String).str.len_chars() > MAX_TEXT // 2) if _is_text(cells) else cells[:0]
        most = max((_units(str(text)) for text in (cells.name, *long)), default=0)
        if most > MAX_TEXT:
            raise ReceiptError(
                f"the column {cells.name[:60]!r} has a text of {most:,} characters, and a cell of Excel holds "
                f"{MAX_TEXT:,}: write_parquet() writes it whole",
                file=str(path),
            )


def _is_text(cells: pl.Series) -> bool:
    return cells.dtype.base_type() in (pl.String, pl.Categorical, pl.Enum)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _columns(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> list[ColumnInfo]:
    """What each column of the frame holds, under headings that differ in more than case."""
    known = {column.name: column for column in columns}
    taken: set[str] = set()
    found = []
    for name in frame.columns:
        # dates that were put beside the time period
        column = known.get(name) or ColumnInfo(name=name, column="", label=name.replace("_", " "), kind="time")
        folded = name.casefold()
        heading = name if folded not in taken else name + unique(folded, column.kind, taken)[len(folded) :]
        taken.add(folded)
        found.append(attrs.evolve(column, name=heading))
    return found


def _rows(frame: pl.DataFrame) -> Iterator[tuple[_Cell, ...]]:
    for part in frame.iter_slices(_SLICE):
        yield from (tuple(map(_cell, row)) for row in part.iter_rows())


def _cell(value: Any) -> _Cell:
    """The value as Excel keeps it: a number of more digits than it has is text, with all of them."""
    match value:
        case None | str():
            return value
        case bool() | datetime():
            return str(value)
        case int():
            return value if abs(value) < 10**_DIGITS else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return float(value) if len(value.as_tuple().digits) <= _DIGITS else str(value)
        case date():
            # its calendar begins with 1900, and has a day too many in that year
            return value if value.year > 1900 else value.isoformat()
    return str(value)


class _Sheets:
    """The sheets of a workbook that is being written."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self._strong = book.add_format({"bold": True, "font_size": 14})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._numbers: dict[int | None, Any] = {None: None}

    def table(
        self,
        name: str,
        heads: Sequence[str],
        rows: Iterable[Sequence[_Cell]],
        columns: Sequence[ColumnInfo] = (),
    ) -> None:
        """A sheet of rows under headings, which stay in sight."""
        sheet = self._book.add_worksheet(name)
        formats = [self._number(column.decimal_places) for column in columns] or [None] * len(heads)
        widths = [len(head) for head in heads]
        for place, head in enumerate(heads):
            self._put(sheet, (0, place), head, self._head)
        number = 0
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if cell is not None:
                    self._put(sheet, (number, place), cell, formats[place])
                    if number <= _SLICE:
                        widths[place] = max(widths[place], len(str(cell)))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(width + 2, _SHOWN))
        sheet.freeze_panes(1, 0)
        if heads:
            # no table of Excel's, which needs headings that differ in more than case, and drops all where they do not
            sheet.autofilter(0, 0, number, len(heads) - 1)
            # 202324 is a time period, and no number that somebody mistyped
            sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{number + 1}"})

    def pairs(self, name: str, facts: Iterable[tuple[str, str]], *, strong: int) -> None:
        """A sheet of what is known, in two columns; the first lines are to be seen before all else."""
        sheet = self._book.add_worksheet(name)
        for number, (head, text) in enumerate(facts):
            for place, cell, style in (
                (0, head, self._strong if number < strong else self._head),
                (1, text, self._wrapped),
            ):
                if cell:
                    self._put(sheet, (number, place), cell, style)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100)

    def _number(self, places: int | None) -> Any:
        if places not in self._numbers:
            shown = min(max(places or 0, 0), _MOST_PLACES)
            pattern = "#,##0" + (f".{'0' * shown}" if shown else "")
            self._numbers[places] = self._book.add_format({"num_format": pattern})
        return self._numbers[places]

    def _put(self, sheet: Any, where: tuple[int, int], cell: _Cell, style: Any) -> None:
        if isinstance(cell, str):
            # what begins with = is text too; <r>…</r> would go into the file as it is, for XlsxWriter takes it for XML
            raw = cell.startswith("<r>") and cell.endswith("</r>")
            sheet.write_string(*where, f"{cell} " if raw else cell, style)
        elif isinstance(cell, date):
            sheet.write_datetime(*where, cell, self._day)
        else:
            sheet.write_number(*where, cell, style)


# What is known of the rows


_COLUMN_FACTS = ("heading", "column", "label", "kind", "unit", "decimal places", "hint", "name in eesclient")


def _described(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> Iterator[tuple[_Cell, ...]]:
    for name, one in zip(frame.columns, columns, strict=True):
        unit = None if one.unit is None else str(one.unit)
        yield (one.name, one.column or None, one.label, one.kind, unit, one.decimal_places, one.hint or None, name)


def _symbols(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> Iterator[tuple[_Cell, ...]]:
    """Each text that stands for a figure, how often, and what it usually means."""
    texts = []
    for cells, column in zip(frame.iter_columns(), columns, strict=True):
        if column.kind == "status":
            texts.append(cells.cast(pl.String).drop_nulls().alias("symbol"))
        elif column.kind == "indicator" and _is_text(cells):
            # with values="text" they stand among the figures
            own = cells.cast(pl.String).drop_nulls().alias("symbol")
            known = [text for text in own.unique() if meaning(text)]
            texts.append(own.filter(own.is_in(known)))
    counts = pl.concat([pl.Series("symbol", [], dtype=pl.String), *texts]).value_counts(name="cells")
    for symbol, cells in counts.sort("cells", "symbol", descending=[True, False]).iter_rows():
        yield (symbol, cells, meaning(symbol) or None)


def _about(answer: Answer) -> Iterator[tuple[str, str]]:
    """What is known of the rows, as headings and texts; what has to be said first comes first."""
    where = answer.provenance
    yield from ((notice, "") for notice in where.notices)
    rows = f"{len(answer):,}" + (f" of {answer.total:,} that match" if answer.total > len(answer) else "")
    facts: dict[str, str | None] = {
        "Title": where.title,
        "Version": None if where.file_sha256 else str(where.version),
        "SHA-256 of the file": where.file_sha256,
        "Status": str(where.status),
        "Publication": where.publication,
        "Release": where.release,
        "Published": _instant(where.published),
        "Withdrawn": _instant(where.withdrawn),
        "Superseded by": where.superseded_by,
        "Data set": where.data_set_id,
        "Source": where.source,
        "Address": where.url,
        "Retrieved at": _instant(where.retrieved_at),
        "Citation": answer.cite(),
        "Licence": where.licence,
        "Rows": rows,
        "Digest of the rows": answer.digest,
        "Chosen by default": "; ".join(f"{name} = {option}" for name, option in sorted(answer.pinned.items())),
        "Question": where.query or "the whole data set",
    }
    facts |= {f"Footnote {number}": note for number, note in enumerate(where.footnotes, 1)}
    said = [warning.message or canonical(warning) for warning in answer.warnings]
    facts |= {f"Warning of the service {number}": text for number, text in enumerate(said, 1)}
    for name, text in facts.items():
        # a long question goes on in the lines below
        for start in range(0, len(text or ""), MAX_TEXT // 2):
            yield ("" if start else name, (text or "")[start : start + MAX_TEXT // 2])


def _instant(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")
