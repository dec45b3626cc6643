"""Tests of what was live on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from eesclient import Client, QueryError, SettingsError, VersionNotFoundError, WithdrawnError, WithdrawnVersionWarning
from tests.doors.versions import as_of, moment_of
from tests.versions.chains import ID, client_of, small

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TABLE = small()


def live(folder: Path, **said: str) -> Client:
    """A client of versions published and withdrawn at these times."""
    toml = {}
    for name, times in said.items():
        published, _, withdrawn = times.partition(" ")
        gone = f'\nstatus = "Withdrawn"\nwithdrawn = {withdrawn}' if withdrawn else ""
        toml[name.removeprefix("v").replace("_", ".")] = f"[@]\npublished = {published}{gone}"
    return client_of(folder, dict.fromkeys(toml, TABLE), toml)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client of four versions, one of which was withdrawn."""
    return live(
        tmp_path,
        v1_0="2024-01-31T09:30:00Z",
        v1_1="2024-06-30T23:00:00Z",
        v2_0="2024-09-01T09:30:00Z 2024-12-01T00:00:00Z",
        v2_1="2025-03-01T09:30:00Z",
    )


@pytest.mark.parametrize(
    ("asked", "moment"),
    [
        ("2025-03-01", "2025-03-01T23:59:59.999999+00:00"),
        (date(2024, 7, 1), "2024-07-01T23:59:59.999999+01:00"),
        (" 2024-03-31 ", "2024-03-31T23:59:59.999999+01:00"),
        ("2024-07-01T12:00", "2024-07-01T12:00:00+01:00"),
        (datetime(2024, 12, 1, 8), "2024-12-01T08:00:00+00:00"),  # noqa: DTZ001 - what is tested
        ("2024-07-01T12:00:00Z", "2024-07-01T12:00:00+00:00"),
        (datetime(2024, 7, 1, tzinfo=timezone(timedelta(hours=5))), "2024-07-01T00:00:00+05:00"),
        (NOW.date(), "2026-01-01T23:59:59.999999+00:00"),
    ],
)
def test_moments(asked: Any, moment: str) -> None:
    """A day ends at midnight in London; a datetime is that very moment, in London without an offset."""
    assert moment == moment_of(asked, NOW).isoformat()


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("yesterday", "'yesterday' is not a day"),
        ("2025-02-30", "is not a day"),
        (20250301, "is not a day"),
        ("2026-01-02", "2026-01-02 has not come yet"),
        (date.max, "has not come yet"),
        (NOW + timedelta(seconds=1), "has not come yet"),
    ],
)
def test_no_day(asked: Any, problem: str) -> None:
    """What is not a day, or has not come, is refused."""
    with pytest.raises(QueryError, match=problem):
        moment_of(asked, NOW)


def test_midnight_is_in_london() -> None:
    """In summer the day of London ends before that of Greenwich, and begins before it too."""
    late = datetime(2025, 7, 1, 23, 30, tzinfo=UTC)
    assert "2025-07-02" == moment_of("2025-07-02", late).date().isoformat()


def test_no_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without time zone data the error says what to install."""

    def none(key: str) -> ZoneInfo:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr(as_of, "ZoneInfo", none)
    with pytest.raises(SettingsError, match="pip install tzdata"):
        moment_of("2025-03-01", NOW)


@pytest.mark.parametrize(
    ("day", "asked", "version"),
    [
        ("2024-01-31", None, "1.0"),
        ("2024-06-30", None, "1.0"),
        ("2024-07-01", None, "1.1"),
        ("2024-12-01", None, "1.1"),
        ("2025-02-28", "*", "1.1"),
        ("2025-03-01", None, "2.1"),
        ("2025-03-01T09:00:00Z", None, "1.1"),
        ("2025-03-01T09:30:00Z", None, "2.1"),
        ("2024-12-01T00:00:00Z", None, "1.1"),
        ("2025-03-01", "1.*", "1.1"),
        ("2024-02-01", "1.*", "1.0"),
        ("2025-03-01", "1.0", "1.0"),
    ],
)
def test_what_was_live(client: Client, day: str, asked: str | None, version: str) -> None:
    """The highest version that was published and not withdrawn by then."""
    assert version == str(client.as_of(day).open(ID, version=asked).version)


def test_withdrawn_since(client: Client) -> None:
    """A version that was withdrawn since counts, says so, and is read where that is asked for."""
    past = client.as_of("2024-10-01")
    assert "<AsOf 2024-10-01T23:59:59.999999+01:00>" == repr(past)
    assert datetime(2024, 10, 1, 22, 59, 59, 999999, tzinfo=UTC) == past.moment
    with pytest.warns(WithdrawnVersionWarning, match="was withdrawn on 2024-12-01"):
        sen = past.open(ID)
    assert "2.0" == str(sen.version)
    with pytest.raises(WithdrawnError):
        sen.read()
    with pytest.warns(WithdrawnVersionWarning):
        assert len(TABLE.rows) == len(past.open(ID, withdrawn="read").read())


def test_not_live_then(client: Client) -> None:
    """A day before the first version names its day; a version that was not live lists those that were."""
    with pytest.raises(VersionNotFoundError, match=r"the first, 1\.0, was published on 2024-01-31"):
        client.as_of("2024-01-30").open(ID)
    with pytest.raises(VersionNotFoundError, match=r"version '2\.1' .* was not live at .*; live were 2\.0, 1\.1, 1\.0"):
        client.as_of("2024-10-01").open(ID, version="2.1")
    with pytest.raises(VersionNotFoundError, match=r"version '3\.\*' .* was not live"):
        client.as_of("2024-10-01").open(ID, version="3.*")


def test_never_live(tmp_path: Path) -> None:
    """A version published without a time was never live."""
    client = client_of(tmp_path, {"1.0": TABLE}, {"1.0": '[@]\nstatus = "Draft"'})
    with pytest.raises(Exception, match=r"403|none that ever was"):
        client.as_of("2024-10-01").open(ID)
