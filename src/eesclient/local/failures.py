"""Valid requests that the service fails on with 500, each with the place in the reference that says so."""

from __future__ import annotations

from typing import Literal, TypeAlias

Failure: TypeAlias = Literal["empty-criteria", "short-year", "page-overflow", "patch-history", "version-overflow"]
"""Name of a known failure."""

FAILURES: dict[Failure, str] = {
    "empty-criteria": "section 11: an empty object inside and, or, not",
    "short-year": "section 14: a year that does not have four digits",
    "page-overflow": "section 21, point 20: page times page size beyond 32 bit",
    "patch-history": "section 8: patch history of a version with patch 0",
    "version-overflow": "section 5: a number over 2,147,483,647 in a wildcard version",
}
"""Known failures and where the reference has them. The box fails on these and nothing else."""

LARGEST_INT = 2_147_483_647
"""Largest number of the service's 32-bit integers."""


class KnownFailureError(Exception):
    """The service would answer 500 with an empty body."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(FAILURES[failure])
        self.failure = failure
