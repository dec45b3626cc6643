"""A condition on codes says the same as an expression and as codes that are compared column by column."""

from __future__ import annotations

import polars as pl
from hypothesis import event, given
from hypothesis import strategies as st

from eesclient.query.ast import And, Node, Not, Or
from tests.doors.store import equal_rows
from tests.doors.table import Compare, Const, column_of, equals_of, to_expression

COLUMNS = ("period", "level", "filter|aaaaa")
CODES = st.integers(0, 9)
COMPARISONS = st.builds(
    Compare,
    st.sampled_from(COLUMNS),
    st.just("in"),
    st.lists(CODES, min_size=1, max_size=7, unique=True).map(tuple),
) | st.builds(
    Compare, st.sampled_from(COLUMNS), st.sampled_from(["=", "=", "=", "!=", ">="]), CODES.map(lambda code: (code,))
)
CONDITIONS = (
    COMPARISONS
    | st.lists(COMPARISONS, min_size=2, max_size=4).map(lambda clauses: And(clauses=tuple(clauses)))
    | st.lists(COMPARISONS, min_size=2, max_size=3).map(lambda clauses: Or(clauses=tuple(clauses)))
    | COMPARISONS.map(lambda clause: Not(clause=clause))
    | st.booleans().map(Const)
)
ROWS = st.lists(st.tuples(*[st.none() | CODES for _ in COLUMNS]), max_size=60)


@given(CONDITIONS, ROWS)
def test_both_forms_agree(asked: Node, rows: list[tuple[int | None, ...]]) -> None:
    """The rows that have the codes are those that the expression keeps, in order; other conditions have no codes."""
    names = ["timePeriod", "geographicLevel", COLUMNS[2]]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.UInt32), orient="row").with_row_index("row")
    equals = equals_of(asked)
    event("as codes" if equals else "as an expression")
    if equals:
        kept = frame.filter(to_expression(asked, column=column_of))["row"]
        assert kept.to_list() == equal_rows(equals, frame, frame["row"]).to_list()
    else:
        plain = [part for part in getattr(asked, "clauses", (asked,)) if isinstance(part, Compare)]
        ops = {part.op for part in plain}
        assert isinstance(asked, Or | Not | Const) or not ops <= {"=", "in"}
