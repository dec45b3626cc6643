"""From the tags of persons to the frames of a return: whole columns at once."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate, pairwise

import polars as pl

from ..._classes import frozen
from ..returns import KEPT, ORDER, schema
from .gathered import Gathered, narrow
from .tags import NOT_ALLOWED, Tags

_REFERENCES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@frozen(kw_only=True)
class Events:
    """What stands in a block, in order: each tag but those that close what is no container.

    Attributes:
        code: Codes of the tags.
        text: The text behind each.
        line: The line of each.
        place: Its row in the tables of states and codes.
        slot: Its column; for a container the count of columns.
        last: The newest tag of a container, as its place among those.
        states: The state after each tag of a container.
    """

    code: pl.Series
    text: pl.Series
    line: pl.Series
    place: pl.Series
    slot: pl.Series
    last: pl.Series
    states: pl.Series


class Found:
    """The records of a block.

    All values of all columns lie in one series, one column behind the other with a row for each record of its table, so
    that a few operations on long series do it all and a column is a slice.

    Args:
        tags: The tags of the year.
        events: What stands in the block.
        has_references: Whether there are references in its texts.

    Attributes:
        is_single: Whether no record has two values of a column.
    """

    def __init__(self, tags: Tags, events: Events, *, has_references: bool) -> None:
        self._tags = tags
        self._events = events
        is_value = events.slot < len(tags.columns)
        codes, lines = events.code.filter(~is_value), events.line.filter(~is_value)
        opens = [codes == number for number in range(tags.containers)]
        opened = [one.cum_sum() for one in opens]
        self._heights = [int(one[-1]) for one in opened]
        # of what is open after each tag of a container, which one it is
        self._current = pl.zeros(codes.len(), pl.UInt32, eager=True)
        for number, count in enumerate(opened):
            self._current += count * (events.states == number)
        self._lines = [lines.filter(one) for one in opens]
        self._parents = [opened[tags.parents[number]].filter(one) for number, one in enumerate(opens) if number]
        self._values = pl.DataFrame(
            {
                "event": is_value.arg_true(),
                "slot": events.slot.filter(is_value),
                "record": self._current.gather(events.last.filter(is_value)),
                "line": events.line.filter(is_value),
            }
        )
        self._texts, row = _texts(events, is_value, 2 * (tags.containers + tags.leaves), has_references)
        sizes = [self._heights[column.container] for column in tags.columns]
        self._starts = [0, *accumulate(sizes)]
        starts = pl.Series(self._starts, dtype=pl.UInt32)
        cells = starts.gather(self._values["slot"]) + self._values["record"] - 1
        self._rows = _nulls(self._starts[-1]).scatter(cells, row)
        self._places = _nulls(self._starts[-1]).scatter(cells, pl.int_range(cells.len(), dtype=pl.UInt32, eager=True))
        # two values for one cell leave one value too many: the exact reader keeps the second
        self.is_single: bool = self._starts[-1] - self._places.null_count() == cells.len()

    def give(self, gathered: Gathered) -> int:
        """Hand over all records; gives how many persons there were."""
        bases = dict(gathered.counts)
        columns, offsets, odd = self._columns()
        for number, (shape, height) in enumerate(zip(self._tags.shapes, self._heights, strict=True)):
            if not height:
                continue
            # keys go on from those of the blocks before
            made = [pl.int_range(1, height + 1, dtype=pl.UInt32, eager=True) + bases[shape.table]]
            if number:
                made.append(self._parents[number - 1] + bases[shape.parent])
            slots = [self._tags.numbers[shape.table, tag] for tag in shape.columns]
            made += [self._lines[number], *(columns[slot] for slot in slots)]
            names = schema(shape.table, gathered.year)
            frame = pl.DataFrame([one.alias(name) for name, one in zip(names, made, strict=True)])
            after = pl.DataFrame([offsets[slot].alias(tag) for slot, tag in zip(slots, shape.columns, strict=True)])
            gathered.add(shape.table, frame, after)
            gathered.counts[shape.table] += height
        if odd is not None:
            gathered.keep(self._kept(odd, bases))
        order = self._order(bases)
        if order is not None:
            gathered.reorder(order)
        return self._heights[0]

    def _columns(self) -> tuple[list[pl.Series], list[pl.Series], pl.DataFrame | None]:
        """All columns, the lines of their elements after their records', and dates that are none."""
        ends = self._starts
        first = ends[self._tags.dates]
        days, odd = _dates(self._texts.gather(self._rows.slice(0, first)))
        texts = self._texts.gather(self._rows.slice(first))
        lines = pl.concat([self._lines[column.container] for column in self._tags.columns])
        after = narrow((self._values["line"].gather(self._places) - lines).fill_null(0))
        columns, offsets = [], []
        for slot, (start, end) in enumerate(pairwise(ends)):
            is_day = slot < self._tags.dates
            columns.append(days.slice(start, end - start) if is_day else texts.slice(start - first, end - start))
            offsets.append(after.slice(start, end - start))
        if odd is None:
            return columns, offsets, None
        values = self._values.select("event", "line")[self._places.slice(0, first).filter(odd.is_not_null())]
        return columns, offsets, values.with_columns(text=odd.drop_nulls())

    @cached_property
    def _children(self) -> pl.DataFrame:
        """Every element that stands in a record: what that is and which, the element itself, and its place there."""
        events = self._events
        frame = pl.DataFrame(
            {
                "code": events.code,
                "state": events.place // len(self._tags.names),
                # the record that was open before it, which the tag of a container changes
                "record": self._current.gather(events.last.shift(1, fill_value=0)),
                "before": self._tags.before.gather(events.place),
            }
        ).with_row_index("event")
        frame = frame.filter((pl.col("before") != NOT_ALLOWED) & (pl.col("state") < self._tags.containers))
        names = pl.Series([name.removesuffix("/") for name in self._tags.names])
        return frame.select("event", "state", "record", element=names.gather(frame["code"]))

    def _named(self, frame: pl.DataFrame, bases: dict[str, int]) -> pl.DataFrame:
        """The same rows with the table and the key of their records."""
        tables = [shape.table for shape in self._tags.shapes]
        return frame.with_columns(
            table=pl.Series(tables).gather(frame["state"]),
            key=(
                pl.Series([bases[table] for table in tables], dtype=pl.UInt32).gather(frame["state"]) + frame["record"]
            ),
        )

    def _kept(self, odd: pl.DataFrame, bases: dict[str, int]) -> pl.DataFrame:
        """Dates that are none."""
        which = self._children.join(odd, on="event", how="semi").select("state", "record").unique()
        children = self._children.join(which, on=["state", "record"], how="semi", maintain_order="left")
        position = pl.int_range(pl.len(), dtype=pl.UInt32).over("state", "record")
        found = children.with_columns(position=position).join(odd, on="event", maintain_order="left")
        why = pl.when(pl.col("text") == "").then(pl.lit("empty")).otherwise(pl.lit("unreadable"))
        return self._named(found.with_columns(why=why), bases).select(KEPT.names())

    def _order(self, bases: dict[str, int]) -> pl.DataFrame | None:
        """Records whose elements stand in another order than the year's."""
        place = self._events.place
        after, before = self._tags.after.gather(place), self._tags.before.gather(place)
        late = (before < after.shift(1, fill_value=0)).arg_true()
        if not late.len():
            return None
        which = self._children.filter(pl.col("event").is_in(late.implode())).select("state", "record").unique()
        found = self._children.join(which, on=["state", "record"], how="semi", maintain_order="left")
        texts = found.group_by("state", "record", maintain_order=True).agg(order=pl.col("element").str.join(" "))
        return self._named(texts, bases).select(ORDER.names())


def _texts(events: Events, is_value: pl.Series, first_empty: int, has_references: bool) -> tuple[pl.Series, pl.Series]:
    """Texts, and which of them is that of each value."""
    text = events.text.filter(is_value)
    row = pl.int_range(text.len(), dtype=pl.UInt32, eager=True)
    # the text behind an element that is written as `<Sex/>` is not its own
    is_empty = events.code.filter(is_value) >= first_empty
    if is_empty.any():
        text = text.zip_with(~is_empty, pl.Series([None], dtype=pl.String).new_from_index(0, text.len()))
    # written anew, as a selection of texts holds on to all of the block's
    text = text.to_frame("text").select(pl.concat_str("text", pl.lit(""), ignore_nulls=True)).to_series()
    if has_references:
        odd = text.str.contains("&", literal=True).arg_true()
        plain = text.gather(odd).str.replace_many(list(_REFERENCES), list(_REFERENCES.values()))
        row = row.scatter(odd, pl.int_range(text.len(), text.len() + odd.len(), dtype=pl.UInt32, eager=True))
        text = pl.concat([text, plain])
    return text, row


def _nulls(count: int) -> pl.Series:
    return pl.repeat(None, count, dtype=pl.UInt32, eager=True)


def _dates(text: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Texts as days, and the texts that are none, if there are any."""
    days = text.str.to_date("%Y-%m-%d", strict=False)
    # the year 0 is one for Polars, not for Python
    is_day = text.str.contains(_DATE) & ~text.str.starts_with("0000")
    if is_day.all(ignore_nulls=True) and days.null_count() == text.null_count():
        return days, None
    days = days.zip_with(is_day.fill_null(False), pl.repeat(None, days.len(), dtype=pl.Date, eager=True))
    return days, text.zip_with(days.is_null(), pl.repeat(None, text.len(), dtype=pl.String, eager=True))
