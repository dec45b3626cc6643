"""Records that hold what columns cannot, or whose elements stand in an order of their own."""

from __future__ import annotations

from xml.parsers import expat

import polars as pl

from ..errors import SEN2Error
from ..integrity import place
from ..returns import Return
from .text import NAME, UNFIT, escaped

_BESIDE = ["attribute", "text", "absent"]
"""What was kept that is no element."""

_TAG = pl.col("element").str.split("/").list.last()
_IS_XML = (
    (pl.col("why") == "unknown")
    # the text of a Year that gave way to another
    | (pl.col("why") == "header") & (pl.col("element") != "Header/CollectionDetails/Year")
    # a second one, as a whole
    | pl.col("element").is_in(["Header", "Header/CollectionDetails"]) & (pl.col("why") == "repeated")
)


def check_kept(return_: Return) -> None:
    """Have what was kept be XML once it is written.

    Raises:
        SEN2Error: It would not be; the record and the element are named.
    """
    kept = return_.kept
    for wrong, says in (
        (~_TAG.str.contains(NAME) | pl.col("element").is_null(), "what was kept has no name that XML can hold"),
        (pl.col("text").is_null() | pl.col("why").is_null(), "what was kept has no text, or no reason"),
        (pl.col("text").str.contains(UNFIT), "the text has a character that XML cannot hold; take it out"),
        (pl.col("position").is_null() & (pl.col("why") == "text"), "what was kept has no position"),
    ):
        found = kept.filter(wrong)
        if found.height:
            raise SEN2Error(f"{place(found)}: {says}")
    for rows, around in ((kept.filter(_IS_XML), "<x>{}</x>"), (kept.filter(why="attribute"), "<x {}/>")):
        for text in rows["text"].unique():
            if not _is_xml(around.format(text)):
                raise SEN2Error(f"{place(rows.filter(pl.col('text') == text))}: what was kept is not XML")


def _is_xml(text: str) -> bool:
    try:
        # prefixes are declared further out
        expat.ParserCreate(encoding="utf-8").Parse(text.encode(), True)
    except expat.ExpatError:
        return False
    return True


def opening(keys: pl.DataFrame, tag: str, kept: pl.DataFrame, pad: str) -> pl.DataFrame:
    """The start tags of records with the attributes that were kept of them: `key` and `text`, in the order of keys."""
    own = _attributes(kept.filter((pl.col("why") == "attribute") & pl.col("position").is_null()), "key")
    return keys.join(own, on="key", how="left", maintain_order="left").select(
        "key", text=pl.concat_str(pl.lit(f"{pad}<{tag}"), pl.col("attributes").fill_null(""), pl.lit(">\n"))
    )


def without_place(kept: pl.DataFrame, pad: str) -> pl.DataFrame:
    """What was kept of records and stands nowhere yet, as a Blade export has it: `key`, `tag` and `text`."""
    found = kept.filter(pl.col("position").is_null() & ~pl.col("why").is_in(_BESIDE))
    return found.select("key", tag="element", text=_element(pad))


def placed(pieces: pl.DataFrame, kept: pl.DataFrame, pad: str) -> pl.DataFrame:
    """The children of records with what was kept put back where it stood, in order.

    Columns are `key`, `text`, `position`, and whether it stands between elements: before that of the same position.

    Args:
        pieces: `key` and `text` of the children that frames hold, in the order in which they stood.
        kept: Rows of `Return.kept` about these records.
        pad: Blanks before a child.
    """
    position = pl.int_range(pl.len(), dtype=pl.UInt32).over("key")
    if kept.is_empty():
        return pieces.select("key", "text", position=position, between=pl.lit(value=False))
    kept = kept.filter(pl.col("position").is_not_null()).sort("key", "position", maintain_order=True)
    theirs = kept.filter(~pl.col("why").is_in(_BESIDE)).select(
        "key",
        # as many of the record's other children stand before it
        before=pl.col("position").cast(pl.Int64) - pl.int_range(pl.len()).over("key"),
        kind=pl.lit(0),
        text=_element(pad),
    )
    ours = pieces.select("key", before=pl.int_range(pl.len()).over("key"), kind=pl.lit(1), text="text")
    children = (
        pl.concat([theirs, ours])
        .sort("key", "before", "kind", maintain_order=True)
        .select("key", "text", position=position)
    )
    texts = kept.filter(pl.col("why") == "text").select(
        "key", text=pl.concat_str(pl.lit(pad), escaped(pl.col("text")), pl.lit("\n")), position="position"
    )
    found = [(texts, True), (_with_attributes(children, kept), False)]
    both = pl.concat(frame.with_columns(between=pl.lit(between)) for frame, between in found)
    return both.sort("key", "position", maintain_order=True)


def _element(pad: str) -> pl.Expr:
    """A kept element: the inside of an unknown one is XML already."""
    text = pl.when(_IS_XML).then("text").otherwise(escaped(pl.col("text")))
    return pl.concat_str(pl.lit(f"{pad}<"), _TAG, pl.lit(">"), text, pl.lit("</"), _TAG, pl.lit(">\n"))


def _attributes(kept: pl.DataFrame, *by: str) -> pl.DataFrame:
    """The attributes of each, as they stand in a start tag."""
    written = pl.concat_str(pl.lit(" "), "text")
    return kept.group_by(*by, maintain_order=True).agg(attributes=written.str.join(""))


def _with_attributes(children: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Put attributes of children into their start tags."""
    those = kept.filter((pl.col("why") == "attribute") & pl.col("position").is_not_null())
    if not those.height:
        return children
    # the user may have taken the child out, and has to be told that its attributes are left over
    lost = those.join(children, on=["key", "position"], how="anti")
    if lost.height:
        raise SEN2Error(f"{place(lost)}: this attribute was kept of a child that is not there: take the row out too")
    # the first `>` ends the child's own start tag, which has no attribute yet
    parts = pl.col("text").str.splitn(">", 2).struct
    return children.join(
        _attributes(those, "key", "position"), on=["key", "position"], how="left", maintain_order="left"
    ).select(
        "key",
        text=pl.when(pl.col("attributes").is_null())
        .then("text")
        .otherwise(pl.concat_str(parts[0], "attributes", pl.lit(">"), parts[1])),
        position="position",
    )


def in_own_order(pieces: pl.DataFrame, order: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Sort children that frames hold: by a record's own order, or by the year's.

    Args:
        pieces: `key`, `tag`, `rank` in the year's order, and `text`; equal tags in the order of their frame.
        order: Rows of `Return.order` about these records: they name what was kept, too.
        kept: Rows of `Return.kept` about these records.

    Raises:
        SEN2Error: An order names other children than those that are there.
    """
    if order.is_empty():
        return pieces.sort("key", "rank", maintain_order=True)
    nth = pl.int_range(pl.len()).over("key", "tag")
    own = (
        order.select("table", "key", tag=pl.col("order").str.split(" "))
        .explode("tag")
        .with_columns(position=pl.int_range(pl.len(), dtype=pl.UInt32).over("key"))
        .join(kept.filter(~pl.col("why").is_in(_BESIDE)), on=["key", "position"], how="anti", maintain_order="left")
        .with_columns(nth=nth)
    )
    pieces = pieces.with_columns(nth=nth)
    there = pieces.join(order, on="key", how="semi")
    for one, two in ((own, there), (there, own)):
        lost = one.join(two, on=["key", "tag", "nth"], how="anti")
        if lost.height:
            key, tag = lost["key"][0], lost["tag"][0]
            raise SEN2Error(
                f"{order['table'][0] or 'Message'} {key}, {tag}: `order` names other elements than there are; "
                "take its row out"
            )
    joined = pieces.join(own.drop("table"), on=["key", "tag", "nth"], how="left", maintain_order="left")
    return joined.sort("key", pl.coalesce("position", "rank"), maintain_order=True)
