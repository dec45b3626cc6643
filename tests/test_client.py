"""The two shells at work: on the demo, on scripted services, on sockets of this machine."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from eesclient import AsyncClient, Client, Request, Version, errors, local
from tests.doors.api import Response
from tests.transport.scripted import (
    ID,
    OTHER,
    PUBLICATION,
    Scripted,
    answer,
    data_set,
    listed,
    opened,
    problem,
    publication,
    rows_answer,
    version,
)
from tests.versions import chains

pytestmark = pytest.mark.anyio

FIVE_LINES: dict[str, Any] = {
    "indicators": ["Number of pupils", "Percentage of pupils"],
    "filters": {
        "Social care group": "All pupils comparison",
        "SEN provision": ["Education, health and care plan", "SEN support"],
    },
    "others": "Total",
    "periods": ["2023/24", "2024/25"],
}


class Shell:
    """A client of either kind, whose answers are waited for either way."""

    def __init__(self, portal: Any, client: Any) -> None:
        self._portal = portal
        self.client = client

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.client, name)
        return self._plain(member) if callable(member) else member

    def _plain(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            if isinstance(result, Coroutine):
                result = self._portal(result)
            if isinstance(result, AsyncIterator):
                return self._iterate(result)
            ours = type(result).__name__.endswith(("PinnedDataSet", "Client"))
            return Shell(self._portal, result) if ours else result

        return run

    def _iterate(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._portal(step(items))
            except StopAsyncIteration:
                return

    def __repr__(self) -> str:
        return repr(self.client)


async def step(items: AsyncIterator[Any]) -> Any:
    """Return the next item."""
    return await anext(items)


def run_on(backend: str) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Return what runs a coroutine to its end on an event loop."""

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        async def main() -> Any:
            return await coroutine

        return anyio.run(main, backend=backend)

    return run


Make = Callable[..., Shell]


@pytest.fixture(params=["plain", "asyncio", "trio"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Return what makes clients of each kind; they are closed at the end."""
    made: list[Shell] = []

    def client(**options: Any) -> Shell:
        if request.param == "plain":
            shell = Shell(None, Client(**options))
        else:
            shell = Shell(run_on(request.param), AsyncClient(**options))
        made.append(shell)
        return shell

    yield client
    for shell in made:
        shell.close()


def test_five_lines(make: Make) -> None:
    """A question in labels gets its frame, through an exact version."""
    sen = opening(make, version="1.*")
    result = sen.query(**FIVE_LINES)
    assert (str(sen.version), result.frame.height) == ("1.1", 4)
    assert result.provenance.source == "synthetic"
    assert result.provenance.licence is None
    assert abs(datetime.now(UTC) - result.provenance.retrieved_at) < timedelta(minutes=1)


async def test_async_shell_agrees_with_the_plain_one() -> None:
    """Both shells give equal frames, by pages of any size and by the data file."""
    with Client(service=local.demo()) as client:
        plain = client.open(local.KS4_ID, version="1.0")
        expected = plain.read().frame
        assert plain.query(page_size=100).frame.equals(expected)
    async with AsyncClient(service=local.demo()) as aclient:
        awaited = await aclient.open(local.KS4_ID, version="1.0")
        assert (await awaited.read()).frame.equals(expected)
        assert (await awaited.query(page_size=7)).frame.equals(expected)


def test_finding(make: Make) -> None:
    """Publications, data sets, versions and metadata lead to each other."""
    client = make(service=local.demo())
    (found,) = client.publications()
    assert client.publication(found.id) == found
    by_publication = list(client.data_sets(found.id))
    assert list(client.data_sets()) == by_publication
    assert [data_set.id for data_set in client.data_sets(search="key stage")] == [local.KS4_ID]
    assert client.data_set(local.KS4_ID.upper()) in by_publication
    (only,) = client.versions(local.KS4_ID)
    assert client.version(local.KS4_ID, "1.*") == only
    assert client.meta(local.KS4_ID, version="1.0", types="Filters").filters == client.meta(local.KS4_ID).filters
    assert client.request("GET", f"/data-sets/{local.KS4_ID.upper()}")["title"] == client.data_set(local.KS4_ID).title


def test_attributes(make: Make) -> None:
    """What is known of a pinned data set is an attribute."""
    sen = make(service=local.demo()).open(local.SEN_ID)
    assert (sen.id, sen.version, str(sen.status)) == (local.SEN_ID, Version(2), "Published")
    assert sen.title == sen.data_set.title
    assert sen.published == sen.data_set.latest_version.published
    assert sen.release.title.startswith("Reporting year 2026")
    assert [period.label for period in sen.periods[:2]] == ["2018/19", "2019/20"]
    assert sen.latest_period.label == "2025/26"


def test_periods_are_in_the_services_order(make: Make) -> None:
    """Metadata lists week 10 before week 2; a pinned data set does not."""
    sen = make(service=opened()).open(ID)
    assert [period.label for period in sen.meta.periods] == ["2024 Week 10", "2024 Week 2"]
    assert [period.label for period in sen.periods] == ["2024 Week 2", "2024 Week 10"]
    assert sen.latest_period == sen.periods[-1]
    assert make(service=opened(meta=answer({}))).open(ID).latest_period is None


def test_repr(make: Make) -> None:
    """A pinned data set shows title, id, version and status, and says when its figures are made up."""
    shown = repr(make(service=opened()).open(ID))
    assert shown.endswith(f"PinnedDataSet 'SEN' {ID} 1.0 Published>")
    assert repr(make(service=local.demo()).open(local.SEN_ID)).endswith("2.0 Published synthetic>")


def test_building_sends_nothing(make: Make) -> None:
    """A question is built without a request, and can be asked later."""
    service = opened(query=rows_answer(["1", "2", "3"]))
    sen = make(service=service).open(ID)
    sent = len(service.requests)
    query = sen.build(indicators="Pupils", page_size=1)
    assert len(service.requests) == sent
    with pytest.warns(errors.AmbiguousRowsWarning):
        assert sen.query(query).total == 3


def test_built_question_and_words(make: Make) -> None:
    """A question that was built says all that is asked, and belongs to its version."""
    client = make(service=local.demo())
    sen = client.open(local.SEN_ID)
    query = sen.build(limit=1)
    with pytest.raises(errors.QueryError, match="leave the other arguments out"):
        sen.query(query, values="text")
    with pytest.raises(errors.QueryError, match=f"built for version 2.0 of data set {local.SEN_ID}, and this is"):
        client.open(local.KS4_ID).query(query)


def test_exact_version_stays(make: Make) -> None:
    """What is asked goes to the version that was opened, also when a newer one is live by then."""
    service = opened(query=rows_answer(["1", "2", "3"]))
    sen = make(service=service).open(ID)
    service.answers[f"GET /data-sets/{ID}"] = [answer(data_set(latest="2.0"))]
    with pytest.warns(errors.AmbiguousRowsWarning):
        sen.query()
    assert service.requests[-1].params == (("dataSetVersion", "1.0"),)


def test_lists_page_as_they_are_consumed(make: Make) -> None:
    """Nothing is asked before the first item is, nor after the consumer stops."""
    service = Scripted({"GET /publications": [listed([publication()], 1, 3), listed([publication(OTHER)], 2, 3)]})
    found = make(service=service).publications("sen")
    assert service.requests == []
    assert next(found).id == PUBLICATION
    assert len(service.requests) == 1
    assert next(found).id == OTHER
    assert len(service.requests) == 2


def test_notices_become_warnings(make: Make) -> None:
    """Opening warns once of each thing that the user should know, at the user's own line."""
    patched = opened(versions=listed([version(), version("1.0.1")]), summary=answer(data_set(status="Deprecated")))
    with pytest.warns(errors.EESWarning) as caught:
        make(service=patched).open(ID, version="1.0")
    assert [found.category for found in caught] == [errors.CorrectedVersionWarning, errors.DeprecatedDataSetWarning]


def test_warnings_point_at_the_caller() -> None:
    """The line of a warning is the one that opened the data set."""
    withdrawn = opened(**{"versions/1.0": answer(version(status="Withdrawn"))})
    with Client(service=withdrawn) as client, pytest.warns(errors.WithdrawnVersionWarning) as caught:
        client.open(ID)
    assert caught[0].filename == __file__


async def test_warnings_point_at_the_awaiting_caller() -> None:
    """The same when it is awaited."""
    withdrawn = opened(**{"versions/1.0": answer(version(status="Withdrawn"))})
    async with AsyncClient(service=withdrawn) as client:
        with pytest.warns(errors.WithdrawnVersionWarning) as caught:
            await client.open(ID)
    assert caught[0].filename == __file__


def test_request(make: Make) -> None:
    """The escape hatch sends what it is told, with typed errors."""
    service = Scripted({"POST /x": answer({"a": 1}), "GET /y": problem(400, "Bad Request")})
    client = make(service=service)
    assert client.request("post", "x", params={"p": ["1", "2"]}, body={"b": None}) == {"a": 1}
    assert service.requests[0] == Request(method="POST", path="/x", params=(("p", "1"), ("p", "2")), body=b'{"b":null}')
    with pytest.raises(errors.BadRequestError):
        client.request("GET", "/y")


def test_retries_reach_a_local_service(make: Make) -> None:
    """A local service is below the retries, like the real one."""
    busy = Response(status=503, headers={"retry-after": "0"})
    service = Scripted({f"GET /data-sets/{ID}": [busy, answer(data_set())]})
    client = make(service=service, retries=0)
    with pytest.raises(errors.ServerError):
        client.data_set(ID)
    assert client.data_set(ID).title == "SEN"


def test_constructor(make: Make) -> None:
    """A local service needs no address, and settings are checked."""
    for more in ({"base_url": "https://x.test"}, {"transport": httpx.MockTransport(lambda _: httpx.Response(200))}):
        with pytest.raises(ValueError, match="service= answers by itself"):
            make(service=local.demo(), **more)
    with pytest.raises(ValueError, match="timeout"):
        make(timeout=0)


def test_transport_of_ones_own(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transport that is handed in is used; the address comes from the environment of that moment."""
    monkeypatch.setenv("EES_API_URL", "https://env.test/api")
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json=data_set())

    assert make(transport=httpx.MockTransport(handler)).data_set(ID).id == ID
    assert seen == [f"https://env.test/api/v1/data-sets/{ID}"]


def silent_server(make: Make) -> None:
    """Ask a server that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        make(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05, retries=0).data_set(ID)


def nobody(make: Make) -> None:
    """Ask where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    make(base_url=url, retries=0).data_set(ID)


def closed(make: Make) -> None:
    """Ask with a closed client."""
    client = make(service=local.demo())
    client.close()
    client.data_set(ID)


def demo(make: Make, **words: Any) -> None:
    """Ask the demo's KS4 data set."""
    make(service=local.demo()).open(local.KS4_ID).query(**words)


def opening(make: Make, data_set_id: str = local.SEN_ID, version: str | None = None) -> Shell:
    """Open a data set of the demo."""
    opened: Shell = make(service=local.demo()).open(data_set_id, version=version)
    return opened


def asking(make: Make, body: bytes) -> None:
    """Open a data set whose metadata is this body."""
    make(service=opened(meta=Response(status=200, body=body))).open(ID)


Bad = Callable[[Make], object]


@pytest.mark.parametrize(
    ("bad", "class_", "natural", "advice"),
    [
        (lambda make: opening(make, version="1.x"), "InvalidVersionError", ValueError, '"1.0"'),
        (lambda make: demo(make, filters={"Sax": "x"}), "UnknownLabelError", LookupError, "Sax"),
        (lambda make: demo(make, filters={"Social care group": "x"}), "UnknownLabelError", LookupError, "'x'"),
        (lambda make: demo(make, periods="1066"), "UnknownLabelError", LookupError, "1066"),
        (lambda make: demo(make, levels="Moon"), "UnknownLabelError", LookupError, "Moon"),
        (lambda make: demo(make, places="Atlantis"), "UnknownLabelError", LookupError, "Atlantis"),
        (lambda make: demo(make, indicators="Luck"), "UnknownLabelError", LookupError, "Luck"),
        (closed, "ClientClosedError", RuntimeError, "make a new one"),
        (lambda make: opening(make, ID.replace("0", "1")), "DataSetNotFoundError", LookupError, "search="),
        (lambda make: opening(make, "sen"), "DataSetNotFoundError", LookupError, "GUID"),
        (lambda make: opening(make, version="9.9"), "VersionNotFoundError", LookupError, "1.0"),
        (lambda make: opening(make, version="9.*"), "VersionNotFoundError", LookupError, "1.0"),
        (lambda make: make(service=local.demo()).publication(ID), "PublicationNotFoundError", LookupError, "search="),
        (lambda make: asking(make, b"<html>"), "InvalidResponseError", ValueError, "try again"),
        (lambda make: asking(make, b'{"filters": 1}'), "InvalidResponseError", ValueError, "$.filters"),
        (silent_server, "RequestTimeoutError", TimeoutError, "timeout="),
        (nobody, "RequestConnectionError", ConnectionError, "EES_API_URL"),
    ],
)  # fmt: skip
def test_bad_input(  # noqa: PLR0917 - one for each column of the table
    make: Make, bad: Bad, class_: str, natural: type[Exception], advice: str
) -> None:
    """Each kind of bad input has its own class, a natural built-in, advice, and survives pickling."""
    with pytest.raises(errors.EESError) as caught:
        bad(make)
    error = caught.value
    assert type(error).__name__ == class_
    assert isinstance(error, natural)
    assert advice in str(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.publications(),
        lambda client: client.publication(PUBLICATION),
        lambda client: client.data_sets(),
        lambda client: client.data_set(ID),
        lambda client: client.versions(ID),
        lambda client: client.version(ID, "1.0"),
        lambda client: client.version(ID, "malformed"),
        lambda client: client.changes(ID, "1.0"),
        lambda client: client.download(ID, "no/such/folder.csv"),
        lambda client: client.meta(ID),
        lambda client: client.open(ID),
        lambda client: client.request("GET", "/publications"),
    ],
)
def test_closed_clients(make: Make, use: Callable[[Shell], object]) -> None:
    """A closed client says so at once, whatever it is asked; closing twice is no error."""
    client = make(service=opened())
    client.close()
    client.close()
    with pytest.raises(errors.ClientClosedError):
        use(client)


def test_closed_meanwhile(make: Make) -> None:
    """What was opened or begun before needs its client as well."""
    client = make(service=local.demo())
    sen, found = client.open(local.SEN_ID), client.publications()
    client.close()
    for use in (sen.read, sen.query, lambda: next(found)):
        with pytest.raises(errors.ClientClosedError):
            use()


def test_with_block() -> None:
    """A client is closed by its block, and a closed one cannot be entered."""
    with Client(service=opened()) as client:
        assert client.data_set(ID).title == "SEN"
    with pytest.raises(errors.ClientClosedError), client:
        pass


async def test_async_with_block() -> None:
    """The same for the async client."""
    async with AsyncClient(service=opened()) as client:
        assert (await client.data_set(ID)).title == "SEN"
    with pytest.raises(errors.ClientClosedError):
        async with client:
            pass


def test_shared_by_threads() -> None:
    """Threads may use one client, each with its own answer."""
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID)
        expected = sen.query(**FIVE_LINES).frame
        results: list[bool] = []

        def ask() -> None:
            results.append(sen.query(page_size=1, **FIVE_LINES).frame.equals(expected))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [True] * 8


async def test_shared_by_tasks() -> None:
    """So may tasks."""
    async with AsyncClient(service=local.demo()) as client:
        sen = await client.open(local.SEN_ID)
        expected = (await sen.query(**FIVE_LINES)).frame
        results: list[bool] = []

        async def ask() -> None:
            results.append((await sen.query(page_size=1, **FIVE_LINES)).frame.equals(expected))

        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(ask)
    assert results == [True] * 8


def test_errors_as_warnings() -> None:
    """Where warnings are errors, opening fails with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deprecated = opened(summary=answer(data_set(status="Deprecated")))
        with Client(service=deprecated) as client, pytest.raises(errors.DeprecatedDataSetWarning):
            client.open(ID)


def test_a_local_service_needs_no_httpx() -> None:
    """Httpx is not imported before something is sent over the network."""
    code = (
        "import sys; from eesclient import local; from eesclient.client import Client\n"
        "with Client(service=local.demo()) as client: client.open(local.SEN_ID).read()\n"
        "sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code


def test_upgrades(make: Make, tmp_path: Path) -> None:
    """Either shell compares versions, stacks a question over them, and opens what was live on a day."""
    table = chains.small()
    female = table.with_cells(chains.replaced("sex", "Girls", "Female"))
    toml = {
        "1.0": "[@]\npublished = 2024-01-31T09:30:00Z",
        "1.1": '[@]\npublished = 2025-01-31T09:30:00Z\n[@.mappings.options.sex]\nGirls = "Female"',
    }
    client = make(service=local.Service(chains.holdings(tmp_path, {"1.0": table, "1.1": female}, toml)))
    past = client.as_of("2024-12-31")
    first = Shell(client._portal, past).open(chains.ID)
    assert "1.0" == str(first.version)
    query = first.build(filters={"Sex": "Girls"}, others="Total", levels="National")
    report = first.compare("1.*")
    assert 1 == len(report.affects(query))
    then = client.open(chains.ID)
    assert {"Female"} == set(then.query(report.migrate(query)).frame["sex"])
    stacked = first.revisions(query)
    assert ["Girls"] * 3 + ["Female"] * 3 == stacked.frame["sex"].to_list()
    client.close()
    with pytest.raises(errors.ClientClosedError):
        client.as_of("2024-12-31")
