"""Make up the figures of the demo's data sets: `python scripts/demo.py`, or `--check` that the shipped ones are these.

Three data sets get columns, options, levels, periods and numbers of rows of pages of the department's data catalogue:

- National - Special educational needs (SEN) - API, data-catalogue/data-set/7c6703f4-59d9-4613-a0dc-27fe7d2b78a2
- LA - Key Stage 4 (KS4) - API, data-catalogue/data-set/67a6c2eb-cd40-4d72-a20a-2021bdfec736
- SENCO qualification by local authority, data-catalogue/data-set/71ae867e-2832-4448-9994-2d3657b6fd12

All that is counted in them is made up here. What the pages, as far as they could be read, do not say is marked "not
established". A fixed seed, `Random(seed).random()` and whole-number arithmetic make the same text on every machine.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias

HERE = Path(__file__).parent
DATA = HERE.parent / "src" / "eesclient" / "local" / "data"

Row: TypeAlias = Sequence[str | int]


class Pair(NamedTuple):
    """Text of a data file and of its metadata file."""

    data: str
    meta: str


NOT_APPLICABLE, NOT_AVAILABLE, CONFIDENTIAL = "z", "x", "c"
_ENGLAND = ("E92000001", "England")
_TIME = ("time_period", "time_identifier", "geographic_level", "country_code", "country_name")


def _near(random: Random, usual: int, spread: int = 50) -> int:
    """A whole number near the usual one, off by at most so many thousandths."""
    return usual * (1000 - spread + int(random.random() * (2 * spread + 1))) // 1000


def _year(first: int) -> str:
    return f"{first}{(first + 1) % 100:02}"


# National - SEN

AT_31_MARCH, AT_ANY_POINT, LAST_SIX_YEARS = "at 31 March", "at any point", "in the last 6 years"

CHILDREN = ("CIN", "CINO", "CLA", "CPP", "CPPO")
"""Children in need, those of them who are only that, looked after, on a protection plan, and only on one."""

ALL_PUPILS, TWELVE_MONTHS = "All pupils comparison", "CLA 12 months at 31 March"
# Pages of the publication have "All pupils comparison", "CIN at 31 March", "CINO at 31 March", "CPPO at 31 March",
# "CLA at 31 March", "CLA 12 months at 31 March" and "CLA at any point". Not established: that the others are there, and
# their names. 11 groups in six years and 17 in the seventh make the page's 2,607 rows: 66 times 31 and 17 times 33.
LATE_GROUPS = {
    *(f"CPP {when}" for when in (AT_31_MARCH, AT_ANY_POINT, LAST_SIX_YEARS)),
    *(f"{who} {LAST_SIX_YEARS}" for who in ("CINO", "CLA", "CPPO")),
}

SEN_YEARS = range(2018, 2026)
"""First calendar years; the last one comes with version 1.1, and is on no page."""

NEWEST_ON_PAGE = 2024

# The page has the first three, its forerunners the other two; not established: that these are written so there.
EVERYONE, ALL_SEN, PLAN, NO_SEN, SUPPORT = SEN_PROVISIONS = (
    "All pupils", "All SEN provision", "Education, health and care plan", "No identified SEN", "SEN support",
)  # fmt: skip

DOWN_SYNDROME = "Down syndrome"
# The page has the first three and "Total". Its forerunners have the others, in capitals of their own; not established:
# how they are written there.
PRIMARY_NEEDS = {
    "Autistic spectrum disorder": (300, 95),
    DOWN_SYNDROME: (4, 1),
    "Hearing impairment": (17, 16),
    "Moderate learning difficulty": (90, 170),
    "Multi-sensory impairment": (4, 3),
    "Other difficulty or disability": (25, 45),
    "Physical disability": (32, 24),
    "Profound and multiple learning difficulty": (25, 2),
    "SEN support but no specialist assessment of type of need": (1, 42),
    "Severe learning difficulty": (75, 4),
    "Social, emotional and mental health": (165, 215),
    "Specific learning difficulty": (40, 140),
    "Speech, language and communication needs": (210, 240),
    "Visual impairment": (10, 9),
}
"""Needs, each with its weight among plans and in SEN support."""

Counts: TypeAlias = dict[tuple[str, str], int]
"""Pupils by provision and need of one group in one year; needs add up to their provision, provisions to all pupils."""


def sen() -> Pair:
    """Pupils by social care group, SEN provision and primary need: England, academic years 2018/19 to 2025/26."""
    random = Random(20260416)  # noqa: S311 - figures for show, no secrets
    by_year = {year: dict(_groups(random, year)) for year in SEN_YEARS}
    # the page has the newest first, then groups, provisions and needs by name
    rows = [
        [_year(year), "Academic year", "National", *_ENGLAND, group, provision, need, _tens(count), share]
        for year in reversed(SEN_YEARS)
        for group in sorted(by_year[year])
        if year >= NEWEST_ON_PAGE or group not in LATE_GROUPS
        for (provision, need), count, share in _shares(by_year[year][group])
    ]
    filters = {
        "social_care_group": ("Social care group", "Filter by social care group"),
        "sen_provision": ("SEN provision", ""),
        "sen_primary_need": ("Primary type of need", ""),
    }
    indicators = {"pupil_count": ("Number of pupils", "", 0), "pupil_percent": ("Percentage of pupils", "%", 1)}
    return _pair([*_TIME, *filters, *indicators], rows, filters, indicators)


def _groups(random: Random, year: int) -> Iterator[tuple[str, Counts]]:
    """Counts of each group: children in need are those who are only that, only on a plan, or looked after."""
    passed = year - SEN_YEARS[0]
    yield ALL_PUPILS, _counts(random, year, 7_912_000 + 31_000 * passed, (33 + 3 * passed, 121 + 3 * passed))
    for when, tenths in ((AT_31_MARCH, 10), (AT_ANY_POINT, 19), (LAST_SIX_YEARS, 39)):
        alone, plan, care = (
            _counts(random, year, size * tenths // 10, (share + 6 * passed, 238))
            for size, share in ((131_000, 208), (29_000, 118), (49_000, 262))
        )
        # some who are looked after have a protection plan as well
        both = {key: count * 7 // 100 for key, count in care.items()}
        yield f"CINO {when}", alone
        yield f"CPPO {when}", plan
        yield f"CLA {when}", care
        yield f"CPP {when}", _added(plan, both)
        yield f"CIN {when}", _added(alone, plan, care)
        if when == AT_31_MARCH:
            stayed = 640 + int(random.random() * 60)
            yield TWELVE_MONTHS, _added({key: count * stayed // 1000 for key, count in care.items()})


def _counts(random: Random, year: int, usual: int, shares: tuple[int, int]) -> Counts:
    """Pupils of a group, of whom so many thousandths have a plan or support."""
    pupils = _near(random, usual, 12)
    counts: Counts = {(NO_SEN, "Total"): pupils}
    for place, provision in enumerate((PLAN, SUPPORT)):
        total = _near(random, pupils * shares[place] // 1000, 20)
        # recorded since the census of January 2025
        needs = [need for need in PRIMARY_NEEDS if need != DOWN_SYNDROME or year >= NEWEST_ON_PAGE]
        weights = [_near(random, 1000 * PRIMARY_NEEDS[need][place], 80) for need in needs]
        counts |= {
            (provision, need): total * weight // sum(weights) for need, weight in zip(needs, weights, strict=True)
        }
        counts[NO_SEN, "Total"] -= sum(counts[provision, need] for need in needs)
    return _added(counts)


def _added(*parts: Counts) -> Counts:
    """Counts of several groups together, with the totals that follow from them."""
    sums = {key: sum(part[key] for part in parts) for key in parts[0] if key[1] != "Total" or key[0] == NO_SEN}
    for provision in (PLAN, SUPPORT):
        sums[provision, "Total"] = sum(count for key, count in sums.items() if key[0] == provision)
    sums[ALL_SEN, "Total"] = sums[PLAN, "Total"] + sums[SUPPORT, "Total"]
    sums[EVERYONE, "Total"] = sums[ALL_SEN, "Total"] + sums[NO_SEN, "Total"]
    return sums


def _shares(counts: Counts) -> Iterator[tuple[tuple[str, str], int, str]]:
    """Counts in the order of the page, each with its share of the provision, or of all pupils."""
    for key in sorted(counts, key=lambda key: (SEN_PROVISIONS.index(key[0]), key[1].lower())):
        provision, need = key
        whole = counts[EVERYONE if need == "Total" else provision, "Total"]
        yield key, counts[key], NOT_APPLICABLE if provision == EVERYONE else _percent(counts[key], whole)


# LA - KS4

KS4_GROUPS = {"CINO at 31 March": 12_100, TWELVE_MONTHS: 6_200, "CPPO at 31 March": 1_900}
"""Groups, each with its usual size in England. Not established: the second and third, which other pages name so."""

KS4_YEARS = range(2018, 2025)

# Labels are those of the page, or of the file of the release of 2022/23 for what the page does not show. Not
# established: the labels of Progress 8's counts and sums.
KS4_INDICATORS = {
    "pupil_count": ("Total number of pupils at the end of key stage 4", "", 0),
    "attainment8_sum": ("Total sum of pupils Attainment 8 scores", "", 2),
    "attainment8_average": ("Average Attainment 8 score of all pupils", "", 1),
    "engmath_95_total": (
        "Total number of pupils achieving grades 5 or above in English and mathematics GCSEs", "", 0,
    ),
    "engmath_95_percent": (
        "Percentage of pupils achieving grades 5 or above in English and mathematics GCSEs", "%", 1,
    ),
    "engmath_94_total": (
        "Total number of pupils achieving grades 4 or above in English and mathematics GCSEs", "", 0,
    ),
    "engmath_94_percent": (
        "Percentage of pupils achieving grades 4 or above in English and mathematics GCSEs", "%", 1,
    ),
    "ebacc_entering_total": ("Total number of pupils entering the English Baccalaureate", "", 0),
    "ebacc_entering_percent": ("Percentage of pupils entering the English Baccalaureate", "%", 1),
    "ebacc_aps_sum": ("Total EBacc APS score of pupils", "", 2),
    "ebacc_aps_average": ("Average EBacc APS score per pupil", "", 2),
    "progress8_pupil_count": ("Total number of pupils included in Progress 8 measure", "", 0),
    "progress8_sum": ("Total sum of pupils Progress 8 scores", "", 3),
    "progress8_average": ("Average Progress 8 score of all pupils", "", 2),
    "progress8_lower_95_ci": ("Progress 8 lower 95% confidence interval", "", 2),
    "progress8_upper_95_ci": ("Progress 8 upper 95% confidence interval", "", 2),
}  # fmt: skip
_PROGRESS_8 = 5
"""How many of them are about Progress 8."""

# None is published for the newest year, as the page shows. Not established: that the years without exams have x too.
NO_PROGRESS_8 = (2019, 2020, 2024)

# Years in which these had no usable return on children in need, as the releases say.
NO_RETURN = {"Hackney": (2020, 2021), "Hampshire": (2023,)}

# Not established: which the page's 154 authorities are. Those of 2024/25, and Cumbria, which two of them replaced.
CEASED, SUCCESSORS = {"Cumbria": 2023}, {"Cumberland": 2023, "Westmorland and Furness": 2023}

_SMALLEST = 6
"""Fewer pupils are not told. Not established: below how many, and that c says it, as in related releases."""

REGIONS = {
    "E12000001": "North East",
    "E12000002": "North West",
    "E12000003": "Yorkshire and The Humber",
    "E12000004": "East Midlands",
    "E12000005": "West Midlands",
    "E12000006": "East of England",
    "E12000007": "London",
    "E12000008": "South East",
    "E12000009": "South West",
}


class Authority(NamedTuple):
    """A local authority, by names and codes in public use."""

    region_code: str
    old_la_code: str
    new_la_code: str
    la_name: str


class Figures(NamedTuple):
    """Pupils of a place, and what is added up of them: scores in hundredths, Progress 8 in thousandths."""

    pupils: int = 0
    attainment: int = 0
    grade_5: int = 0
    grade_4: int = 0
    entering: int = 0
    points: int = 0
    progress_pupils: int = 0
    progress: int = 0


def authorities() -> list[Authority]:
    """The authorities, by their old codes."""
    rows = csv.reader(StringIO((HERE / "authorities.csv").read_text(encoding="utf-8")))
    next(rows)
    return [Authority(*row) for row in rows]


def weight(authority: Authority) -> int:
    """How many children an authority has beside others, by its kind alone: made up."""
    if authority.la_name in ("City of London", "Isles of Scilly"):
        return 1
    # counties, metropolitan districts, London boroughs, unitary authorities: as their codes begin
    return {"E10": 420, "E08": 190, "E09": 130, "E06": 120}[authority.new_la_code[:3]]


def ks4() -> Pair:
    """Key stage 4 results by social care group: country, regions, authorities, academic years 2018/19 to 2024/25."""
    random = Random(20260417)  # noqa: S311 - figures for show, no secrets
    places = authorities()
    sizes = {one: _near(random, weight(one), 350) for one in places}
    rows: list[Row] = []
    for year in reversed(KS4_YEARS):
        for group, size in KS4_GROUPS.items():
            found = {one: _state(year, group, one, _figures(random, size * sizes[one] // 27_000)) for one in places}
            rows += _rows_of(year, group, found)
    columns = [*_TIME, "region_code", "region_name", "old_la_code", "la_name", "new_la_code", "social_care_group"]
    filters = {"social_care_group": ("Social care group", "")}
    # the column of the publishing stage is in the file, and not among the filters
    return _pair([*columns, "version", *KS4_INDICATORS], rows, filters, KS4_INDICATORS)


def _state(year: int, group: str, one: Authority, figures: Figures) -> Figures | str:
    """Figures of an authority, or the symbol that stands for all of them."""
    if year >= CEASED.get(one.la_name, year + 1) or year < SUCCESSORS.get(one.la_name, year):
        return NOT_APPLICABLE
    if year in NO_RETURN.get(one.la_name, ()) and group != TWELVE_MONTHS:
        return NOT_AVAILABLE
    return figures


def _figures(random: Random, usual: int) -> Figures:
    pupils = _near(random, usual, 150)
    score, points = 1_450 + int(random.random() * 900), 115 + int(random.random() * 80)
    progress_pupils = pupils * 86 // 100
    return Figures(
        pupils=pupils,
        attainment=pupils * score + int(random.random() * 50) * (pupils > 0),
        grade_5=pupils * (60 + int(random.random() * 70)) // 1000,
        grade_4=pupils * (150 + int(random.random() * 90)) // 1000,
        entering=pupils * (80 + int(random.random() * 80)) // 1000,
        points=pupils * points,
        progress_pupils=progress_pupils,
        progress=-progress_pupils * (1_050 + int(random.random() * 900)),
    )


def _rows_of(year: int, group: str, found: dict[Authority, Figures | str]) -> Iterator[Row]:
    """Rows of a year and group: England, its regions, then its authorities."""
    known = {one: figures for one, figures in found.items() if isinstance(figures, Figures)}
    start = [_year(year), "Academic year"]
    end = [group, "Revised"]
    everyone = _sum(known.values())
    yield [*start, "National", *_ENGLAND, "", "", "", "", "", *end, *_cells(year, everyone)]
    for code, name in REGIONS.items():
        figures = _sum(figures for one, figures in known.items() if one.region_code == code)
        yield [*start, "Regional", *_ENGLAND, code, name, "", "", "", *end, *_cells(year, figures)]
    for one, state in found.items():
        place = [one.region_code, REGIONS[one.region_code], one.old_la_code, one.la_name, one.new_la_code]
        yield [*start, "Local authority", *_ENGLAND, *place, *end, *_cells(year, state)]


def _sum(parts: Iterable[Figures]) -> Figures:
    return Figures(*map(sum, zip(Figures(), *parts, strict=True)))


def _cells(year: int, state: Figures | str) -> list[str | int]:
    """Cells of the indicators: counts to the nearest ten, shares and averages of what was counted."""
    if not isinstance(state, Figures):
        return [state] * len(KS4_INDICATORS)
    if 0 < state.pupils < _SMALLEST:
        cells: list[str | int] = [CONFIDENTIAL] * len(KS4_INDICATORS)
    elif state.pupils == 0:
        # as another page has it where there is nobody
        cells = [0, *[NOT_APPLICABLE] * (len(KS4_INDICATORS) - 1)]
    else:
        cells = [_tens(state.pupils), _decimal(state.attainment, 2), _ratio(state.attainment, 10 * state.pupils, 1)]
        for count in (state.grade_5, state.grade_4, state.entering):
            cells += [_tens(count), _percent(count, state.pupils)]
        cells += [_decimal(state.points, 2), _ratio(state.points, state.pupils, 2), *_progress(state)]
    return [*cells[:-_PROGRESS_8], *[NOT_AVAILABLE] * _PROGRESS_8] if year in NO_PROGRESS_8 else cells


def _progress(state: Figures) -> Iterator[str | int]:
    pupils = max(state.progress_pupils, 1)
    average = _rounded(state.progress, 10 * pupils)
    # the interval grows as pupils become fewer: with the root of how many there are
    root = next(number for number in range(pupils + 1) if (number + 1) ** 2 > pupils)
    margin = max(1, 250 // root)
    yield from (_tens(pupils), _decimal(state.progress, 3))
    yield from (_decimal(number, 2) for number in (average, average - margin, average + margin))


# SENCO qualification by local authority

STATUSES = ("Registered", "Completed", "Total local authority settings")


def senco() -> Pair:
    """Qualifications of special educational needs coordinators in early years settings: authorities, June, November."""
    random = Random(20250717)  # noqa: S311 - figures for show, no secrets
    kept = [(one, *_settings(random, weight(one))) for one in authorities() if one.la_name not in CEASED]
    rows = [
        ["2024", month, "Local authority", *_ENGLAND, one.old_la_code, one.new_la_code, one.la_name, status, *cells]
        for place, month in enumerate(("June", "November"))
        for one, registered, completed, settings in kept
        # nobody registered any more between the two, and some completed
        for status, cells in zip(STATUSES, (registered, completed[place], (settings, NOT_AVAILABLE)), strict=True)
    ]
    columns = [*_TIME, "old_la_code", "new_la_code", "la_name", "status"]
    filters = {"status": ("Status", "")}
    indicators = {
        "no_of_settings": ("Number of settings", "", 0),
        "no_of_practitioners": ("Number of practitioners", "", 0),
    }
    return _pair([*columns, *indicators], rows, filters, indicators)


def _settings(random: Random, size: int) -> tuple[tuple[int, int], list[tuple[int, int]], int]:
    """Settings with practitioners who registered, and who had completed by each month, and all settings."""
    settings = _near(random, 2 * size, 400)
    registered = settings * (80 + int(random.random() * 140)) // 1000
    practitioners = registered + registered * int(random.random() * 120) // 1000
    completed = []
    for share in (350, 620):
        now = share + int(random.random() * 150)
        completed.append((registered * now // 1000, practitioners * now // 1000))
    return (registered, practitioners), completed, settings


# Cells and files


def _rounded(part: int, whole: int) -> int:
    """The quotient to the nearest whole number, halves away from zero."""
    sign = -1 if part < 0 else 1
    return sign * ((2 * abs(part) + whole) // (2 * whole))


def _tens(count: int) -> int:
    return 10 * _rounded(count, 10)


def _percent(part: int, whole: int) -> str:
    return _decimal(_rounded(1000 * part, whole), 1) if whole else NOT_APPLICABLE


def _ratio(part: int, whole: int, places: int) -> str:
    """The quotient of a sum, whose unit the caller has made that of the last place."""
    return _decimal(_rounded(part, whole), places)


def _decimal(number: int, places: int) -> str:
    """A whole number of tenths, hundredths or thousandths as the files have it: without noughts at the end."""
    sign, digits = "-" if number < 0 else "", f"{abs(number):0{places + 1}}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")


_META_HEADER = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column",
)  # fmt: skip


def _pair(
    header: Row,
    rows: Iterable[Row],
    filters: dict[str, tuple[str, str]],
    indicators: dict[str, tuple[str, str, int]],
) -> Pair:
    meta: list[Row] = [_META_HEADER]
    meta += [(column, "Filter", label, "", "", "", hint, "") for column, (label, hint) in filters.items()]
    meta += [
        (column, "Indicator", label, "", unit, places, "", "") for column, (label, unit, places) in indicators.items()
    ]
    return Pair(_csv([header, *rows]), _csv(meta))


def _csv(rows: Iterable[Row]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


PAIRS: dict[str, Callable[[], Pair]] = {
    "sen_synthetic": sen,
    "ks4_synthetic": ks4,
    "senco_qualification_synthetic": senco,
}
"""What makes each pair of files, by its name."""


def shipped(name: str) -> Pair:
    """The pair in the package; compressors differ in their bytes, so that what is compared is what they hold."""
    data = gzip.decompress((DATA / f"{name}.csv.gz").read_bytes())
    return Pair(data.decode(), (DATA / f"{name}.meta.csv").read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` compare them."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    stale = [name for name, make in PAIRS.items() if not arguments or make() != shipped(name)]
    for name in stale:
        if arguments:
            print(f"{name}: the files are not what the program makes: run python scripts/demo.py", file=sys.stderr)
            continue
        pair = PAIRS[name]()
        (DATA / f"{name}.csv.gz").write_bytes(gzip.compress(pair.data.encode(), 9, mtime=0))
        (DATA / f"{name}.meta.csv").write_text(pair.meta, encoding="utf-8", newline="\n")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
