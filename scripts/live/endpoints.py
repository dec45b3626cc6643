"""The README's example, and each of the eleven operations once, through the client."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import eesclient as ees

from .outcomes import DiffersError, NotAskedError, Outcome, expect, outcome

README = {
    "indicators": ["Number of pupils", "Percentage of pupils"],
    "filters": {
        "Social care group": "All pupils comparison",
        "SEN provision": ["Education, health and care plan", "SEN support"],
    },
    "others": "Total",
    "periods": ["2023/24", "2024/25"],
}
README_ID = "019d431f-f58f-73c2-9c1e-5e5fd3462e77"
FIRST = 3
"""Items of a list that are looked at."""


def readme(client: ees.Client) -> str:
    """Ask what README.md asks."""
    data_set = client.open(README_ID, version="1.*")
    frame = data_set.query(**README).frame  # type: ignore[arg-type]
    expect(4, frame.height, "rows")
    return f"version {data_set.version}, {frame.height} rows"


def operations(client: ees.Client, data_set: ees.PinnedDataSet) -> Iterator[Outcome]:
    """Use each operation."""
    id_, number = data_set.id, str(data_set.version)
    pinned = {"dataSetVersion": number, "pageSize": "1"}
    checks: dict[str, Callable[[], object]] = {
        "list publications": lambda: _first(client.publications()),
        "search publications": lambda: _searched(client),
        "a publication": lambda: client.publication(_a_publication(client)).title,
        "data sets of a publication": lambda: _first(client.data_sets(_a_publication(client))),
        "a data set": lambda: client.data_set(id_).status,
        "metadata": lambda: f"{len(client.meta(id_, version=number).indicators)} indicators",
        "metadata in part": lambda: expect((), tuple(client.meta(id_, types="Filters").periods), "periods"),
        "GET query": lambda: _rows(client.request("GET", f"/data-sets/{id_}/query", params=pinned)),
        "POST query": lambda: _rows(client.request("POST", f"/data-sets/{id_}/query", body={"pageSize": 1})),
        "CSV": lambda: _downloaded(client, data_set),
        "versions": lambda: _first(client.versions(id_)),
        "a version": lambda: client.version(id_, number).type,
        "changes of a version": lambda: _changes(client, data_set),
        "changes with patch history": lambda: _patched(client, data_set),
    }
    for name, check in checks.items():
        yield outcome(name, check)


def _first(items: Iterator[object]) -> str:
    found = list(islice(items, FIRST))
    if not found:
        raise DiffersError("the list is empty")
    return f"{len(found)} looked at"


def _a_publication(client: ees.Client) -> str:
    return next(client.publications()).id


def _searched(client: ees.Client) -> str:
    title = next(client.publications()).title
    word = max(title.split(), key=len)
    return f"{word!r}: {_first(client.publications(search=word))}"


def _rows(answer: dict[str, object]) -> None:
    results = answer["results"]
    expect(1, len(results) if isinstance(results, list) else results, "rows")


def _downloaded(client: ees.Client, data_set: ees.PinnedDataSet) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = client.download(data_set.id, Path(folder, "data.csv"), version=data_set.version)
        return f"{path.stat().st_size:,} bytes"


def _changes(client: ees.Client, data_set: ees.PinnedDataSet) -> str:
    changes = client.changes(data_set.id, data_set.version)
    kinds = [*changes.major_changes.unknown, *changes.minor_changes.unknown]
    return f"kinds that are new: {kinds}" if kinds else ""


def _patched(client: ees.Client, data_set: ees.PinnedDataSet) -> str:
    patch = next((item.version for item in client.versions(data_set.id) if item.version.patch), None)
    if patch is None:
        raise NotAskedError("the data set has no patch, and the service fails on other versions")
    return f"{len(client.changes(data_set.id, patch, include_patches=True).patch_history)} earlier"
