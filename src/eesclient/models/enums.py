"""The service's enumerations, open: an unknown member keeps its text, and its `is_known` is false."""

from __future__ import annotations

from enum import Enum
from typing import Self, cast

from .._classes import frozen


class OpenEnum(str, Enum):
    """Text of the service with known members; any other text becomes a member of its own.

    `OpenEnum("text")` never fails for a string, is the same object for the same text, and prints as the text.
    Iterating gives the known members only.
    """

    _value_: str

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # Enum itself then says that there is no such member
        if not isinstance(value, str):
            return None
        # an Enum takes no members once its class is made: this one is made past it
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        # setdefault, so that threads that meet the same new text end with one object
        return cast("Self", cls._value2member_map_.setdefault(value, member))

    @property
    def is_known(self) -> bool:
        """True if this version of eesclient knows the member."""
        return self._name_ in type(self).__members__

    def __str__(self) -> str:
        return self._value_

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}.{self._name_}" if self.is_known else f"{name}({self._value_!r})"


class DataSetStatus(OpenEnum):
    """Status of a data set (reference, section 4)."""

    DRAFT = "Draft"
    PUBLISHED = "Published"
    DEPRECATED = "Deprecated"  # still listed, and still answers
    WITHDRAWN = "Withdrawn"


class DataSetVersionStatus(OpenEnum):
    """Status of a data set version (reference, section 4)."""

    PROCESSING = "Processing"
    FAILED = "Failed"
    MAPPING = "Mapping"
    DRAFT = "Draft"
    FINALISING = "Finalising"
    PUBLISHED = "Published"
    DEPRECATED = "Deprecated"
    WITHDRAWN = "Withdrawn"
    CANCELLED = "Cancelled"

    @property
    def is_live(self) -> bool:
        """True if such a version answers questions of anybody: published or deprecated."""
        # a withdrawn version still gives metadata and its data file, but no rows (reference, section 4)
        return self._value_ in ("Published", "Deprecated")

    @property
    def is_draft(self) -> bool:
        """True if figures of such a version are not out: neither published nor deprecated nor withdrawn."""
        return not self.is_live and self._value_ != "Withdrawn"


class DataSetVersionType(OpenEnum):
    """Type of a version: major, minor or patch."""

    MAJOR = "Major"
    MINOR = "Minor"
    PATCH = "Patch"


class IndicatorUnit(OpenEnum):
    """Unit of an indicator; `NONE` is an explicit "no unit"."""

    PERCENT = "%"
    POUND = "£"
    MILLION_POUNDS = "£m"
    PERCENTAGE_POINT = "pp"
    STRING = "string"  # metadata files say "numberstring"
    NONE = ""


class MetaType(OpenEnum):
    """A part of the metadata, as the `types` parameter names it."""

    FILTERS = "Filters"
    INDICATORS = "Indicators"
    LOCATIONS = "Locations"
    TIME_PERIODS = "TimePeriods"


class GeographicLevel(OpenEnum):
    """Code of a geographic level, as results and queries use it (reference, section 15)."""

    EDA = "EDA"
    INST = "INST"
    LA = "LA"
    LAD = "LAD"
    LEP = "LEP"
    LSIP = "LSIP"
    MAT = "MAT"
    MCA = "MCA"
    NAT = "NAT"
    OA = "OA"
    PA = "PA"
    PCON = "PCON"
    PFA = "PFA"
    PROV = "PROV"
    REG = "REG"
    RSC = "RSC"
    SCH = "SCH"
    SPON = "SPON"
    WARD = "WARD"

    @property
    def columns(self) -> LevelColumns:
        """Label and CSV columns; for an unknown level the columns are made from its code."""
        return _LEVELS.get(str(self)) or _coded(str(self), str(self).lower())


@frozen(kw_only=True)
class LevelColumns:
    """How a level appears in a data file.

    Attributes:
        label: Text of the `geographic_level` column.
        codes: Pairs of CSV code column and attribute of `LocationOption` (`code`, `old_code`, `urn`, `la_estab`,
            `ukprn`), in the order in which the service sorts by them.
        name: CSV column with the location's name.
    """

    label: str
    codes: tuple[tuple[str, str], ...]
    name: str

    @property
    def all(self) -> tuple[str, ...]:
        """Code columns, then the name column."""
        return (*(column for column, _ in self.codes), self.name)


def _coded(label: str, stem: str, code: str = "code") -> LevelColumns:
    return LevelColumns(label=label, codes=((f"{stem}_{code}", "code"),), name=f"{stem}_name")


_LEVELS: dict[str, LevelColumns] = {
    "EDA": _coded("English devolved area", "english_devolved_area"),
    "INST": _coded("Institution", "institution", "id"),  # "id" in files, yet "code" on the wire, as MAT and SPON
    "LA": LevelColumns(
        label="Local authority", codes=(("new_la_code", "code"), ("old_la_code", "old_code")), name="la_name"
    ),
    "LAD": _coded("Local authority district", "lad"),
    "LEP": _coded("Local enterprise partnership", "local_enterprise_partnership"),
    "LSIP": _coded("Local skills improvement plan area", "lsip"),
    "MAT": _coded("MAT", "trust", "id"),
    "MCA": _coded("Mayoral combined authority", "mayoral_combined_authority"),
    "NAT": _coded("National", "country"),
    "OA": _coded("Opportunity area", "opportunity_area"),
    "PA": _coded("Planning area", "planning_area"),
    "PCON": _coded("Parliamentary constituency", "pcon"),
    "PFA": _coded("Police force area", "pfa"),
    "PROV": LevelColumns(label="Provider", codes=(("provider_ukprn", "ukprn"),), name="provider_name"),
    "REG": _coded("Regional", "region"),
    # known by its name alone
    "RSC": LevelColumns(label="RSC region", codes=(), name="rsc_region_lead_name"),
    "SCH": LevelColumns(
        label="School", codes=(("school_urn", "urn"), ("school_laestab", "la_estab")), name="school_name"
    ),
    "SPON": _coded("Sponsor", "sponsor", "id"),
    "WARD": _coded("Ward", "ward"),
}

LEVEL_BY_LABEL: dict[str, GeographicLevel] = {columns.label: GeographicLevel(code) for code, columns in _LEVELS.items()}
"""Levels by the exact text of the `geographic_level` column."""

LEVEL_ORDER: dict[str, int] = {code: position for position, code in enumerate(_LEVELS)}
"""Position of each known level in the reference's table, which orders location columns in frames."""

LEVEL_BY_COLUMN: dict[str, GeographicLevel] = {
    column: GeographicLevel(code) for code, columns in _LEVELS.items() for column in columns.all
}
"""Level of each CSV location column."""
