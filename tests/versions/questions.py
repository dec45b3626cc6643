"""Questions about the first version of a chain, and what becomes of them: the model's word against the report's."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs

from eesclient import GeographicLevel, PinnedDataSet, Query, QueryResult, facets
from tests.doors.query import Node
from tests.versions.chains import Table
from tests.versions.edits import PLACES, ROW, Described, State

Key = tuple[str | None, ...]

COLUMNS = [level.columns.all for level in GeographicLevel]
"""Columns of each level."""


@attrs.define
class Drawn:
    """A question in the making, and what it names.

    Attributes:
        state: The version that it is about.
        wanted: Things that rows must have, or may have.
        excluded: Things that rows must not have.
        bounds: Periods that rows are compared with: text, identifier, whether later ones are meant.
    """

    state: State
    wanted: list[Described] = attrs.field(factory=list)
    excluded: list[Described] = attrs.field(factory=list)
    bounds: list[tuple[str, str, bool]] = attrs.field(factory=list)

    def condition(self, random: Random, depth: int = 2, *, negated: bool = False) -> Node:
        """Any condition."""
        kind = random.choice(("leaf", "and", "or", "not")) if depth else "leaf"
        if kind == "leaf":
            return random.choice((self._option, self._place, self._period, self._level))(random, negated)
        if kind == "not":
            return ~self.condition(random, depth - 1, negated=not negated)
        first, second = (self.condition(random, depth - 1, negated=negated) for _ in range(2))
        return first & second if kind == "and" else first | second

    def _some(self, random: Random, things: list[Described], negated: bool) -> tuple[list[Described], bool]:
        chosen = random.sample(things, random.randint(1, min(2, len(things))))
        excludes = random.random() < 0.4
        (self.excluded if excludes != negated else self.wanted).extend(chosen)
        return chosen, excludes

    def _option(self, random: Random, negated: bool) -> Node:
        column = random.choice([*self.state.columns("Filter")])
        options: list[Described] = [("option", column, label) for label in self.state.options(column)]
        chosen, excludes = self._some(random, options, negated)
        facet, labels = facets.filter(column), [texts[2] for texts in chosen]
        return facet.not_in(labels) if excludes else facet.is_in(labels)

    def _place(self, random: Random, negated: bool) -> Node:
        level = random.choice([level for level in PLACES if self.state.locations(level)])
        by_code: dict[str, list[Described]] = {}
        for cells in self.state.locations(level):
            by_code.setdefault(cells[1], []).append(("location", level, *cells))
        code = random.choice(sorted(by_code))
        excludes = random.random() < 0.4
        (self.excluded if excludes != negated else self.wanted).extend(by_code[code])
        facet = facets.location(level)
        return facet.ne(code) if excludes else facet.eq(code)

    def _period(self, random: Random, negated: bool) -> Node:
        texts = [held for held in self.state.things.values() if held[0] == "period"]
        (_, _, period, identifier) = random.choice(texts)
        compared: Any = random.choice((facets.period.ge, facets.period.lt, facets.period.gt, facets.period.le))
        is_later = compared in (facets.period.ge, facets.period.gt)
        self.bounds.append((period, identifier, is_later != negated))
        node: Node = compared(f"{period} {identifier}")
        return node

    def _level(self, random: Random, negated: bool) -> Node:
        levels = [held for held in self.state.things.values() if held[0] == "level"]
        chosen, excludes = self._some(random, levels, negated)
        labels = [texts[2] for texts in chosen]
        return facets.level.not_in(labels) if excludes else facets.level.is_in(labels)

    def is_lost(self, query: Query, then: State) -> bool:
        """Whether a later version cannot be asked without a guess."""
        pinned = [("option", self._column(name), option) for name, option in query.pinned.items()]
        before, after = self.state.things, then.things
        if any(self.state.token(texts) not in after for texts in (*self.wanted, *pinned)):
            return True
        for texts in self.excluded:
            if self.state.token(texts) in after or texts[0] == "level":
                continue
            like = [token for token, held in after.items() if held[:2] == texts[:2]]
            if not like or any(token not in before for token in like):
                return True
        periods = [held[2:] for held in after.values() if held[0] == "period"]
        for period, identifier, is_later in self.bounds:
            beyond = [text for text, _ in periods if (text > period if is_later else text < period)]
            if (period, identifier) not in periods and not beyond:
                return True
        came = [held[3] for token, held in after.items() if held[0] == "filter" and token not in before]
        return any(len(then.options(column)) > 1 for column in came) and not query.pinned

    def _column(self, label: str) -> str:
        return next(column for column, held in self.state.columns("Filter").items() if held == label)


def drawn(sen: PinnedDataSet, state: State, random: Random) -> tuple[Drawn, Query]:
    """A question about the first version."""
    asked = Drawn(state=state)
    where = asked.condition(random)
    indicators = sorted(state.columns("Indicator"))
    query = sen.build(
        where=where,
        indicators=random.sample(indicators, random.randint(1, len(indicators))),
        others=random.choice(("Total", None)),
        values="text",
    )
    return asked, query


def answered(result: QueryResult, table: Table) -> dict[str, tuple[str, ...]]:
    """Cells of an answer by the row's token."""
    keys = [column for column in result.columns if column.kind not in ("indicator", "status")]
    values = [column.name for column in result.columns if column.kind == "indicator"]
    # a place is where all columns of its level are filled
    filled = [(item.column, [name for names in COLUMNS if item.column in names for name in names]) for item in keys]
    tokens = {
        tuple(row[column] if all(map(row.get, names)) else None for column, names in filled): row[ROW]
        for row in table.rows
    }
    assert len(tokens) == len(table.rows)
    frame = result.frame
    found = zip(frame.select(column.name for column in keys).rows(), frame.select(values).rows(), strict=True)
    return {tokens[key]: cells for key, cells in found}
