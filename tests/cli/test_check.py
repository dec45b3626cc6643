"""Tests of `ees check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eesclient import cli
from tests.local.test_checking import DATA, META


@pytest.fixture(name="pair")
def _pair(tmp_path: Path) -> tuple[Path, Path]:
    data, meta = tmp_path / "rates.csv", tmp_path / "rates.meta.csv"
    data.write_text(DATA)
    meta.write_text(META)
    return data, meta


def test_a_pair_that_is_taken(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Its exit code is 0; the metadata file is the one beside the data file unless it is named."""
    for arguments in ((pair[0],), pair):
        assert 0 == cli.main(["check", *map(str, arguments)])
        assert capsys.readouterr().out == "The service would take rates.csv with rates.meta.csv.\n"


def test_a_pair_that_is_refused(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Its exit code is 1, and all that is wrong is said, for people or programs."""
    pair[0].write_text(DATA.replace(",2\n", ",\n").replace("Academic year", "Decade"))
    assert 1 == cli.main(["check", str(pair[0])])
    out = capsys.readouterr().out
    assert out.count("REFUSED") == 2
    assert "rates.csv, line 3, column n: an indicator cell is empty" in out
    assert 1 == cli.main(["check", str(pair[0]), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [False, "time-identifier", "empty-indicator"] == [
        found["is_taken"], *(finding["rule"] for finding in found["findings"])
    ]  # fmt: skip


def test_a_file_that_is_not_there(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """It is an error in one line."""
    pair[1].unlink()
    assert 1 == cli.main(["check", str(pair[0])])
    assert capsys.readouterr().err.startswith("ees: rates.meta.csv: cannot be read")
