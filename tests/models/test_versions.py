"""Tests of versions and ranges; the service's own cases are in the conformance tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eesclient import InvalidVersionError, Version, VersionRange
from tests.doors.models import parse_version

NUMBERS = st.integers(0, 2_147_483_647)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS)
RANGES = st.builds(VersionRange) | st.builds(VersionRange, NUMBERS) | st.builds(VersionRange, NUMBERS, NUMBERS)


@given(VERSIONS)
def test_version_round_trip(version: Version) -> None:
    """A version reads back what it prints."""
    assert version == Version.parse(str(version)) == parse_version(f" v{version} ")


@given(RANGES)
def test_range_round_trip(range_: VersionRange) -> None:
    """A range reads back what it prints."""
    assert range_ == VersionRange.parse(str(range_)) == parse_version(f" v{range_} ")


@given(st.lists(VERSIONS), RANGES)
def test_latest_of_a_range(versions: list[Version], range_: VersionRange) -> None:
    """The latest of a range is the highest that it holds."""
    inside = [version for version in versions if version in range_]
    latest = range_.latest(versions)
    assert (latest is None) == (not inside)
    assert all(latest is not None and version <= latest for version in inside)


@given(VERSIONS, VERSIONS)
def test_order(one: Version, other: Version) -> None:
    """Versions are ordered by their numbers."""
    assert (one < other) == ((one.major, one.minor, one.patch) < (other.major, other.minor, other.patch))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Version(1)),
        ("v1.0", Version(1)),
        ("1.0.0", Version(1)),
        (" 2.1.3 ", Version(2, 1, 3)),
        ("*", VersionRange()),
        ("1.*", VersionRange(1)),
        ("1.*.*", VersionRange(1)),
        ("*.*.*", VersionRange()),
        ("v1.2.*", VersionRange(1, 2)),
        (Version(1), Version(1)),
        (VersionRange(1), VersionRange(1)),
    ],
)
def test_parse(text: str, expected: Version | VersionRange) -> None:
    """Missing parts of an exact version are zero; a star makes a range."""
    assert expected == parse_version(text)


def test_zeros_before_a_number() -> None:
    """They count for nothing, however many there are."""
    assert Version(1, 0) == parse_version(f"{'0' * 5000}1.{'0' * 5000}")


@pytest.mark.parametrize(
    "text", ["", " ", "V1", "1.", "1.a", "1.1.1.1", "1. 2 .0", "*.1.0", "1.*.4", "latest", "-1", "1,0", "1.**", 1.0]
)
def test_malformed(text: str) -> None:
    """Anything else is an error that shows what to write."""
    with pytest.raises(InvalidVersionError, match=r'"1\.0"'):
        parse_version(text)


@pytest.mark.parametrize("text", ["2147483648", "1.2147483648.*", "9" * 5000, f"v{'9' * 5000}.*"])
def test_numbers_past_the_service(text: str) -> None:
    """Numbers that make the service fail are refused (reference, section 5)."""
    with pytest.raises(InvalidVersionError, match="2147483647"):
        parse_version(text)


def test_exact_and_range_are_apart() -> None:
    """Each class reads its own form, and passes its own objects through."""
    with pytest.raises(InvalidVersionError, match="exact"):
        Version.parse("1.*")
    with pytest.raises(InvalidVersionError, match="range"):
        VersionRange.parse("1.0")
    assert Version(1) == Version.parse(Version(1))
    assert VersionRange(1) == VersionRange.parse(VersionRange(1))


def test_comparison_with_others() -> None:
    """Versions compare with versions only, and only versions lie in a range."""
    assert Version(1) != "1.0"
    with pytest.raises(TypeError):
        Version(1) < "1.0"  # type: ignore[operator]  # noqa: B015
    assert "1.0" not in VersionRange(1)


def test_shown() -> None:
    """Versions show what they are."""
    assert "Version('1.0.2')" == repr(Version(1, 0, 2))
    assert "VersionRange('1.2.*')" == repr(VersionRange(1, 2))
