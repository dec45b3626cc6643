"""`ees sen2`: what is known of the return, synthetic returns, checks, upgrades, counts and figures."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from eesclient import cli, sen2


def run(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """Run a command, have it end with a code, and return what it printed."""
    assert code == cli.main(["sen2", *map(str, arguments)])
    return capsys.readouterr().out


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Write a synthetic return of 2025."""
    path = tmp_path / "made.xml"
    assert 0 == cli.main(["sen2", "demo", str(path), "--persons", "60"])
    return path


def test_the_room_is_not_loaded_by_other_commands() -> None:
    """The command line knows of the room without loading it."""
    code = "import sys; from eesclient import cli; cli._parser(); print('eesclient.sen2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert "False\n" == done.stdout


def test_spec_of_a_year(capsys: pytest.CaptureFixture[str]) -> None:
    """All elements in the order of a file, with item, need and source; that it is not official is said."""
    lines = run(capsys, "spec", 2025).splitlines()
    assert len(sen2.specification(2025).elements) + 3 == len(lines)
    assert "| 5.8a    | SENtype                     | SENneed           | code      | need " in "\n".join(lines)
    assert lines[-1].endswith("this is not official.")


@pytest.mark.parametrize(
    ("year", "item", "said"),
    [
        (2025, "SENtype", "    DS    Down Syndrome"),
        (2025, "5.4b", "  Its place is disputed: L1 has another in 2024, 2025 and 2026"),
        (2026, "DSCO", "  0..1 in Source, mandatory, as it is since 2026"),
        (2023, "upn", "  a letter and 12 digits, or a letter, 11 digits and a letter"),
        (2024, "Collection", "  fixed SEN2"),
        (2024, "Surname", "  confidence A, from L1 L2 W P:"),
        (2024, "Ethnicity", "  108 extended codes (L1) or the 20 main ones (L2): disputed"),
        (2024, "Person", "  1..n in Persons, as it is since 2023"),
    ],
)
def test_spec_of_an_item(year: int, item: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is known of it, by tag or number: codes, format, count, need, dispute and sources."""
    assert said in run(capsys, "spec", year, item).splitlines()


def test_spec_as_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """With everything: also codes, path and notes."""
    (row,) = json.loads(run(capsys, "spec", 2025, "SENtype", "--json"))
    assert list(sen2.specification(2025).lists["need"].codes) == row["codes"]
    assert row["path"].endswith("/SENneed/SENtype")
    rows = list(csv.DictReader(io.StringIO(run(capsys, "spec", 2024, "--csv"))))
    assert "M F" == next(row["codes"] for row in rows if row["element"] == "Sex")


def test_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """All lists of a year, or one of them with its note."""
    everything = json.loads(run(capsys, "codes", 2024, "--json"))
    assert sum(len(one.codes) for one in sen2.specification(2024).lists.values()) == len(everything)
    assert run(capsys, "codes", 2024, "flag").splitlines()[-1].startswith("flag: L2 also has true and false")
    assert "need,DS,Down Syndrome" in run(capsys, "codes", 2025, "need", "--csv")


def test_calendar_and_changes(capsys: pytest.CaptureFixture[str]) -> None:
    """Dates of each year, and what changed between two."""
    assert "| 2025 | 2025-01-16 | 2025-03-14 |" in run(capsys, "calendar")
    assert "2023-01-19" == json.loads(run(capsys, "calendar", "--json"))[2]["census_day"]
    assert "| need  | DSCO " in run(capsys, "changes", 2025, 2026)
    assert len(run(capsys, "changes", 2025, 2026, "--csv").splitlines()) == 1 + sen2.changes(2025, 2026).height


def test_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes for a seed, of the year and authority that are asked for, and marked."""
    arguments = ("--persons", 20, "--year", 2024, "--seed", 5, "--authority", "123")
    said = run(capsys, "demo", tmp_path / "a.xml", *arguments)
    run(capsys, "demo", tmp_path / "b.xml", *arguments)
    run(capsys, "demo", tmp_path / "c.xml", *arguments, "--seed", 6)
    one, two, other = ((tmp_path / f"{name}.xml").read_bytes() for name in "abc")
    assert one == two != other
    assert "<SYNTHETIC SEN2 return of 2024: 1 authority, 20 persons" in said
    assert b"SYNTHETIC" in one.partition(b"<Message>")[0]
    made = sen2.read(tmp_path / "a.xml")
    assert made.equals(sen2.demo(20, year=2024, seed=5, authority="123"))


def test_check_finds_planted_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults are found, each once, with code 1; notes alone are none; JSON and the page say the same."""
    path = tmp_path / "spoilt.xml"
    run(capsys, "demo", path, "--fault", "K27", "--fault", "N03")
    said = run(capsys, "check", path, code=1)
    assert "SEN2 return of 2025 spoilt.xml: 2 findings" == said.splitlines()[0]
    assert "SYNTHETIC: a return that was made up, about nobody" in said
    assert "0 of DfE's own validation rules are implemented" in said
    found = json.loads(run(capsys, "check", path, "--json", code=1))["findings"]
    assert ["K27", "N03"] == [one["rule"] for one in found]
    assert run(capsys, "check", path, "--html", code=1).startswith("<!DOCTYPE html>")
    assert "1 finding\n" in run(capsys, "check", path, "--only", "note")


def test_check_of_a_clean_return(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing found is code 0, and what that does not say is said."""
    said = run(capsys, "check", made)
    assert "0 findings" in said
    assert "does not say that a return will be accepted" in said


def test_check_lists_a_rule_file(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The user's rule file is counted; a mapping without a file is refused."""
    rules = tmp_path / "theirs.csv"
    rules.write_text("No,What\n1,One thing\n2,Another\n", encoding="utf-8")
    said = run(capsys, "check", made, "--rules", rules, "--map", "number=No", "--map", "message=What")
    assert "theirs.csv lists 2 rules" in said
    for alone in (["--map", "number=No"], ["--rules", str(rules)], ["--rules", str(rules), "--map", "message=What"]):
        assert 2 == cli.main(["sen2", "check", str(made), *alone])
    assert "add --map number=HEADING" in capsys.readouterr().err
    assert 2 == cli.main(["sen2", "check", str(made), "--map", "number=No"])
    assert "name the file with --rules" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["sen2", "check", str(made), "--rules", str(rules), "--map", "No"])
    assert "write NAME=HEADING" in capsys.readouterr().err


def test_convert_to_blade_and_back(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """XML to the nine files and back is the same return."""
    run(capsys, "convert", made, tmp_path / "blade")
    assert 9 == len(list((tmp_path / "blade").glob("*.csv")))
    assert "<SYNTHETIC" in run(capsys, "convert", tmp_path / "blade", tmp_path / "again.XML")
    before, after = sen2.read(made), sen2.read(tmp_path / "again.XML")
    assert all(frame.drop("line").equals(after.frames[name].drop("line")) for name, frame in before.frames.items())


def test_demo_as_blade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The nine files, marked."""
    run(capsys, "demo", tmp_path / "blade", "--blade", "--persons", 5)
    (head,) = (tmp_path / "blade").glob("*_sen2.csv")
    (row,) = csv.DictReader(io.StringIO(head.read_text(encoding="utf-8-sig")))
    assert "SYNTHETIC" == row["softwarecode"]


def test_upgrade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of the later year, what has no place in it beside it, and what is to be done in words."""
    old, new = tmp_path / "old.xml", tmp_path / "new.xml"
    run(capsys, "demo", old, "--year", 2023, "--persons", 40)
    said = run(capsys, "upgrade", old, 2025, new)
    assert said.startswith("SYNTHETIC: SEN2 return in the form of 2025")
    assert "missing: Sex (1.4): mandatory now, and absent: 40 [persons 1, 2, 3, 4, 5, …]" in said
    assert 2025 == sen2.read(new).year
    kept = pl.read_csv(tmp_path / "new.xml.kept.csv")
    assert sen2.upgrade(sen2.read(old), 2025).kept.height == kept.height
    assert {"SYNTHETIC"} == set(kept["softwarecode"])
    assert "kept.csv" not in run(capsys, "upgrade", new, 2026, tmp_path / "newer.xml")


def test_summary(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts in words, JSON and CSV, all of which say synthetic."""
    said = run(capsys, "summary", made)
    assert "SYNTHETIC" in said
    assert "Persons: 60" in said
    rows = json.loads(run(capsys, "summary", made, "--json"))
    assert {True} == {row["synthetic"] for row in rows}
    assert 60 == next(row["count"] for row in rows if row["measure"] == "persons")


def test_reconcile(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A published file beside the return: what is equal and what differs, and that a difference proves nothing."""
    data = tmp_path / "officers.csv"
    data.write_text(
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,"
        "old_la_code,new_la_code,la_name,des_med_off,des_clin_off,des_so_care_off\n"
        "2025,Calendar year,Local authority,E92000001,England,E1,SYNTHETIC,999,E0,SYNTHETIC,Yes,Yes,Yes\n",
        encoding="utf-8",
    )
    said = run(capsys, "reconcile", made, data)
    assert said.startswith("SYNTHETIC: a return that was made up")
    assert "A difference is no proof of a mistake" in said
    assert "sen2_dmo_dco of 999: 2 equal, 1 differs" in said
    rows = json.loads(run(capsys, "reconcile", made, data, "--json"))
    assert {"equal", "differs"} == {row["verdict"] for row in rows}
    assert {("sen2_dmo_dco", True)} == {(row["file"], row["synthetic"]) for row in rows}


@pytest.mark.parametrize("kind", ["empty", "folder", "absent"])
def test_an_extract_that_cannot_be_read(
    kind: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line names the extract of schools, whatever is wrong with it."""
    schools = tmp_path / "schools.csv"
    if kind == "empty":
        schools.write_bytes(b"")
    elif kind == "folder":
        schools.mkdir()
    assert 1 == cli.main(["sen2", "reconcile", str(made), str(made), "--schools", str(schools)])
    err = capsys.readouterr().err
    assert f"ees: {schools} cannot be read: take a CSV file of all establishments of GIAS\n" == err


@pytest.mark.parametrize("target", ["none/a.xml", "none/deep/blade", "file"])
def test_a_place_that_cannot_be_written(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place is named as the user gave it."""
    (tmp_path / "file").write_bytes(b"")
    with contextlib.chdir(tmp_path):
        blade = [] if target.endswith(".xml") else ["--blade"]
        assert 1 == cli.main(["sen2", "demo", target, "--persons", "1", *blade])
    assert capsys.readouterr().err.startswith(f"ees: {target} cannot be written: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("spec", "2022"), "ees: there is no specification for 2022"),
        (("spec", "2025", "SENtyp"), "did you mean SENtype"),
        (("codes", "2025", "nothing"), "2025 has no code list 'nothing': there are assessment_outcome"),
        (("changes", "2026", "2025"), "write the earlier year first"),
        (("demo", "no.xml", "--fault", "K72"), "'K72' is no rule that can be broken in 2025"),
        (("check", "no-such.xml"), "no-such.xml"),
    ],
)
def test_refused(arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on what is wrong, with code 1, and no file."""
    with contextlib.chdir(tmp_path):
        assert 1 == cli.main(["sen2", *arguments])
    err = capsys.readouterr().err
    assert said in err
    assert 1 == err.count("\n")
    assert [] == list(tmp_path.iterdir())
