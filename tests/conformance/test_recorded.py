"""The box beside the service itself: every recorded question asked, and the answers compared."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.conformance.asking import listening, plainly
from tests.conformance.comparing import IN_PROCESS, OVER_HTTP, Asked, asker, differences, in_process
from tests.conformance.recording import (
    FOLDER,
    REASON,
    Ask,
    Ids,
    Laid,
    answers,
    data_set_of,
    ids_of,
    lay,
    recorded_metas,
    recorded_titles,
)
from tests.conformance.report import RECORDED
from tests.local.support import ROOT

QUESTIONS = frozenset(
    {"changes", "csv", "dataset", "get", "list", "meta", "meta-types", "post", "pub", "pubs", "version", "versions"}
    | {"token", "token-bad", "token-empty", "token-post", "token-unknown", "token-upper"}
)
"""Kinds of recorded questions that ask as clients do, in this process; others are about HTTP, and go over it."""

_BROTLI = "JSON packed by Brotli"
KNOWN = (
    {}
    if importlib.util.find_spec("brotli")
    else {"header content-encoding: gzip for br": _BROTLI, "header content-encoding: none for br": _BROTLI}
)
"""Differences that stay, and what the table of `docs/local-service.md` calls them."""

_PART = 150
_TAG, _PATH = re.compile(rb'"tag": "([^"]+)"'), re.compile(rb'"path": "([^"]+)"')


def _parts() -> list[Any]:
    """The recorded questions, some of one kind about one data set each."""
    groups: dict[tuple[str, str], list[bytes]] = {}
    for line in answers():
        found = _TAG.search(line), _PATH.search(line)
        tag, path = (part[1].decode() if part else "" for part in found)
        groups.setdefault((tag, data_set_of(path)), []).append(line)
    parts = {
        f"{tag}-{data_set[:8]}-{start}": lines[start : start + _PART]
        for (tag, data_set), lines in groups.items()
        for start in range(0, len(lines), _PART)
    }
    missing = pytest.param([], id="none", marks=pytest.mark.skip(reason=REASON))
    return [pytest.param(lines, id=name) for name, lines in parts.items()] or [missing]


@pytest.fixture(scope="module", name="laid")
def _laid(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """The data sets of the recording in a box."""
    return lay(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module", name="port")
def _port(laid: Laid) -> Iterator[int]:
    """Where the same box listens behind HTTP."""
    with listening(laid.service) as port:
        yield port


@pytest.fixture(scope="module", name="ask")
def _ask(laid: Laid) -> Ask:
    """Ask the box for JSON."""
    return asker(laid.service)


@pytest.fixture(scope="module", name="ids")
def _ids(ask: Ask) -> Callable[[str], Ids]:
    """The ids of a data set."""
    return cache(lambda data_set: ids_of(data_set, ask))


def test_refused_files(laid: Laid) -> None:
    """The box refuses the data sets that the service refused, and no other."""
    assert laid.refused == laid.planned - recorded_titles()


def test_ids(ids: Callable[[str], Ids]) -> None:
    """What keeps its id from version to version there keeps it here, and all that metadata lists is there."""
    assert [] == [fault for data_set in recorded_metas() for fault in ids(data_set).faults]


def test_documented_differences() -> None:
    """Each difference that stays has its row in the documentation."""
    page = (ROOT / "docs" / "local-service.md").read_text("utf-8")
    assert [] == [name for name in KNOWN.values() if f"| {name} |" not in page]


@pytest.mark.parametrize("lines", _parts())
def test_answers(  # noqa: PLR0917 - each a fixture
    lines: list[bytes],
    laid: Laid,
    ids: Callable[[str], Ids],
    ask: Ask,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Each answer has the recorded status, headers and content."""
    found: Counter[str] = Counter()
    shown: list[str] = []
    for line in lines:
        asked = Asked.of(line)
        own = ids(data_set_of(asked.path))
        here = asked.translated(own)
        way, headers = ("in process", IN_PROCESS) if asked.tag in QUESTIONS else ("over HTTP", OVER_HTTP)
        if way == "in process":
            response = in_process(laid.service, here)
        else:
            port: int = request.getfixturevalue("port")
            response = plainly(port, here.method, here.path, here.query, here.posted(), here.headers)
        kinds = differences(asked, response, headers=headers, ids=own, ask=ask)
        found.update(kinds)
        if {*kinds} - KNOWN.keys():
            shown.append(f"{asked.method} {asked.path}?{asked.query} {asked.body} {asked.headers}: {kinds}")
    record_property(RECORDED, [str(FOLDER), asked.tag, way, len(lines), len(shown), dict(found)])
    assert not shown, "\n".join(["", *shown[:10], f"… {len(shown)} of {len(lines)}"])
