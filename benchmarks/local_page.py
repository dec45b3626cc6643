"""A filtered, sorted page of 1,000 rows from 347,830, by the service in a box and by DuckDB.

Both have the same table: its rows as the service in a box keeps them, written to Parquet for DuckDB with the number of
the row, which is the last key of both orders. Both keep about 66,000 rows by two filters, sort them by three columns
and give the first 1,000. The box also counts the rows and writes the page as JSON text; it keeps a table of that size
unpacked once it was asked, and remembers nothing of the question. DuckDB gives tuples; it reads the file at every
question, out of the operating system's cache. Beside them, DuckDB with the table loaded beforehand, and a later page of
the box.

    python benchmarks/local_page.py [--data FOLDER] [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from _shared import DATA, NAME, Side, machine, take_turns

from eesclient.local.engine import Engine, Question
from eesclient.local.ingest import VersionData
from eesclient.local.pairs import load_folder
from eesclient.models.meta import Filter

PAGE_SIZE = 1_000
CHOSEN = {
    "FSM Eligibility": ["Known to be eligible for free school meals"],
    "School type": ["State-funded primary", "State-funded secondary"],
}


class Asked:
    """The question, for either side."""

    def __init__(self, data: VersionData) -> None:
        filters = {item.label: item for item in data.meta.filters}
        self._chosen = {filters[label]: _places(filters[label], labels) for label, labels in CHOSEN.items()}
        self._by = [("period", True), ("location:LA", False), (f"filter:{filters['Characteristics'].id}", False)]

    def question(self, page: int = 1) -> Question:
        """As the box is asked."""
        names = {"period": "timePeriod"}
        sorts = [
            {"field": names.get(column, column.replace(":", "|")), "direction": "Desc" if down else "Asc"}
            for column, down in self._by
        ]
        clauses = [
            {"filters": {"in": [item.options[place - 1].id for place in places]}}
            for item, places in self._chosen.items()
        ]
        return Question(criteria={"and": clauses}, sorts=sorts, page=page, page_size=PAGE_SIZE)

    def sql(self, table: str) -> str:
        """As DuckDB is asked."""
        kept = [f'"filter:{item.id}" IN ({", ".join(map(str, places))})' for item, places in self._chosen.items()]
        by = [f'"{column}" {"DESC" if down else "ASC"}' for column, down in self._by]
        where, order = " AND ".join(kept), ", ".join([*by, "row"])
        return f"SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT {PAGE_SIZE}"


def _places(item: Filter, labels: list[str]) -> list[int]:
    return [place for place, option in enumerate(item.options, 1) if option.label in labels]


def measure(data: VersionData, file: Path, rounds: int) -> list[Side]:
    """Run all sides turn by turn."""
    table = data.rows.scan().collect()
    table.write_parquet(file)
    asked = Asked(data)
    scanned, loaded = asked.sql(f"read_parquet('{file}')"), asked.sql("loaded")
    engines = iter([_warm(data) for _ in range(rounds)])
    known = _warm(data)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE loaded AS SELECT * FROM read_parquet('{file}')")
        _check(known, asked, connection.execute(scanned).fetchall(), table.columns)
        sides = [
            Side("the box, page 1, as JSON", rounds, lambda: _page(next(engines), asked.question()), PAGE_SIZE),
            Side("the box, page 20, as JSON", rounds, lambda: _page(known, asked.question(20)), PAGE_SIZE),
            Side("DuckDB on Parquet", rounds, lambda: len(connection.execute(scanned).fetchall()), PAGE_SIZE),
            Side("DuckDB, loaded before", rounds, lambda: len(connection.execute(loaded).fetchall()), PAGE_SIZE),
        ]
        take_turns(sides)
    return sides


def _warm(data: VersionData) -> Engine:
    """An engine that has answered another question."""
    engine = Engine(data)
    engine.answer(Question(page_size=1))
    return engine


def _page(engine: Engine, question: Question) -> int:
    # a row's JSON has one time period
    return engine.answer(question).results.count('"timePeriod"')


def _check(engine: Engine, asked: Asked, rows: list[tuple[Any, ...]], columns: list[str]) -> None:
    """Both give the same rows in the same order."""
    values = [column for column in columns if column.startswith("indicator:")]
    found = pl.DataFrame(rows, schema=columns, orient="row").select(values).rows()
    given = [tuple(row["values"].values()) for row in json.loads(engine.answer(asked.question()).results)]
    if given != found:
        raise SystemExit("the box does not give the rows that DuckDB gives")


def main() -> None:
    """Measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=9, help="runs of each side")
    chosen = options.parse_args()
    [held] = load_folder(chosen.data, names=[NAME]).data_sets.values()
    data = held.versions[0].data
    with tempfile.TemporaryDirectory() as folder:
        box, later, parquet, loaded = sides = measure(data, Path(folder) / "table.parquet", chosen.rounds)
    print(f"a filtered, sorted page of {PAGE_SIZE:,} rows from {data.rows.height:,}, medians")
    print(f"{machine()}, DuckDB {duckdb.__version__}")
    for side in sides:
        print(side)
    ratios = [box.median / parquet.median, box.median / loaded.median, later.median / parquet.median]
    print(
        f"the box's page {ratios[0]:.2f} x the time of DuckDB on the same Parquet (at most 1.2), {ratios[1]:.2f} x that"
        f" of DuckDB with the table loaded; page 20 {ratios[2]:.2f} x"
    )


if __name__ == "__main__":
    main()
