"""Large CSV pairs of a folder: read block by block, and kept for the next start (see `cache.py`).

A large data file that has nothing odd is read with its texts as numbers, and nothing of it stays in memory but the
table. Every other file is read whole, which takes longer and knows the place of whatever is refused. Both make the
same of a file that both can read.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, cast

import attrs
import polars as pl

from .._classes import frozen
from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN
from ..table.text import CsvFile, OddTextError, column_names
from .cache import Cache, Digest, Entry, digest_of_bytes
from .csv import (
    LEVEL_COLUMN,
    PERIOD_COLUMNS,
    MetaRow,
    TextTable,
    meta_table,
    of_type,
    read_file,
    read_meta_table,
    require_no_zip,
)
from .findings import data_findings, read_meta_rows, require_taken
from .ids import Numbering
from .ingest import About, Found, Summary, VersionData, ingest, number, read_out, summary_of
from .packing import Content, Rows, to_parquet

_LARGE = 4 << 20
"""Bytes of a data file from which on all this pays."""

_BLOCK = 8 << 20
"""Bytes that are read at a time."""

_HEAD = 1 << 18
"""Bytes from the first of a file on the disk that are kept, as a page shows some rows."""


def ingest_files(data: Path, meta: Path, numbering: Numbering, *, in_api: bool = True) -> VersionData:
    """Import a CSV pair from the disk, as `ingest` does."""
    try:
        found = _found(data, meta, in_api=in_api)
    except (DataFileError, OddTextError, OSError, EOFError, zlib.error, pl.exceptions.PolarsError):
        # the careful way reads it, or says what is wrong, and where
        found = None
    if found is not None:
        pair, summary = found
        return attrs.evolve(number(pair, numbering), summary=summary)
    return ingest(
        data_name=data.name,
        data=read_file(data),
        meta_name=meta.name,
        meta=read_file(meta),
        numbering=numbering,
        in_api=in_api,
    )


def _found(data: Path, meta: Path, *, in_api: bool) -> tuple[Found, Summary] | None:
    """What a large pair holds, or None of another."""
    size = data.stat().st_size
    if size < _LARGE:
        return None
    said, cache = meta.read_bytes(), Cache.default()
    naming = b"%s %d " % (data.suffix.encode(), in_api) + said

    def describe() -> TextTable:
        return meta_table(read_meta_table(meta.name, said))

    kept = cache and cache.find(data, naming, lambda entry: _from_entry(describe(), entry))
    if kept:
        return kept.found(data)
    described = describe()
    reading = _Reading(described)
    table, file = _read_strictly(data, reading)
    with ThreadPoolExecutor(1) as pool:
        check = pool.submit(_require_taken, table, reading.rows)
        try:
            about, frame = read_out(table, reading.rows, in_api=in_api)
        finally:
            # first of all that may be wrong
            check.result()
    summary = summary_of(described, reading.columns, table.frame.height)
    del table
    parquet = to_parquet(frame)
    shape: dict[str, Any] = {"height": frame.height, "columns": frame.columns, "size": int(frame.estimated_size())}
    if cache:
        told = {
            "about": attrs.asdict(about),
            "rows": shape,
            "columns": reading.columns,
            "length": file.length,
            "records": summary.rows,
        }
        cache.keep(size, naming, Entry(digest=file.digest, about=json.dumps(told).encode(), table=parquet))
    found = Found(about=about, meta=reading.rows, rows=Rows.packed(parquet, **shape), csv=file.content(data))
    return found, summary


@frozen(kw_only=True)
class _Kept:
    """What was kept of a pair, all but the bytes of its data file."""

    about: About
    meta: tuple[MetaRow, ...]
    rows: Rows
    file: _WasRead
    summary: Summary

    def found(self, data: Path) -> tuple[Found, Summary]:
        """The same with the data file."""
        found = Found(about=self.about, meta=self.meta, rows=self.rows, csv=self.file.content(data))
        return found, self.summary


def _from_entry(meta: TextTable, entry: Entry) -> _Kept:
    told = json.loads(entry.about)
    about = told["about"]
    about["periods"] = [tuple(cells) for cells in about["periods"]]
    about["locations"] = {
        level: (names, [tuple(cells) for cells in placed]) for level, (names, placed) in about["locations"].items()
    }
    return _Kept(
        about=About(**about),
        meta=read_meta_rows(meta, told["columns"]),
        rows=Rows.packed(entry.table, **told["rows"]),
        file=_WasRead(length=told["length"], digest=entry.digest),
        summary=summary_of(meta, told["columns"], told["records"]),
    )


@frozen(kw_only=True, eq=False)
class _FileOnDisk(Content):
    """A file that stays where it is: its first bytes are kept, the others are read when they are wanted."""

    path: Path
    digest: str

    def read(self, size: int | None = None) -> bytes:
        """The bytes, at most `size` from the first; `DataFileError` where they are others than those that were read."""
        if size is not None and size <= len(self._bytes):
            return self._bytes[:size]
        try:
            content = self.path.read_bytes()
        except OSError as error:
            message = f"is gone since it was loaded ({error.strerror}): put it back, or load the folder anew"
            raise DataFileError(message, file=self.path.name) from error
        if digest_of_bytes(content) != self.digest:
            raise DataFileError("has changed since it was loaded: load the folder anew", file=self.path.name)
        return content[:size]


@frozen(kw_only=True)
class _WasRead:
    """What a file was when it was read: how many bytes it has unpacked, and the digest of those on the disk."""

    length: int
    digest: str

    def content(self, path: Path) -> Content:
        """The file as answers have it; one that is packed already is kept as it is."""
        if path.suffix == ".gz":
            packed = path.read_bytes()
            if digest_of_bytes(packed) != self.digest:
                raise OddTextError
            return Content(size=self.length, bytes=packed, is_packed=True)
        with path.open("rb") as file:
            return _FileOnDisk(
                size=self.length, bytes=file.read(_HEAD), is_packed=False, path=path.absolute(), digest=self.digest
            )


class _Tap:
    """A file on the disk whose digest is taken beside the reading."""

    def __init__(self, file: IO[bytes], pool: ThreadPoolExecutor, name: str) -> None:
        self._file, self._pool, self._name = file, pool, name
        self._digest = Digest()
        self._waiting: deque[Future[None]] = deque()
        self.length = 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes more."""
        piece = self._file.read(size)
        if not self.length:
            require_no_zip(self._name, piece)
        self.length += len(piece)
        self._waiting.append(self._pool.submit(self._digest.update, piece))
        if len(self._waiting) > 2:
            self._waiting.popleft().result()
        return piece

    def digest(self) -> str:
        """The digest of all that was read."""
        while self._waiting:
            self._waiting.popleft().result()
        return self._digest.hexdigest()


def _read_strictly(path: Path, reading: _Reading) -> tuple[TextTable, _WasRead]:
    """The columns of a data file that are of use, those of places as `pl.Categorical`, and what the file was."""
    with path.open("rb") as opened, ThreadPoolExecutor(1) as pool:
        tap = _Tap(opened, pool, path.name)
        source = cast(IO[bytes], tap)
        packed = gzip.GzipFile(fileobj=source, mode="rb") if path.suffix == ".gz" else None
        file = CsvFile(cast(IO[bytes], packed or tap), size=_BLOCK)
        blocks = [reading.of_use(frame) for frame in file.strict_frames(reading.types)]
        if not blocks:
            raise OddTextError
        was = _WasRead(length=packed.tell() if packed else tap.length, digest=tap.digest())
    table = TextTable(name=path.name, content=b"", columns=reading.used, frame=pl.concat(blocks), line=lambda _: 1)
    return table, was


def _require_taken(table: TextTable, rows: tuple[MetaRow, ...]) -> None:
    # so that all rows are kept, and none is about what is checked in some rows alone
    require_taken(data_findings(_distinct(table), rows), in_api=False)


def _distinct(table: TextTable) -> TextTable:
    """A table with each text of a column once, beside any of the others.

    If nothing is wrong with it, nothing is wrong with the table itself: no text is of a kind that counts only beside
    some others, for those of places are filled wherever they can be.
    """
    found: list[list[str]] = []
    for column, cells in zip(table.columns, table.frame, strict=True):
        texts = cells.unique().cast(pl.String) if cells.dtype != pl.String else cells.filter(cells == "").head(1)
        filled = texts.filter(texts != "") if column in LEVEL_BY_COLUMN else texts
        found.append((filled if len(filled) else texts).to_list() or ["1"])
    height = max(map(len, found)) if table.frame.height else 0
    columns = [(texts + texts[:1] * (height - len(texts)))[:height] for texts in found]
    return attrs.evolve(table, frame=pl.DataFrame({f"c{place}": texts for place, texts in enumerate(columns)}))


class _Reading:
    """What is of use of a data file, which is known once its headings were read."""

    def __init__(self, meta: TextTable) -> None:
        self._meta = meta
        self._types: dict[str, pl.Categorical] = {}
        self.columns: tuple[str, ...] = ()
        self.used: tuple[str, ...] = ()
        self.rows: tuple[MetaRow, ...] = ()

    def types(self, headings: tuple[str, ...]) -> Mapping[str, pl.Categorical]:
        """The columns of places, whose texts repeat and are numbered at once."""
        if not self.columns:
            self.columns = column_names(headings)
            self.rows = read_meta_rows(self._meta, self.columns)
            keys = {
                *PERIOD_COLUMNS,
                LEVEL_COLUMN,
                *LEVEL_BY_COLUMN,
                *(row.column for row in of_type(self.rows, "Filter")),
            }
            values = {row.column for row in self.rows} - keys
            self.used = tuple(column for column in self.columns if column in keys | values)
            self._types = {
                f"c{place}": pl.Categorical(pl.Categories.random())
                for place, column in enumerate(self.columns)
                if column in keys
            }
        return self._types

    def of_use(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns that are of use, without nulls, named by their places among these."""
        names = [f"c{self.columns.index(column)}" for column in self.used]
        if any(frame.schema[name] != dtype for name, dtype in self._types.items()):
            raise OddTextError
        return frame.select(pl.col(name).fill_null("").alias(f"c{place}") for place, name in enumerate(names))
