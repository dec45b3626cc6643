"""Version chains in the box: a table, edits of it, and the folder that they make."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import attrs

from eesclient import Client, PinnedDataSet
from eesclient.local import Service
from tests.doors.local import Holdings, load_folder, stable_id

NAME = "chain"
ID = stable_id("data-set", NAME)

Row: TypeAlias = dict[str, str]
Toml: TypeAlias = Mapping[str, str]
"""Parts of `service.toml` by version, whose table is called `@`: `[@.mappings.filters]`."""


@attrs.frozen(kw_only=True)
class Table:
    """A data file and its metadata file."""

    rows: tuple[Row, ...]
    meta: tuple[Row, ...]

    def edited(self, rows: Iterable[Row] | None = None, meta: Iterable[Row] | None = None) -> Table:
        """The table with other rows."""
        return Table(rows=self.rows if rows is None else tuple(rows), meta=self.meta if meta is None else tuple(meta))

    def with_cells(self, change: Callable[[Row], Row]) -> Table:
        """The table with each row changed."""
        return self.edited(rows=[change(dict(row)) for row in self.rows])

    def with_meta(self, change: Callable[[Row], Row]) -> Table:
        """The table with each line of its metadata file changed."""
        return self.edited(meta=[change(dict(row)) for row in self.meta])


def small() -> Table:
    """Pupils by sex and phase in three places over three years."""
    places = [
        ("National", "", "", "", "", ""),
        ("Regional", "E12000003", "Yorkshire", "", "", ""),
        ("Local authority", "E12000003", "Yorkshire", "E08000035", "383", "Leeds"),
        ("Local authority", "E12000003", "Yorkshire", "E06000014", "816", "York"),
    ]
    rows = [
        {
            "time_period": period,
            "time_identifier": "Academic year",
            "geographic_level": level,
            "country_code": "E92000001",
            "country_name": "England",
            "region_code": region_code,
            "region_name": region,
            "new_la_code": new,
            "old_la_code": old,
            "la_name": la,
            "sex": sex,
            "phase": phase,
            "pupils": str(number),
            "rate": f"{number / 7:.1f}",
        }
        for number, (period, (level, region_code, region, new, old, la), sex, phase) in enumerate(
            (period, place, sex, phase)
            for period in ("202122", "202223", "202324")
            for place in places
            for sex in ("Total", "Boys", "Girls")
            for phase in ("Total", "Primary", "Secondary")
        )
    ]
    meta = [
        _line("sex", "Filter", "Sex"),
        _line("phase", "Filter", "Phase"),
        _line("pupils", "Indicator", "Number of pupils", dp="0"),
        _line("rate", "Indicator", "Rate", unit="%", dp="1"),
    ]
    return Table(rows=tuple(rows), meta=tuple(meta))


def _line(column: str, kind: str, label: str, *, unit: str = "", dp: str = "") -> Row:
    return {"col_name": column, "col_type": kind, "label": label, "indicator_unit": unit, "indicator_dp": dp}


def text_of(rows: Iterable[Row]) -> str:
    """Rows as a CSV file."""
    held = list(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(held[0])
    assert {*map(len, held)} == {len(held[0])}
    # several times as fast as a writer of dictionaries
    writer.writerows(map(itemgetter(*held[0]), held))
    return out.getvalue()


def write(folder: Path, versions: Mapping[str, Table], toml: Toml | None = None) -> Path:
    """A folder with these versions of one data set."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, table in versions.items():
        stem = NAME if number == "1.0" else f"{NAME}.v{number}"
        (folder / f"{stem}.csv").write_text(text_of(table.rows), "utf-8")
        (folder / f"{stem}.meta.csv").write_text(text_of(table.meta), "utf-8")
    heads = {number: f'data_sets.{NAME}.versions."{number}"' for number in toml or {}}
    said = [text.replace("[@", f"[{heads[number]}") for number, text in (toml or {}).items()]
    (folder / "service.toml").write_text("\n".join(said), "utf-8")
    return folder


def holdings(folder: Path, versions: Mapping[str, Table], toml: Toml | None = None) -> Holdings:
    """What the box holds of these versions."""
    return load_folder(write(folder, versions, toml))


def client_of(folder: Path, versions: Mapping[str, Table], toml: Toml | None = None) -> Client:
    """A client of the box with these versions."""
    return Client(service=Service(holdings(folder, versions, toml)))


def opened(folder: Path, versions: Mapping[str, Table], toml: Toml | None = None) -> PinnedDataSet:
    """The data set at its first version."""
    return client_of(folder, versions, toml).open(ID, version="1.0")


def replaced(column: str, before: str, after: str) -> Callable[[Row], Row]:
    """A change of one text in one column."""

    def change(row: Row) -> Row:
        return row | {column: after} if row.get(column) == before else row

    return change


def renamed(before: str, after: str) -> Callable[[Row], Row]:
    """A change of a column's name, in rows or in the metadata file."""

    def change(row: Row) -> Row:
        if row.get("col_name") == before:
            return row | {"col_name": after}
        return {after if name == before else name: value for name, value in row.items()}

    return change
