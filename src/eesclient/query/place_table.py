"""What names of places stand for, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..models.meta import CODE_NAMES, Meta
from .places import PlaceIndex, matched_by

if TYPE_CHECKING:
    import polars as pl


def place_table(names: Iterable[str], meta: Meta) -> pl.DataFrame:
    """A row for each place that a name fits, and one of nulls for a name that fits none.

    Args:
        names: Names, codes or ids, with or without a prefix.
        meta: Metadata of the version.
    """
    import polars as pl

    schema: dict[str, Any] = dict.fromkeys(
        ("asked", "matched_by", "level", "level_label", "label", *CODE_NAMES, "id"), pl.String
    )
    index = PlaceIndex(meta.locations)
    rows = [row for name in names for row in _rows(name, index)]
    return pl.DataFrame(rows, schema=schema | {"meant": pl.Boolean})


def _rows(name: str, index: PlaceIndex) -> Iterator[Mapping[str, str | bool]]:
    found = index.find(name)
    if not found:
        yield {"asked": name, "meant": False}
        return
    meant = not index.is_ambiguous(name, found)
    for place in found:
        option = place.option
        row: dict[str, str | bool] = {"asked": name, "matched_by": matched_by(name, place), "meant": meant}
        row |= {"level": str(place.level.code), "level_label": place.level.label, "label": option.label}
        yield row | option.codes | {"id": option.id}
