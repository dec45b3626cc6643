"""A return as XML: UTF-8, two blanks of indentation, elements in the year's order or in a record's own.

Null is an element that is absent and is not written; "" is one that is empty, `<Exported></Exported>`. What typed
columns cannot hold (`Return.kept`) stands where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import polars as pl

from ..transport.download import atomic_write
from .errors import SEN2Error
from .integrity import check_frames
from .returns import SYNTHETIC, Return
from .xml_odd import check_kept, in_own_order, opening, placed
from .xml_text import UNFIT, escaped, is_unfit

_BATCH = 4_000
"""Persons that are made text at once: some 10 MB."""

_BANNER = f"<!-- {SYNTHETIC}: all in this file is made up; it is about no person and no authority -->\n"

_UNFIT = "the text has a character that XML cannot hold; take it out"

_INSIDE = "\0"
"""Stands for what is written later: XML cannot hold it."""


def to_xml(return_: Return) -> bytes:
    """Give the bytes of the file; `write_xml` needs less memory.

    Raises:
        SEN2Error: The frames do not hold together, or a text has a character that XML cannot hold.
    """
    return b"".join(_pieces(return_))


def write_xml(return_: Return, path: str | Path) -> None:
    """Write the file, whole or not at all.

    Raises:
        SEN2Error: The frames do not hold together, or a text has a character that XML cannot hold.
        OSError: The file cannot be written.
    """
    with atomic_write(Path(path)) as file:
        for piece in _pieces(return_):
            file.write(piece)


def _pieces(return_: Return) -> Iterator[bytes]:
    """Give the bytes of the file, some persons at a time."""
    check_frames(return_)
    check_kept(return_)
    banner = _BANNER if return_.synthetic or return_.authority["SoftwareCode"].eq(SYNTHETIC).any() else ""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{banner}'.encode()
    for text in _texts(return_):
        piece = text.encode()
        # over all at once, as a look into each value takes longer than all the rest
        if is_unfit(piece):
            _refuse(return_)
        yield piece


def _texts(return_: Return) -> Iterator[str]:
    before, after = _around(return_)
    yield before
    persons = _Records(return_, "persons")
    between = _Container(return_, "Persons")
    if between.kept.height:
        # something stands between persons, and where it does is counted over all of them
        yield between.inside({"Persons/Person": persons.texts(return_.persons)["text"]})
    else:
        for batch in return_.persons.iter_slices(_BATCH):
            yield persons.texts(batch)["text"].str.join("").item()
    yield after


def _refuse(return_: Return) -> NoReturn:
    """Say where a text is that XML cannot hold."""
    for name, frame in return_.frames.items():
        for column in frame.select(pl.col(pl.String)).columns:
            wrong = frame.filter(pl.col(column).str.contains(UNFIT))
            if wrong.height:
                key = wrong[return_.specification.tables[name].key][0]
                raise SEN2Error(f"{name} {key}, {column}: {_UNFIT}")
    raise SEN2Error(f"Collection: {_UNFIT}")


def _around(return_: Return) -> tuple[str, str]:
    """Everything before the first person, and after the last."""
    header = return_.header
    day = header.reference_date.isoformat() if header.reference_date else None
    values = {"Collection": header.collection, "Year": f"{header.year}", "ReferenceDate": day}
    lines = pl.DataFrame({"tag": list(values), "text": list(values.values())}).drop_nulls()
    lines = lines.select("tag", line=pl.format("      <{}>{}</{}>\n", "tag", escaped(pl.col("text")), "tag"))
    details = _Container(return_, "Header/CollectionDetails").text(
        {f"Header/CollectionDetails/{tag}": pl.Series([line]) for tag, line in lines.iter_rows()}
    )
    sources = _Records(return_, "authority").texts(return_.authority)["text"]
    top = _Container(return_, "Header").text({"Header/CollectionDetails": details, "Header/Source": sources})
    persons = _Container(return_, "Persons").around(_INSIDE)
    parts = _Container(return_, "").text({"Header": top, "Persons": persons}).item().split(_INSIDE)
    if len(parts) != 2:
        _refuse(return_)
    return parts[0], parts[1]


class _Container:
    """An element that is no record: the message, its header, or the list of persons.

    Args:
        path: Tags from below `Message` to it, joined by `/`.
    """

    def __init__(self, return_: Return, path: str) -> None:
        self._tag = path.rpartition("/")[2] or "Message"
        self._pad = "  " * len([tag for tag in path.split("/") if tag])
        inside = rf"^{path}/[^/ ]+( |$)" if path else r"^[^/ ]+( |$)"
        self.kept = return_.kept.filter((pl.col("table") == "") & pl.col("element").str.contains(inside))
        self._order = return_.order.filter((pl.col("table") == "") & pl.col("order").str.contains(inside))

    def text(self, held: Mapping[str, pl.Series]) -> pl.Series:
        """The whole of it, with the children that it holds by their paths, in the year's order."""
        return self.around(self.inside(held))

    def around(self, inside: str) -> pl.Series:
        """The whole of it, with a text between its tags."""
        start = opening(pl.DataFrame({"key": [0]}, schema={"key": pl.UInt32}), self._tag, self.kept, self._pad)
        return pl.Series([f"{start['text'].item()}{inside}{self._pad}</{self._tag}>\n"])

    def inside(self, held: Mapping[str, pl.Series]) -> str:
        """What stands between its tags."""
        pieces = pl.concat(
            pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(
                key=pl.lit(0, pl.UInt32), tag=pl.lit(path), rank=pl.lit(rank, pl.Int64), text="text"
            )
            for rank, (path, texts) in enumerate(held.items())
        )
        return str(placed(in_own_order(pieces, self._order), self.kept, f"{self._pad}  ")["text"].str.join("").item())


class _Records:
    """The records of a table, and those below them, as XML."""

    def __init__(self, return_: Return, name: str) -> None:
        spec = return_.specification
        self._table = spec.tables[name]
        self._frame = return_.frames[name]
        self._elements = spec.children[self._table.element]
        self._keys = [self._table.key, *([spec.tables[self._table.parent].key] if self._table.parent else [])]
        (path,) = (e.path for e in spec.elements if e.name == self._table.element)
        self._pad = "  " * path.count("/")
        self._kept = return_.kept.filter(pl.col("table") == name)
        self._order = return_.order.filter(pl.col("table") == name)
        self._odd = pl.concat([self._kept["key"], self._order["key"]]).unique()
        self._below = {table.element: _Records(return_, n) for n, table in spec.tables.items() if table.parent == name}

    def texts(self, records: pl.DataFrame) -> pl.DataFrame:
        """The records as XML: the columns of their keys, and `text`, in their order."""
        key = self._table.key
        below = {tag: one.texts(one.of(records)) for tag, one in self._below.items()}
        cells = records.select(*self._keys, *(self._cell(e.name) for e in self._elements if e.name not in below))
        odd = cells.join(self._odd.to_frame(key), on=key, how="semi")
        texts = self._ordinary(cells, below)
        return texts.update(self._own(odd, below), on=key) if odd.height else texts

    def of(self, parents: pl.DataFrame) -> pl.DataFrame:
        """The records that some records of the parent's table hold."""
        parent = self._keys[1]
        return self._frame.join(parents.select(parent), on=parent, how="semi", maintain_order="left")

    def _cell(self, tag: str) -> pl.Expr:
        text = pl.col(tag)
        text = text.dt.to_string("%Y-%m-%d") if self._frame.schema[tag] == pl.Date else escaped(text)
        return pl.concat_str(pl.lit(f"{self._pad}  <{tag}>"), text, pl.lit(f"</{tag}>\n")).alias(tag)

    def _ordinary(self, cells: pl.DataFrame, below: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Records whose elements stand in the year's order, and that hold nothing else."""
        key, tag = self._table.key, self._table.element
        for child, texts in below.items():
            inside = texts.group_by(key, maintain_order=True).agg(pl.col("text").str.join("").alias(child))
            cells = cells.join(inside, on=key, how="left", maintain_order="left")
        parts = [
            pl.lit(f"{self._pad}<{tag}>\n"),
            *(pl.col(e.name) for e in self._elements),
            pl.lit(f"{self._pad}</{tag}>\n"),
        ]
        return cells.select(*self._keys, text=pl.concat_str(*parts, ignore_nulls=True))

    def _own(self, cells: pl.DataFrame, below: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Records whose elements stand in an order of their own, or that hold what columns cannot."""
        key, tag = self._table.key, self._table.element
        keys = cells.select(key=key)
        kept = self._kept.join(keys, on="key", how="semi", maintain_order="left")
        order = self._order.join(keys, on="key", how="semi")
        held = [
            (below[e.name].with_columns(pl.col("text").alias(e.name)) if e.name in below else cells)
            .select(key=key, tag=pl.lit(e.name), rank=pl.lit(rank, pl.Int64), text=e.name)
            .join(keys, on="key", how="semi", maintain_order="left")
            for rank, e in enumerate(self._elements)
        ]
        pieces = in_own_order(pl.concat(held).drop_nulls("text"), order)
        inside = placed(pieces, kept, f"{self._pad}  ").group_by("key").agg(inside=pl.col("text").str.join(""))
        joined = opening(keys, tag, kept, self._pad).join(inside, on="key", how="left")
        text = pl.concat_str("text", pl.col("inside").fill_null(""), pl.lit(f"{self._pad}</{tag}>\n"))
        return joined.select(pl.col("key").alias(key), text=text)
