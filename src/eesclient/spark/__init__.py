"""Data sets as Spark frames, for those who outgrow one machine (extra `spark`: PySpark 4).

`register(spark)` makes the format `ees` known to a session::

    import eesclient.spark

    eesclient.spark.register(spark)
    sen = spark.read.format("ees").option("dataSet", "019d431f-f58f-73c2-9c1e-5e5fd3462e77").load()
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from os import PathLike
from typing import Any

__all__ = ["about", "data_source", "read_all", "register"]


def data_source() -> type[Any]:
    """The class of the format `ees`, for `spark.dataSource.register`.

    Raises:
        ImportError: The extra `spark` is not installed.
    """
    try:
        for name in ("pyarrow", "pyspark.sql.datasource"):
            import_module(name)
    except ImportError as error:
        message = "eesclient.spark needs PySpark 4 and pyarrow: pip install 'eesclient[spark]'"
        raise ImportError(message, name=error.name) from error
    from ._source import EESDataSource

    return EESDataSource


def register(spark: Any) -> None:
    """Make the format `ees` known to a session.

    Args:
        spark: A `pyspark.sql.SparkSession`.

    Raises:
        ImportError: The extra `spark` is not installed.
    """
    spark.dataSource.register(data_source())


def read_all(spark: Any, *, lock: str | PathLike[str], options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A frame for each data set of a lock, at the version that it says; nothing is read of the rows yet.

    Args:
        spark: A session, in which the format is registered if it is not yet.
        lock: The lock file.
        options: Options for each read, such as `{"store": "/Volumes/main/default/ees"}`.

    Returns:
        Data set id to `pyspark.sql.DataFrame`, in the order of the lock.

    Warns:
        EESWarning: The lock has files outside the API, which are not read.

    Raises:
        LockError: The lock cannot be read.
    """
    from ..errors import EESWarning, warn
    from ..lock.disk import read_lock

    register(spark)
    locked = read_lock(lock)
    if locked.files:
        named = ", ".join(repr(file.title) for file in locked.files)
        warn(f"files outside the API are not read by Spark, and {lock} has {named}", EESWarning)
    read = spark.read.format("ees").options(**(options or {})).option("lock", str(lock))
    return {entry.id: read.option("dataSet", entry.id).load() for entry in locked.entries}


def about(frame: Any) -> dict[str, Any]:
    """What a frame's columns say of the data set that they are of: version, digests, source, licence.

    Args:
        frame: A `pyspark.sql.DataFrame` that has columns of one data set read by `ees`, perhaps beside others.

    Returns:
        `data_set_id`, `title`, `version`, `status`, `release`, `source` and `meta_sha256`, and of `publication`,
        `published`, `licence`, `notice`, `warnings`, `data_sha256`, `query` and `pinned` those that are known. Empty
        where no column says anything.

    Raises:
        QueryError: The columns are of several data sets, versions or questions.
    """
    from .opened import facts_of

    return facts_of(frame.schema)
