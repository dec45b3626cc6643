"""What is asked while a fault lasts, and what came of it."""

from __future__ import annotations

import re
import threading
import traceback
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from inspect import isawaitable
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, cast

import anyio
import attrs

import eesclient as ees
from eesclient import Request
from tests.faults.answers import PAGE_SIZE, ids
from tests.faults.server import Aim, Endless, Seam

T = TypeVar("T")

Mode: TypeAlias = Literal["sync", "asyncio", "trio"]
TOKEN = "5f1c8a1e-0d3b-4a53-9d6c-7f1f2f8e3c11"
"""A preview token, which no message may show."""

DEADLINE = 10.0
"""Seconds after which a client counts as hanging."""

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@attrs.frozen
class Target:
    """What a fault is aimed at.

    Attributes:
        what: What a user asks: open, query, read, download or list.
        path: End of the path of the requests that are met by the fault.
        page: Which page of them; None for all.
    """

    what: str
    path: str
    page: int | None = None

    def aim(self, page_of: Callable[[Request], int]) -> Aim:
        """Say which requests are meant."""
        path = self.path.format(*ids())
        return lambda request: request.path.endswith(path) and self.page in (None, page_of(request))


TARGETS = {
    "open: summary": Target("open", "/data-sets/{0}"),
    "open: version": Target("open", "/versions/1.0"),
    "open: versions": Target("open", "/versions"),
    "open: meta": Target("open", "/meta"),
    "query: page 1": Target("query", "/query", 1),
    "query: page 2": Target("query", "/query", 2),
    "read": Target("read", "/csv"),
    "download": Target("download", "/csv"),
    "list: page 1": Target("list", "/publications/{2}/data-sets", 1),
    "list: page 2": Target("list", "/publications/{2}/data-sets", 2),
}
FILES = ("read", "download")
OPENING = ("open: summary", "open: version", "open: versions", "open: meta")
PAGES = ("query: page 1", "query: page 2", "list: page 1", "list: page 2")
JSON = (*OPENING, *PAGES)


async def asked(client: Any, what: str, folder: Path, ready: Callable[[], object]) -> Any:
    """What a user gets: of a plain client too, with which nothing is awaited. What comes before `ready` goes well."""
    first, _, publication = ids()
    if what in ("open", "list"):
        ready()
    if what == "list":
        found = client.data_sets(publication)
        return [one.id async for one in found] if hasattr(found, "__aiter__") else [one.id for one in found]
    pinned = await _awaited(client.open(first, version="1.0"))
    ready()
    if what == "open":
        return pinned.id, str(pinned.version), pinned.data_set, pinned.meta
    if what == "download":
        path = await _awaited(pinned.download(folder / "out.csv"))
        return path.read_bytes()
    asking = pinned.read() if what == "read" else pinned.query(route="pages", page_size=PAGE_SIZE)
    result = await _awaited(asking)
    return result.frame.to_dicts(), result.total, result.digest


async def _awaited(value: Awaitable[T] | T) -> T:
    return await value if isawaitable(value) else cast(T, value)


def _driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that awaits nothing returns."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast(T, stop.value)
    raise RuntimeError("a plain client was awaited")


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of asking: an answer, an error, or neither in time; and what the user was warned of."""

    answer: Any = None
    error: BaseException | None = None
    hangs: bool = False
    warned: tuple[Warning, ...] = ()

    @property
    def leaks(self) -> list[str]:
        """What of the error's words may not be shown: the token, and what a terminal would obey."""
        said = "\n".join(map(str, (self.error, *self.warned)))
        return [TOKEN] * (TOKEN in said + repr(self.error)) + _CONTROL.findall(said)

    def __str__(self) -> str:
        if self.hangs:
            return f"no end within {DEADLINE} seconds"
        if self.error is None:
            return f"{str(self.answer)[:300]}; warned: {self.warned}"
        trace = "" if isinstance(self.error, ees.EESError) else "".join(traceback.format_exception(self.error)[-6:])
        return f"{type(self.error).__name__}: {str(self.error)[:600]}\n{trace}"


def attempt(
    mode: Mode, what: str, folder: Path, *, seam: Seam, options: Mapping[str, Any], ready: Callable[[], object] = bool
) -> Outcome:
    """Ask within the deadline; `ready` is called when what comes before is asked."""
    options = {"transport": seam, "retries": 0, "timeout": 2.0, "store": folder / "store", **options}

    async def waiting() -> Any:
        async with ees.AsyncClient(**options) as client:
            return await asked(client, what, folder, ready)

    def plain() -> Any:
        with ees.Client(**options) as client:
            return _driven(asked(client, what, folder, ready))

    outcomes = [Outcome(hangs=True)]

    def run() -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found = Outcome(answer=plain() if mode == "sync" else anyio.run(waiting, backend=mode))
            except (Exception, Endless) as error:  # noqa: BLE001 - whatever comes is what is looked at
                found = Outcome(error=error)
        outcomes.append(
            attrs.evolve(found, warned=tuple(one.message for one in caught if isinstance(one.message, Warning)))
        )

    # a thread that hangs must not keep the run from its end
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    return outcomes[-1]
