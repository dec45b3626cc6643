"""Runs the Python that a question is shown as."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs

from eesclient.models.meta import Meta
from eesclient.models.versions import Version
from eesclient.query.args import QueryArgs
from eesclient.query.question import Query, build


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
