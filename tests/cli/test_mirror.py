"""Tests of `ees mirror`, on a folder served on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eesclient import cli
from tests.doors.api import Response
from tests.store.switched import Switched

pytest.importorskip("uvicorn", reason="the extra server is not installed")

from tests.cli.test_lock import address, served

__all__ = ["address", "served"]


def test_command(served: Switched, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`ees mirror` says what it will fetch, a line for each, and the end; as JSON too, and as its exit code."""
    folder = tmp_path / "mirror"
    url = ["--base-url", address]

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["mirror", str(folder), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    assert (1, True) == (run("--in-api", *url)[0], "nothing was downloaded" in run("--in-api", *url)[2])
    code, out, _ = run("--in-api", "--yes", *url)
    first, *lines, last = out.splitlines()
    assert (0, 2) == (code, len(lines))
    assert "2 data sets found; to download: 2 of them, with 3 rows" == first
    assert "2 data sets: 2 new" == last
    served.publish("rates.v1.1", "1.5", "z", "2.5")
    handle = served.handle
    served.handle = lambda request: (  # type: ignore[method-assign]
        Response(status=404) if request.path.endswith("/meta") else handle(request)
    )
    code, out, err = run("--in-api", "--yes", "--json")
    report = json.loads(out)
    assert (3, 3, "changed") == (code, report["exit_code"], report["outcome"])
    assert ["as before", "changed"] == [one["outcome"] for one in report["entries"]]
    assert f"Rates {served.ids['rates']}" in err
    assert (2, True) == (run()[0], "say what to mirror" in run("--all", "--in-api")[2])
