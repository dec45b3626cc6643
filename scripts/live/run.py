"""The whole run, in order."""

from __future__ import annotations

import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

import httpx

import eesclient as ees
from eesclient.models.enums import OpenEnum

from . import list_statements, question_statements, transport_statements
from .asking import TIMEOUT, Asking
from .comparison import compared
from .endpoints import operations, readme
from .members import new_members
from .outcomes import Outcome, outcome
from .polite import Polite
from .report import Report
from .table import TABLE, Statement

MODULES = (transport_statements, list_statements, question_statements)
"""What fills the table."""


def unreachable(base_url: str, polite: Polite) -> str | None:
    """Why the service cannot be asked, or None if it can."""
    with httpx.Client(base_url=f"{base_url}/v1", transport=polite, timeout=TIMEOUT) as http:
        try:
            response = http.get("/publications", params={"page": "1", "pageSize": "1"})
            is_api = "paging" in response.json()
        except httpx.HTTPError as error:
            return f"no connection to {base_url}: {error}"
        except (ValueError, TypeError):
            is_api = False
        return None if is_api else f"{base_url} answered {response.status_code} with something else than this API would"


def run(base_url: str, polite: Polite, *, data_set_id: str, questions: int, interval: float) -> Report:
    """Ask everything.

    Args:
        base_url: Address without the version segment.
        polite: What sends.
        data_set_id: Whom most questions are about.
        questions: How many generated questions.
        interval: Seconds between two requests, for the report.

    Raises:
        EESError: The data set cannot be opened.
    """
    at = datetime.now(UTC)
    known = set(_unknown())
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # what is deprecated or has no rows is no finding
        warnings.simplefilter("ignore", ees.EESWarning)
        with ees.Client(base_url=base_url, transport=polite, max_in_flight=1) as client:
            data_set = client.open(data_set_id)
            parts = {
                "README": (outcome("the example of README.md", lambda: readme(client)),),
                "Operations": tuple(operations(client, data_set)),
                "Members that are new": tuple(new_members(client, data_set)),
                "Statements of the reference": _statements(base_url, polite, data_set),
                "Generated questions": tuple(compared(client, data_set, Path(folder), questions)),
            }
    return Report(
        base_url=base_url,
        at=at,
        package=ees.__version__,
        data_set=f"{data_set.title} ({data_set.id}), version {data_set.version}",
        interval=interval,
        requests=len(polite.sent),
        unknown=tuple(sorted(set(_unknown()) - known)),
        parts=parts,
    )


def statements() -> list[Statement]:
    """All statements of the reference that the modules put into the table, by section."""
    return sorted(TABLE, key=lambda found: float(found.section.split()[0]))


def _statements(base_url: str, polite: Polite, data_set: ees.PinnedDataSet) -> tuple[Outcome, ...]:
    asking = Asking(base_url, polite, data_set)
    try:
        return tuple(statement.ask(asking) for statement in statements())
    finally:
        asking.close()


def _unknown() -> list[str]:
    """Members of enumerations that were met and are new."""
    return [
        f"{kind.__name__} {member.value!r}"
        for kind in OpenEnum.__subclasses__()
        for member in kind._value2member_map_.values()
        if isinstance(member, OpenEnum) and not member.is_known
    ]
