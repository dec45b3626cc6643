"""Tests of questions as curl commands, which are really run."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import QueryError
from tests.doors.query import Comparator, FilterIds, Node
from tests.doors.top import BASE_URL

from ..examples import ask

F = ees.facets
KEYS = ["period", "SEN provision", "Primary type of need", "Social care group"]


def test_the_whole_command() -> None:
    """A POST command names the exact version, the type of the body, and the body."""
    assert """\
curl --request POST 'https://api.education.gov.uk/statistics/v1/data-sets/0000/query?dataSetVersion=1.0' \\
  --header 'Content-Type: application/json' \\
  --data-raw '{"criteria":{"filters":{"eq":"ofem"}},"page":1,"pageSize":10000}'""" == ask(
        filters={"Sex": "Female"}
    ).to_curl()


def test_by_get() -> None:
    """A GET command is one address, percent-encoded."""
    found = ask(filters={"Sex": "Female"}, periods="2023/24").to_curl(method="GET", page=2)
    assert (
        "curl 'https://api.education.gov.uk/statistics/v1/data-sets/0000/query?dataSetVersion=1.0&filters.eq=ofem"
        "&timePeriods.eq=2023%2F2024%7CAY&page=2&pageSize=10000'"
    ) == found


def test_the_live_service_is_the_one_of_the_client() -> None:
    """Without an address it is the client's own default; with one, `/v1` may stand or not."""
    assert f"{BASE_URL}/v1/data-sets/" in ask().to_curl()
    for address in ("https://x.test", "https://x.test/v1", "https://x.test/v1/"):
        assert "https://x.test/v1/data-sets/0000" in ask().to_curl(base_url=address)


def test_what_get_cannot_say() -> None:
    """What GET cannot say is refused as `to_params` does, and a method that there is not too."""
    query = ask(filters={"Sex": "Female", "SEN provision": "Total", "Pupil group": "All pupils"})
    with pytest.raises(QueryError, match="GET query"):
        query.to_curl(method="GET")
    with pytest.raises(QueryError, match="method='PUT'"):
        query.to_curl(method="PUT")  # type: ignore[arg-type]


def test_a_limit_is_asked_for() -> None:
    """No more rows are asked for than the question wants."""
    assert '"pageSize":5}' in ask(limit=5).to_curl()
    assert '"pageSize":3}' in ask(limit=5, page_size=3).to_curl()


HOSTILE = ["a'b", 'a"b', "$(exit 3)", "`exit 3`", "a\\'b", "!!", "é\u00a0", "a;b&c|d", "@/etc/hosts", "{a,b}[1-2]", "%"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("base_url", ["https://x.test", "https://x.test/a'b"])
def test_a_shell_reads_what_was_written(text: str, base_url: str) -> None:
    """Whatever an id holds, a shell reads the body as it is."""
    node: Node = FilterIds(comparator=Comparator.EQ, ids=(text,))
    query = attrs.evolve(ask(), criteria=node)
    words = shlex.split(query.to_curl(base_url=base_url).replace(" \\\n", " "))
    assert json.loads(query.to_json()) == json.loads(words[-1])
    assert f"{base_url}/v1/data-sets/0000/query?dataSetVersion=1.0" == words[3]
    if shutil.which("sh"):
        command = query.to_curl(base_url=base_url).replace("curl ", "printf '%s\\n' ", 1)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)  # noqa: S603, S607
        assert words[1:] == done.stdout.splitlines()


ASKED: list[dict[str, Any]] = [
    {},
    {"filters": {"SEN provision": ["SEN support", "All pupils"]}, "periods": ["2022/23", "2024/25"]},
    {"where": (F.period > "2022/23") & ~(F.filter("SEN provision") == "SEN support"), "indicators": "pupil_count"},
    {"limit": 7, "sort": KEYS},
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of the demo behind HTTP."""
    if shutil.which("curl") is None or shutil.which("sh") is None:
        pytest.skip("there is no curl to run, or no shell")
    pytest.importorskip("uvicorn", reason="the extra server is not installed")
    from tests.cli.test_serve import serving

    with serving() as (found, _):
        yield found


def answered(command: str) -> Any:
    """Return what the service answers to a command in a shell."""
    done = subprocess.run(["sh", "-c", f"{command}\n"], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return json.loads(done.stdout)


@pytest.mark.parametrize("words", ASKED)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_curl_gets_the_answer(address: str, words: dict[str, Any], method: Any) -> None:
    """The command, run by a shell, gets the rows that the client gets."""
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(ees.local.SEN_ID)
        query = sen.build(**words)
        result = sen.query(query)
    body = answered(query.to_curl(base_url=address, method=method))
    assert (result.total, len(result)) == (body["paging"]["totalResults"], len(body["results"]))


def test_a_body_longer_than_an_argument(address: str) -> None:
    """A body that no argument can hold goes by way of the standard input, and means the same."""
    with ees.Client(service=ees.local.demo()) as client:
        sen = client.open(ees.local.SEN_ID)
        query = sen.build(filters={"SEN provision": "SEN support"})
    ids = tuple(f"gone'{n:05}" for n in range(9_000))
    node = FilterIds(comparator=Comparator.NOT_IN, ids=ids)
    long = attrs.evolve(query, criteria=node)
    command = long.to_curl(base_url=address)
    assert "<<'JSON'\n" in command
    assert len(command) > 110_000
    with ees.Client(service=ees.local.demo()) as client:
        assert client.open(ees.local.SEN_ID).query().total == answered(command)["paging"]["totalResults"]
