"""Runs the Python that a question is shown as."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs

from eesclient import Meta, Query, Version
from tests.doors.query import QueryArgs, build


@attrs.frozen
class Stub:
    """A client of one data set, which sends nothing."""

    meta: Meta
    opened: list[tuple[str, str]] = attrs.field(factory=list)

    def open(self, data_set_id: str, *, version: str) -> Any:
        """Return something that can be asked."""
        self.opened.append((data_set_id, version))

        def query(**words: Any) -> Any:
            asked = QueryArgs(**words)
            pinned = Version.parse(version)
            return SimpleNamespace(query=build(asked, meta=self.meta, data_set_id=data_set_id, version=pinned))

        return SimpleNamespace(query=query)


def run(source: str, meta: Meta) -> Query:
    """Return the question that the source asks."""
    names: dict[str, Any] = {"stub": Stub(meta)}
    exec(compile(source, "shown.py", "exec"), names)  # noqa: S102 - our own output, which this is about
    found: Query = names["result"].query
    return found
