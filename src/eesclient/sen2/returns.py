"""A return in memory: nine typed frames, what they cannot hold, and where each record stood in its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import polars as pl

from .._classes import frozen
from .errors import SEN2Error
from .specification import Specification, rows, specification

if TYPE_CHECKING:
    from .findings import Findings
    from .rule_file import RuleFile
    from .summary import Summary

SYNTHETIC = "SYNTHETIC"
"""What the SoftwareCode of a return says that a program made up."""

KEPT = pl.Schema(
    {
        "table": pl.String,
        "key": pl.UInt32,
        "element": pl.String,
        "text": pl.String,
        "why": pl.String,
        "position": pl.UInt32,
        "line": pl.UInt32,
    }
)
"""Columns of `Return.kept`.

- `table` and `key` name the record that has it; table "" and key 0 are the message, its header and its list of persons.
- `element` is the tag; outside of records with the tags from below Message to it: `Header/CollectionDetails/Year`.
- `why` and `text`:
    - `unreadable`: the text of a date that is none, or that would be written otherwise;
    - `empty`: a date that is there without text;
    - `repeated`: the text of a second value of a column, or the XML inside of a second Header or CollectionDetails; for
      a second Persons, how many children the lists before it have (positions and persons in it go on from there);
    - `unknown`: the XML inside of an element that the year lacks or that stands in another, or inside of a column;
    - `header`: the same for a child of Header or CollectionDetails; also a Year that `read(year=)` overrules;
    - `attribute`: `name="value"` as XML, a row for each;
    - `text`: text between the children of the record, without the white space around it;
    - `absent`: Header, CollectionDetails, Year or Persons, where the file has none (all but Persons with `year=`); a
      column that a Blade export lacks, as its table and element: `persons/Sex`;
    - `column`: a cell of a Blade export that is no element: an id or number other than the key, or a column that the
      year lacks, by its heading; XML does not have it.
- `position` counts the children of the record from 0, those in columns and records too; text stands before the child of
  its position. It is null for attributes of the record itself, for what is absent, and for what a Blade export holds;
  attributes of a second Persons have its position in the message.
- `line` is that of the element itself.

Rows are in the order of the tables, then of keys, positions and the file. Comments, processing instructions and white
space between elements are no part of a return.
"""

ORDER = pl.Schema({"table": pl.String, "key": pl.UInt32, "order": pl.String})
"""Columns of `Return.order`: records whose children stand in another order than the year's, as tags and blanks.

All children are named, those in `Return.kept` too; outside of records as there, with the tags above them.
"""


@cache
def schema(table: str, year: int) -> pl.Schema:
    """Columns and types of a table in a year: its key, its parent's, `line`, and its elements by their tags.

    Dates are `Date`; everything else is `String`, as it stood. Null is an element that is absent, "" one that is empty;
    dates that are not null are always exactly what stood in the file.
    """
    spec = specification(year)
    this = spec.tables[table]
    # 32 bits: more than the records of any authority, and half of the memory that 64 would take
    keys = {this.key: pl.UInt32, **({spec.tables[this.parent].key: pl.UInt32} if this.parent else {})}
    elements = {e.name: pl.Date if e.type == "date" else pl.String for e in spec.columns(table)}
    return pl.Schema({**keys, "line": pl.UInt32, **elements})


@frozen(kw_only=True)
class Header:
    """The header of a return, but for the authority's officers, which are in `Return.authority`.

    Attributes:
        collection: `SEN2`, or what stood there; None where nothing did.
        year: Year of the return.
        reference_date: Its census day; None where it is absent or no date.
    """

    collection: str | None
    year: int
    reference_date: date | None


# == between frames is a frame, so that attrs could not compare them; `equals` does
@frozen(kw_only=True, repr=False, eq=False)
class Return:
    """A return: its header and nine frames that hold together by keys.

    Keys count the records of a table from 1 in the order of the file; a child's frame has its parent's key too. Values
    of persons stand in the frames alone: neither `repr` nor any error shows one.

    Attributes:
        header: The header.
        authority: A row for each Source: the authority, its software, and its officers.
        persons: A row for each Person: `person`, `line`, and module 1.
        requests: A row for each Requests: `request`, `person`, `line`, and module 2.
        assessments: A row for each Assessment: `assessment`, `request`, `line`, and module 3.
        named_plans: A row for each NamedPlan: `named_plan`, `assessment`, `line`, and module 4.
        plan_details: A row for each PlanDetail: `plan_detail`, `named_plan`, `line`, its setting.
        active_plans: A row for each ActivePlans: `active_plan`, `request`, `line`, and module 5.
        placements: A row for each PlacementDetail: `placement`, `active_plan`, `line`, its setting.
        sen_needs: A row for each SENneed: `sen_need`, `active_plan`, `line`, type and rank.
        kept: What typed columns cannot hold, so that nothing is lost: `table` and `key` of its record ("" and 0 outside
            of records), `element`, `text`, `why` (`unreadable`, `empty`, `repeated`, `unknown`, `header`, `attribute`,
            `text`, `absent` or `column`), `position` among the record's children, and `line`; `KEPT` in
            `eesclient.sen2.returns` says more.
        order: Records whose elements stood in another order than the year's: `table`, `key`, and `order`, their tags
            with blanks between them.
        source: Name of the file or folder that it was read from, or "".
        form: `xml`, `blade`, or `made` by a program.
        synthetic: Whether its header says that it is synthetic.
    """

    header: Header
    authority: pl.DataFrame
    persons: pl.DataFrame
    requests: pl.DataFrame
    assessments: pl.DataFrame
    named_plans: pl.DataFrame
    plan_details: pl.DataFrame
    active_plans: pl.DataFrame
    placements: pl.DataFrame
    sen_needs: pl.DataFrame
    kept: pl.DataFrame = attrs.field(factory=lambda: pl.DataFrame(schema=KEPT))
    order: pl.DataFrame = attrs.field(factory=lambda: pl.DataFrame(schema=ORDER))
    source: str = ""
    form: str = "made"
    synthetic: bool = False
    _offsets: Mapping[str, pl.DataFrame] = attrs.field(factory=dict, alias="offsets")
    """How many lines after its record's tag each element stands, by table; the row is the record's key less one.

    Table "" has the lines themselves, of the message, its header and its list of persons.
    """

    @property
    def year(self) -> int:
        """The year of the return: that of its census day."""
        return self.header.year

    @property
    def specification(self) -> Specification:
        """The specification of its year."""
        return specification(self.year)

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """The nine frames by name, a parent before its children."""
        return {name: getattr(self, name) for name in self.specification.tables}

    def __repr__(self) -> str:
        """Counts alone: what is in the frames is about persons."""
        counts = ", ".join(f"{frame.height:,} {name.replace('_', ' ')}" for name, frame in self.frames.items())
        return f"<{marked(self.synthetic)}SEN2 return of {self.year}: {counts}>"

    def lines(self, table: str) -> pl.DataFrame:
        """The line of each element of a table: its key, and a column for each element with lines counted from 1.

        An element that is absent has the line of its record, as have all in a return that was not read from XML. Table
        "" is the message: a row with the lines of its elements that are no part of a record, by tag.
        """
        if not table:
            return self._offsets.get("", pl.DataFrame())
        key = self.specification.tables[table].key
        frame = self.frames[table]
        names = [element.name for element in self.specification.columns(table)]
        offsets = self._offsets.get(table)
        if offsets is None:
            return frame.select(key, *(pl.col("line").alias(name) for name in names))
        # by key and not by row: the user may have sorted the frame, or taken records out of it
        found = offsets.select(pl.all().gather(frame[key] - 1))
        return frame.select(key, *((pl.col("line") + found[name]).alias(name) for name in names))

    def check(self, *, only: str | Iterable[str] | None = None, rules: RuleFile | None = None) -> Findings:
        """Test the return by our rules, from public sources; none of the department's own is among them.

        Args:
            only: Ids of rules (`O01`), their first letters (`K`), or severities (`structure`); None for all.
            rules: The user's copy of the department's rule file, with what the user declares; see `load_rules`.

        Returns:
            What was found, place by place: a fault is told once, and no value of a person is.

        Raises:
            SEN2Error: A rule in `only` is none of the year.
        """
        from .findings import check

        return check(self, only=only, rules=rules)

    def summary(self) -> Summary:
        """Counts of the records: by module, outcome, need, setting, age, and how long plans took.

        No value of a person stands in it; small counts can tell who somebody is all the same.

        Returns:
            Counts that add up: see `Summary`.
        """
        from .summary import summary

        return summary(self)

    def history(self, person: int) -> pl.DataFrame:
        """What happened to a person, in order; it is about that person, as the frames are.

        Args:
            person: Key of the person: `person` in `persons`, and in findings.

        Returns:
            A row for each event: `date` (null where none is given; these stand last), `event` in words, `item` of the
            guide, `table` and `key` of its record, `code`.

        Raises:
            SEN2Error: There is no such person.
        """
        from .history import history

        return history(self, person)

    def equals(self, other: Return) -> bool:
        """Whether two returns say the same: all frames but for lines in files, what was kept, and the header."""
        return self.header == other.header and all(
            # lines are those of a file, and another file may hold the same return
            one.drop("line", strict=False).equals(two.drop("line", strict=False))
            for one, two in zip(self._all(), other._all(), strict=True)
        )

    def to_xml(self) -> bytes:
        """The return as XML in UTF-8: what `write_xml` writes, which needs less memory.

        Read again it is the same return, but for what a Blade export has beside elements, such as its ids.

        Raises:
            SEN2Error: The frames do not hold together, or a text has a character that XML cannot hold.
        """
        from .xml.write import to_xml

        return to_xml(self)

    def write_blade(self, folder: str | Path, *, day: date | None = None) -> None:
        """Write the return as the nine files of a Blade export, to a folder that is made where there is none.

        CSV cannot tell empty elements from absent ones, and says nothing of the order of elements: read again, empty
        ones are absent. Ids and numbers that were read are written again, and else those of the keys.

        Args:
            folder: Where to write `Blade-Export_DD-MM-YYYY_person.csv` and the others.
            day: The day in their names; today's where none is given.

        Raises:
            SEN2Error: The frames do not hold together; there is no authority, whose file says the year; an id would
                stand twice; or something was kept that these files cannot hold: second values, unknown elements,
                attributes, and texts between elements.
            OSError: A file cannot be written.
        """
        from .blade.write import write_blade

        write_blade(self, folder, day=day)

    def write_xml(self, path: str | Path) -> None:
        """Write the return as an XML file, whole or not at all: elements in the year's order or in a record's own.

        A synthetic return begins with a comment that says so.

        Args:
            path: The file; one that is there is replaced.

        Raises:
            SEN2Error: The frames do not hold together, or a text has a character that XML cannot hold.
            OSError: The file cannot be written.
        """
        from .xml.write import write_xml

        write_xml(self, path)

    def _all(self) -> tuple[pl.DataFrame, ...]:
        return (*self.frames.values(), self.kept, self.order)


def says_synthetic(authority: pl.DataFrame) -> bool:
    """Whether the header of a return, of which these are the authorities, says that a program made it up."""
    return bool((authority["SoftwareCode"] == SYNTHETIC).any())


def require_return(given: object) -> None:
    """Refuse what is no return, such as the name of a file that has to be read first."""
    if not isinstance(given, Return):
        raise SEN2Error(f"takes a return, not {type(given).__name__}: eesclient.sen2.read(...) reads one")


def marked(synthetic: bool) -> str:
    """What the text about a synthetic return begins with, or ""."""
    return f"{SYNTHETIC} " if synthetic else ""


def may_be_shown(code: pl.Expr) -> pl.Expr:
    """Whether what stands in a column of codes is surely no name, number or postcode of a person in the wrong column.

    So are the codes of any list and year, in any case, a lone letter, and up to two digits.
    """
    listed = {row["code"] for row in rows("codes")} | {w for row in rows("lists") for w in row["also_seen"].split()}
    known = code.is_in(listed) | code.str.to_uppercase().is_in(listed)
    return known | code.str.contains("^(?:[A-Za-z]|[0-9]{1,2})$")


def in_order(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Rows of `KEPT` or `ORDER` in the order of tables, then of columns, then as they came."""
    # the nine tables are those of every year
    tables = ["", *specification(2023).tables]
    rank = pl.col("table").replace_strict(tables, range(len(tables)), return_dtype=pl.UInt8)
    return frame.sort(rank, *columns, nulls_last=False, maintain_order=True)
