"""The user's copy of the department's rule file: its rules as a frame, and what the user says of ours and them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import polars as pl

from .._classes import frozen
from .errors import SEN2Error
from .rules.declared import Rule
from .specification import rows

_SHEETS = (".ods", ".xls", ".xlsb", ".xlsx")

_BREAK = re.compile(rb"<([\w.-]+):(?:line-break|tab)\b[^>]*/>")

_MOST = 64 << 20
"""Bytes of an .ods file, unpacked: the department's have some 28 KB, packed."""


@frozen(kw_only=True, repr=False, eq=False)
class RuleFile:
    """Rules of the department as a file of the user has them; none of them is implemented here.

    Attributes:
        name: Name of the file.
        frame: A row for each rule, all columns text: those that were mapped under their names, then the others under
            their headings.
        coverage: Our ids, each with the numbers of their rules that the user declares it to cover.
    """

    name: str
    frame: pl.DataFrame
    coverage: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    def covered_by(self, coverage: Mapping[str, str | Sequence[str]]) -> RuleFile:
        """The same rules, with what the user declares: which of our checks covers which of them.

        Args:
            coverage: Our ids, such as `O01`, each with numbers of their rules as the file has them.

        Raises:
            SEN2Error: An id is none of ours, or a number is none of the file's.
        """
        said = {ours: (theirs,) if isinstance(theirs, str) else tuple(theirs) for ours, theirs in coverage.items()}
        known = {row["rule"] for row in rows("rules")}
        numbers = set(self.frame["number"].drop_nulls())
        strange = sorted(set(said) - known)
        absent = sorted({number for theirs in said.values() for number in theirs} - numbers)
        if strange or absent:
            raise SEN2Error(
                "; ".join(
                    [f"{', '.join(strange)}: no rule of ours (see sen2.rules(year))"] * bool(strange)
                    + [f"{', '.join(absent)}: no rule of {self.name}"] * bool(absent)
                )
            )
        return attrs.evolve(self, coverage=said)

    def covering(self) -> pl.DataFrame:
        """Their rules with those of ours that the user declares to cover them.

        Returns:
            A row for each rule of the file: the columns that were mapped, and `covered_by`, a list of our ids.
        """
        ours: dict[str, list[str]] = {}
        for own, theirs in self.coverage.items():
            for number in theirs:
                ours.setdefault(number, []).append(own)
        lists = [ours.get(number, []) for number in self.frame["number"]]
        return self.frame.with_columns(pl.Series("covered_by", lists, dtype=pl.List(pl.String)))

    def declared(self, rules: Iterable[Rule]) -> Iterator[str]:
        """What the user declares, in words; rules of ours that were not tested are said to be so."""
        tested = {rule.id for rule in rules if not rule.untested}
        theirs = {number for numbers in self.coverage.values() for number in numbers}
        yield (
            f"{self.name} lists {self.frame.height:,} rules; the user declares that checks here cover "
            f"{len(theirs):,} of them, and nothing else says so"
        )
        for own, numbers in self.coverage.items():
            left = "" if own in tested else " (not tested here)"
            yield f"{own}{left}: declared by the user to cover {', '.join(numbers)}"

    def to_dict(self) -> dict[str, Any]:
        """The file's rules and what is declared, as JSON has them."""
        covering = self.covering().to_dicts()
        return {"name": self.name, "rules": covering, "declared_by": "the user"}

    def __len__(self) -> int:
        return self.frame.height

    def __repr__(self) -> str:
        return f"<RuleFile {self.name}: {self.frame.height:,} rules, 0 of them implemented here>"


def load_rules(path: str | Path, *, columns: Mapping[str, str], sheet: str | None = None) -> RuleFile:
    """Read the user's copy of the department's rule file; which columns it has is not public.

    Args:
        path: The file: `.ods` or `.xlsx` (with `eesclient[sen2]`), or `.csv`.
        columns: Our names and the file's headings: `number` must be there, `message` and `severity` are usual, and any
            other name may be.
        sheet: Name of the sheet; None for the first that has the headings.

    Returns:
        A file of rules; the row with the headings may stand below others.

    Raises:
        SEN2Error: The file cannot be read, or no row has the headings; the error lists those that there are.
    """
    path = Path(path)
    if "number" not in columns:
        raise SEN2Error(
            'columns= needs the heading of the rules\' numbers: columns={"number": "...", "message": "..."}'
        )
    sheets = _sheets(path, sheet)
    for table in sheets.values():
        for at, row in enumerate(table):
            # titles and dates often stand above the headings
            if set(columns.values()) <= set(row):
                return RuleFile(name=path.name, frame=_frame(row, table[at + 1 :], columns))
    seen = "; ".join(f"{name or path.name}: {_headings(table)}" for name, table in sheets.items())
    missing = sorted(set(columns.values()) - {cell for table in sheets.values() for row in table for cell in row})
    said = f"there is no heading {', '.join(map(repr, missing))}" if missing else "no row has all those headings"
    raise SEN2Error(f"{said}. Found: {seen}", file=path.name)


def _headings(table: Sequence[Sequence[str]]) -> str:
    """The first row with more than one cell, which is most likely that of the headings."""
    for row in table:
        filled = [cell for cell in row if cell]
        if len(filled) > 1:
            return ", ".join(map(repr, filled))
    return "nothing"


def _frame(headings: Sequence[str], table: Sequence[Sequence[str]], columns: Mapping[str, str]) -> pl.DataFrame:
    # of two columns with one heading the first, as a reader would take it
    at = {heading: place for place, heading in reversed(list(enumerate(headings))) if heading}
    ours = {name: at[heading] for name, heading in columns.items()}
    others = {heading: place for heading, place in at.items() if place not in ours.values() and heading not in ours}
    places = {**ours, **dict(sorted(others.items(), key=lambda item: item[1]))}
    width = len(headings)
    # rows may end before the headings do
    filled = [[*row, *[""] * (width - len(row))] for row in table if any(row)]
    data = {name: [row[place] or None for row in filled] for name, place in places.items()}
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
    return frame.filter(pl.col("number").is_not_null())


def _sheets(path: Path, sheet: str | None) -> dict[str, list[list[str]]]:
    kind = path.suffix.lower()
    try:
        if kind in _SHEETS:
            return _spreadsheet(path, sheet)
        if kind == ".csv":
            text = path.read_bytes().decode("utf-8-sig")
            return {"": [[_text(cell) for cell in row] for row in csv.reader(io.StringIO(text))]}
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        said = "its text is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SEN2Error(f"the rule file cannot be read: {said}", file=path.name) from error
    raise SEN2Error(f"a rule file is .ods, .xlsx or .csv, not {kind or 'without an ending'}", file=path.name)


def _spreadsheet(path: Path, sheet: str | None) -> dict[str, list[list[str]]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise SEN2Error("load_rules() needs python-calamine: pip install 'eesclient[sen2]'") from error
    try:
        book = CalamineWorkbook.from_filelike(_with_blanks(path))
        if sheet is not None and sheet not in book.sheet_names:
            there = ", ".join(map(repr, book.sheet_names))
            raise SEN2Error(f"there is no sheet {sheet!r}; there are {there}", file=path.name)
        names = book.sheet_names if sheet is None else [sheet]
        return {
            name: [[_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()] for name in names
        }
    except CalamineError as error:
        raise SEN2Error(f"the rule file cannot be read: {error}", file=path.name) from error


def _with_blanks(path: Path) -> io.BytesIO:
    """A spreadsheet, an .ods with blanks for the line breaks and tabs of its texts: calamine 0.9 joins words there."""
    data = path.read_bytes()
    if path.suffix.lower() != ".ods" or not zipfile.is_zipfile(io.BytesIO(data)):
        return io.BytesIO(data)
    made = io.BytesIO()
    # in memory: the user's copy of the rules is not ours to write anywhere
    with zipfile.ZipFile(io.BytesIO(data)) as file, zipfile.ZipFile(made, "w") as copy:
        # zipfile gives no more of a member than it says to have, so that this is known before any is unpacked
        if sum(member.file_size for member in file.infolist()) > _MOST:
            raise SEN2Error(f"the rule file is over {_MOST >> 20} MB unpacked", file=path.name)
        for member in file.infolist():
            content = file.read(member)
            if member.filename == "content.xml":
                content = _BREAK.sub(rb"<\1:s/>", content)
            copy.writestr(member, content)
    made.seek(0)
    return made


def _text(cell: object) -> str:
    """A cell as it is shown: spreadsheets hold 100 as 100.0."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()
