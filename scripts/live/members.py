"""Members of answers that this version of eesclient has no name for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import eesclient as ees
from eesclient.api.json import structure, to_data
from eesclient.models.answers import Page, Publication
from eesclient.models.changes import Changes
from eesclient.models.data_sets import DataSet, DataSetVersion
from eesclient.models.meta import Meta

from .outcomes import ObservedError, Outcome, outcome

ROW = ("timePeriod", "geographicLevel", "locations", "filters", "values")
"""Members of a result row."""


def new_members(client: ees.Client, data_set: ees.PinnedDataSet) -> Iterator[Outcome]:
    """Look for members that have no name here, in each kind of answer."""
    path, version = f"/data-sets/{data_set.id}", f"/data-sets/{data_set.id}/versions/{data_set.version}"
    kinds: dict[str, tuple[str, Any]] = {
        "publications": ("/publications", Page[Publication]),
        "data set": (path, DataSet),
        "versions": (f"{path}/versions", Page[DataSetVersion]),
        "version": (version, DataSetVersion),
        "changes": (f"{version}/changes", Changes),
        "metadata": (f"{path}/meta?dataSetVersion={data_set.version}", Meta),
    }
    for name, (address, type_) in kinds.items():
        yield outcome(f"members of {name}", lambda address=address, type_=type_: _look(client, address, type_))  # type: ignore[misc]
    yield outcome("members of rows", lambda: _look_at_rows(client, data_set))


def unnamed(sent: object, kept: object, path: str = "") -> Iterator[str]:
    """Paths of the members that were sent and not kept.

    Args:
        sent: Parsed JSON.
        kept: The same, after it was read into a model and written again.
        path: Where both stand.
    """
    if isinstance(sent, Mapping) and isinstance(kept, Mapping):
        for name, member in sent.items():
            place = f"{path}.{name}".lstrip(".")
            if name in kept:
                yield from unnamed(member, kept[name], place)
            elif member not in (None, [], {}):
                # null is absent, and an empty list may be left out
                yield place
    if isinstance(sent, list) and isinstance(kept, list):
        for one, other in zip(sent, kept, strict=True):
            yield from unnamed(one, other, f"{path}[]")


def _look(client: ees.Client, address: str, type_: Any) -> None:
    sent = client.request("GET", address)
    _say(unnamed(sent, to_data(structure(sent, type_))))


def _look_at_rows(client: ees.Client, data_set: ees.PinnedDataSet) -> None:
    answer = client.request("POST", f"/data-sets/{data_set.id}/query", body={"pageSize": 100})
    paths = [name for name in answer if name not in ("paging", "results", "warnings")]
    for row in answer["results"]:
        paths += [f"results[].{name}" for name in row if name not in ROW]
        paths += [f"results[].timePeriod.{name}" for name in row["timePeriod"] if name not in ("code", "period")]
    _say(iter(paths))


def _say(paths: Iterator[str]) -> None:
    found = [*dict.fromkeys(paths)]
    if found:
        raise ObservedError(f"new: {', '.join(found)}")
