"""Seeded edits of version chains, with what the service says of each: a model that knows no ids.

Every thing that the service can list as changed has a token for life. What a chain's report must say follows from the
tokens at its two ends, and what an answer must hold from the rows, each of which has a token too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

import attrs

from eesclient import FacetChange, Version
from tests.versions.chains import Row, Table

ROW = "\0row"
"""Hidden column with a row's token; it is never written."""

PLACES = {
    "LA": ("la_name", ("new_la_code", "old_la_code")),
    "REG": ("region_name", ("region_code",)),
    "NAT": ("country_name", ("country_code",)),
}
"""Columns of the levels whose locations are edited."""

Described = tuple[str, ...]
Token = int


@attrs.define
class State:
    """A version in the making.

    Attributes:
        table: Its files; rows have tokens.
        things: What it has, by token: facet, group and texts of each.
        next: The next new token.
        toml: What is mapped by hand in this version.
        is_major: Whether something is gone since the version before.
    """

    table: Table
    things: dict[Token, Described] = attrs.field(factory=dict)
    next: int = 0
    toml: list[str] = attrs.field(factory=list)
    is_major: bool = False

    def new(self, *texts: str) -> None:
        """A thing that was not there."""
        self.things[self.next] = texts
        self.next += 1

    def fresh(self) -> int:
        """A number that no name has yet."""
        self.next += 1
        return self.next

    def gone(self, *texts: str) -> None:
        """A thing that is no longer there."""
        del self.things[self.token(texts)]
        self.is_major = True

    def now(self, before: Described, after: Described) -> None:
        """A thing that goes by other texts."""
        self.things[self.token(before)] = after

    def token(self, texts: Described) -> Token:
        """Token of a thing."""
        return next(token for token, held in self.things.items() if held == texts)

    def columns(self, kind: str) -> dict[str, str]:
        """Labels of filters or indicators by column."""
        return {line["col_name"]: line["label"] for line in self.table.meta if line["col_type"] == kind}

    def options(self, column: str) -> list[str]:
        """Labels of a filter's options."""
        return sorted({row[column] for row in self.table.rows} - {""})

    def locations(self, level: str) -> list[tuple[str, ...]]:
        """Name and codes of a level's locations."""
        name, codes = PLACES[level]
        if not self.table.rows or name not in self.table.rows[0]:
            return []
        cells = set(zip(*([row[column] for row in self.table.rows] for column in (name, *codes)), strict=True))
        return sorted(one for one in cells if all(one))

    def keep(self, wanted: Callable[[Row], bool]) -> bool:
        """Drop the other rows, unless things that are not meant go too; says whether it was done."""
        kept = [row for row in self.table.rows if wanted(row)]
        if not kept:
            return False
        before = self.table
        self.table = before.edited(rows=kept)
        return True

    def replace(self, column: str, before: str, after: str) -> None:
        """Another text in one column of all rows."""
        self.table = self.table.with_cells(lambda row: row | ({column: after} if row[column] == before else {}))

    def add_rows(self, rows: list[Row]) -> None:
        """Further rows, with tokens of their own."""
        fresh = [row | {ROW: str(self.next + place)} for place, row in enumerate(rows)]
        self.next += len(fresh)
        self.table = self.table.edited(rows=[*self.table.rows, *fresh])


def begin(table: Table) -> State:
    """The first version."""
    rows = [row | {ROW: str(place)} for place, row in enumerate(table.rows)]
    state = State(table=table.edited(rows=rows), next=len(rows))
    for texts in listed(state):
        state.new(*texts)
    return state


def listed(state: State) -> list[Described]:
    """Everything in a table that can change, as it stands there."""
    found: list[Described] = []
    for column, label in state.columns("Filter").items():
        found.append(("filter", "", label, column))
        found += [("option", column, option) for option in state.options(column)]
    found += [("indicator", "", label, column) for column, label in state.columns("Indicator").items()]
    found += [("level", "", level) for level in sorted({row["geographic_level"] for row in state.table.rows})]
    found += [("location", level, *cells) for level in PLACES for cells in state.locations(level)]
    periods = sorted({(row["time_period"], row["time_identifier"]) for row in state.table.rows})
    return found + [("period", "", *period) for period in periods]


Edit = Callable[[State, Random], None]


def nothing_else_gone(state: State) -> None:
    """Bring the tokens in line with the rows: dropping rows can take other things with it."""
    held = {*listed(state)}
    for texts in [texts for texts in state.things.values() if texts not in held]:
        state.gone(*texts)


def option_renamed(state: State, random: Random) -> None:
    """An option gets another label, and an analyst maps it."""
    column = random.choice([*state.columns("Filter")])
    label = random.choice(state.options(column))
    new = f"{label} ({state.fresh()})"
    state.replace(column, label, new)
    state.now(("option", column, label), ("option", column, new))
    state.toml.append(f'options.{column}."{label}" = "{new}"')


def option_relabelled(state: State, random: Random) -> None:
    """An option gets another label, and nobody maps it: for the service one is gone, and another has come."""
    column = random.choice([*state.columns("Filter")])
    label = random.choice(state.options(column))
    new = f"{label} ({state.fresh()})"
    state.replace(column, label, new)
    state.gone("option", column, label)
    state.new("option", column, new)


def option_added(state: State, random: Random) -> None:
    """A filter gets another option."""
    column = random.choice([*state.columns("Filter")])
    label, new = random.choice(state.options(column)), f"New {state.fresh()}"
    state.add_rows([row | {column: new} for row in state.table.rows if row[column] == label][:20])
    state.new("option", column, new)


def option_deleted(state: State, random: Random) -> None:
    """An option is gone with its rows."""
    column = random.choice([*state.columns("Filter")])
    label = random.choice(state.options(column))
    if state.keep(lambda row: row[column] != label):
        nothing_else_gone(state)


def indicator_renamed(state: State, random: Random) -> None:
    """An indicator gets another label."""
    column, label = random.choice([*state.columns("Indicator").items()])
    new = f"{label} {state.fresh()}"
    state.table = state.table.with_meta(lambda line: line | ({"label": new} if line["col_name"] == column else {}))
    state.now(("indicator", "", label, column), ("indicator", "", new, column))


def indicator_moved(state: State, random: Random) -> None:
    """An indicator gets another column, and an analyst maps it."""
    column, label = random.choice([*state.columns("Indicator").items()])
    new = f"column_{state.fresh()}"
    state.table = state.table.with_cells(lambda row: {new if name == column else name: row[name] for name in row})
    state.table = state.table.with_meta(lambda line: line | ({"col_name": new} if line["col_name"] == column else {}))
    state.now(("indicator", "", label, column), ("indicator", "", label, new))
    state.toml.append(f'indicators.{column} = "{new}"')


def location_recoded(state: State, random: Random) -> None:
    """A location gets another code, and nobody maps it."""
    _recode(state, random, mapped=False)


def location_recoded_by_hand(state: State, random: Random) -> None:
    """A location gets another code, and an analyst maps it."""
    _recode(state, random, mapped=True)


def _recode(state: State, random: Random, *, mapped: bool) -> None:
    level = random.choice([level for level in PLACES if state.locations(level)])
    name, (column, *_) = PLACES[level]
    place = random.choice(state.locations(level))
    new = f"X{state.fresh():08}"
    codes = dict(zip((name, *PLACES[level][1]), place, strict=True))
    state.table = state.table.with_cells(
        lambda row: row | ({column: new} if all(row[c] == text for c, text in codes.items()) else {})
    )
    after = ("location", level, place[0], new, *place[2:])
    if mapped:
        state.now(("location", level, *place), after)
        state.toml.append(f'locations.{level}."{place[1]}" = "{new}"')
    else:
        state.gone("location", level, *place)
        state.new(*after)


def period_added(state: State, _: Random) -> None:
    """Another year."""
    last, identifier = max((row["time_period"], row["time_identifier"]) for row in state.table.rows)
    first = int(last[:4]) + 1
    new = f"{first}{(first + 1) % 100:02}" if len(last) == 6 else str(first)
    same = [row for row in state.table.rows if (row["time_period"], row["time_identifier"]) == (last, identifier)]
    state.add_rows([row | {"time_period": new} for row in same])
    state.new("period", "", new, identifier)


def period_deleted(state: State, _: Random) -> None:
    """The first year is gone."""
    first = min(row["time_period"] for row in state.table.rows)
    if state.keep(lambda row: row["time_period"] != first):
        nothing_else_gone(state)


def values_corrected(state: State, random: Random) -> None:
    """Figures of some rows are others."""
    column = random.choice([*state.columns("Indicator")])
    chosen = {row[ROW] for row in random.sample(state.table.rows, min(5, len(state.table.rows)))}
    state.table = state.table.with_cells(lambda row: row | ({column: "4"} if row[ROW] in chosen else {}))


def filter_added(state: State, random: Random) -> None:
    """A filter comes, whose total the rows of before have."""
    column = f"filter_{state.fresh()}"
    more = [row | {column: "Part"} for row in state.table.rows[: random.randint(1, 20)]]
    state.table = state.table.with_cells(lambda row: row | {column: "Total"})
    line = dict.fromkeys(state.table.meta[0], "") | {"col_name": column, "col_type": "Filter", "label": f"L {column}"}
    state.table = state.table.edited(meta=[*state.table.meta, line])
    state.add_rows(more)
    state.new("filter", "", f"L {column}", column)
    state.new("option", column, "Total")
    state.new("option", column, "Part")


def level_deleted(state: State, random: Random) -> None:
    """Rows of a level are gone."""
    level = random.choice(sorted({row["geographic_level"] for row in state.table.rows}))
    if state.keep(lambda row: row["geographic_level"] != level):
        nothing_else_gone(state)


FAMILIES: tuple[tuple[Edit, ...], ...] = (
    (option_deleted, period_deleted, level_deleted),
    (option_renamed, option_relabelled, option_added),
    (indicator_renamed, indicator_moved),
    (location_recoded, location_recoded_by_hand),
    (filter_added, period_added),
    (values_corrected,),
)
"""Edits that do not meet in one version; what drops rows comes first, as a thing must be there to be mapped."""


@attrs.frozen
class Chain:
    """Versions of a data set.

    Attributes:
        states: What each version has, by number.
    """

    states: Mapping[Version, State]

    @property
    def tables(self) -> dict[str, Table]:
        """The files of each version."""
        return {str(number): written(state.table) for number, state in self.states.items()}

    @property
    def toml(self) -> dict[str, str]:
        """What is mapped by hand in each version."""
        lines = {str(number): "\n".join(state.toml) for number, state in self.states.items()}
        return {number: f"[@.mappings]\n{text}" for number, text in lines.items() if text}

    def expected(self, first: Version, last: Version) -> Counter[tuple[str, str, Described, Described]]:
        """What a report between two versions must list."""
        before, after = self.states[first].things, self.states[last].things
        found: Counter[tuple[str, str, Described, Described]] = Counter()
        for token in before.keys() | after.keys():
            old, new = before.get(token), after.get(token)
            if old == new or self._is_inside(old, new, before, after):
                continue
            step = "added" if old is None else "deleted" if new is None else "updated"
            found[(old or new or ("",))[0], step, (old or ())[2:], (new or ())[2:]] += 1
        return found

    @staticmethod
    def _is_inside(
        old: Described | None, new: Described | None, before: Mapping[int, Described], after: Mapping[int, Described]
    ) -> bool:
        """Whether an option came or went with all of its filter, which alone is listed then."""
        for texts, others in ((old, after), (new, before)):
            # a level of locations is there while its columns are, which no edit takes away
            if texts and not (old and new) and texts[0] == "option":
                return not any(other[:2] == texts[:2] for other in others.values())
        return False


def written(table: Table) -> Table:
    """The table without tokens."""
    return table.edited(rows=[{name: text for name, text in row.items() if name != ROW} for row in table.rows])


def chain(table: Table, random: Random, *, length: int) -> Chain:
    """A chain of so many versions, each with one or two edits, numbered by the service's rules (section 18)."""
    number = Version(1)
    state = begin(table)
    states = {number: state}
    for _ in range(length):
        state = State(table=state.table, things=dict(state.things), next=state.next)
        families = sorted(random.sample(range(len(FAMILIES)), random.choice((1, 1, 2))))
        chosen = [random.choice(FAMILIES[family]) for family in families]
        for edit in chosen:
            edit(state, random)
        if state.is_major:
            number = Version(number.major + 1)
        elif chosen == [values_corrected]:
            number = Version(number.major, number.minor, number.patch + 1)
        else:
            number = Version(number.major, number.minor + 1)
        states[number] = state
    return Chain(states)


def said(change: FacetChange) -> tuple[str, str, Described, Described]:
    """A change of a report in the model's words."""
    return change.facet, change.kind, _texts(change, change.before), _texts(change, change.after)


def _texts(change: FacetChange, thing: object) -> Described:
    if thing is None:
        return ()
    label = str(getattr(thing, "label", ""))
    match change.facet:
        case "filter" | "indicator":
            return label, str(getattr(thing, "column", ""))
        case "location":
            return label, *getattr(thing, "codes").values()  # noqa: B009 - the facet says what it is
        case "period":
            return str(getattr(thing, "csv", "")), str(getattr(getattr(thing, "code", None), "label", ""))
    return (label,)
