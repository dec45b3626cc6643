"""The program that made up the figures of the demo's data sets, the same on every machine and Python.

A fixed seed, `random.Random(seed).random()` and whole-number arithmetic, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import TypeAlias

import attrs

Row: TypeAlias = Sequence[str | int]

SOCIAL_CARE_GROUPS = {
    "All pupils comparison": 1000,
    "Children in need at 31 March": 41,
    "Children on a child protection plan at 31 March": 5,
    "Children looked after at 31 March": 8,
    "Children looked after for at least 12 months at 31 March": 6,
}
"""Groups, each with its size for a thousand pupils."""

SEN_PROVISIONS = ("Education, health and care plan", "SEN support")
PRIMARY_NEEDS = {
    "Autistic spectrum disorder": 20,
    "Hearing impairment": 2,
    "Moderate learning difficulty": 13,
    "Multi-sensory impairment": 1,
    "Other difficulty or disability": 4,
    "Physical disability": 3,
    "Profound and multiple learning difficulty": 2,
    "Severe learning difficulty": 4,
    "Social, emotional and mental health": 22,
    "Specific learning difficulty": 10,
    "Speech, language and communications needs": 24,
    "Visual impairment": 1,
}
"""Needs, each with its weight among the others."""

NOT_APPLICABLE, NOT_AVAILABLE = "z", "x"
_SEN_SEED, _KS4_SEED = 20240607, 20250301
_PUPILS = 8_000_000

_GEOGRAPHY_COLUMNS = (
    "country_code", "country_name", "region_code", "region_name", "old_la_code", "new_la_code", "la_name",
)  # fmt: skip


@attrs.frozen
class Place:
    """A place: its level, the location cells of its rows, and its share of the country in thousandths."""

    level: str
    cells: tuple[str, ...]
    size: int


@attrs.frozen
class Pair:
    """Text of a data file and of its metadata file."""

    data: str
    meta: str


_ENGLAND = ("E92000001", "England")
_LOCAL_AUTHORITIES = {
    ("E12000001", "North East"): {
        ("840", "E06000047", "County Durham"): 130,
        ("391", "E08000021", "Newcastle upon Tyne"): 70,
    },
    ("E12000003", "Yorkshire and The Humber"): {
        ("810", "E06000010", "Kingston upon Hull, City of"): 80,
        ("373", "E08000019", "Sheffield"): 140,
    },
    ("E12000007", "London"): {("202", "E09000007", "Camden"): 60, ("203", "E09000011", "Greenwich"): 90},
    ("E12000009", "South West"): {
        ("801", "E06000023", "Bristol, City of"): 130,
        ("878", "E10000008", "Devon"): 300,
    },
}
"""A handful of local authorities by region, each with its share in thousandths; codes are those in public use."""


def places() -> Iterator[Place]:
    """England, its regions and their local authorities."""
    yield Place("National", (*_ENGLAND, "", "", "", "", ""), 1000)
    for region, authorities in _LOCAL_AUTHORITIES.items():
        yield Place("Regional", (*_ENGLAND, *region, "", "", ""), sum(authorities.values()))
        for authority, size in authorities.items():
            yield Place("Local authority", (*_ENGLAND, *region, *authority), size)


def sen() -> Pair:
    """Pupils by social care group, SEN provision and primary need: England, academic years 2018/19 to 2024/25."""
    random = Random(_SEN_SEED)  # noqa: S311 - figures for show, no secrets
    rows = [
        [f"{year}{(year + 1) % 100:02}", "Academic year", "National", *_ENGLAND, group, *cells]
        for year in range(2018, 2025)
        for group, size in SOCIAL_CARE_GROUPS.items()
        for cells in _sen_rows(random, year, _PUPILS * size // 1000)
    ]
    header = ["time_period", "time_identifier", "geographic_level", "country_code", "country_name"]
    header += ["social_care_group", "sen_provision", "sen_primary_need", "pupil_count", "pupil_percent"]
    meta = [
        _filter("social_care_group", "Social care group"),
        _filter("sen_provision", "SEN provision"),
        _filter("sen_primary_need", "Primary type of need"),
        _indicator("pupil_count", "Number of pupils", "", 0),
        _indicator("pupil_percent", "Percentage of pupils", "%", 1),
    ]
    return _pair(header, rows, meta)


def _sen_rows(random: Random, year: int, usual: int) -> Iterator[Row]:
    pupils = _near(random, usual)
    # children known to social care have special educational needs several times as often
    plan, support = (4, 12) if usual == _PUPILS else (25, 26)
    counts = [_near(random, pupils * (share + year - 2018) // 100) for share in (plan, support)]
    yield "Total", "Total", pupils, NOT_APPLICABLE
    none = pupils - sum(counts)
    yield "No identified SEN", "Total", none, _percent(none, pupils)
    for provision, count in zip(SEN_PROVISIONS, counts, strict=True):
        yield provision, "Total", count, _percent(count, pupils)
        for need, part in zip(PRIMARY_NEEDS, _split(count, PRIMARY_NEEDS.values()), strict=True):
            yield provision, need, part, _percent(part, count)


_KS4_INDICATORS = {
    "pupil_count": ("Number of pupils at the end of key stage 4", "", 0),
    "attainment8_sum": ("Sum of Attainment 8 scores", "", 1),
    "attainment8_average": ("Average Attainment 8 score", "", 1),
    "engmath_95_total": ("Number of pupils with grade 5 or above in English and maths", "", 0),
    "engmath_95_percent": ("Percentage of pupils with grade 5 or above in English and maths", "%", 1),
    "engmath_94_total": ("Number of pupils with grade 4 or above in English and maths", "", 0),
    "engmath_94_percent": ("Percentage of pupils with grade 4 or above in English and maths", "%", 1),
    "ebacc_entering_total": ("Number of pupils entering the English Baccalaureate", "", 0),
    "ebacc_entering_percent": ("Percentage of pupils entering the English Baccalaureate", "%", 1),
    "ebacc_aps_sum": ("Sum of EBacc average point scores", "", 2),
    "ebacc_aps_average": ("EBacc average point score", "", 2),
    "progress8_pupil_count": ("Number of pupils in the Progress 8 measure", "", 0),
    "progress8_sum": ("Sum of Progress 8 scores", "", 2),
    "progress8_average": ("Average Progress 8 score", "", 2),
    "progress8_lower_95_ci": ("Lower 95% confidence limit of the Progress 8 score", "", 2),
    "progress8_upper_95_ci": ("Upper 95% confidence limit of the Progress 8 score", "", 2),
}
_NO_PROGRESS_8 = (2020,)  # no such measure was made for the year of teacher-assessed grades


def ks4() -> Pair:
    """Key stage 4 results by social care group: country, regions and local authorities, 2020/21 to 2023/24."""
    random = Random(_KS4_SEED)  # noqa: S311 - figures for show, no secrets
    rows = [
        [
            *(f"{year}{(year + 1) % 100:02}", "Academic year", place.level, *place.cells),
            *("Revised" if year == 2023 else "Final", group),
            *_ks4_row(random, year, place.size * 600 * size // 1000),
        ]
        for year in range(2020, 2024)
        for place in places()
        for group, size in SOCIAL_CARE_GROUPS.items()
    ]
    header = ["time_period", "time_identifier", "geographic_level", *_GEOGRAPHY_COLUMNS, "version"]
    meta = [_filter("social_care_group", "Social care group")]
    meta += [_indicator(column, *words) for column, words in _KS4_INDICATORS.items()]
    return _pair([*header, "social_care_group", *_KS4_INDICATORS], rows, meta)


def _ks4_row(random: Random, year: int, usual: int) -> Iterator[str | int]:
    pupils = _near(random, usual)
    if pupils < 200:
        # too few pupils to say more than how many there are
        yield pupils
        yield from [NOT_AVAILABLE] * (len(_KS4_INDICATORS) - 1)
        return
    attainment = 200 + int(random.random() * 280)
    yield from (pupils, _decimal(pupils * attainment, 1), _decimal(attainment, 1))
    for usual_share in (25, 45, 30):
        count = _near(random, pupils * usual_share // 100)
        yield from (count, _percent(count, pupils))
    points = attainment * 9 // 10  # hundredths
    yield from (_decimal(pupils * points, 2), _decimal(points, 2))
    yield from [NOT_AVAILABLE] * 5 if year in _NO_PROGRESS_8 else _progress_8(random, pupils)


def _progress_8(random: Random, pupils: int) -> Iterator[str | int]:
    counted = pupils * 94 // 100
    progress = int(random.random() * 150) - 120
    margin = max(1, 2_000 // counted + 3)
    yield from (counted, _decimal(counted * progress, 2), _decimal(progress, 2))
    yield from (_decimal(progress - margin, 2), _decimal(progress + margin, 2))


def _near(random: Random, usual: int) -> int:
    """A whole number within a twentieth of the usual one."""
    return usual * int(950 + random.random() * 100) // 1000


def _split(total: int, weights: Iterable[int]) -> list[int]:
    """Whole parts in proportion to the weights; the first takes what rounding leaves."""
    listed = list(weights)
    parts = [total * weight // sum(listed) for weight in listed]
    parts[0] += total - sum(parts)
    return parts


def _percent(part: int, whole: int) -> str:
    return _decimal((2000 * part + whole) // (2 * whole), 1)


def _decimal(number: int, places: int) -> str:
    """A whole number of tenths or hundredths as a decimal fraction."""
    sign, digits = "-" if number < 0 else "", f"{abs(number):0{places + 1}}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def _filter(column: str, label: str) -> Row:
    return column, "Filter", label, "", "", "", "", ""


def _indicator(column: str, label: str, unit: str, decimal_places: int) -> Row:
    return column, "Indicator", label, "", unit, decimal_places, "", ""


_META_HEADER = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column",
)  # fmt: skip


def _pair(header: Row, rows: Iterable[Row], meta: Iterable[Row]) -> Pair:
    return Pair(_csv([header, *rows]), _csv([_META_HEADER, *meta]))


def _csv(rows: Iterable[Row]) -> str:
    texts = ([f'"{cell}"' if "," in str(cell) else str(cell) for cell in row] for row in rows)
    return "".join(",".join(cells) + "\n" for cells in texts)


def senco() -> Pair:
    """Special educational needs coordinators in early years settings by local authority: June and November 2024."""
    random = Random(20241101)  # noqa: S311 - figures for show, no secrets
    rows = [
        ["2024", month, place.level, *place.cells, status, *_senco_row(random, place, status)]
        for month in ("June", "November")
        for place in places()
        for status in ("Completed", "Enrolled", "Withdrawn")
    ]
    header = ["time_period", "time_identifier", "geographic_level", *_GEOGRAPHY_COLUMNS, "status"]
    meta = [
        _filter("status", "Status of the qualification"),
        _indicator("no_of_settings", "Number of settings", "", 0),
        _indicator("no_of_practitioners", "Number of practitioners", "", 0),
    ]
    return _pair([*header, "no_of_settings", "no_of_practitioners"], rows, meta)


def _senco_row(random: Random, place: Place, status: str) -> tuple[str | int, str | int]:
    settings = _near(random, place.size * {"Completed": 6, "Enrolled": 3, "Withdrawn": 1}[status])
    if settings < 100:
        return NOT_AVAILABLE, NOT_AVAILABLE
    return settings, settings + _near(random, settings // 5)
