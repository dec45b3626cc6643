"""`ees demo`: real work on the embedded synthetic data, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import polars as pl

from .. import local
from ..client import Client

if TYPE_CHECKING:
    from ..query.question import Query

_QUESTION = """\
import eesclient as ees

with ees.Client() as client:
    sen = client.open("{id}", version="{version}")
    result = sen.query(
        indicators=["Number of pupils"],
        filters={{"Social care group": "All pupils comparison", "SEN provision": {options}}},
        others="Total",
        periods={periods},
    )
"""


def run(out: TextIO) -> None:
    """Open the demo's SEN data set at `1.*`, ask for pupils by SEN provision in two years, and show all of it.

    Args:
        out: Where to write.
    """
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID, version="1.*")
        options = [o.label for f in sen.meta.filters if f.column == "sen_provision" for o in f.options]
        periods = [period.label for period in sen.periods[-2:]]
        query = sen.build(
            indicators=["Number of pupils"],
            filters={"Social care group": "All pupils comparison", "SEN provision": options},
            others="Total",
            periods=periods,
        )
        result = sen.query(query)
    out.write("SYNTHETIC DATA: made up by a program, not statistics.\n\n")
    out.write(f"{sen.title}\nversion 1.* is {sen.version}\n\n")
    with pl.Config(tbl_cols=-1, tbl_rows=-1, tbl_width_chars=160, fmt_str_lengths=60):
        out.write(f"{result.frame.select(_shown(query))}\n")
    out.write(f"All columns of the frame: {', '.join(result.frame.columns)}\n\n")
    out.write(f"What was sent: POST /v1/data-sets/{sen.id}/query?dataSetVersion={sen.version}\n{query.to_json()}\n\n")
    out.write("The same question to the live service:\n\n")
    out.write(_QUESTION.format(id=sen.id, version="1.*", options=options, periods=periods))


def _shown(query: Query) -> list[str]:
    """Columns that the question names: the whole frame is wider than a terminal."""
    filters = [f.column for f in query.meta.filters if f.label not in query.pinned]
    return ["time_period", *filters, *(i.column for i in query.indicators)]
