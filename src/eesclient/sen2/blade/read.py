"""A return out of a Blade export: nine CSV files that hold the same records as the XML.

A CSV file cannot tell an empty element from one that is absent: a cell without text is read as absent. Nor does it say
in which order the elements of a record stood.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from ...errors import warn
from ..errors import PartialReturnWarning, SEN2Error, shown
from ..returns import KEPT, Header, Return, in_order, says_synthetic, schema
from ..specification import Specification, known_years, specification, years_in_words
from .files import as_texts, named_files, sorted_files
from .layout import HEADED, HEADER, columns, day, id_of, parent_of, usual

_FEW = 12


def read_blade(source: str | os.PathLike[str] | bytes, *, year: int | None = None) -> Return:
    """Read the nine files of a Blade export out of a folder or a zip; which is which, their headings say.

    Days are read as `2022-Sep-28 00:00:00`, `2022-09-28` or `28/09/2022`, with midnight or without a time. What may be
    two days (`03/04/2022`) is none: it is kept as `unreadable`. So is everything else that is no day.

    Keys count the records of a file. Ids, numbers and columns that are no elements are kept as `column`; columns that
    the year has and a file lacks as `absent`, with a `PartialReturnWarning`.

    Args:
        source: The folder, the zip, or the zip's bytes.
        year: Year whose form it has (2023 to 2026), where the export says none or another.

    Raises:
        SEN2Error: A file is missing, damaged or there twice; ids are missing or stand twice; a record belongs to one
            that is not there; or the year is not known. Its text has the file and the line.
        OSError: A file cannot be read.
    """
    name = "" if isinstance(source, bytes) else Path(source).name
    # ids are the same in all years, and the year is in one of the files: which, they have to say first
    files = sorted_files(named_files(source), specification(known_years()[-1]), name)
    texts = {table: _File(file, as_texts(file, data)) for table, (file, data) in files.items()}
    reading = _Reading(specification(_year(texts["authority"], year)))
    for table, file in texts.items():
        file.check_ids(id_of(reading.spec.tables[table]))
    frames: dict[str, Any] = {table: reading.table(table, texts) for table in reading.spec.tables}
    header = reading.header(texts["authority"])
    reading.warn()
    return Return(
        header=header,
        **frames,
        kept=in_order(pl.concat(reading.kept), "key", "position"),
        source=name,
        form="blade",
        offsets={},
        synthetic=says_synthetic(frames["authority"]),
    )


class _File:
    """A file's cells, by their headings in small letters: columns with capitals are our own."""

    def __init__(self, name: str, cells: pl.DataFrame) -> None:
        self.name = name
        self.headings = {heading.strip().casefold(): heading for heading in cells.columns[1:]}
        self.cells = cells.rename({heading: folded for folded, heading in self.headings.items()})

    def check_ids(self, column: str) -> None:
        ids = self.cells[column]
        for wrong, says in (
            (ids.is_null(), "records without an id"),
            (ids.is_duplicated(), "the same id stands twice"),
        ):
            if wrong.any():
                raise self.error(f"{says} in {column}", wrong)

    def error(self, says: str, wrong: pl.Series) -> SEN2Error:
        """An error about records, with their lines and without what stands in them."""
        lines = self.cells[""].filter(wrong).to_list()
        lines_ = f" (lines {shown(lines)})" if len(lines) > 1 else ""
        return SEN2Error(f"{says}{lines_}: ask for the export again", file=self.name, line=lines[0])


def _year(file: _File, year: int | None) -> int:
    """The year that is asked for or that the export says, if it is one whose form is known."""
    names = years_in_words()
    if file.cells.is_empty():
        raise SEN2Error("it has no record: it has to say the year and the authority", file=file.name)
    said = file.cells["year"].unique(maintain_order=True).to_list() if "year" in file.cells.columns else [None]
    if year is None and len(said) > 1:
        raise SEN2Error(f"it says several years: say which form the export has by year= ({names})", file=file.name)
    if str(said[0] if year is None else year) not in map(str, known_years()):
        text = said[0] or ""
        told = (f"its year is {text!r}" if len(text) <= _FEW else "its year is a text") if text else "it has no year"
        shown = f"year={year}" if year is not None else told
        raise SEN2Error(f"{shown}, and the forms of {names} are known: say which it has by year=", file=file.name)
    return int(str(year or said[0]))


class _Reading:
    """An export of a year while it is read."""

    def __init__(self, spec: Specification) -> None:
        self.spec = spec
        self.kept = [pl.DataFrame(schema=KEPT)]
        self._absent: list[str] = []

    def table(self, name: str, files: Mapping[str, _File]) -> pl.DataFrame:
        """The frame of a table."""
        table, file = self.spec.tables[name], files[name]
        wanted = schema(name, self.spec.year.year)
        cells = file.cells.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("KEY"))
        if parent_of(table):
            cells = self._with_parent(cells, parent_of(table), files, name)
        made = {table.key: pl.col("KEY"), "line": pl.col("")}
        if table.parent:
            made[self.spec.tables[table.parent].key] = pl.col("PARENT")
        for element in self.spec.columns(name):
            made[element.name] = self._element(name, file, cells, element.name)
        self._keep_others(name, file, cells, files["authority"])
        return cells.select(made[column].alias(column) for column in wanted)

    def _element(self, name: str, file: _File, cells: pl.DataFrame, element: str) -> pl.Expr:
        """A column of a frame; days that are none are kept."""
        heading, type_ = element.casefold(), schema(name, self.spec.year.year)[element]
        if heading not in file.headings:
            self._missing(name, heading, f"{name}/{element}")
            return pl.lit(None, type_)
        if type_ == pl.Date:
            unreadable = cells.filter(pl.col(heading).is_not_null() & day(pl.col(heading)).is_null())
            self._keep_cells(name, unreadable, heading, "unreadable", element)
            return day(pl.col(heading))
        return pl.col(heading)

    def _with_parent(self, cells: pl.DataFrame, above: str, files: Mapping[str, _File], name: str) -> pl.DataFrame:
        """Add the key of the record that each belongs to."""
        column = id_of(self.spec.tables[above])
        ids = files[above].cells.select(column, pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("PARENT"))
        joined = cells.join(ids, on=column, how="left", maintain_order="left")
        lost = joined["PARENT"].is_null()
        # a record without its parent has no place in the return, and would be lost
        if lost.any():
            raise files[name].error(f"records belong to a {column} that {files[above].name} does not have", lost)
        return joined

    def header(self, file: _File) -> Header:
        """The header, which stands in each record of the authority's file."""
        cells = file.cells
        for heading in HEADED:
            if heading not in file.headings and heading != "year":
                self._missing("authority", heading, f"{HEADER}/{HEADED[heading]}")
        first = {heading: cells[heading][0] if heading in file.headings else None for heading in HEADED}
        day_ = pl.select(day(pl.lit(first["referencedate"], pl.String))).item()
        year = f"{self.spec.year.year}"
        if first["year"] != year:
            self._keep(f"{HEADER}/Year", first["year"] or "", "header" if first["year"] else "absent")
        if first["referencedate"] and day_ is None:
            self._keep(f"{HEADER}/ReferenceDate", first["referencedate"], "unreadable")
        return Header(collection=first["collection"], year=self.spec.year.year, reference_date=day_)

    def _missing(self, name: str, heading: str, element: str) -> None:
        self._absent.append(f"{self.spec.tables[name].blade}.{heading}")
        self._keep(element, "", "absent")

    def warn(self) -> None:
        """Say which columns are missing."""
        if self._absent:
            warn(
                f"the export has no {', '.join(self._absent)}, which a return of {self.spec.year.year} has: "
                "they are read as absent",
                PartialReturnWarning,
            )

    def _keep_others(self, name: str, file: _File, cells: pl.DataFrame, authority: _File) -> None:
        """Keep cells of columns that are no elements, where they are not what is written without them."""
        known = columns(self.spec, name)
        first = str(authority.cells[id_of(self.spec.tables["authority"])][0])
        ours = dict(usual(self.spec, name, pl.col("KEY"), first))
        above = self.spec.tables[name].parent
        parent = id_of(self.spec.tables[above]) if above else ""
        for heading, stood in sorted(file.headings.items()):
            if name == "authority" and heading in HEADED:
                ours[heading] = pl.lit(cells[heading][0], pl.String)
            if not known.get(heading) and heading != parent:
                # keys of an untouched export are its own ids: nothing need be kept of those
                other = pl.col(heading).fill_null("") != ours.get(heading, pl.lit(None, pl.String)).fill_null("")
                self._keep_cells(name, cells.filter(other), heading, "column", stood)

    def _keep(self, element: str, text: str, why: str) -> None:
        """Keep something of the message."""
        # what the message says stands in the first record of the authority's file
        row = {"table": "", "key": 0, "element": element, "text": text, "why": why, "position": None, "line": 2}
        self.kept.append(pl.DataFrame([row], schema=KEPT))

    def _keep_cells(self, name: str, cells: pl.DataFrame, heading: str, *why: str) -> None:
        """Keep cells of some records of a table, with the reason and the name of the element."""
        columns = {
            "table": pl.lit(name),
            "key": pl.col("KEY"),
            "element": pl.lit(why[1]),
            "text": pl.col(heading).fill_null(""),
            "why": pl.lit(why[0]),
            "position": pl.lit(None, pl.UInt32),
            "line": pl.col(""),
        }
        self.kept.append(cells.select(expr.alias(column) for column, expr in columns.items()))
