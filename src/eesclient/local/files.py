"""CSV files as text: read without losing or guessing anything, refused with line and column."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs

from .._lazy import pl
from ..errors import DataFileError

_BOM = b"\xef\xbb\xbf"


@attrs.frozen(kw_only=True, eq=False)
class TextTable:
    """A CSV file whose cells are all text; an empty cell is the empty text.

    Attributes:
        name: Name of the file.
        content: Its bytes, uncompressed.
        frame: One text column per column of the file, one row per record.
    """

    name: str
    content: bytes = attrs.field(repr=False)
    frame: pl.DataFrame = attrs.field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings, in the order of the file."""
        return tuple(self.frame.columns)

    def line(self, row: int) -> int:
        """Line of the file, from 1, at which a row begins (quoted cells may hold line breaks)."""
        rows = records(self.name, _decode(self.name, self.content))
        return next(line for number, (line, _) in enumerate(rows) if number == row + 1)

    def refuse(self, message: str, *, row: int | None = None, column: str | None = None) -> DataFileError:
        """The error to raise about a cell, a column or the whole file."""
        line = None if row is None else self.line(row)
        return DataFileError(message, file=self.name, line=line, column=column)

    def require(self, *columns: str) -> None:
        """Refuse the file unless it has these columns.

        Raises:
            DataFileError: One of them is missing.
        """
        for column in columns:
            if column not in self.columns:
                raise DataFileError("this column is missing: add it", file=self.name, line=1, column=column)


def read_file(path: Path) -> bytes:
    """Bytes of a file, uncompressed if its name ends in `.gz`.

    Raises:
        DataFileError: It cannot be read or uncompressed.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataFileError(f"cannot be read ({error}): check the file", file=path.name) from error


def read_table(name: str, content: bytes) -> TextTable:
    """Read a CSV file: comma, double quotes, UTF-8 with or without a byte order mark.

    Args:
        name: Name of the file, for errors.
        content: Its bytes.

    Raises:
        DataFileError: It is not UTF-8 or not CSV, has no heading, an empty or repeated one, or a record with too many
            or too few cells.
    """
    text = _decode(name, content)
    rows = records(name, text)
    _, header = next(rows, (1, []))
    _check_header(name, header)
    frame = read_fast(text, header)
    return TextTable(name=name, content=content, frame=_read_exactly(name, rows, header) if frame is None else frame)


def _decode(name: str, content: bytes) -> str:
    try:
        return content.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataFileError("is not UTF-8 text here: save the file as UTF-8", file=name, line=line) from error


def records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Records of a CSV text with the line where each begins; blank lines are none.

    Raises:
        DataFileError: It is not CSV.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        before = reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataFileError(f"is not CSV here: {error}", file=name, line=before + 1) from error
        if cells is None:
            return
        if cells:
            yield before + 1, cells


def _check_header(name: str, header: list[str]) -> None:
    if not header:
        raise DataFileError("the file is empty: it needs a line of headings", file=name)
    if "" in header:
        raise DataFileError(f"column {header.index('') + 1} has no heading: give it one", file=name, line=1)
    heading, count = Counter(header).most_common(1)[0]
    if count > 1:
        raise DataFileError(f"{count} columns have this heading: rename all but one", file=name, line=1, column=heading)


def _read_exactly(name: str, rows: Iterator[tuple[int, list[str]]], header: list[str]) -> pl.DataFrame:
    cells: list[list[str]] = [[] for _ in header]
    for line, record in rows:
        if len(record) != len(header):
            raise DataFileError(
                f"this record has {len(record)} cells, the headings are {len(header)}: check commas and quotes",
                file=name,
                line=line,
            )
        for column, cell in zip(cells, record, strict=True):
            column.append(cell)
    return pl.DataFrame(dict(zip(header, cells, strict=True)), schema=dict.fromkeys(header, pl.String))


def read_fast(text: str, header: list[str]) -> pl.DataFrame | None:
    """Records below the headings, by Polars; None where that would not be sure to be the same as one by one.

    Args:
        text: The file, whose headings stand in its first line.
        header: Names of the columns, each once.
    """
    if text.startswith(("\n", "\r")) or text.count("\r") != text.count("\r\n"):
        return None
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")[1:]
    quoted = {number: line for number, line in enumerate(lines) if '"' in line}
    commas = text.count(",", text.find("\n")) - sum(line.count(",") for line in quoted.values())
    if "" in lines or commas != (len(lines) - len(quoted)) * (len(header) - 1):
        return None
    try:
        frame = _by_polars(text, header)
        exact = {number: tuple(next(csv.reader([line], strict=True))) for number, line in quoted.items()}
    except (csv.Error, pl.exceptions.PolarsError):
        return None
    same = frame.shape == (len(lines), len(header)) and frame[list(exact)].rows() == list(exact.values())
    return frame if same else None


def _by_polars(text: str, header: list[str]) -> pl.DataFrame:
    frame = pl.read_csv(text.encode(), has_header=False, skip_rows=1, new_columns=header, infer_schema=False)
    return frame.with_columns(pl.all().fill_null(""))
