"""The service's enumerations, open: an unknown member keeps its text, and its `is_known` is false."""

from __future__ import annotations

from enum import Enum
from typing import Self, cast


class OpenEnum(str, Enum):
    """Text of the service with known members; a text that is none of them becomes a member of its own.

    `OpenEnum("text")` never fails for a string, is the same object for the same text, and prints as the text.
    Iterating gives the known members only.
    """

    _value_: str

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        # setdefault, so that threads that meet the same new text end with one object
        return cast("Self", cls._value2member_map_.setdefault(value, member))

    @property
    def is_known(self) -> bool:
        """Whether this version of eesclient knows the member."""
        return self._name_ in type(self).__members__

    def __str__(self) -> str:
        return self._value_

    def __repr__(self) -> str:
        name = self._name_ if self.is_known else repr(self._value_)
        return f"{type(self).__name__}({name})" if not self.is_known else f"{type(self).__name__}.{name}"


class DataSetStatus(OpenEnum):
    """Status of a data set (reference, section 4)."""

    DRAFT = "Draft"
    PUBLISHED = "Published"
    DEPRECATED = "Deprecated"
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
        """Whether such a version answers questions of anybody: published or deprecated."""
        return self._value_ in ("Published", "Deprecated")

    @property
    def is_draft(self) -> bool:
        """Whether figures of such a version are not out: neither published nor deprecated nor withdrawn."""
        return not self.is_live and self._value_ != "Withdrawn"


class DataSetVersionType(OpenEnum):
    """Whether a version is major, minor or a patch."""

    MAJOR = "Major"
    MINOR = "Minor"
    PATCH = "Patch"


class IndicatorUnit(OpenEnum):
    """Unit of an indicator; `NONE` is an explicit "no unit"."""

    PERCENT = "%"
    POUND = "£"
    MILLION_POUNDS = "£m"
    PERCENTAGE_POINT = "pp"
    STRING = "string"
    NONE = ""


class MetaType(OpenEnum):
    """A part of the metadata, as the `types` parameter names it."""

    FILTERS = "Filters"
    INDICATORS = "Indicators"
    LOCATIONS = "Locations"
    TIME_PERIODS = "TimePeriods"
