"""What `ees check` says of the recorded files: refused where the service refused them, and what the screener finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eesclient as ees
from tests.conformance.odd_files import content_of, make_ugly, recorded
from tests.conformance.pack import Vector
from tests.conformance.recording import FOLDER, OWN

WAY = "ees check"

REASONS: dict[str, set[str]] = {
    "no such time identifier": {"time-identifier"},
    "not a time identifier": {"time-identifier"},
    "time period not readable": {"time-period"},
    "no time period": {"time-period"},
    "no geographic level": {"geographic-level"},
    "value longer than 120 characters": {"too-long"},
    "a name longer than its field": {"too-long"},
    "a label is empty or a column is described twice": {"no-label", "described-twice"},
    "unit not known": {"unit"},
    "decimal places not a small whole number": {"decimal-places"},
    "a quotation mark in a column name": {"name-character"},
    "a needed column was not found": {"name-character"},
    "a column named as the table's own (id)": {"own-name"},
    "a column named as one of the table's own": {"own-name"},
    "the header was not found (delimiter, or a row longer than the header)": {"separator", "not-csv"},
    "a row has too few cells": {"not-csv"},
    "a row of another length, or quotes that do not close": {"not-csv", "not-utf-8"},
    "rows of different length, or quotes that do not close (met while deciding how the file is written)": {"not-csv"},
    "another line end in the middle": {"not-csv"},
    "not UTF-8": {"not-utf-8"},
    "no data rows": {"no-rows"},
    "the file is empty": {"not-csv"},
    "a column that the level needs is missing": {"missing-column"},
    "RSC regions cannot be written (a fault of the importer)": {"rsc-region"},
    "an indicator cell is empty": {"empty-indicator"},
}
"""Rules by which a file is refused here, for each reason why one was refused there."""

OTHER_CHECKS = {"general_dupes", "filter_not_singular", "time_id_mix"}
"""Checks of the screener that find something else in these files, of which the importer says nothing."""


@pytest.fixture(scope="module", name="ugly")
def _ugly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of files that the recording is about."""
    return make_ugly(tmp_path_factory.mktemp("ugly"))


def _check_reason(found: ees.local.FileCheck, refused: str | None) -> None:
    assert (refused is None) == found.is_taken, found.to_text()
    if refused in REASONS:
        rules = {finding.rule for finding in found.findings if finding.is_refused}
        assert rules & REASONS[refused], found.to_text()
    for finding in found.findings:
        assert finding.file in (found.data, found.meta)
        # what is about rows says where the first is
        assert finding.line or not finding.rows


@pytest.mark.parametrize("vector", recorded("files.json.gz", WAY))
def test_odd_files(tmp_path: Path, vector: Vector) -> None:
    """Each version is refused for the reason for which it was, or not at all."""
    for file, made in zip(vector.case["files"], vector.case["imports"], strict=True):
        (tmp_path / "a.csv").write_bytes(content_of(file["data"], made))
        (tmp_path / "a.meta.csv").write_bytes(content_of(file["meta"], {}))
        found = ees.local.check(tmp_path / "a.csv", tmp_path / "a.meta.csv")
        _check_reason(found, made["refused"])
        # the screener was given the recorded text of the file that is not UTF-8, which is
        if file is vector.case["files"][0] and made["refused"] != "not UTF-8":
            _check_screener(found, "files", vector.case["case"])


@pytest.mark.parametrize("vector", recorded("ugly.json", WAY))
def test_ugly_files(ugly: Path, vector: Vector) -> None:
    """The same for files that are ugly near their start, or far from it."""
    name = vector.case["case"]
    found = ees.local.check(ugly / f"{name}.csv", str(ugly / f"{name}.meta.csv"))
    _check_reason(found, vector.case["refused"])
    _check_screener(found, "ugly", name)


def _screened(kind: str, case: str) -> Any:
    path = FOLDER / "screener.json"
    return json.loads(path.read_bytes())[kind].get(case, {}) if path.is_file() else {}


def _check_screener(found: ees.local.FileCheck, kind: str, case: str) -> None:
    """The screener found what it is said to look for; it stops at the first stage of which something fails."""
    screened = _screened(kind, case)
    if "fails" not in screened:
        return
    named = {name for finding in found.findings for name in finding.screener}
    if screened["passed"]:
        assert named <= {*screened["warnings"]}, found.to_text()
    elif not found.is_taken and (fails := {*screened["fails"]} - OTHER_CHECKS):
        assert fails & named, found.to_text()


def _refusals() -> Iterator[tuple[str, str, str]]:
    for kind, name in (("files", "files.json.gz"), ("ugly", "ugly.json")):
        for param in recorded(name, WAY):
            (vector,) = param.values
            if vector is not None:
                case = vector.case
                refused = case["imports"][0]["refused"] if kind == "files" else case["refused"]
                yield from [(kind, case["case"], refused)] if refused else ()


@pytest.mark.skipif(not OWN.is_dir() or FOLDER != OWN, reason=f"no {OWN}, or EES_RECORDED names another folder")
def test_reasons() -> None:
    """Each reason of the recordings is tried, and of what passes the screener 16 files are refused."""
    assert {reason for *_, reason in _refusals()} | {"an indicator cell is empty"} == {*REASONS}
    assert 16 == sum(_screened(kind, case).get("passed", False) for kind, case, _ in _refusals())
