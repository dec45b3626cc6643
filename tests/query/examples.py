"""A small, made-up data set that tests of questions ask about."""

from __future__ import annotations

from eesclient import (
    Filter,
    FilterOption,
    GeographicLevel,
    Indicator,
    Level,
    LocationGroup,
    LocationOption,
    Meta,
    Query,
    TimeIdentifier,
    TimePeriod,
    Version,
)
from tests.doors.models import format_label
from tests.doors.query import QueryArgs, build


def level(code: str) -> Level:
    """A level with its label."""
    known = GeographicLevel(code)
    return Level(code=known, label=known.columns.label)


def period(text: str, code: str = "AY") -> TimePeriod:
    """A period with its label."""
    identifier = TimeIdentifier(code)
    return TimePeriod(code=identifier, period=text, label=format_label(text, identifier))


def options(*pairs: tuple[str, str]) -> tuple[FilterOption, ...]:
    """Options from pairs of id and label."""
    return tuple(FilterOption(id=id_, label=label) for id_, label in pairs)


META = Meta(
    filters=(
        Filter(
            id="fprov",
            column="sen_provision",
            label="SEN provision",
            options=options(("oehcp", "Education, health and care plan"), ("osup", "SEN support"), ("otot", "Total")),
        ),
        Filter(id="fsex", column="sex", label="Sex", options=options(("ofem", "Female"), ("omale", "Male"))),
        Filter(
            id="fgrp",
            column="pupil_group",
            label="Pupil group",
            options=options(("oall", "All pupils"), ("osup2", "SEN support"), ("oth", "Total of others")),
        ),
    ),
    indicators=(
        Indicator(id="icount", column="pupil_count", label="Number of pupils", decimal_places=0),
        Indicator(id="ipct", column="pupil_percent", label="Percentage of pupils", decimal_places=1),
    ),
    levels=(level("LA"), level("NAT"), level("REG")),
    locations=(
        LocationGroup(
            level=level("LA"),
            options=(
                LocationOption(id="lcam", label="Camden", code="E09000007", old_code="202"),
                LocationOption(id="lbar", label="Barnet", code="E09000003", old_code="302"),
                LocationOption(id="lwes", label="Westminster", code="E09000033", old_code="213"),
                LocationOption(id="lcity", label="City of Westminster", code="E09000033", old_code="213"),
                LocationOption(id="lnew1", label="Newtown", code="E06000001", old_code="801"),
                LocationOption(id="lnew2", label="Newtown", code="E06000002", old_code="802"),
                LocationOption(id="ltwin", label="London", code="E09999999", old_code="999"),
            ),
        ),
        LocationGroup(level=level("NAT"), options=(LocationOption(id="leng", label="England", code="E92000001"),)),
        LocationGroup(level=level("REG"), options=(LocationOption(id="llon", label="London", code="E12000007"),)),
        LocationGroup(
            level=level("SCH"),
            options=(LocationOption(id="lsch", label="First School", urn="100000", la_estab="2021000"),),
        ),
    ),
    periods=tuple(period(f"{year}/{year + 1}") for year in range(2019, 2025)),
)


def ask(meta: Meta = META, **words: object) -> Query:
    """Build a question to the data set."""
    return build(QueryArgs(**words), meta=meta, data_set_id="0000", version=Version(1))  # type: ignore[arg-type]
