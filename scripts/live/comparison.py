"""Generated questions to the service and to the box that is fed with the same data set's own file.

Ids differ between the two, so frames of labels are compared, and the number of rows with a plain reading of the file.
"""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings

import eesclient as ees
from tests.property.asked import Asked, questions
from tests.property.raw import Raw

from .outcomes import DiffersError, Outcome, expect, outcome

NAME = "compared"
MOST_ROWS = 5_000
"""Questions with larger answers are left out: each page is a request."""

MOSTLY_FILLED = 10
"""Of so many questions, one may have no rows."""

LONGEST_NOTE = 200
"""Characters that are shown of a question whose answers agree."""

_UNITS = {"string": "numberstring"}
_HEADINGS = ("col_name", "col_type", "label", "indicator_unit", "indicator_dp", "filter_hint")


def compared(client: ees.Client, data_set: ees.PinnedDataSet, folder: Path, count: int) -> Iterator[Outcome]:
    """Ask both, and compare.

    Args:
        client: Asks the service.
        data_set: The data set.
        folder: An empty folder.
        count: How many questions.
    """
    boxes: list[ees.local.Service] = []
    yield outcome("the box takes the data set's own file", lambda: boxes.append(_box(client, data_set, folder)))
    if not boxes:
        return
    raw = Raw(folder, NAME)
    with ees.Client(service=boxes[0]) as inside:
        box = inside.open(next(inside.data_sets()).id)
        for name in ("filters", "indicators", "levels", "locations", "periods"):
            yield outcome(f"{name} have the same labels", lambda name=name: _same_labels(data_set, box, name))  # type: ignore[misc]
        for number, asked in enumerate(_drawn(raw, count), 1):
            yield outcome(f"question {number}", lambda asked=asked: _ask(data_set, box, raw, asked))  # type: ignore[misc]


def write_meta(meta: ees.Meta, path: Path) -> None:
    """Write the metadata file that goes with a data file, from the service's metadata."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _HEADINGS, restval="")
        writer.writeheader()
        for item in meta.filters:
            filter_ = {"col_type": "Filter", "filter_hint": item.hint}
            writer.writerow({"col_name": item.column, "label": item.label, **filter_})
        for indicator in meta.indicators:
            unit = str(indicator.unit or "")
            places = "" if indicator.decimal_places is None else indicator.decimal_places
            advice = {"indicator_unit": _UNITS.get(unit, unit), "indicator_dp": places}
            writer.writerow({"col_name": indicator.column, "col_type": "Indicator", "label": indicator.label, **advice})


def _box(client: ees.Client, data_set: ees.PinnedDataSet, folder: Path) -> ees.local.Service:
    client.download(data_set.id, folder / f"{NAME}.csv", version=data_set.version)
    write_meta(data_set.meta, folder / f"{NAME}.meta.csv")
    return ees.local.Service.from_folder(folder)


def _same_labels(one: ees.PinnedDataSet, other: ees.PinnedDataSet, name: str) -> str:
    there, here = (_labels(getattr(data_set.meta, name).to_frame()) for data_set in (one, other))
    if there != here and sorted(map(str, there)) == sorted(map(str, here)):
        raise DiffersError("the same, in another order")
    missing, more = Counter(there) - Counter(here), Counter(here) - Counter(there)
    if missing or more:
        raise DiffersError(f"{missing.total()} are not in the box, such as {[*missing][:1]}; {[*more][:1]} are")
    return f"{len(there):,}"


def _labels(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.drop("id", "filter_id", "option_id", strict=False).rows()


def _drawn(raw: Raw, count: int) -> list[Asked]:
    """Questions that differ in more than their indicators, evenly taken from many more: neighbours are much alike."""
    filled: dict[str, Asked] = {}
    empty: dict[str, Asked] = {}

    @settings(
        max_examples=max(10 * count, 1),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(raw))
    def collect(asked: Asked) -> None:
        rows = raw.data.filter(asked.keeps).height
        if rows <= MOST_ROWS:
            conditions = {name: value for name, value in asked.words.items() if name != "indicators"}
            (filled if rows else empty).setdefault(repr(conditions), asked)

    collect()
    few = _spread([*empty.values()], count // MOSTLY_FILLED)
    return [*_spread([*filled.values()], count - len(few)), *few]


def _spread(items: list[Asked], count: int) -> list[Asked]:
    return [items[place * len(items) // count] for place in range(min(count, len(items)))]


def _ask(data_set: ees.PinnedDataSet, box: ees.PinnedDataSet, raw: Raw, asked: Asked) -> str:
    there, here = (_answer(one, asked.words) for one in (data_set, box))
    in_file = raw.data.filter(asked.keeps).height
    try:
        if isinstance(there, str) or isinstance(here, str):
            expect(here, there, "answer")
            return str(there)
        expect(here.columns, there.columns, "columns")
        expect(in_file, there.height, "rows, counted in the data file")
        _same_rows(here, there)
    except DiffersError as difference:
        raise DiffersError(f"{difference}; asked: {asked.words}") from None
    return f"{there.height:,} rows: {asked.words}"[:LONGEST_NOTE]


def _same_rows(here: pl.DataFrame, there: pl.DataFrame) -> None:
    ours, theirs = here.rows(), there.rows()
    if ours != theirs:
        different = (Counter(ours) - Counter(theirs)).total()
        raise DiffersError(f"{different:,} of {len(ours):,} rows differ" if different else "rows in another order")


def _answer(data_set: ees.PinnedDataSet, words: dict[str, Any]) -> pl.DataFrame | str:
    """The frame with cells as sent, or the kind of error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        try:
            return data_set.query(values="text", **words).frame
        except ees.QueryError as error:
            return type(error).__name__
