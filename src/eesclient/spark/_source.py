"""The data source `ees`, as PySpark's Python data source API has it. Importing this needs PySpark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from ..errors import SettingsError
from ..lock.disk import read_lock
from .opened import Opened, column_facts, open_data_set
from .options import read_options
from .rows import Part, parts_of, read_part

# PySpark is large, and type checkers do without it
_api: Any = import_module("pyspark.sql.datasource")
_types: Any = import_module("pyspark.sql.types")

LISTING = (
    "data_set_id STRING NOT NULL, title STRING NOT NULL, asked STRING, version STRING NOT NULL, "
    "release STRING NOT NULL, published STRING, rows BIGINT NOT NULL, meta_sha256 STRING NOT NULL, data_sha256 STRING"
)
"""Columns of the list of the data sets in a lock."""


class EESDataSource(_api.DataSource):
    """England's education statistics as the format `ees`.

    `spark.dataSource.register(EESDataSource)`, or `eesclient.spark.register(spark)`; then
    `spark.read.format("ees").option("dataSet", …).load()`. What is asked goes by options; docs/spark.md has them all.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__(options)
        self._asked = read_options(options)
        self._opened: Opened | None = None

    @classmethod
    def name(cls) -> str:
        """What `format` takes."""
        return "ees"

    def schema(self) -> Any:
        """The columns. Spark asks for them first, once for each `load`: the version is resolved here, and pinned."""
        if not self._asked.data_set:
            return LISTING
        self._opened = open_data_set(self._asked)
        kinds = {"long": _types.LongType(), "double": _types.DoubleType(), "string": _types.StringType()}
        return _types.StructType(
            [
                _types.StructField(
                    column.info.name,
                    kinds[column.type],
                    nullable=not column.is_filled,
                    metadata=column_facts(self._opened, column),
                )
                for column in self._opened.columns
            ]
        )

    def reader(self, schema: Any) -> Any:
        """What reads the rows."""
        if not self._asked.data_set:
            return LockReader(str(self._asked.place.lock))
        if self._opened is None:
            # Spark asks for no schema where it was given one, and so nothing was pinned
            raise SettingsError(
                "the columns of a data set are those of its exact version: leave .schema(…) out, and read it by a view "
                "(CREATE TEMPORARY VIEW … USING ees), not by a table of the catalogue"
            )
        return EESReader(self._opened)


class EESReader(_api.DataSourceReader):
    """Reads an opened data set; what Spark filters is Spark's work.

    Hence it has no `pushFilters`: PySpark 4.1 to 4.3 keep a pushed filter for the next queries on the same frame.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def partitions(self) -> list[Any]:
        """The parts, which executors read by themselves; found on the driver, for each action."""
        return [_api.InputPartition(part) for part in parts_of(self._opened)]

    def read(self, partition: Any) -> Iterator[Any]:
        """The rows of a part, as Arrow batches; on an executor."""
        part: Part = partition.value
        yield from read_part(self._opened, part)


class LockReader(_api.DataSourceReader):
    """Lists the data sets of a lock."""

    def __init__(self, path: str) -> None:
        self._rows = [
            (
                entry.id,
                entry.title,
                None if entry.asked is None else str(entry.asked),
                str(entry.version),
                entry.release,
                None if entry.published is None else entry.published.isoformat(),
                entry.rows,
                entry.meta_sha256,
                entry.data_sha256,
            )
            for entry in read_lock(path).entries
        ]

    def partitions(self) -> list[Any]:
        """One part."""
        return [_api.InputPartition(None)]

    def read(self, partition: Any) -> Iterator[Any]:
        """The rows."""
        del partition
        yield from self._rows
