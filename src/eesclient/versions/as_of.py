"""The version that was live at a moment of the past."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..api import operations
from ..api.messages import Operation
from ..api.operations import VersionLike
from ..errors import QueryError, SettingsError, VersionNotFoundError
from ..models.versions import Version, VersionRange, fits, parse_version

DateLike: TypeAlias = str | date | datetime
"""A day, or a moment."""


def moment_of(asked: DateLike, now: datetime) -> datetime:
    """The moment that is meant: of a day its end in London; of a datetime (without offset London time) that moment."""
    london = _london()
    day = _parsed(asked)
    if isinstance(day, datetime):
        moment = day if day.tzinfo is not None else day.replace(tzinfo=london)
        if moment > now:
            raise QueryError(f"{moment.isoformat()} has not come yet: what will be live then is not known")
        return moment
    if day > now.astimezone(london).date():
        raise QueryError(f"{day} has not come yet: what will be live then is not known")
    # not 24 hours on: days on which clocks change have 23 or 25
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=london)
    return midnight - timedelta(microseconds=1)


def _parsed(asked: DateLike) -> date | datetime:
    if isinstance(asked, date):
        return asked
    if isinstance(asked, str):
        for parse in (date.fromisoformat, datetime.fromisoformat):
            with suppress(ValueError):
                return parse(asked.strip())
    raise QueryError(f'{asked!r} is not a day: write a day such as "2025-03-01", or a date or datetime')


def _london() -> ZoneInfo:
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        raise SettingsError("this computer has no time zone data to know London time: pip install tzdata") from None


def live_then(data_set_id: str, asked: VersionLike | None, moment: datetime) -> Operation[Version]:
    """The version that was live at a moment: the exact one, or the highest in a range; also one withdrawn later."""
    wanted = VersionRange() if asked is None else parse_version(asked)
    listed = yield from operations.all_versions(data_set_id)
    # the list has versions withdrawn since, and the draft where a preview token is sent
    public = [(one.published, one.version, one) for one in listed if not one.status.is_draft and one.published]
    live = [
        version
        for published, version, one in public
        if published <= moment and (one.withdrawn is None or one.withdrawn > moment)
    ]
    if found := [version for version in live if fits(version, wanted)]:
        return max(found)
    when = moment.isoformat(sep=" ", timespec="minutes")
    if live:
        there = ", ".join(map(str, live))
        raise VersionNotFoundError(
            f"version {str(wanted)!r} of data set {data_set_id} was not live at {when}; live were {there}"
        )
    first = "it has none that ever was"
    if public:
        published, version, _ = min(public, key=itemgetter(0, 1))
        first = f"the first, {version}, was published on {published.astimezone(_london()).date()}"
    raise VersionNotFoundError(f"no version of data set {data_set_id} was live at {when}; {first}")
