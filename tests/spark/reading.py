"""The source `ees` read as Spark reads it, without Spark: what driver and executors are sent is pickled in between."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

import attrs
import polars as pl
import pyarrow as pa
from pyspark.sql.datasource import CaseInsensitiveDict
from pyspark.sql.types import StructType

from eesclient import Request, local, spark
from tests.doors.api import Response
from tests.doors.server import application, web


class Watched:
    """A service that keeps what it was asked; `answers` of a path's end stand in for its own, in order."""

    def __init__(self, service: local.Service) -> None:
        self._service = service
        self.origin, self.source, self.notes = "local:watched", service.source, ()
        self.asked: list[Request] = []
        self.answers: list[tuple[str, Response]] = []
        self._lock = Lock()

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            self.asked.append(request)
            for answer in self.answers:
                if request.path.endswith(answer[0]):
                    self.answers.remove(answer)
                    return answer[1]
        return self._service.handle(request)

    def since(self) -> list[str]:
        """Ends of the paths that were asked since the last look."""
        with self._lock:
            ends = [request.path.rpartition("/")[2] for request in self.asked]
            self.asked.clear()
        return ends

    @property
    def questions(self) -> list[dict[str, Any]]:
        """The bodies of the questions that were asked."""
        return [json.loads(request.body) for request in self.asked if request.body]


ARROW = {"bigint": pa.int64(), "double": pa.float64(), "string": pa.string()}
"""Types of batches, by what Spark calls them."""


@contextmanager
def served(service: local.Service | None = None) -> Iterator[tuple[str, Watched]]:
    """A service, the demo by default, behind HTTP: its address, and what it was asked."""
    watched = Watched(service or local.demo())
    server = web.server(application(watched))  # type: ignore[arg-type] # answers like one
    with web.listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", watched
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@attrs.frozen(kw_only=True)
class Loaded:
    """A data set as Spark keeps it after `load()`: the pickled source, and its schema."""

    source: bytes
    schema: StructType

    @classmethod
    def of(cls, **options: object) -> Loaded:
        """Load by options."""
        made = spark.data_source()(CaseInsensitiveDict({name: text_of(value) for name, value in options.items()}))
        schema = made.schema()
        return cls(source=pickle.dumps(made), schema=schema)

    def reader(self) -> tuple[Any, list[Any]]:
        """A reader as executors get it, and the parts, pickled each, as the driver finds them for one action."""
        reader = unpickled(self.source).reader(self.schema)
        parts = reader.partitions()
        return unpickled(pickle.dumps(reader)), [pickle.dumps(part) for part in parts]

    @property
    def parts(self) -> list[Any]:
        """What the parts are."""
        return [unpickled(part).value for part in self.reader()[1]]

    def frame(self) -> pl.DataFrame:
        """The rows of one action; each batch has exactly the schema that PySpark compares it with."""
        reader, parts = self.reader()
        # PySpark makes it by a function of its own, which not all versions call alike
        fields = [pa.field(field.name, ARROW[field.dataType.simpleString()], field.nullable) for field in self.schema]
        expected = pa.schema(fields)
        batches = [batch for part in parts for batch in reader.read(unpickled(part))]
        assert [] == [batch.schema for batch in batches if batch.schema != expected]
        return pl.from_arrow(pa.Table.from_batches(batches, expected))  # type: ignore[return-value] # of a table, a frame


def unpickled(content: bytes) -> Any:
    """What was pickled."""
    return pickle.loads(content)  # noqa: S301 - by ourselves


def text_of(value: object) -> str:
    """An option as a text: JSON but for names and flags."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in one order, whatever order they came in, with plain texts."""
    plain = frame.with_columns(pl.selectors.by_dtype(pl.Categorical).cast(pl.String))
    return plain.sort(plain.columns, nulls_last=True)
