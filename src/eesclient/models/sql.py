"""Names of columns that the service writes into the SQL of a sort as they stand, without quotes."""

from __future__ import annotations

import re

from ..texts import pattern

_NAME = pattern(r"(?:[A-Za-z_]|(?!\s)[^\x00-\x7f])(?:[A-Za-z0-9_$]|(?!\s)[^\x00-\x7f])*")

_WORD = pattern(
    "all|analyse|analyze|and|anti|any|array|as|asc|asof|asymmetric|at|authorization|binary|both|case|cast|check|"
    "collate|collation|column|concurrently|constraint|create|cross|default|deferrable|desc|describe|distinct|do|else|"
    "end|except|fetch|for|foreign|freeze|from|full|glob|group|having|ilike|in|initially|inner|intersect|into|is|"
    "isnull|join|lambda|lateral|leading|left|like|limit|natural|not|notnull|null|offset|on|only|or|order|outer|"
    "overlaps|pivot|pivot_longer|pivot_wider|placing|positional|primary|qualify|references|returning|right|select|"
    "semi|show|similar|some|summarize|symmetric|table|tablesample|then|to|trailing|union|unique|unpack|unpivot|using|"
    "variadic|verbose|when|where|window|with",
    re.IGNORECASE,
)
"""Words that DuckDB 1.3.2, which the service has, does not take for a column without quotes."""


def is_sortable(column: str) -> bool:
    """False for the column of a filter or indicator by which the service cannot sort: it answers 500."""
    return _NAME.fullmatch(column) is not None and _WORD.fullmatch(column) is None
