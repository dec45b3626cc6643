"""A plain reading of a published CSV pair, with Polars alone: what answers are compared with.

Nothing here uses the package's own reading of files; levels and the order of time identifiers are written once more.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import attrs
import polars as pl

LEVELS = {
    "EDA": ("English devolved area", ["english_devolved_area_code"], "english_devolved_area_name"),
    "INST": ("Institution", ["institution_id"], "institution_name"),
    "LA": ("Local authority", ["new_la_code", "old_la_code"], "la_name"),
    "LAD": ("Local authority district", ["lad_code"], "lad_name"),
    "LEP": (
        "Local enterprise partnership",
        ["local_enterprise_partnership_code"],
        "local_enterprise_partnership_name",
    ),
    "LSIP": ("Local skills improvement plan area", ["lsip_code"], "lsip_name"),
    "MAT": ("MAT", ["trust_id"], "trust_name"),
    "MCA": ("Mayoral combined authority", ["mayoral_combined_authority_code"], "mayoral_combined_authority_name"),
    "NAT": ("National", ["country_code"], "country_name"),
    "OA": ("Opportunity area", ["opportunity_area_code"], "opportunity_area_name"),
    "PA": ("Planning area", ["planning_area_code"], "planning_area_name"),
    "PCON": ("Parliamentary constituency", ["pcon_code"], "pcon_name"),
    "PFA": ("Police force area", ["pfa_code"], "pfa_name"),
    "PROV": ("Provider", ["provider_ukprn"], "provider_name"),
    "REG": ("Regional", ["region_code"], "region_name"),
    "RSC": ("RSC region", [], "rsc_region_lead_name"),
    "SCH": ("School", ["school_urn", "school_laestab"], "school_name"),
    "SPON": ("Sponsor", ["sponsor_id"], "sponsor_name"),
    "WARD": ("Ward", ["ward_code"], "ward_name"),
}
QUARTERS = ["", " Q1", " Q2", " Q3", " Q4"]
IDENTIFIERS = [
    *("Autumn term", "Spring term", "Autumn and spring term", "Summer term"),
    *(f"Academic year{q}" for q in QUARTERS),
    *(f"Calendar year{q}" for q in QUARTERS),
    *("Part 1 (April to September)", "Part 2 (October to March)"),
    *(f"Financial year{q}" for q in QUARTERS),
    *(f"Tax year{q}" for q in QUARTERS),
    "Reporting year",
    *(f"Week {n}" for n in range(1, 53)),
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]
TWO_YEARS = ("Academic", "Financial", "Tax", "Part", "Autumn", "Spring", "Summer")
NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


@attrs.frozen
class Raw:
    """A CSV pair as text."""

    folder: Path
    name: str

    @cached_property
    def data(self) -> pl.DataFrame:
        """The data file: every cell as text, "" where it is empty."""
        return _read(next(self.folder / f"{self.name}{end}" for end in (".csv", ".csv.gz") if self._has(end)))

    @cached_property
    def meta(self) -> pl.DataFrame:
        """Rows of the metadata file whose column is in the data file."""
        rows = _read(self.folder / f"{self.name}.meta.csv")
        return rows.filter(pl.col("col_name").is_in(self.data.columns))

    def named(self, kind: str) -> list[tuple[str, str]]:
        """Column and label of the filters or indicators."""
        return [(column, label) for column, label, type_ in self._names if type_ == kind]

    @cached_property
    def _names(self) -> list[tuple[str, str, str]]:
        return self.meta.select("col_name", "label", "col_type").rows()

    @cached_property
    def levels(self) -> dict[str, list[str]]:
        """Location columns of each level that the file has columns of, in the order of the frame."""
        columns = {code: [*codes, name] for code, (_, codes, name) in LEVELS.items()}
        return {code: all_ for code, all_ in columns.items() if any(c in self.data.columns for c in all_)}

    @cached_property
    def levels_of_rows(self) -> list[str]:
        """Labels of the levels of rows."""
        return sorted(self.data["geographic_level"].unique())

    @cached_property
    def locations(self) -> dict[str, pl.DataFrame]:
        """Cells of the locations of each level, in their order."""
        return {
            level: self.data.filter(self.has_location(level)).select(columns).unique().sort(columns)
            for level, columns in self.levels.items()
        }

    @cached_property
    def periods(self) -> list[tuple[str, str]]:
        """Texts of time_period and time_identifier, in the service's order."""
        return sorted(self.data.select("time_period", "time_identifier").unique().rows(), key=_period_key)

    def has_location(self, level: str) -> pl.Expr:
        """Whether a row has a location of the level: none of its cells is empty."""
        return pl.all_horizontal(pl.col(column) != "" for column in self.levels[level])

    def period_rank(self) -> pl.Expr:
        """Position of a row's period in the service's order."""
        pairs = pl.concat_str("time_period", "time_identifier", separator="|")
        ranks = {f"{text}|{identifier}": n for n, (text, identifier) in enumerate(self.periods)}
        return pairs.replace_strict(ranks, return_dtype=pl.Int64)

    def refusal(self) -> str | None:
        """Why the service would not import the pair (reference, section 17), or None."""
        return next(self._refusals(), None)

    def oddity(self) -> str | None:
        """Why the service would not serve the rows of the pair, though it would import it, or None."""
        exact = {label for label, _, _ in LEVELS.values()}.union(IDENTIFIERS)
        texts = [*self.data["geographic_level"].unique(), *self.data["time_identifier"].unique()]
        return next((f"{text!r} is written in another case" for text in texts if text not in exact), None)

    def _refusals(self) -> Iterator[str]:
        known = {label.lower() for label, _, _ in LEVELS.values()}
        identifiers = {text.lower() for text in IDENTIFIERS}
        for text in self.data["geographic_level"].unique(maintain_order=True):
            if text.lower() not in known:
                yield f"{text!r} is not a geographic level"
        for text in self.data["time_identifier"].unique(maintain_order=True):
            if text.lower() not in identifiers:
                yield f"{text!r} is not a time identifier"
        for columns in self.levels.values():
            for column in columns:
                if column not in self.data.columns:
                    yield f"{column} is missing: all columns of a level are read"
        for column, _ in self.named("Indicator"):
            if (self.data[column] == "").any():
                yield f"an empty cell of indicator {column}"

    def _has(self, end: str) -> bool:
        return (self.folder / f"{self.name}{end}").is_file()


def wire_period(text: str, identifier: str) -> str:
    """A period as queries write it."""
    if len(text) == 6:
        return f"{text[:4]}/{int(text[:4]) + 1}"
    return text


def matchable(text: str, identifier: str) -> bool:
    """Whether a query can match the period: one year, or two where its kind spans them (reference, section 14)."""
    return (len(text) == 6) is identifier.startswith(TWO_YEARS)


def _period_key(pair: tuple[str, str]) -> tuple[str, int]:
    text, identifier = pair
    return wire_period(text, identifier), IDENTIFIERS.index(identifier)


def _read(path: Path) -> pl.DataFrame:
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    text = content.removeprefix(b"\xef\xbb\xbf")
    frame = pl.read_csv(io.BytesIO(text), infer_schema=False)
    return frame.with_columns(pl.all().fill_null(""))


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    return re.match(NUMBER, text) is not None
