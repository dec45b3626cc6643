"""Tests of `ees codegen`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from eesclient import cli, local

META = "col_name,col_type,label,indicator_unit,indicator_dp\nplaces,Indicator,Places,,0\nkind,Filter,Kind,,\n"
HEAD = "time_period,time_identifier,geographic_level,country_code,country_name,kind,places"
ROW = "202324,Academic year,National,E92000001,England,{kind},1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a data set in two versions: the second has an option and an indicator more."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "places.v1.0.meta.csv").write_text(META)
    (folder / "places.v1.0.csv").write_text("\n".join([HEAD, ROW.format(kind="Day"), ROW.format(kind="Night")]) + "\n")
    (folder / "places.v1.1.meta.csv").write_text(META + "staff,Indicator,Staff,,0\n")
    rows = [ROW.format(kind=kind) + ",2" for kind in ("Day", "Night", "Weekend")]
    (folder / "places.v1.1.csv").write_text("\n".join([f"{HEAD},staff", *rows]) + "\n")
    return folder


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_writes_the_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The module goes into a file, or to standard output; both are the same."""
    assert 0 == cli.main(["codegen", f"{local.SEN_ID}@1.*", "--demo"])
    source = capsys.readouterr().out
    path = tmp_path / "sen.py"
    assert 0 == cli.main(["codegen", f"{local.SEN_ID}@1.1", "--demo", "-o", str(path)])
    assert source == path.read_text(encoding="utf-8")
    assert f"{path}: National - Special" in capsys.readouterr().out
    assert f"ees codegen {local.SEN_ID}@1.1" in source


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A module that cannot be written whole is not written: the one before stays, and nothing beside it."""
    path = tmp_path / "sen.py"
    path.write_text("before")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert 1 == cli.main(["codegen", local.SEN_ID, "--demo", "-o", str(path)])
    assert f"{path} cannot be written: No space left on device" in capsys.readouterr().err
    assert [(path, "before")] == [(file, file.read_text()) for file in tmp_path.iterdir()]


def test_writes_where_a_link_leads(tmp_path: Path) -> None:
    """A link stays one: the file that it names is replaced."""
    path, link = tmp_path / "sen.py", tmp_path / "link.py"
    path.write_text("before")
    try:
        link.symlink_to(path)
    except OSError:
        pytest.skip("links cannot be made here")
    assert 0 == cli.main(["codegen", local.SEN_ID, "--demo", "-o", str(link)])
    assert link.is_symlink()
    assert f"ees codegen {local.SEN_ID}" in path.read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_writes_into_a_pipe(tmp_path: Path) -> None:
    """A pipe is written to, and no file put in its place."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert 0 == cli.main(["codegen", local.SEN_ID, "--demo", "-o", str(path)])
        assert f"ees codegen {local.SEN_ID}" in os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
    assert path.is_fifo()


def test_lists_additions(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module is compared with the latest version, or the one named, and what is new is listed."""
    path = tmp_path / "places.py"
    assert 0 == cli.main(["codegen", "Places@1.0", "--folder", str(folder), "-o", str(path)])
    capsys.readouterr()
    assert 0 == cli.main(["codegen", "--check", str(path), "--folder", str(folder)])
    expected = [
        f"{path}: written for version 1.0; version 1.1 has every name in it, and 2 more:",
        "  indicator 'Staff' (staff)",
        "  option 'Weekend' of filter 'Kind'",
    ]
    assert expected == capsys.readouterr().out.splitlines()
    assert 0 == cli.main(["codegen", "--check", str(path), "Places@1.0", "--folder", str(folder)])
    assert "version 1.0 has every name in it, and no others\n" in capsys.readouterr().out


def test_says_what_is_missing(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that the version does not have are an error that lists them, with exit code 1."""
    path = tmp_path / "places.py"
    cli.main(["codegen", "Places", "--folder", str(folder), "-o", str(path)])
    assert 1 == cli.main(["codegen", "--check", str(path), "places@1.0", "--folder", str(folder)])
    said = capsys.readouterr().err
    assert "no indicator 'Staff'" in said
    assert "no option 'Weekend'; the nearest" in said


def test_new_filters_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A filter that the module does not have is listed with how many options it has."""
    path = tmp_path / "sen.py"
    cli.main(["codegen", local.SEN_ID, "--demo", "-o", str(path)])
    path.write_text(path.read_text().partition("INDICATORS: Final")[0] + "INDICATORS: tuple = ()\nFILTERS: dict = {}\n")
    capsys.readouterr()
    assert 0 == cli.main(["codegen", "--check", str(path), "--demo"])
    assert "  filter 'SEN provision' (sen_provision), 5 options\n" in capsys.readouterr().out


def test_modules_are_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module that is compared is read, not run; one that is none says so."""
    path = tmp_path / "x.py"
    for text in ("raise SystemExit(9)", "DATA_SET_ID: str = print('ran')", "not Python", "VERSION: int = 3"):
        path.write_text(text)
        assert 1 == cli.main(["codegen", "--check", str(path), "--demo"])
        said = capsys.readouterr()
        assert ("", True) == (said.out, "is not a module of ees codegen" in said.err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "needs a data set"),
        (["--check", "x.py", "-o", "y.py"], "leave --output out"),
        (["--check", "absent.py", "--demo"], "absent.py cannot be read"),
        ([local.SEN_ID, "--demo", "-o", "absent/sen.py"], "cannot be written"),
        (["Special", "--demo"], "the nearest"),
        ([f"{local.SEN_ID}@9.0", "--demo"], "has no version '9.0'"),
        ([local.SEN_ID, "--base-url", "nowhere"], "--base-url 'nowhere'"),
    ],
)
@pytest.mark.usefixtures("_elsewhere")
def test_failures(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not work is said in one line, with what to do."""
    # without what is needed, or with what contradicts it, the arguments make no sense
    assert (2 if said in ("needs a data set", "leave --output out") else 1) == cli.main(["codegen", *arguments])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"x: str = \0",
        b"(" * 100_000,
        b"VERSION: str = " + b"-" * 100_000 + b"1",
        b"FILTERS: dict = {[]: 1}",
        b"",
    ],
)
def test_files_that_are_no_modules(text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no module of ours is refused in a line, whatever Python says of it."""
    path = tmp_path / "names.py"
    path.write_bytes(text)
    assert 1 == cli.main(["codegen", "--check", str(path), "--demo"])
    (said,) = capsys.readouterr().err.splitlines()
    assert "is not a module of ees codegen" in said


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no file without an end")
def test_files_without_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A device is not read."""
    assert 1 == cli.main(["codegen", "--check", "/dev/zero", "--demo"])
    assert "/dev/zero cannot be read: a folder, pipe or device" in capsys.readouterr().err


def test_one_service(capsys: pytest.CaptureFixture[str]) -> None:
    """Only one service is asked."""
    with pytest.raises(SystemExit):
        cli.main(["codegen", "x", "--demo", "--base-url", "live"])
    assert "not allowed with" in capsys.readouterr().err
