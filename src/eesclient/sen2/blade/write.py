"""A return as the nine CSV files of a Blade export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ...transport.download import atomic_write
from ..errors import SEN2Error
from ..integrity import check_frames, place
from ..returns import Return
from .layout import DAY, HEADED, HEADER, columns, id_of, usual


def write_blade(return_: Return, folder: str | Path, *, day: date | None = None) -> None:
    """Write the nine files to a folder; see `Return.write_blade`."""
    check_frames(return_)
    _check_kept(return_)
    # all nine are made before the first is written: an error leaves no half of an export
    files = _Writing(return_).files()
    Path(folder).mkdir(exist_ok=True)
    # one day for all nine, also at midnight
    day_ = f"{day or date.today():%d-%m-%Y}"  # noqa: DTZ011 - the day where the user is
    for name, text in files.items():
        with atomic_write(Path(folder) / f"Blade-Export_{day_}_{return_.specification.tables[name].blade}.csv") as file:
            file.write(text)


def _check_kept(return_: Return) -> None:
    if return_.authority.is_empty():
        raise SEN2Error(
            "a Blade export says the year with the authority, and this return has no authority: add its row"
        )
    lost = return_.kept.filter(
        pl.col("why").is_in(["repeated", "unknown", "header", "attribute", "text"])
        # a Year that gave way to another has its cell
        & ~((pl.col("why") == "header") & (pl.col("element") == f"{HEADER}/Year"))
    )
    if lost.height:
        raise SEN2Error(
            f"{place(lost)}: a Blade export cannot hold what was kept as {', '.join(lost['why'].unique().sort())} "
            f"({lost.height:,} rows): write XML, or take those rows out of `kept`"
        )
    cells = return_.kept.filter(pl.col("why").is_in(["column", "unreadable"]))
    twice = cells.filter(pl.struct("table", "key", "element").is_duplicated())
    # one cell has one text, and to choose would be to lose the other
    if twice.height:
        raise SEN2Error(f"{place(twice)}: `kept` has two texts for one cell; take one of these rows out")


class _Writing:
    """A return while it is written."""

    def __init__(self, return_: Return) -> None:
        self._return = return_
        self._spec = return_.specification
        self._ids: dict[str, pl.DataFrame] = {}
        self._absent = set(return_.kept.filter(why="absent")["element"])

    def files(self) -> Mapping[str, bytes]:
        """The text of each file, by table."""
        return {name: self._table(name) for name in self._spec.tables}

    def _table(self, name: str) -> bytes:
        table = self._spec.tables[name]
        cells = self._return.frames[name]
        if table.parent:
            ids = self._ids[table.parent]
            cells = cells.join(ids, on=ids.columns[0], how="left", maintain_order="left")
        kept = self._return.kept.filter((pl.col("table") == name) & pl.col("why").is_in(["column", "unreadable"]))
        for (element,), rows in kept.group_by("element", maintain_order=True):
            texts = rows.select(pl.col("key").alias(table.key), pl.col("text").alias(f"kept {element}"))
            cells = cells.join(texts, on=table.key, how="left", maintain_order="left")
        # headings as they stood, in an order of their own: the first record may have fewer than the second
        stood = {text.strip().casefold(): text for text in kept.filter(why="column")["element"].unique().sort()}
        made = self._made(name, cells, stood)
        frame = cells.select(text.alias(stood.get(heading, heading)) for heading, text in made.items())
        own = id_of(table)
        self._ids[name] = cells.select(table.key).with_columns(frame[stood.get(own, own)].alias(own))
        _check_ids(name, self._ids[name])
        # Polars would write two quotation marks for an empty text, and read them as one; exports have nothing there
        return frame.select(pl.all().replace("", None)).write_csv().encode()

    def _made(self, name: str, cells: pl.DataFrame, stood: Mapping[str, str]) -> dict[str, pl.Expr]:
        """The columns by their headings."""
        table = self._spec.tables[name]
        made: dict[str, pl.Expr] = {}
        ours = usual(self._spec, name, pl.col(table.key), self._first_id())
        headed = self._headed() if name == "authority" else {}
        nothing = pl.lit(None, pl.String)
        parent = id_of(self._spec.tables[table.parent]) if table.parent else ""
        for heading, element in columns(self._spec, name).items():
            if element:
                text = pl.col(element)
                text = text.dt.to_string(DAY) if cells.schema[element] == pl.Date else text
                made[heading] = pl.coalesce(f"kept {element}", text) if f"kept {element}" in cells.columns else text
                if f"{name}/{element}" in self._absent and cells[element].null_count() == cells.height:
                    del made[heading]
            elif heading == parent:
                made[heading] = pl.col(parent)
            elif heading in headed or name != "authority" or heading not in HEADED:
                made[heading] = ours.get(heading, headed.get(heading, nothing))
        for heading, element in stood.items():
            made[heading] = pl.coalesce(f"kept {element}", made.get(heading, nothing))
        return made

    def _first_id(self) -> str:
        """The id of the first authority, to which persons belong unless something else was kept."""
        return str(self._ids["authority"].item(0, 1)) if "authority" in self._ids else ""

    def _headed(self) -> dict[str, pl.Expr]:
        """What the header says, which stands in each record of the authority's file."""
        header = self._return.header
        kept = self._return.kept.filter(pl.col("why").is_in(["unreadable", "header", "absent"]))
        texts = dict(kept.filter(table="").select("element", "text").iter_rows())
        day = pl.lit(header.reference_date, pl.Date).dt.to_string(DAY)
        made = {
            "collection": pl.lit(header.collection, pl.String),
            "year": pl.lit(texts.get(f"{HEADER}/Year", f"{header.year}")),
            "referencedate": pl.coalesce(day, pl.lit(texts.get(f"{HEADER}/ReferenceDate"), pl.String)),
        }
        said = {"collection": header.collection, "referencedate": header.reference_date}
        for heading, value in said.items():
            if value is None and f"{HEADER}/{HEADED[heading]}" in self._absent:
                del made[heading]
        return made


def _check_ids(name: str, ids: pl.DataFrame) -> None:
    key, column = ids.columns
    wrong = ids.filter(pl.col(column).is_duplicated() | pl.col(column).eq("") | pl.col(column).is_null())
    if wrong.height:
        raise SEN2Error(f"{name} {wrong[key][0]}: {column} would stand twice, or be empty: take it out of `kept`")
