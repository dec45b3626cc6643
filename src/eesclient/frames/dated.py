"""The first and the last day of each row's time period, beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from .._lazy import pl
from ..models.dates import dates_of
from ..models.periods import IDENTIFIER_BY_LABEL, TimeIdentifier, TimePeriod, period_from_csv
from .columns import ColumnInfo, unique


def with_dates(frame: pl.DataFrame, columns: Sequence[ColumnInfo]) -> pl.DataFrame:
    """The frame with `period_start` and `period_end` after its time columns.

    Args:
        frame: Rows of an answer.
        columns: What its columns hold.
    """
    time = [column.name for column in columns if column.kind == "time"]
    taken = {*frame.columns}
    names = [name if name not in taken else unique(name, "date", taken) for name in ("period_start", "period_end")]
    texts = frame.select(pl.col(time).cast(pl.String))
    pairs = texts.unique()
    days = [_days(text, label) for text, label in pairs.rows()]
    known = pairs.with_columns(
        pl.Series(name, [found and found[place] for found in days], dtype=pl.Date) for place, name in enumerate(names)
    )
    dated = texts.join(known, on=time, how="left", nulls_equal=True, maintain_order="left")
    after = frame.columns.index(time[-1]) + 1
    return frame.select(*frame.columns[:after]).hstack(dated.select(names)).hstack(frame.select(frame.columns[after:]))


def _days(text: str | None, label: str | None) -> tuple[date, date] | None:
    period = period_from_csv(text or "")
    if period is None or label is None:
        return None
    code = IDENTIFIER_BY_LABEL.get(label) or TimeIdentifier(label)
    return dates_of(TimePeriod(code=code, period=period))
