"""`ees search`, `show` and `meta`; tables on a terminal."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from eesclient import cli
from eesclient.testing import FakeService

Capture = pytest.CaptureFixture[str]
SEN, KS4 = ees.local.SEN_ID, ees.local.KS4_ID


def run(capsys: Capture, *arguments: object, code: int = 0) -> str:
    """Run a command; give what it wrote, or what it said where it was refused."""
    ended = cli.main([*map(str, arguments)])
    written = capsys.readouterr()
    assert code == ended, written.err
    return written.err if code else written.out


def test_search(capsys: Capture) -> None:
    """Data sets are found as the catalogue finds them: as a table, JSON and CSV."""
    with ees.Client(service=ees.local.demo()) as client:
        found = [*client.catalogue.search("special educational needs")]
    ids = [one.api_id or one.id for one in found]
    rows = json.loads(run(capsys, "search", "special", "educational", "needs", "--demo", "--json"))
    assert ids == [row["id"] for row in rows]
    assert [one.rows for one in found] == [row["rows"] for row in rows]
    table = pl.read_csv(run(capsys, "search", "special educational needs", "--demo", "--csv").encode())
    assert ids == table["id"].to_list()
    text = run(capsys, "search", "special educational needs", "--demo").splitlines()
    assert ids == [line.split()[0] for line in text[1:]]


def test_narrower_searches(capsys: Capture) -> None:
    """What is in the API, and what is not, and how many are wanted, can be said; nothing found is said in words."""
    for flag, is_in in (("--in-api", True), ("--files", False)):
        rows = json.loads(run(capsys, "search", "--demo", "--json", flag))
        assert {is_in} == {row["in_api"] for row in rows}
    assert 0 == cli.main(["search", "--demo", "--limit", "1", "--json"])
    written = capsys.readouterr()
    assert 1 == len(json.loads(written.out))
    assert "ees: there are more" in written.err
    assert "nothing was found" in run(capsys, "search", "zeppelin", "--demo")
    assert "--demo" not in run(capsys, "search", "ab", "--demo", code=1)
    assert "the nearest" in run(capsys, "search", "--theme", "Early yaers", "--demo", code=1)


def test_search_without_the_catalogue(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Where the unofficial addresses do not answer, the API's own data sets are searched, and that is said."""
    with ees.Client(service=ees.local.demo()) as client:
        rows = client.version(KS4, "*").total_results
    for more, code in (((), 0), (("--files",), 1)):
        fake = FakeService()
        fake.fail(404, path="/data-set-files")
        monkeypatch.setattr(ees.local, "demo", lambda fake=fake: fake, raising=False)
        assert code == cli.main(["search", "attainment", "--demo", "--json", *more])
        written = capsys.readouterr()
        assert written.err.startswith("ees: ")
        if not code:
            assert [(KS4, True, rows)] == [(one["id"], one["in_api"], one["rows"]) for one in json.loads(written.out)]
            assert "only titles and summaries" in written.err


def test_show(capsys: Capture) -> None:
    """What a data set is: its facts, and all of its versions."""
    with ees.Client(service=ees.local.demo()) as client:
        sen, versions = client.open(SEN), [*client.versions(SEN)]
    found = json.loads(run(capsys, "show", SEN, "--demo", "--json"))
    assert [str(one.version) for one in versions] == [one["version"] for one in found["versions"]]
    assert (sen.title, str(sen.version)) == (found["title"], found["version"])
    assert [one.label for one in sen.meta.indicators] == found["indicators"]
    text = run(capsys, "show", f"{SEN}@1.0", "--demo")
    assert "Version:         1.0\n" in text
    assert "SYNTHETIC, not a statistic" in text
    assert all(f"\n{one.version}  " in text for one in versions)


def test_meta(capsys: Capture) -> None:
    """Labels are those of the metadata, part by part, and of one filter."""
    with ees.Client(service=ees.local.demo()) as client:
        meta = client.meta(KS4)
    found = json.loads(run(capsys, "meta", KS4, "--demo", "--json"))
    for part in ("filters", "indicators", "levels", "locations", "periods"):
        assert getattr(meta, part).to_frame().to_dicts() == found[part]
        table = pl.read_csv(run(capsys, "meta", KS4, part, "--demo", "--csv").encode(), infer_schema=False)
        assert len(found[part]) == len(table)
    filter_ = meta.filters[0]
    options = [option.label for option in filter_.options]
    rows = json.loads(run(capsys, "meta", KS4, filter_.column, "--demo", "--json"))
    assert options == [row["option"] for row in rows]
    text = run(capsys, "meta", KS4, "--demo")
    assert all(label in text for label in options)
    assert "SYNTHETIC" in text
    assert "name a part" in run(capsys, "meta", KS4, "--demo", "--csv", code=2)
    assert "no filter" in run(capsys, "meta", KS4, "indicater", "--demo", code=1)


def test_own_files(tmp_path: Path, capsys: Capture) -> None:
    """--folder asks the user's own files; one that is none is said."""
    head = "time_period,time_identifier,geographic_level,country_code,country_name,kind,places"
    (tmp_path / "places.csv").write_text(f"{head}\n202324,Academic year,National,E92000001,England,Day,c\n")
    (tmp_path / "places.meta.csv").write_text(
        "col_name,col_type,label,indicator_unit,indicator_dp\nplaces,Indicator,Places,,0\nkind,Filter,Kind,,\n"
    )
    (one,) = json.loads(run(capsys, "search", "--folder", tmp_path, "--json"))
    rows = json.loads(run(capsys, "query", one["id"], "--folder", tmp_path, "--json"))["rows"]
    assert [(None, "c")] == [(row["places"], row["places_status"]) for row in rows]
    assert "is not a folder" in run(capsys, "search", "--folder", tmp_path / "no", code=1)


class Screen(io.StringIO):
    """A terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str) -> str:
    """Return what a command draws on a terminal of some width."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert 0 == cli.main(arguments)
    return screen.getvalue()


def test_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a table is drawn within its width, with the first 50 rows; columns with no room are named."""
    text = drawn(monkeypatch, 70, "read", SEN, "--demo")
    table = [line for line in re.sub(r"\x1b\[\d*m", "", text).splitlines() if line.startswith(" ") or "─" in line]
    assert table
    assert max(map(len, table)) <= 70
    assert " more rows: --csv" in text
    # an id is there to be copied
    assert SEN in drawn(monkeypatch, 70, "search", "sen", "--demo")
    words = drawn(monkeypatch, 80, "search", "sen", "--demo").split()
    assert {"coordinator", "qualification", "API", "file"} <= {*words}
    narrow = drawn(monkeypatch, 30, "read", KS4, "--demo")
    (left,) = (line for line in narrow.splitlines() if line.startswith("Too wide"))
    assert left.endswith("--csv and --json have all columns")


def test_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """What takes long is said on the error stream of a terminal, and the output stays as it is without one."""
    path = str(tmp_path / "ks4.csv")
    asked, saved = ("query", KS4, "--demo", "--csv", "--limit", 3), ("download", KS4, "--demo", "-o", path)
    plain = [run(capsys, *asked), run(capsys, *saved)]
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    assert plain == [run(capsys, *asked), run(capsys, *saved)]
    assert f"asking {KS4}" in screen.getvalue()
    # a bar is for what takes longer
    assert "MB" not in screen.getvalue()
    monkeypatch.setattr("eesclient.cli.terminal.DELAY", 0)
    assert plain[1] == run(capsys, *saved)
    assert re.search(r"Key Stage 4.* 1\.0 .*0\.7 of 0\.7 MB", screen.getvalue())
    screen.truncate(0)
    monkeypatch.setenv("EES_PROGRESS", "0")
    assert plain[1] == run(capsys, *saved)
    assert "fetching" not in screen.getvalue()


def test_a_bar_makes_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are told while data sets are counted stand above the bar, which goes away in the end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("eesclient.cli.terminal.DELAY", 0)
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    for action in ([SEN, KS4, "--data"], ["--check", "--data"]):
        assert cli.main(["lock", *action, "--demo"]) == 0
    text = screen.getvalue()
    assert "2 of 2 data sets" in text
    # each time it was shown it was also taken away, before a line was written where it stood
    gone = r"\r\x1b\[1A\x1b\[2K"
    assert len(re.findall("MB\n|data sets\n", text))
    assert re.search(rf"{gone}[^\n]*{KS4} 1\.0: as locked", text)
    assert not re.search(r"data sets[^\n]*: as locked", text)


def test_words_that_a_terminal_obeys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels of strangers are drawn so that a terminal does not obey them."""
    head = "time_period,time_identifier,geographic_level,country_code,country_name,kind,places"
    rows = [f"202324,Academic year,National,E92000001,England,{kind},1" for kind in ("\x1b[2Jgone [bold]x[/]", "b")]
    (tmp_path / "places.csv").write_text("\n".join([head, *rows, ""]))
    (tmp_path / "places.meta.csv").write_text(
        "col_name,col_type,label,indicator_unit,indicator_dp\nplaces,Indicator,Places,,0\nkind,Filter,Kind,,\n"
    )
    text = drawn(monkeypatch, 100, "read", "Places", "--folder", str(tmp_path))
    assert "\x1b[2J" not in text
    assert "\\u001b[2Jgone [bold]x[/]" in text
