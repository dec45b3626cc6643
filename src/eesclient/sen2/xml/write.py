"""A return as XML: UTF-8, two blanks of indentation, elements in the year's order or in a record's own.

Null is an element that is absent and is not written; "" is one that is empty, `<Exported></Exported>`. What typed
columns cannot hold (`Return.kept`) stands where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import attrs
import polars as pl

from ...transport.download import atomic_write
from ..errors import SEN2Error
from ..integrity import check_frames
from ..returns import SYNTHETIC, Return, says_synthetic
from .kept import check_kept, in_own_order, opening, placed, without_place
from .text import UNFIT, escaped, is_unfit

_BATCH = 4_000
"""Persons that are made text at once: some 10 MB."""

_BANNER = f"<!-- {SYNTHETIC}: all in this file is made up; it is about no person and no authority -->\n"

_UNFIT = "the text has a character that XML cannot hold; take it out"

_INSIDE = "\0"
"""Stands for what is written later: XML cannot hold it."""


def to_xml(return_: Return) -> bytes:
    """The bytes of the file; see `Return.to_xml`."""
    return b"".join(_pieces(return_))


def write_xml(return_: Return, path: str | Path) -> None:
    """Write the file, whole or not at all; see `Return.write_xml`."""
    with atomic_write(Path(path)) as file:
        for piece in _pieces(return_):
            file.write(piece)


def _pieces(return_: Return) -> Iterator[bytes]:
    """Give the bytes of the file, some persons at a time."""
    check_frames(return_)
    return_ = attrs.evolve(return_, kept=return_.kept.filter(pl.col("why").ne_missing("column")))
    check_kept(return_)
    # whoever opens the file is told, even if `synthetic` was lost on the way through frames
    banner = _BANNER if return_.synthetic or says_synthetic(return_.authority) else ""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{banner}'.encode()
    for text in _texts(return_):
        piece = text.encode()
        # over all at once, as a look into each value takes longer than all the rest
        if is_unfit(piece):
            _refuse(return_)
        yield piece


def _texts(return_: Return) -> Iterator[str]:
    persons = _Records(return_, "persons")
    between = _Container(return_, "Persons")
    if between.is_plain:
        before, _, after = _message(return_, [_INSIDE]).partition(_INSIDE)
        if _INSIDE in after:
            _refuse(return_)
        yield before
        # text takes several times the memory of frames, so that it is never there as a whole
        for batch in return_.persons.iter_slices(_BATCH):
            yield persons.texts(batch)["text"].str.join("").item()
        yield after
    else:
        # where something stands between persons is counted over all of them
        children = between.placed({"Persons/Person": persons.texts(return_.persons)["text"]})
        bounds = [0, *_ends_of_lists(return_.kept, children), children.height]
        yield _message(return_, ["".join(children["text"][one:two]) for one, two in pairwise(bounds)])


def _ends_of_lists(kept: pl.DataFrame, children: pl.DataFrame) -> list[int]:
    """How many of the children stand before each list of persons but for the first: there is one list, as a rule."""
    again = kept.filter((pl.col("element") == "Persons") & (pl.col("why") == "repeated") & (pl.col("table") == ""))
    counts = again["text"].cast(pl.UInt32, strict=False)
    if counts.null_count() or not counts.is_sorted():
        raise SEN2Error("Persons: what was kept of a second list does not say how many stand before it")
    ends = [0]
    for position in counts:
        end = max(ends[-1], children["position"].search_sorted(position))
        # of two texts with one position, one ended a list and one began the next
        is_text = end < children.height and children["between"][end] and children["position"][end] == position
        ends.append(end + is_text)
    return ends[1:]


def _refuse(return_: Return) -> NoReturn:
    """Say where a text is that XML cannot hold."""
    for name, frame in return_.frames.items():
        for column in frame.select(pl.col(pl.String)).columns:
            wrong = frame.filter(pl.col(column).str.contains(UNFIT))
            if wrong.height:
                key = wrong[return_.specification.tables[name].key][0]
                raise SEN2Error(f"{name} {key}, {column}: {_UNFIT}")
    raise SEN2Error(f"Collection: {_UNFIT}")


def _message(return_: Return, lists: list[str]) -> str:
    """The whole file but for its first lines, with what stands in the list of persons."""
    details, top, persons = (_Container(return_, path) for path in ("Header/CollectionDetails", "Header", "Persons"))
    sources = _Records(return_, "authority").texts(return_.authority)["text"]
    inside = "".join(details.children(_details(return_)))
    inside = "".join(top.children({details.path: details.around([inside]), "Header/Source": sources}))
    whole = _Container(return_, "Message")
    inside = "".join(whole.children({"Header": top.around([inside]), "Persons": persons.around(lists)}))
    return "".join(whole.around([inside]))


def _details(return_: Return) -> dict[str, pl.Series]:
    """The children of CollectionDetails by their paths."""
    header, path = return_.header, "Header/CollectionDetails"
    # what stood in place of the year was kept where it is none
    other = (pl.col("element") == f"{path}/Year") & pl.col("why").is_in(["header", "unknown"])
    other |= pl.col("element").is_in([f"{path}/Year", path, "Header"]) & (pl.col("why") == "absent")
    values = {
        "Collection": header.collection,
        "Year": None if return_.kept.filter(other).height else f"{header.year}",
        "ReferenceDate": header.reference_date.isoformat() if header.reference_date else None,
    }
    lines = pl.DataFrame([*values.items()], schema={"tag": pl.String, "text": pl.String}, orient="row").drop_nulls()
    lines = lines.select("tag", line=pl.format("      <{}>{}</{}>\n", "tag", escaped(pl.col("text")), "tag"))
    return {f"{path}/{tag}": pl.Series([line]) for tag, line in lines.iter_rows()}


class _Container:
    """An element that is no record: the message, its header, or the list of persons.

    Args:
        path: Tags from below `Message` to it, joined by `/`; of the message itself, its tag.
    """

    def __init__(self, return_: Return, path: str) -> None:
        self.path = path
        tags = [] if path == "Message" else path.split("/")
        self._pad = "  " * len(tags)
        inside = rf"^{''.join(f'{tag}/' for tag in tags)}[^/ ]+( |$)"
        kept = return_.kept.filter(pl.col("table") == "")
        own = (pl.col("why") == "text") | (pl.col("why") == "attribute") & pl.col("position").is_null()
        again = (pl.col("element") == "Persons") & (pl.col("why") == "repeated")
        self._kept = kept.filter(
            pl.when(own)
            .then(pl.col("element") == path)
            .otherwise(pl.col("element").str.contains(inside) & ~again & (pl.col("why") != "absent"))
        )
        absent = kept.filter(why="absent")["element"]
        self._is_there = not any(f"{path}/".startswith(f"{element}/") for element in absent)
        self._order = return_.order.filter((pl.col("table") == "") & pl.col("order").str.contains(inside))
        self.is_plain = (
            self._is_there and self._kept.is_empty() and self._order.is_empty() and kept.filter(again).is_empty()
        )

    def around(self, insides: list[str]) -> pl.Series:
        """The whole of it, as often as it is there: none where it was absent.

        Raises:
            SEN2Error: It was absent and holds something.
        """
        if not self._is_there:
            if any(insides):
                raise SEN2Error(
                    f"{self.path}: `kept` says that it is absent, and it holds something; take that row out"
                )
            return pl.Series([], dtype=pl.String)
        tag = self.path.rpartition("/")[2]
        message = pl.DataFrame({"key": [0]}, schema={"key": pl.UInt32})
        start = opening(message, tag, self._kept, self._pad)["text"].item()
        starts = [start, *[f"{self._pad}<{tag}>\n"] * (len(insides) - 1)]
        return pl.Series([f"{one}{inside}{self._pad}</{tag}>\n" for one, inside in zip(starts, insides, strict=True)])

    def children(self, held: Mapping[str, pl.Series]) -> pl.Series:
        """What stands between its tags, of the children that it holds by their paths, in the year's order."""
        return self.placed(held)["text"]

    def placed(self, held: Mapping[str, pl.Series]) -> pl.DataFrame:
        """The same with positions, as `kept.placed` has them."""
        pieces = pl.DataFrame(schema={"key": pl.UInt32, "tag": pl.String, "text": pl.String, "rank": pl.Int64})
        for rank, (path, texts) in enumerate(held.items()):
            found = pl.DataFrame({"key": 0, "tag": path, "text": texts, "rank": rank}, schema=pieces.schema)
            pieces.extend(found)
        rest = without_place(self._kept, f"{self._pad}  ")
        pieces.extend(rest.with_columns(rank=pl.lit(len(held), pl.Int64)))
        return placed(in_own_order(pieces, self._order, self._kept), self._kept, f"{self._pad}  ")


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
        if records.is_empty():
            return pl.DataFrame(schema={**dict.fromkeys(self._keys, pl.UInt32), "text": pl.String})
        key = self._table.key
        below = {tag: one.texts(one.of(records)) for tag, one in self._below.items()}
        cells = records.select(*self._keys, *(self._cell(e.name) for e in self._elements if e.name not in below))
        odd = cells.join(self._odd.to_frame(key), on=key, how="semi")
        texts = self._ordinary(cells, below)
        # records that are odd in any way are few: they are written once more, slowly, in place of the ordinary text
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
        # an element that is absent is null here, and so leaves no text
        return cells.select(*self._keys, text=pl.concat_str(*parts, ignore_nulls=True))

    def _own(self, cells: pl.DataFrame, below: dict[str, pl.DataFrame]) -> pl.DataFrame:
        """Records whose elements stand in an order of their own, or that hold what columns cannot."""
        key, tag = self._table.key, self._table.element
        keys = cells.select(key=key)
        kept = self._kept.join(keys, on="key", how="semi", maintain_order="left")
        order = self._order.join(keys, on="key", how="semi")
        ranks = {element.name: rank for rank, element in enumerate(self._elements)}
        leaves = [tag for tag in ranks if tag not in below]
        held = [cells.unpivot(leaves, index=key, variable_name="tag", value_name="text").rename({key: "key"})]
        for child, texts in below.items():
            inside = texts.join(cells, on=key, how="semi", maintain_order="left")
            held.append(inside.select(key=key, tag=pl.lit(child), text="text"))
        held.append(without_place(kept, f"{self._pad}  "))
        rank = pl.col("tag").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)
        pieces = in_own_order(pl.concat(held).drop_nulls("text").with_columns(rank=rank), order, kept)
        inside = placed(pieces, kept, f"{self._pad}  ").group_by("key").agg(inside=pl.col("text").str.join(""))
        joined = opening(keys, tag, kept, self._pad).join(inside, on="key", how="left")
        text = pl.concat_str("text", pl.col("inside").fill_null(""), pl.lit(f"{self._pad}</{tag}>\n"))
        return joined.select(pl.col("key").alias(key), text=text)
