"""Versions and version ranges: parse, order, match (reference, section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import total_ordering

import attrs

from .._classes import frozen
from ..errors import InvalidVersionError
from ..texts import pattern

# one small v is allowed, and only stars after a star: *.1.0 is not a range (reference, section 5)
_EXACT = re.compile(r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?")
_RANGE = pattern(r"v?(?:\*|([0-9]+)\.\*|([0-9]+)\.([0-9]+)\.\*|([0-9]+)\.\*\.\*|\*\.\*|\*\.\*\.\*)")
_ADVICE = 'write an exact version such as "1.0" or "1.0.1", or a range such as "1.*", "2.1.*" or "*"'

LARGEST_INT = 2_147_483_647
"""Largest number of the service's 32-bit integers, past which it answers 500 (reference, sections 5 and 21)."""


@total_ordering
@frozen(order=False, repr=False)
class Version:
    """An exact data set version.

    Prints as the service prints it: `major.minor`, with `.patch` only when that is above 0. `"1"` is `1.0`: missing
    parts are zero.
    """

    major: int
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str | Version) -> Version:
        """Read an exact version.

        Args:
            text: Such as `"1.0"`, `"v1"` or `"2.1.3"`.

        Raises:
            InvalidVersionError: The text is not an exact version.
        """
        if isinstance(text, Version):
            return text
        match = _EXACT.fullmatch(_stripped(text))
        if match is None:
            raise InvalidVersionError(f"{text!r} is not an exact data set version: {_ADVICE.partition(', or')[0]}")
        return cls(*_numbers(text, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch else "")

    def __repr__(self) -> str:
        return f"Version({str(self)!r})"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return attrs.astuple(self) < attrs.astuple(other)


@frozen(repr=False)
class VersionRange:
    """A range of versions: all (`*`), those of one major (`1.*`), or of one major and minor (`1.2.*`) version."""

    major: int | None = None
    minor: int | None = None

    @classmethod
    def parse(cls, text: str | VersionRange) -> VersionRange:
        """Read a range such as `"1.*"`.

        Raises:
            InvalidVersionError: The text is not a range.
        """
        if isinstance(text, VersionRange):
            return text
        match = _RANGE.fullmatch(_stripped(text))
        if match is None:
            raise InvalidVersionError(f"{text!r} is not a version range: {_ADVICE}")
        only, major, minor, spelt_out = match.groups()
        first = only or major or spelt_out
        numbers = _numbers(text, (first, minor))
        return cls(numbers[0] if first else None, numbers[1] if minor else None)

    def __contains__(self, version: object) -> bool:
        return (
            isinstance(version, Version) and self.major in (None, version.major) and self.minor in (None, version.minor)
        )

    def latest(self, versions: Iterable[Version]) -> Version | None:
        """The highest of the versions that the range holds, or None."""
        return max((version for version in versions if version in self), default=None)

    def __str__(self) -> str:
        return ".".join([*(str(part) for part in (self.major, self.minor) if part is not None), "*"])

    def __repr__(self) -> str:
        return f"VersionRange({str(self)!r})"


def parse_version(text: str | Version | VersionRange) -> Version | VersionRange:
    """Read an exact version or a range."""
    if isinstance(text, Version | VersionRange):
        return text
    if _EXACT.fullmatch(_stripped(text)):
        return Version.parse(text)
    if "*" in text:
        return VersionRange.parse(text)
    raise InvalidVersionError(f"{text!r} is not a data set version: {_ADVICE}")


def fits(version: Version, wanted: Version | VersionRange) -> bool:
    """True if a version is the one that is meant, or one of the range."""
    return version in wanted if isinstance(wanted, VersionRange) else version == wanted


def _stripped(text: str) -> str:
    if not isinstance(text, str):
        raise InvalidVersionError(f"a data set version is a text, not {type(text).__name__}: {_ADVICE}")
    return text.strip()


def _numbers(text: str, parts: Iterable[str | None]) -> list[int]:
    digits = [(part or "").lstrip("0") or "0" for part in parts]
    # Python does not read numbers of thousands of digits, all of which are above the limit
    if any(len(number) > 10 or int(number) > LARGEST_INT for number in digits):
        raise InvalidVersionError(f"{text!r} has a number above {LARGEST_INT}, which the service fails on")
    return [*map(int, digits)]
