"""Readers of Arrow, and what each makes of a result and of a stream: rows, statuses, types, metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs
import polars as pl

import eesclient as ees

META = """col_name,col_type,label,indicator_unit,indicator_dp
sex,Filter,Sex,,
pupils,Indicator,Pupils (synthetic),,0
share,Indicator,Share (synthetic),%,1
"""

PLACES = (
    "National,E92000001,England,,,",
    "Local authority,E92000001,England,E09000007,202,Camden",
    "Local authority,E92000001,England,E09000001,201,City of London",
)

CELLS = (("10", "1.5"), ("c", "c"), ("0", "z"), ("low", "low"), ("9007199254740993", "-0.25"), ("7", "x"), ("3", "c"))
"""Figures of the rows, one after the other: symbols, and a whole number that no float has."""

ROWS = 42
"""Rows of the data set."""


def made(folder: Path) -> ees.local.Service:
    """Return a service with one made-up data set, of which some figures are symbols."""
    head = "time_period,time_identifier,geographic_level,country_code,country_name,new_la_code,old_la_code,la_name,sex"
    keys = [
        f"{year},Calendar year,{place},{sex}"
        for year in range(2018, 2025)
        for place in PLACES
        for sex in ("Girls", "Boys")
    ]
    lines = [f"{key},{','.join(CELLS[number % len(CELLS)])}" for number, key in enumerate(keys)]
    folder.mkdir(exist_ok=True)
    (folder / "readers.meta.csv").write_text(META)
    (folder / "readers.csv").write_text("\n".join([f"{head},pupils,share", *lines, ""]))
    return ees.local.Service.from_folder(folder)


@attrs.frozen(kw_only=True)
class Read:
    """What a reader made of rows.

    Attributes:
        rows: The rows as Python has them, with None for no value.
        label: Type of a column of labels, as the reader calls it.
        status: Type of a column of statuses.
        whole: Type of a column of whole numbers with gaps.
        gap: What stands in a gap.
        source: Whether the reader still has what the schema's metadata says of the source.
    """

    rows: list[dict[str, Any]]
    label: str
    status: str
    whole: str
    gap: str
    source: bool


COLUMNS = ("sex", "pupils_status", "pupils")
"""Columns whose types are told: a label, a status, a whole number."""


def _read(
    rows: list[dict[str, Any]], types: Sequence[object], metadata: Iterable[object] | None, gap: Any = None
) -> Read:
    told = {name.decode() if isinstance(name, bytes) else name for name in metadata or ()}
    label, status, whole = map(str, types)
    return Read(rows=rows, label=label, status=status, whole=whole, gap=str(gap), source="ees:provenance" in told)


def polars(given: Any) -> Read:
    """By `polars.DataFrame`."""
    frame = pl.DataFrame(given)
    return _read(frame.rows(named=True), [frame.schema[name] for name in COLUMNS], None)


def pyarrow(given: Any) -> Read:
    """By `pyarrow.table`."""
    import pyarrow as pa

    table = pa.table(given)
    types = [table.schema.field(name).type for name in COLUMNS]
    return _read(table.to_pylist(), types, table.schema.metadata)


def _of_pandas(frame: Any) -> Read:
    import pandas as pd

    gap = frame["pupils"][frame["pupils"].isna()].iloc[0]
    rows = [
        {name: None if pd.isna(value) else value for name, value in zip(frame.columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]
    return _read(rows, [frame.dtypes[name] for name in COLUMNS], frame.attrs, gap)


def pandas(given: Any) -> Read:
    """By `pandas.DataFrame.from_arrow`."""
    import pandas as pd

    return _of_pandas(pd.DataFrame.from_arrow(given))


def to_pandas(given: ees.QueryResult) -> Read:
    """By `result.to_pandas()`."""
    return _of_pandas(given.to_pandas())


def arrow_pandas(given: Any) -> Read:
    """By pyarrow into columns of pandas that are Arrow's."""
    import pandas as pd
    import pyarrow as pa

    return _of_pandas(pa.table(given).to_pandas(types_mapper=pd.ArrowDtype))


def duckdb(given: Any) -> Read:
    """By its name in a query."""
    import duckdb as db

    with db.connect() as connection:
        relation = connection.sql("from given")
        types = dict(zip(relation.columns, relation.types, strict=True))
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        metadata = connection.sql("from given").to_arrow_table().schema.metadata
    return _read(rows, [types[name] for name in COLUMNS], metadata)


def datafusion(given: Any) -> Read:
    """By `SessionContext.from_arrow`."""
    from datafusion import SessionContext

    frame = SessionContext().from_arrow(given)
    schema = frame.schema()
    return _read(frame.to_pylist(), [schema.field(name).type for name in COLUMNS], schema.metadata)


def dask(given: ees.QueryResult) -> Read:
    """By `dask.dataframe.from_pandas` of `result.to_pandas()`, in two parts."""
    import dask.dataframe as dd

    return _of_pandas(dd.from_pandas(given.to_pandas(), npartitions=2).compute(scheduler="sync"))


def dask_file(given: ees.QueryResult, folder: Path) -> Read:
    """By `dask.dataframe.read_parquet` of what `result.write_parquet` wrote."""
    import dask.dataframe as dd

    path = given.write_parquet(folder / "result.parquet")
    return _of_pandas(dd.read_parquet(path).compute(scheduler="sync"))


def dask_written(given: ees.ArrowStream, folder: Path) -> Read:
    """By `dask.dataframe.read_parquet`, in parts, of a file that pyarrow wrote batch by batch."""
    import dask.dataframe as dd
    import pyarrow as pa
    import pyarrow.parquet as pq

    reader = pa.RecordBatchReader.from_stream(given)
    with pq.ParquetWriter(folder / "stream.parquet", reader.schema) as file:
        for batch in reader:
            file.write_batch(batch, row_group_size=10)
    frame = dd.read_parquet(folder / "stream.parquet", split_row_groups=True)
    assert frame.npartitions > 1
    return _of_pandas(frame.compute(scheduler="sync"))


@attrs.frozen(kw_only=True)
class Reader:
    """A way to read.

    Attributes:
        name: The package.
        how: How it reads, in words of the documentation.
        of: What is read: `"result"` or `"stream"`.
        read: Reads it; the second argument is a folder for files.
    """

    name: str
    how: str
    of: str
    read: Callable[[Any, Path], Read]

    def __str__(self) -> str:
        return f"{self.name} {self.of}: {self.how}"


def _plain(read: Callable[[Any], Read]) -> Callable[[Any, Path], Read]:
    return lambda given, _: read(given)


READERS = (
    Reader(name="polars", of="result", how="`pl.DataFrame(result)`", read=_plain(polars)),
    Reader(name="polars", of="stream", how="`pl.DataFrame(stream)`", read=_plain(polars)),
    Reader(name="pyarrow", of="result", how="`pa.table(result)`", read=_plain(pyarrow)),
    Reader(name="pyarrow", of="stream", how="`pa.table(stream)`", read=_plain(pyarrow)),
    Reader(name="pandas", of="result", how="`result.to_pandas()`", read=_plain(to_pandas)),
    Reader(name="pandas", of="result", how="`pd.DataFrame.from_arrow(result)`", read=_plain(pandas)),
    Reader(name="pandas", of="stream", how="`pd.DataFrame.from_arrow(stream)`", read=_plain(pandas)),
    Reader(
        name="pandas",
        of="stream",
        how="`pa.table(stream).to_pandas(types_mapper=pd.ArrowDtype)`",
        read=_plain(arrow_pandas),
    ),
    Reader(name="duckdb", of="result", how='`duckdb.sql("from result")`', read=_plain(duckdb)),
    Reader(name="duckdb", of="stream", how='`duckdb.sql("from stream")`', read=_plain(duckdb)),
    Reader(name="datafusion", of="result", how="`SessionContext().from_arrow(result)`", read=_plain(datafusion)),
    Reader(name="datafusion", of="stream", how="`SessionContext().from_arrow(stream)`", read=_plain(datafusion)),
    Reader(name="dask", of="result", how="`dd.from_pandas(result.to_pandas(), …)`", read=_plain(dask)),
    Reader(name="dask", of="result", how="`dd.read_parquet(result.write_parquet(…))`", read=dask_file),
    Reader(name="dask", of="stream", how="`dd.read_parquet(…)` of a stream's file, below", read=dask_written),
)


def versions() -> dict[str, str]:
    """Versions of all packages that read and are installed."""
    found = {}
    for name in dict.fromkeys(reader.name for reader in READERS):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
