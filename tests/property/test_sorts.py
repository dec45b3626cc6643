"""Law: any sort is total and stable, in the frame and in the service's own order.

The rows are drawn, written as a data file, and asked for through the whole way; what is expected is sorted by plain
Python.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eesclient as ees
from eesclient import Request
from tests.doors.query import SortLike
from tests.table.example import BURY, NORTH, Row, data_file, in_order, rows

pytestmark = pytest.mark.property

META_FILE = """col_name,col_type,label,indicator_unit,indicator_dp,filter_hint
sex,Filter,Pupil's sex,,,
school_type,Filter,School type,,,
share,Indicator,Share,%,1,
pupils,Indicator,Number of pupils,,0,
note,Indicator,Note,numberstring,,
"""
# label order as the service has it: accents and case count last
PLACES = {
    "la": ["Bath", "Bath and so on", "Bury"],
    "nat": ["England"],
    "reg": ["North", "South"],
    "sex": ["Boys", "girls", "Total"],
    "type": ["Écoles", "Zoos"],
}
LEVELS = {"LA": "Local authority", "NAT": "National", "REG": "Regional"}
VALUES = {"share": "share", "pupils": "count", "note": "note"}

Key: TypeAlias = Callable[[Row], Any]


def placed(attribute: str) -> Key:
    """Sorts by the place in label order, rows without the thing first."""

    def key(row: Row) -> int:
        option = getattr(row, attribute)
        return -1 if option is None else PLACES[attribute].index(option.label)

    return key


FIELDS: dict[str, Key] = {
    "period": lambda row: row.period.sort_key,
    "level": lambda row: LEVELS[row.level],
    "Local authority": placed("la"),
    "country_name": placed("nat"),
    "REG": placed("reg"),
    "Pupil's sex": placed("sex"),
    "school_type": placed("type"),
}
ON_THE_WIRE = {
    "period": "timePeriod",
    "level": "geographicLevel",
    "Local authority": "location|LA",
    "country_name": "location|NAT",
    "REG": "location|REG",
}


@attrs.frozen
class Drawn:
    """A sort: what to ask for, and what it compares."""

    field: str
    descending: bool
    textual: bool

    @property
    def words(self) -> SortLike:
        """As `sort=` takes it."""
        name = f"-{self.field}" if self.descending else self.field
        return ees.service_sort(name) if self.textual else name

    def apply(self, ordered: Sequence[Row]) -> list[Row]:
        """Sort rows; equal ones keep their order."""
        if self.field in FIELDS or self.textual:
            return sorted(ordered, key=self._key, reverse=self.descending)
        numbers = [row for row in ordered if is_number(self._text(row))]
        others = [row for row in ordered if not is_number(self._text(row))]
        return [*sorted(numbers, key=lambda row: float(self._text(row)), reverse=self.descending), *others]

    def _key(self, row: Row) -> Any:
        return FIELDS[self.field](row) if self.field in FIELDS else self._text(row)

    def _text(self, row: Row) -> str:
        return str(getattr(row, VALUES[self.field]))


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


SORTS = st.lists(
    st.builds(Drawn, field=st.sampled_from([*FIELDS, *VALUES]), descending=st.booleans(), textual=st.booleans()),
    min_size=1,
    max_size=3,
)
# few different rows, so that many are equal in what is sorted by
FEW = rows(st.sampled_from(["9", "10", "x"]))
COMPLETE = Row(la=BURY, reg=NORTH)
"""A row of every level, so that the frame has all columns."""
ROWS = st.lists(st.one_of(rows(), FEW), max_size=25).map(lambda drawn: [COMPLETE, *drawn])


@contextmanager
def served(given_rows: Sequence[Row]) -> Iterator[tuple[ees.local.Service, ees.PinnedDataSet]]:
    """A box with a data set of these rows."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        Path(folder, "drawn.csv").write_bytes(data_file(given_rows))
        Path(folder, "drawn.meta.csv").write_text(META_FILE, encoding="utf-8")
        service = ees.local.Service.from_folder(folder)
        with ees.Client(service=service) as client:
            yield service, client.open(next(client.data_sets()).id)


def expected_cells(ordered: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The cells of rows in the order of the frame, with values as sent."""
    return [(*row.labels(), *row.texts()) for row in ordered]


@given(ROWS, SORTS, st.integers(1, 30))
def test_any_sort_of_a_frame_is_total_and_stable(given_rows: list[Row], sorts: list[Drawn], page_size: int) -> None:
    """Rows come by the sorts, then in canonical order, whatever the pages and however often asked; none is lost."""
    expected = in_order(given_rows)
    for sort in reversed(sorts):
        expected = sort.apply(expected)
    words: dict[str, Any] = {"indicators": ["share", "pupils", "note"], "values": "text"}
    asked = [sort.words for sort in sorts]
    with served(given_rows) as (_, data_set):
        frame = data_set.query(sort=asked, **words).frame
        again = data_set.query(sort=asked, page_size=page_size, **words).frame
        unsorted = data_set.query(**words).frame
    assert expected_cells(expected) == frame.rows()
    assert frame.equals(again)
    assert Counter(unsorted.rows()) == Counter(frame.rows())


def raw_key(sort: Drawn) -> Key:
    """What the service compares: a place, or the text of a value."""
    return FIELDS[sort.field] if sort.field in FIELDS else lambda row: getattr(row, VALUES[sort.field])


def posted(service: ees.local.Service, id_: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a page, as the service sends them."""
    request = Request(method="POST", path=f"/data-sets/{id_}/query", body=json.dumps(body).encode())
    answer = service.handle(request)
    assert 200 == answer.status, answer.body
    results: list[dict[str, Any]] = json.loads(answer.body)["results"]
    return results


def on_the_wire(sort: Drawn, meta: ees.Meta) -> dict[str, str]:
    """A sort as the service names it."""
    ids = {name: f"filter|{item.id}" for item in meta.filters for name in (item.label, item.column)}
    ids |= {item.column: f"indicator|{item.id}" for item in meta.indicators}
    field = (ON_THE_WIRE | ids)[sort.field]
    return {"field": field, "direction": "Desc" if sort.descending else "Asc"}


@given(ROWS, SORTS, st.integers(1, 30))
def test_any_sort_of_the_service_is_total_and_stable(given_rows: list[Row], sorts: list[Drawn], page_size: int) -> None:
    """Rows come by the sorts, then by row number, whatever the pages: sorting by nothing shows the numbers."""
    serials = {f"r{number}": attrs.evolve(row, share="1") for number, row in enumerate(given_rows)}
    numbered = [attrs.evolve(row, note=serial) for serial, row in serials.items()]
    with served(numbered) as (service, data_set):
        ids = {item.column: item.id for item in data_set.meta.indicators}

        def serials_by(asked: list[Drawn], **paging: int) -> list[str]:
            body = {"sorts": [on_the_wire(sort, data_set.meta) for sort in asked], **paging}
            return [row["values"][ids["note"]] for row in posted(service, data_set.id, body)]

        by_number = serials_by([Drawn("share", descending=True, textual=True)])
        ordered = serials_by(sorts)
        pages = [
            serials_by(sorts, page=page, pageSize=page_size) for page in range(1, -(-len(numbered) // page_size) + 1)
        ]
        default = [row["values"][ids["note"]] for row in posted(service, data_set.id, {})]
    rows_of = {row.note: row for row in numbered}
    expected = by_number
    for sort in reversed(sorts):
        key = raw_key(sort)
        expected = sorted(expected, key=lambda serial, key=key: key(rows_of[serial]), reverse=sort.descending)  # type: ignore[misc]
    assert sorted(serials) == sorted(by_number)
    assert expected == ordered
    assert expected == [*itertools.chain(*pages)]
    assert default == sorted(by_number, key=lambda serial: rows_of[serial].period.sort_key, reverse=True)
