"""The CSV files of a Blade export: which file is which, and each as a frame of texts."""

from __future__ import annotations

import csv
import io
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import polars as pl

from ..errors import SEN2Error
from ..specification import Specification
from .layout import id_of, parent_of

UNPACKED_MOST = 2_000_000_000
"""Bytes that the files of a zip may have unpacked, all together."""

ENTRIES_MOST = 1_000
"""Files that may stand in a zip."""

_PIECE = 1 << 20
_BEGIN = 100


def named_files(source: str | os.PathLike[str] | bytes) -> Iterator[tuple[str, bytes]]:
    """The CSV files in a folder or a zip, by name.

    Raises:
        SEN2Error: The zip is damaged, encrypted, or larger than it may be.
        OSError: A file cannot be read.
    """
    if not isinstance(source, bytes) and Path(source).is_dir():
        # in one order on every system, so that errors are the same
        for path in sorted(Path(source).iterdir()):
            if path.suffix.casefold() == ".csv" and path.is_file():
                yield path.name, path.read_bytes()
        return
    file = "" if isinstance(source, bytes) else Path(source).name
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            yield from _unpacked(archive, file)
    # what zipfile says of a password, of damage, and of a way of packing that it does not know
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
        raise SEN2Error(
            f"the zip cannot be read ({error}): ask for it again, or unpack it and name the folder", file=file
        ) from None


def _unpacked(archive: zipfile.ZipFile, file: str) -> Iterator[tuple[str, bytes]]:
    left = UNPACKED_MOST
    if len(archive.infolist()) > ENTRIES_MOST:
        raise SEN2Error(f"the zip has more than {ENTRIES_MOST:,} files: a Blade export has nine", file=file)
    for entry in archive.infolist():
        # macOS puts files about files beside them
        if PurePosixPath(entry.filename).suffix.casefold() == ".csv" and not entry.filename.startswith("__MACOSX/"):
            parts: list[bytes] = []
            with archive.open(entry) as stream:
                while piece := stream.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise SEN2Error(f"the zip has more than {UNPACKED_MOST:,} bytes unpacked", file=file)
                    parts.append(piece)
            yield PurePosixPath(entry.filename).name, b"".join(parts)


def sorted_files(
    files: Iterator[tuple[str, bytes]], spec: Specification, source: str
) -> Mapping[str, tuple[str, bytes]]:
    """The nine files by the table that they hold, as their headings say; other CSV files are left alone.

    Raises:
        SEN2Error: One is missing, there are two of a kind, or one has not the ids that hold it to the others.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for name, data in files:
        headings = _headings(name, data)
        _check_form(name, data, headings, spec)
        # names of files are the user's to change; ids in the headings are not
        table = _kind(name, headings, spec)
        if table and table in found:
            raise SEN2Error(
                f"{name} and {found[table][0]} both hold {spec.tables[table].blade}: keep the files of one export",
                file=source,
            )
        if table:
            found[table] = name, data
    missing = [table for name, table in spec.tables.items() if name not in found]
    if missing:
        names = ", ".join(f"{table.blade} (its first column is {id_of(table)})" for table in missing)
        had = f"beside {', '.join(name for name, _ in found.values())}, " if found else ""
        raise SEN2Error(
            f"a folder or zip has to be a Blade export of nine CSV files: {had}there is none of {names}", file=source
        )
    return found


def _headings(name: str, data: bytes) -> list[str]:
    # in UTF-16 each letter has one beside it: without them the headings can be told, and the encoding refused
    first = data[:100_000].decode("utf-8-sig", "replace").replace("\0", "")
    return next(csv.reader(io.StringIO(first, newline="")), [])


def _check_form(name: str, data: bytes, headings: list[str], spec: Specification) -> None:
    """Refuse a file of an export in another encoding, or with other signs than commas between its cells."""
    ids = [id_of(table) for table in spec.tables.values()]
    stood = " ".join(headings).casefold()
    if not any(own in stood for own in ids):
        return
    if b"\0" in data[:_BEGIN]:
        raise SEN2Error("its encoding is not UTF-8: save the file as CSV UTF-8", file=name, line=1)
    if len(headings) == 1 and stood.strip() not in ids:
        raise SEN2Error("no commas divide its cells: save the file as CSV with commas", file=name, line=1)


def _kind(name: str, headings: list[str], spec: Specification) -> str:
    """The table that a file holds: it has its own ids and those of its parent."""
    own = [heading.strip().casefold() for heading in headings]
    ids = {table: id_of(t) for table, t in spec.tables.items() if id_of(t) in own}
    if not ids:
        return ""
    # a child's file has the ids of its parent, too: both together say which it is
    for table, this in spec.tables.items():
        parent = parent_of(this)
        if set(ids) == {table, *([parent] if parent else [])}:
            return table
    if len(ids) == 1:
        (table,) = ids
        parent = id_of(spec.tables[parent_of(spec.tables[table])])
        raise SEN2Error(f"there is no heading {parent}, which says what each record belongs to", file=name, line=1)
    raise SEN2Error(
        f"it has the ids of several tables ({', '.join(ids.values())}): which it holds cannot be said",
        file=name,
        line=1,
    )


def as_texts(name: str, data: bytes) -> pl.DataFrame:
    """The cells of a file as texts, null where there is nothing; the first column, without a name, has their lines.

    Raises:
        SEN2Error: It is not UTF-8, or a record has more or fewer cells than there are headings.
    """
    headings = _headings(name, data)
    folded = [heading.strip().casefold() for heading in headings]
    for number, heading in enumerate(folded, 1):
        # which of two columns is meant nobody could say
        if not heading or heading in folded[: number - 1]:
            says = f"{heading!r} stands twice" if heading else f"column {number} has none"
            raise SEN2Error(f"headings: {says}", file=name, line=1)
    try:
        cells = pl.read_csv(data, has_header=False, infer_schema=False)
    except pl.exceptions.PolarsError:
        return _exactly(name, data, headings)
    if cells.width != len(headings) or not _is_exact(cells, data):
        return _exactly(name, data, headings)
    cells.columns = headings
    # a cell in quotes may hold ends of lines, so that records and lines are not the same
    breaks = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
    lines = (1 + breaks).cum_sum().shift(1, fill_value=0) + 1
    texts = pl.all().replace("", None)
    return cells.select(lines.cast(pl.UInt32).alias(""), texts).slice(1)


def _is_exact(cells: pl.DataFrame, data: bytes) -> bool:
    """Whether each record has all its cells: Polars fills what is missing at the end of one."""
    counted = cells.select(pl.sum_horizontal(pl.all().str.count_matches(",", literal=True).fill_null(0)).sum()).item()
    return bool(data.count(b",") == cells.height * (cells.width - 1) + counted)


def _exactly(name: str, data: bytes, headings: list[str]) -> pl.DataFrame:
    """The same, record by record, to say where something is wrong."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SEN2Error("bytes that are not UTF-8: save the file as CSV UTF-8", file=name, line=line) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int | str | None, ...]] = []
    try:
        line = 1
        for cells in reader:
            if cells and len(cells) != len(headings):
                raise SEN2Error(f"{len(cells)} cells under {len(headings)} headings", file=name, line=line)
            if cells:
                rows.append((line, *(cell or None for cell in cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise SEN2Error(f"it is not CSV ({error})", file=name, line=reader.line_num) from None
    wanted = {"": pl.UInt32, **dict.fromkeys(headings, pl.String)}
    return pl.DataFrame(rows[1:], schema=wanted, orient="row")
