"""A small data set, its rows, and what the service and the producer would write of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from hypothesis import strategies as st

from eesclient import (
    DataSetVersionStatus,
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    IndicatorUnit,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    Provenance,
    Query,
    QueryResult,
    TimeIdentifier,
    TimePeriod,
    Version,
)
from tests.doors.table import EncodedPage, read_data_file, read_page


def level(code: str) -> Level:
    """A level with its label."""
    known = GeographicLevel(code)
    return Level(code=known, label=known.columns.label)


def options(*labels: str) -> tuple[FilterOption, ...]:
    """Options whose ids are made of their labels."""
    return tuple(FilterOption(id=f"o{label[:3]}", label=label) for label in labels)


SEX = Filter(id="fsex", column="sex", label="Sex", options=options("Total", "girls", "Boys"))
TYPE = Filter(id="ftyp", column="school_type", label="School type", hint="Pick one", options=options("Écoles", "Zoos"))
COUNT = Indicator(id="icnt", column="pupils", label="Number of pupils", decimal_places=0)
SHARE = Indicator(id="ishr", column="share", label="Share", unit=IndicatorUnit.PERCENT, decimal_places=1)
NOTE = Indicator(id="inot", column="note", label="Note", unit=IndicatorUnit.STRING)
ENGLAND = LocationOption(id="lEng", label="England", code="E92")
NORTH = LocationOption(id="lNor", label="North", code="E12-1")
SOUTH = LocationOption(id="lSou", label="South", code="E12-0")
BURY = LocationOption(id="lBur", label="Bury", code="E08", old_code="351")
BATH = LocationOption(id="lBat", label="Bath", code="E06", old_code="800")
BATHS = LocationOption(id="lBas", label="Bath and so on", code="E06", old_code="800")
PERIODS = (
    TimePeriod(code=TimeIdentifier("AY"), period="2022/2023"),
    TimePeriod(code=TimeIdentifier("AY"), period="2023/2024"),
    TimePeriod(code=TimeIdentifier("CY"), period="2023"),
    TimePeriod(code=TimeIdentifier("T1"), period="2023/2024"),
)
META = Meta(
    filters=(SEX, TYPE),
    indicators=(COUNT, NOTE, SHARE),
    levels=(level("LA"), level("NAT"), level("REG")),
    locations=(
        # sent by label of the level; the frame has them in the reference's order
        LocationGroup(level=level("NAT"), options=(ENGLAND,)),
        LocationGroup(level=level("REG"), options=(NORTH, SOUTH)),
        LocationGroup(level=level("LA"), options=(BATHS, BATH, BURY)),
        LocationGroup(level=level("SCH")),
    ),
    periods=PERIODS,
)
QUERY = Query(
    data_set_id="00000000-0000-0000-0000-000000000001",
    version=Version(1, 2),
    meta=META,
    indicators=(SHARE, COUNT, NOTE),
)
PROVENANCE = Provenance(
    source="local",
    data_set_id=QUERY.data_set_id,
    title="Pupils <by> type",
    version=QUERY.version,
    status=DataSetVersionStatus.PUBLISHED,
    release="2023/24",
    route="pages",
    retrieved_at=datetime(2025, 1, 1, tzinfo=UTC),
)
HEADINGS = (
    "time_period", "time_identifier", "geographic_level",
    "new_la_code", "old_la_code", "la_name", "country_code", "country_name", "region_code", "region_name",
    "sex", "school_type",
    "share", "share_status", "pupils", "pupils_status", "note", "note_status",
)  # fmt: skip


@attrs.frozen
class Row:
    """A row of the data set; None where it has no such thing."""

    period: TimePeriod = PERIODS[0]
    level: str = "NAT"
    nat: LocationOption | None = ENGLAND
    reg: LocationOption | None = None
    la: LocationOption | None = None
    sex: FilterOption | None = SEX.options[0]
    type: FilterOption | None = TYPE.options[0]
    share: str = "1.5"
    count: str = "10"
    note: str = "fine"

    def to_json(self) -> dict[str, Any]:
        """The row as the service sends it."""
        locations = {"NAT": self.nat, "REG": self.reg, "LA": self.la}
        filters = {SEX.id: self.sex, TYPE.id: self.type}
        return {
            "timePeriod": {"code": str(self.period.code), "period": self.period.period},
            "geographicLevel": self.level,
            "locations": {name: place.id for name, place in locations.items() if place},
            "filters": {name: option.id for name, option in filters.items() if option},
            "values": {SHARE.id: self.share, COUNT.id: self.count, NOTE.id: self.note},
        }

    def to_csv(self) -> dict[str, str]:
        """The row as it stands in the data file."""
        cells = {
            "time_period": self.period.csv,
            "time_identifier": self.period.code.label,
            "geographic_level": GeographicLevel(self.level).columns.label,
            "sex": self.sex.label if self.sex else "",
            "school_type": self.type.label if self.type else "",
            "share": self.share,
            "pupils": self.count,
            "note": self.note,
        }
        for code, place in {"NAT": self.nat, "REG": self.reg, "LA": self.la}.items():
            columns = GeographicLevel(code).columns
            cells[columns.name] = place.label if place else ""
            cells |= {column: (getattr(place, name) if place else "") for column, name in columns.codes}
        return cells

    def labels(self) -> tuple[str | None, ...]:
        """The row's key cells, in the order of the frame."""
        la, nat, reg = self.la, self.nat, self.reg
        return (
            self.period.csv,
            self.period.code.label,
            GeographicLevel(self.level).columns.label,
            *((la.code, la.old_code, la.label) if la else (None, None, None)),
            *((nat.code, nat.label) if nat else (None, None)),
            *((reg.code, reg.label) if reg else (None, None)),
            self.sex.label if self.sex else None,
            self.type.label if self.type else None,
        )

    def texts(self) -> tuple[str, ...]:
        """The row's values, in the order of the frame."""
        return self.share, self.count, self.note


def order_key(row: Row) -> tuple[Any, ...]:
    """What rows are ordered by, ascending; the period comes before it, descending."""
    return (
        tuple((cell is not None, cell or "") for cell in row.labels()[2:]),
        row.texts(),
    )


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in canonical order, by plain Python."""
    ordered = sorted(rows, key=order_key)
    return sorted(ordered, key=lambda row: row.period.sort_key, reverse=True)


def body(
    rows: Sequence[Row | dict[str, Any]], *, page: int = 1, size: int = 10_000, total: int | None = None, **members: Any
) -> dict[str, Any]:
    """A page as the service sends it."""
    count = len(rows) if total is None else total
    paging = {"page": page, "pageSize": size, "totalResults": count, "totalPages": max(1, -(-count // size))}
    results = [row.to_json() if isinstance(row, Row) else row for row in rows]
    return {"paging": paging, "results": results, "warnings": [], **members}


def compact(value: object, **options: Any) -> bytes:
    """JSON as the service writes it."""
    return json.dumps(value, separators=(",", ":"), **{"ensure_ascii": False, **options}).encode()


def pages(rows: Sequence[Row], size: int = 10_000, query: Query = QUERY) -> list[EncodedPage]:
    """All pages of an answer."""
    starts = range(0, max(1, len(rows)), size)
    return [
        read_page(query, compact(body(rows[start : start + size], page=number, size=size, total=len(rows))))
        for number, start in enumerate(starts, 1)
    ]


def result(rows: Sequence[Row], query: Query = QUERY, *, size: int = 10_000) -> QueryResult:
    """The answer that has these rows, by pages."""
    return QueryResult.from_pages(query, pages(rows, size, query), provenance=PROVENANCE)


def data_file(rows: Sequence[Row | dict[str, str]], *, columns: Sequence[str] | None = None) -> bytes:
    """A data file with these rows."""
    cells = [row.to_csv() if isinstance(row, Row) else row for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(Row().to_csv()), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue().encode()


def csv_result(rows: Sequence[Row], query: Query = QUERY) -> QueryResult:
    """The answer that has these rows, by the data file."""
    encoded = read_data_file(query, data_file(rows))
    provenance = attrs.evolve(PROVENANCE, route="csv")
    return QueryResult.from_rows(query, encoded, provenance=provenance)


texts = st.one_of(
    st.sampled_from(["1", "2", "10", "9", "z", "low", "x", ":", "1.5", "<5", "NULL", "~", "c"]),
    st.integers(-(10**6), 10**6).map(str),
)
"""Cells of indicators as data sets have them."""


def rows(cells: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Row]:
    """Rows of the data set."""
    return st.builds(
        Row,
        period=st.sampled_from(PERIODS),
        level=st.sampled_from(["NAT", "REG", "LA"]),
        nat=st.sampled_from([ENGLAND, None]),
        reg=st.sampled_from([NORTH, SOUTH, None]),
        la=st.sampled_from([BURY, BATH, BATHS, None]),
        sex=st.sampled_from([*SEX.options, None]),
        type=st.sampled_from([*TYPE.options, None]),
        share=cells,
        count=cells,
        note=cells,
    )
