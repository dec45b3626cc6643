"""What the service's import would say of a CSV pair, asked before it is uploaded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

import attrs
import polars as pl

from .._classes import frozen
from ..errors import DataFileError
from ..models.enums import LEVEL_BY_COLUMN, GeographicLevel
from ..models.periods import TimePeriod, period_from_csv
from ..models.sql import is_sortable
from ..table.records import UnsureError
from .csv import (
    LEVEL_COLUMN,
    PERIOD_COLUMNS,
    REQUIRED,
    MetaRow,
    TextTable,
    identifier_in,
    levels_with_columns,
    meta_rows,
    meta_table,
    read_file,
    read_meta_table,
    read_table,
)
from .findings import FileFinding, data_findings, meta_findings, of_file, of_rows


@frozen(kw_only=True)
class FileCheck:
    """What the service's import would say of a CSV pair.

    Attributes:
        data: Name of the data file.
        meta: Name of the metadata file.
        findings: All that was found: of the metadata file first, and what is refused before what is not.
    """

    data: str
    meta: str
    findings: tuple[FileFinding, ...]

    @property
    def is_taken(self) -> bool:
        """True if the service would take the pair."""
        return not any(finding.is_refused for finding in self.findings)

    @property
    def verdict(self) -> str:
        """In a sentence, whether the service would take the pair."""
        refused, others = (sum(one.is_refused is kind for one in self.findings) for kind in (True, False))
        count = f"{refused or others} {'thing' if (refused or others) == 1 else 'things'}"
        if refused:
            return f"The service would refuse {self.data} with {self.meta}: {count} to put right."
        if any(finding.rule == "unsure" for finding in self.findings):
            return f"Whether the service would take {self.data} with {self.meta} cannot be told: {count} to know."
        noted = f", with {count} to know" if others else ""
        return f"The service would take {self.data} with {self.meta}{noted}."

    def to_text(self) -> str:
        """Two lines for each finding, then the verdict."""
        return "".join(f"{_line(finding)}\n" for finding in self.findings) + f"{self.verdict}\n"

    def to_json(self) -> str:
        """JSON text: whether the pair is taken, and each finding."""
        findings = [attrs.asdict(finding) for finding in self.findings]
        return json.dumps({"is_taken": self.is_taken, "findings": findings}, ensure_ascii=False, indent=2) + "\n"

    def __str__(self) -> str:
        """The same text."""
        return self.to_text().rstrip("\n")


def _line(finding: FileFinding) -> str:
    names = ", ".join(finding.screener)
    screener = f"the screener looks for it: {names}" if names else "the screener does not look for it"
    return f"{'REFUSED' if finding.is_refused else 'note':<8} {finding}\n{'':<8} ({finding.rule}; {screener})"


def check(data: str | os.PathLike[str], meta: str | os.PathLike[str]) -> FileCheck:
    """Say what the service's import would say of a CSV pair: all of it at once, each with its place.

    The rules are those by which `Service.from_folder` takes and refuses files: the importer's own, which the
    department's screener (eesyscreener) does not know in full. Each finding names the screener's checks that look for
    the same, of which those whose name begins with `api_char` only warn.

    Args:
        data: The data file, perhaps compressed (`.gz`).
        meta: Its metadata file.

    Raises:
        DataFileError: A file cannot be opened.
    """
    data, meta = Path(data), Path(meta)
    found: list[FileFinding] = []
    table, about = _read(data, read_table, found), _read(meta, read_meta_table, found)
    if about is not None:
        about = meta_table(about)
        # without the columns of the data file all rows of the metadata file count
        is_known = table is not None and len(table.columns) > 1
        named = about["col_name"] if "col_name" in about.columns else ()
        found += meta_findings(about, table.columns if table is not None and is_known else tuple(named))
    if table is not None:
        has_rows = about is not None and {*REQUIRED} <= {*about.columns}
        rows = meta_rows(about, table.columns) if about is not None and has_rows else ()
        found += data_findings(table, rows)
        if about is not None and not any(finding.is_refused for finding in found):
            grouping = about["filter_grouping_column"] if "filter_grouping_column" in about.columns else ()
            found += _served_findings(table, rows, {*grouping})
    return FileCheck(
        data=data.name, meta=meta.name, findings=tuple(sorted(found, key=lambda finding: not finding.is_refused))
    )


def _read(path: Path, read: Callable[[str, bytes], TextTable], found: list[FileFinding]) -> TextTable | None:
    """A file as text; None where it is not one that the service reads, which is a finding."""
    content = read_file(path)
    try:
        return read(path.name, content)
    except DataFileError as error:
        message = str(error).partition(": ")[2]
        if isinstance(error.__cause__, UnsureError):
            found.append(
                FileFinding(
                    rule="unsure",
                    message=f"{message}; the service reads it in one of two ways, or refuses it",
                    file=path.name,
                    line=error.line,
                    is_refused=False,
                )
            )
            return None
        is_text = _is_utf8(content)
        found.append(
            FileFinding(
                rule="not-csv" if is_text else "not-utf-8",
                message=message,
                file=path.name,
                line=error.line,
                screener=("file_read", "col_req_data") if is_text else ("file_read",),
            )
        )
        return None


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


# What is taken, and served in another way than is meant


def _served_findings(table: TextTable, rows: tuple[MetaRow, ...], grouping: Collection[str]) -> Iterator[FileFinding]:
    """What the service would make of a data file that it takes, where that may not be what is meant."""
    say = partial(of_file, table, is_refused=False)
    known = {*PERIOD_COLUMNS, LEVEL_COLUMN, *LEVEL_BY_COLUMN, *grouping, *(row.column for row in rows)}
    for column in table.columns:
        if column not in known:
            message = "no row of the metadata file is about it: it is not in the API"
            # of columns with one text only the screener says nothing
            screener = ("cross_data_to_meta",) if table[column].n_unique() > 1 else ()
            yield say("not-described", message, column=column, screener=screener)
    for row in rows:
        if not is_sortable(row.column):
            message = "is a word of SQL, or no plain name: a question that sorts by it fails with 500, so rename it"
            yield say("sql-word", message, column=row.column)
        if row.type == "Filter" and (table[row.column] == "").all():
            yield say("no-options", "is empty in all rows: the filter has no options", column=row.column)
    yield from _unmatchable_periods(table)
    yield from _places_of_two_levels(table)


def _unmatchable_periods(table: TextTable) -> Iterator[FileFinding]:
    for text, identifier in table.select(PERIOD_COLUMNS).unique(maintain_order=True).rows():
        code, period = identifier_in(identifier), period_from_csv(text)
        if code and period and not TimePeriod(code=code, period=period).is_matchable:
            wanted = "six digits, such as 202425" if code.spans_two_years else "four digits, such as 2024"
            message = f"no question about {text} {identifier!r} finds its rows: write {wanted}"
            marked = (table[PERIOD_COLUMNS[0]] == text) & (table[PERIOD_COLUMNS[1]] == identifier)
            how = {"column": PERIOD_COLUMNS[0], "is_refused": False, "screener": ("time_period",)}
            yield of_rows(table, marked, "period-form", message, **how)


def _places_of_two_levels(table: TextTable) -> Iterator[FileFinding]:
    """Places that two levels have, where the import finds them by code and name alone."""
    first: dict[tuple[str, ...], GeographicLevel] = {}
    twice: dict[tuple[GeographicLevel, GeographicLevel], list[tuple[str, ...]]] = {}
    for level in levels_with_columns(table):
        if level.columns.codes[:1] and level.columns.codes[0][1] == "code":
            for place in _named(table, level).filter(pl.all_horizontal(pl.all() != "")).unique().sort(pl.all()).rows():
                if first.setdefault(place, level) != level:
                    twice.setdefault((first[place], level), []).append(place)
    for pair, found in twice.items():
        known = pl.DataFrame(found, schema=["code", "name"], orient="row").with_columns(
            pl.lit(value=True).alias("twice")
        )
        for level, other in (pair, pair[::-1]):
            # an authority is found by its old code too
            if len(level.columns.codes) > 1:
                continue
            rows = _named(table, level).join(known, on=["code", "name"], how="left", maintain_order="left")
            code, name = found[0]
            message = (
                f"{name!r} with the code {code!r} is a place of the level {other.columns.label!r} too: its rows are "
                "served twice, so leave both cells empty where the level says nothing of a row"
            )
            marked = rows["twice"].fill_null(value=False)
            yield of_rows(table, marked, "place-twice", message, column=level.columns.name, is_refused=False)


def _named(table: TextTable, level: GeographicLevel) -> pl.DataFrame:
    code, name = table.select((level.columns.codes[0][0], level.columns.name))
    return pl.DataFrame([code.alias("code"), name.alias("name")])
