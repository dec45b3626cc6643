"""What is served to be fuzzed: data sets and versions of every status, and the words that questions to them use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Thread

import attrs

from eesclient import DataSetStatus, LocationOption, Meta
from eesclient.local import Service
from tests.doors.local import DataSetHolding, stable_id

TOKEN = stable_id("token")
"""Opens the drafts."""

_PLACES = (
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
    "new_la_code,old_la_code,la_name"
)
_ENGLAND = "E92000001,England"
_SCHOOLS = f"{_PLACES},school_urn,school_laestab,school_name,provider_ukprn,provider_name"
_META = "col_name,col_type,label,indicator_unit,indicator_dp,filter_hint"
_FILTER_ROWS = "sex,Filter,Sex,,,Of the pupil\nschool_type,Filter,School type,,,"
_FIRST_META = f"{_META}\n{_FILTER_ROWS}\nn,Indicator,Number,,,\nrate,Indicator,Rate,%,1,\n"
_SECOND_META = f"{_META}\n{_FILTER_ROWS}\nn,Indicator,Number of pupils,,0,\nnote,Indicator,Note,numberstring,,\n"
_SCHOOL_META = (
    f'{_META}\nphase,Filter,"Phase, or ""stage""",,,\npupils,Indicator,Pupils,,0,\ncost,Indicator,Cost,£m,2,\n'
)

DESCRIPTION = f"""
[publication]
id = "{stable_id("fuzzed publication")}"
title = "Pupils & schools – “fuzzed”"

[data_sets.pupils]
id = "{stable_id("pupils")}"
[data_sets.pupils.versions."1.0"]
status = "Deprecated"
[data_sets.pupils.versions."1.2"]
status = "Withdrawn"
withdrawn = 2026-01-01T00:00:00Z
[data_sets.pupils.versions."3.0"]
status = "Draft"
preview_tokens = [{{ id = "{TOKEN}" }}]

[data_sets.old]
status = "Deprecated"
superseding_data_set = "pupils"

[data_sets.gone]
status = "Withdrawn"
[data_sets.gone.versions."1.0"]
status = "Withdrawn"
withdrawn = 2026-01-01T00:00:00Z

[data_sets.coming]
status = "Draft"
[data_sets.coming.versions."1.0"]
status = "Draft"
preview_tokens = [{{ id = "{TOKEN}" }}]
"""


def _pupils(indicator: str, years: tuple[str, ...], options: tuple[str, ...]) -> str:
    places = (
        f"National,{_ENGLAND},,,,,",
        f"Regional,{_ENGLAND},E12000003,Yorkshire and The Humber,,,",
        f"Local authority,{_ENGLAND},E12000003,Yorkshire and The Humber,E08000019,373,Sheffield",
        f"Local authority,{_ENGLAND},E12000003,Yorkshire and The Humber,E09000021 / E09000027,314,Kingston / Richmond",
    )
    rows = [
        f"{year},Academic year,{place},{option},{kind},{number * 7},{number}.5"
        for year in years
        for number, (place, option, kind) in enumerate(
            (place, option, kind) for place in places for option in options for kind in ("Total", "Primary", "")
        )
    ]
    return "\n".join([f"{_PLACES},sex,school_type,n,{indicator}", *rows, ""])


def _schools() -> str:
    prefix = f"{_ENGLAND},E12000003,Yorkshire and The Humber,E08000019,373,Sheffield"
    rows = [
        f'{year},{month},{level},{prefix},{place},"{phase}",{number},z'
        for year in (2023, 2024)
        for month in ("January", "February", "Week 10", "Week 2")
        for level, place in (
            ("School", "123456,3731234,Élan School,,"),
            ("Provider", ",,,10012345,College & Co"),
        )
        for number, phase in enumerate(("Total", "<Primary>, “first”"))
    ]
    return "\n".join([f"{_SCHOOLS},phase,pupils,cost", *rows, ""])


def write_folder(folder: Path) -> None:
    """Write the data sets: one with six versions, one with schools and providers, and one of each other status."""
    first = _pupils("rate", ("202223", "202324"), ("Total", "Girls", "Boys"))
    second = _pupils("note", ("202324", "202425"), ("Total", "Women", "Boys"))
    files = {"pupils.meta.csv": _FIRST_META, "pupils.csv": first, "pupils.v1.1.csv": first + first.splitlines()[1]}
    files["pupils.v1.2.csv"] = first
    for version in ("2.0", "2.0.1", "2.0.2", "3.0"):
        files |= {f"pupils.v{version}.csv": second, f"pupils.v{version}.meta.csv": _SECOND_META}
    files |= {"schools.csv": _schools(), "schools.meta.csv": _SCHOOL_META, "service.toml": DESCRIPTION}
    for name in ("old", "gone", "coming"):
        files |= {f"{name}.csv": first, f"{name}.meta.csv": _FIRST_META}
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")


@attrs.frozen(slots=False, eq=False, repr=False)
class Words:
    """Texts that requests on one data set may use, from all of its versions.

    Attributes:
        holding: The data set.
    """

    holding: DataSetHolding

    @property
    def is_public(self) -> bool:
        """Whether everyone may see the data set."""
        return self.holding.about.status in (DataSetStatus.PUBLISHED, DataSetStatus.DEPRECATED)

    @cached_property
    def metas(self) -> tuple[Meta, ...]:
        """Metadata of the versions."""
        return tuple(version.data.meta for version in self.holding.versions)

    @cached_property
    def versions(self) -> list[str]:
        """Versions and ranges that may find one, and texts that do not."""
        numbers = [str(version.about.version) for version in self.holding.versions]
        ranges = sorted({f"{number.partition('.')[0]}.*" for number in numbers})
        return [*numbers, *(f"v{number}" for number in numbers), *ranges, "*", "v*", "1.0.*", " 1.0 ", "9.9"]

    @cached_property
    def options(self) -> list[str]:
        """Ids of filter options."""
        return sorted({option.id for meta in self.metas for item in meta.filters for option in item.options})

    @cached_property
    def indicators(self) -> list[str]:
        """Ids of indicators."""
        return sorted({item.id for meta in self.metas for item in meta.indicators})

    @cached_property
    def levels(self) -> list[str]:
        """Codes of geographic levels."""
        return sorted({str(group.level.code) for meta in self.metas for group in meta.locations})

    @cached_property
    def locations(self) -> list[dict[str, str]]:
        """Locations as a POST body has them, by every key."""
        keys = {
            (str(group.level.code), name, value)
            for meta in self.metas
            for group in meta.locations
            for option in group.options
            for name, value in _keys(option)
        }
        return [{"level": level, name: value} for level, name, value in sorted(keys)]

    @cached_property
    def periods(self) -> list[dict[str, str]]:
        """Time periods as a POST body has them."""
        pairs = {(item.period, str(item.code)) for meta in self.metas for item in meta.periods}
        return [{"period": period, "code": code} for period, code in sorted(pairs)]

    @cached_property
    def fields(self) -> list[str]:
        """Sort fields."""
        filters = sorted({f"filter|{item.id}" for meta in self.metas for item in meta.filters})
        indicators = [f"indicator|{item}" for item in self.indicators]
        return ["timePeriod", "geographicLevel", *filters, *indicators, *(f"location|{level}" for level in self.levels)]


def _keys(option: LocationOption) -> Iterator[tuple[str, str]]:
    yield "id", option.id
    for name in ("code", "old_code", "urn", "la_estab", "ukprn"):
        value = getattr(option, name)
        if value is not None:
            yield re.sub("_(.)", lambda match: match[1].upper(), name), value


@attrs.frozen(eq=False, repr=False)
class Served:
    """A service behind HTTP.

    Attributes:
        address: Where it listens, without the version segment.
        service: What answers there.
        folder: What it was loaded from.
        words: Words by GUID of the data set.
        publications: GUIDs of the publications.
    """

    address: str
    service: Service
    folder: Path
    words: dict[str, Words]
    publications: list[str]


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """The folder as `ees serve FOLDER` serves it, in a thread."""
    from tests.doors.local import load_folder

    write_folder(folder)
    holdings = load_folder(folder)
    service = Service(holdings)
    with listening(service) as address:
        yield Served(
            address=address,
            service=service,
            folder=folder,
            words={data_set_id: Words(item) for data_set_id, item in sorted(holdings.data_sets.items())},
            publications=[item.id for item in holdings.publications],
        )


@contextmanager
def listening(service: Service) -> Iterator[str]:
    """The address of a service behind HTTP, in a thread."""
    from tests.doors.server import application, web

    server = web.server(application(service))
    with web.listen("127.0.0.1", 0) as found:
        thread = Thread(target=server.run, kwargs={"sockets": [found]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
