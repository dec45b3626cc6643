"""`ees query`, `explain`, `read`, `download` and `diff`: the rows of the client, in every form."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import polars as pl
import pytest

import eesclient as ees
from eesclient import cli
from tests.doors.cli import Where, in_options
from tests.store.switched import switched

Capture = pytest.CaptureFixture[str]
SEN = ees.local.SEN_ID


@pytest.fixture(scope="module")
def sen() -> ees.PinnedDataSet:
    """Return the demo's SEN data set."""
    return ees.Client(service=ees.local.demo()).open(SEN, version="1.0")


def run(capsys: Capture, *arguments: object, code: int = 0) -> tuple[str, str]:
    """Run a command; give what it wrote, and what it said."""
    ended = cli.main([*map(str, arguments)])
    written = capsys.readouterr()
    assert code == ended, written.err
    return written.out, written.err


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def asked(*more: str) -> list[str]:
    """Return a question that uses most options."""
    return [
        "query", f"{SEN}@1.0", "--demo", "--indicator", "Percentage of pupils", "--indicator", "pupil_count",
        "--filter", "SEN provision=SEN support", "--filter", "SEN provision=No identified SEN", "--others", "Total",
        "--period", "2019/20..2022/23", "--level", "National", "--place", "England", "--sort=-period", *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def same(sen: ees.PinnedDataSet) -> pl.DataFrame:
    """Return the rows of the same question in Python."""
    with pytest.warns(ees.TotalByNameWarning):
        return sen.query(
            indicators=["Percentage of pupils", "Number of pupils"],
            filters={"SEN provision": ["SEN support", "No identified SEN"]},
            others="Total",
            periods=ees.between("2019/20", "2022/23"),
            levels="National",
            places="England",
            sort="-period",
        ).frame


def as_text(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    """Return rows as text."""
    return frame.cast(pl.String).rows()


def test_csv(same: pl.DataFrame, capsys: Capture) -> None:
    """CSV has the rows, columns and symbols of the frame; the citation goes to stderr."""
    out, err = run(capsys, *asked("--csv"))
    assert as_text(same) == pl.read_csv(out.encode(), infer_schema=False).rows()
    assert same.columns == out.partition("\n")[0].split(",")
    assert "SYNTHETIC, not a statistic" in err


def test_symbols(sen: ees.PinnedDataSet, capsys: Capture) -> None:
    """Symbols are in the CSV file of all rows, as often as in the frame, and stand in the cells of a table."""
    whole = sen.read().frame
    out, _ = run(capsys, "read", f"{SEN}@1.0", "--demo", "--csv")
    assert as_text(whole) == pl.read_csv(out.encode(), infer_schema=False).rows()
    number = whole.filter(pl.col("pupil_percent_status") == "z").height
    assert number
    table, _ = run(capsys, "read", f"{SEN}@1.0", "--demo")
    assert number == sum(line.rstrip().endswith(" z") for line in table.splitlines())


def test_json(same: pl.DataFrame, capsys: Capture) -> None:
    """JSON has the rows with their types, and what is known of them."""
    found = json.loads(run(capsys, *asked("--json"))[0])
    assert same.to_dicts() == found["rows"]
    assert ("1.0", len(same), "synthetic") == (found["version"], found["total"], found["provenance"]["source"])
    assert same.columns == [column["name"] for column in found["columns"]]


def test_parquet(same: pl.DataFrame, tmp_path: Path, capsys: Capture) -> None:
    """A Parquet file has rows and receipt; one that cannot be written is one line."""
    path = tmp_path / "sen.parquet"
    run(capsys, *asked("--parquet", str(path)))
    assert ees.read_parquet(path).frame.equals(same)
    _, err = run(capsys, *asked("--parquet", str(tmp_path / "no" / "sen.parquet")), code=1)
    assert err.splitlines()[-1].startswith(f"ees: {tmp_path / 'no' / 'sen.parquet'} cannot be written")


def test_xlsx(same: pl.DataFrame, tmp_path: Path, capsys: Capture) -> None:
    """A workbook is that of the client; another ending is refused, and without the library its extra is named."""
    pytest.importorskip("xlsxwriter", reason="the extra excel is not installed")
    calamine = pytest.importorskip("python_calamine", reason="the extra sen2 is not installed")
    path = tmp_path / "sen.xlsx"
    run(capsys, *asked("--xlsx", str(path)))
    book = calamine.CalamineWorkbook.from_path(path)
    rows = book.get_sheet_by_name("SYNTHETIC rows").to_python()
    assert same["pupil_count"].to_list() in [[*column[-len(same) :]] for column in zip(*rows, strict=True)]
    _, err = run(capsys, *asked("--xlsx", str(tmp_path / "sen.csv")), code=1)
    assert ".xlsx" in err
    assert [path] == [*tmp_path.iterdir()]


def test_what_cannot_be_written_is_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Nothing is asked where the answer could not be written: for lack of an extra, or of a folder."""
    monkeypatch.setattr(Where, "client", None)
    for form in ("--parquet", "--xlsx"):
        path = tmp_path / "no" / "sen.xlsx"
        _, err = run(capsys, *asked(form, str(path)), code=1)
        assert err == f"ees: {path} cannot be written: there is no folder {tmp_path / 'no'}\n"
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    _, err = run(capsys, *asked("--xlsx", str(tmp_path / "sen.xlsx")), code=1)
    assert err == "ees: --xlsx needs XlsxWriter: pip install 'eesclient[excel]'\n"


@pytest.mark.parametrize(
    "command", [["query", "ID@1.0"], ["diff", "ID", "1.0", "2.0"], ["lock", "ID"], ["codegen", "ID@1.*"]]
)
@pytest.mark.usefixtures("_elsewhere")
def test_files_outside_the_api_have_no_versions(command: list[str], capsys: Capture) -> None:
    """Where a version is named or wanted, a file outside the API, which the search finds, is told for what it is."""
    (found,) = json.loads(run(capsys, "search", "SENCO", "--demo", "--json")[0])
    _, err = run(capsys, *(word.replace("ID", found["id"]) for word in command), "--demo", code=2)
    assert "is a file outside the API, which has no versions: " in err
    assert not Path("ees.lock").exists()


def test_headings_and_values(sen: ees.PinnedDataSet, capsys: Capture) -> None:
    """--names and --values are those of the client."""
    out, _ = run(capsys, "query", f"{SEN}@1.0", "--demo", "--csv", "--names", "label", "--values", "text", "--last", 1)
    frame = sen.query(periods=ees.latest(), names="label", values="text").frame
    assert frame.columns == out.partition("\n")[0].split(",")
    assert as_text(frame) == pl.read_csv(out.encode(), infer_schema=False).rows()


def test_table(same: pl.DataFrame, capsys: Capture) -> None:
    """A table shows what varies, and what does not in one line above it."""
    out, _ = run(capsys, *asked())
    header = next(line for line in out.splitlines() if line.startswith("time_period"))
    assert ["time_period", "sen_provision", "pupil_percent", "pupil_count"] == header.split()
    assert "all rows: Academic year · National · England" in out
    assert f"{same['pupil_count'][0]:,}" in out
    assert f"\n{len(same)} rows. SYNTHETIC" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--indicator", "Number of pupil"], "no indicator 'Number of pupil'; the nearest: \"Number of pupils"),
        (["--filter", "SEN provision=SEN suport"], '"SEN support"'),
        (["--period", "2015/16"], "no time period '2015/16'"),
        (["--others", "Total"], 'several totals: ask for one of "All '),
        (["--others", "Total", "--others", "x=y"], "write NAME=OPTION"),
        (["--others", "banana"], "or --others Total alone"),
        (["--last", "1", "--period", "latest"], "leave --period out"),
        (["--include-self"], "--include-self says that an area's own row counts, so it needs --within"),
        (["--sort", "pupil_count", "--limit", "2"], "with --limit the service chooses the rows"),
        (["--place", "England", "--place", "Leeds"], "there is no location 'Leeds'"),
        (["--others", "SEN provision=x", "--filter", "SEN provision=SEN support"], '--others names "SEN provision"'),
    ],
)
def test_refused(arguments: list[str], said: str, capsys: Capture) -> None:
    """What cannot be asked is one line that says what can be; nothing is written."""
    # without a look at the data set, arguments that make no sense
    code = 2 if said in ("write NAME=OPTION", "or --others Total alone", "leave --period out") else 1
    out, err = run(capsys, "query", f"{SEN}@1.0", "--demo", "--csv", *arguments, code=code)
    assert ("", 1) == (out, err.count("\n"))
    assert err.startswith("ees: ")
    assert said in err
    assert {"NAME", "provision"} >= {*re.findall(r"(\w+)=", err)}, "words of Python"


@pytest.mark.parametrize(("version", "code"), [("latest", 2), ("2023", 1), ("1,0", 2), ("", 2)])
def test_versions_that_are_none(version: str, code: int, capsys: Capture) -> None:
    """What follows an id and is no version, or none of its versions, is told from a wrong id."""
    _, err = run(capsys, "show", f"{SEN}@{version}", "--demo", code=code)
    assert "version" in err
    assert "is not the id" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--filter", "SEN support"],
        ["--last", "x"],
        ["--last", "0"],
        ["--limit", "0"],
        ["--csv", "--json"],
        ["--folder", "."],
    ],
)
def test_no_sense(arguments: list[str]) -> None:
    """Arguments that make no sense end with 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["query", SEN, "--demo", *arguments])
    assert 2 == caught.value.code


def test_data_sets_by_other_names(capsys: Capture) -> None:
    """A title, and the id and the title of a file outside the API, stand for a data set; an unknown one is one line."""
    found = json.loads(run(capsys, "search", "--demo", "--json")[0])
    assert {True, False} == {one["in_api"] for one in found}
    for one in found:
        for name in (one["id"], one["title"]):
            out, _ = run(capsys, "read", name, "--demo", "--csv")
            assert one["rows"] == len(pl.read_csv(out.encode(), infer_schema=False))
    _, err = run(capsys, "read", "National - SEN", "--demo", code=1)
    assert "National - Special educational needs (SEN) - API (synthetic)" in err
    assert 1 == err.count("\n")


def test_show_the_question(same: pl.DataFrame, capsys: Capture) -> None:
    """--show prints the question as Python that runs and prints its rows, R, curl and JSON, and asks nothing."""
    source, said = run(capsys, *asked("--show", "python"))
    scope: dict[str, object] = {}
    with pytest.warns(ees.TotalByNameWarning):
        exec(source, scope)  # noqa: S102
    assert scope["result"].frame.equals(same)  # type: ignore[attr-defined]
    assert f"{same}\n" == capsys.readouterr().out
    body = json.loads(run(capsys, *asked("--show", "json"))[0])
    assert "criteria" in body
    r, said = run(capsys, "query", f"{SEN}@1.0", "--demo", "--indicator", "pupil_count", "--show", "r")
    assert "query_dataset(" in r
    assert said == "ees: this asks the live service, as eesyapi can ask no other, and not the demo\n"


@pytest.mark.parametrize(
    ("where", "address", "served"),
    [
        (["--demo"], "http://127.0.0.1:8000", "the demo has no address: first run ees serve in"),
        (["--folder", "my data"], "http://127.0.0.1:8000", "my data has no address: first run ees serve 'my data' in"),
        (["--store", "kept", "--offline"], "https://api.education.gov.uk/statistics", None),
        (["--store", "kept", "--offline", "--base-url", "http://other"], "http://other", None),
        (["--store", "kept", "--offline", "--lock", "ees.lock"], "http://other", None),
    ],
)
@pytest.mark.usefixtures("_elsewhere")
def test_curl_asks_who_was_asked(where: list[str], address: str, served: str | None, capsys: Capture) -> None:
    """The address of --show curl is that of the service; the demo and CSV pairs get that of `ees serve`, as is said."""
    service = switched(Path("my data"))
    rates = service.ids["rates"]
    for base_url in ("https://api.education.gov.uk/statistics", "http://other"):
        service.origin = base_url
        with ees.Client(service=service, store="kept") as client:
            client.open(rates, version="1.0").lock("ees.lock" if base_url == "http://other" else "live.lock")
    curl, said = run(capsys, "query", f"{SEN if '--demo' in where else rates}@1.0", *where, "--show", "curl")
    assert f"'{address}/v1/data-sets/" in curl
    assert said.startswith(f"ees: {served}") if served else not said


def test_show_a_file(tmp_path: Path, capsys: Capture) -> None:
    """A file outside the API is opened by the catalogue in Python, and other programs cannot ask it."""
    (found,) = json.loads(run(capsys, "search", "--demo", "--files", "--json")[0])
    source, _ = run(capsys, "query", found["id"], "--demo", "--show", "python")
    exec(source)  # noqa: S102
    assert f"shape: ({found['rows']}, " in capsys.readouterr().out
    _, said = run(capsys, "query", found["id"], "--demo", "--show", "curl", code=1)
    assert "--show python" in said


def test_explain(sen: ees.PinnedDataSet, capsys: Capture) -> None:
    """A question that gets nothing is said in words, with the clause that empties it."""
    option = next(o.label for o in sen.meta.filters["Primary type of need"].options if o.label.startswith("Down"))
    question = ["--filter", f"Primary type of need={option}", "--period", "2018/19"]
    out, _ = run(capsys, "explain", f"{SEN}@1.0", "--demo", *question)
    query = sen.build(filters={"Primary type of need": option}, periods="2018/19")
    report = str(sen.explain_empty(query)).replace("filters= ", "--filter ").replace("periods= ", "--period ")
    assert "instead of --filter" in report
    assert f"{sen.title}\n{query.explain()}\n{report}\n" == out
    assert "No rows match. There are rows without:" in out
    with_rows, _ = run(capsys, "explain", f"{SEN}@1.0", "--demo", "--period", "2018/19")
    assert "The question is not empty: " in with_rows
    empty, _ = run(capsys, "query", f"{SEN}@1.0", "--demo", *question)
    assert "no rows; ees explain" in empty


def test_download(sen: ees.PinnedDataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The file is the published one; it is named after title and version, and what cannot be written is one line."""
    monkeypatch.chdir(tmp_path)
    out, _ = run(capsys, "download", f"{SEN}@1.0", "--demo")
    (path,) = tmp_path.iterdir()
    assert path.name.endswith("-1.0.csv")
    assert path.read_bytes() == sen.download(tmp_path / "other.csv").read_bytes()
    assert f"{path.name}: {sen.title}, version 1.0, " in out
    assert "SYNTHETIC" in out
    _, err = run(capsys, "download", SEN, "--demo", "-o", tmp_path, code=1)
    assert 1 == err.count("\n")


def test_diff(sen: ees.PinnedDataSet, capsys: Capture) -> None:
    """Differences are those of the client's report, in words, JSON and CSV."""
    report = sen.compare("2.0")
    assert f"{report}\n" == run(capsys, "diff", SEN, "1.0", "2.0", "--demo")[0]
    rows = json.loads(run(capsys, "diff", SEN, "1.0", "2.0", "--demo", "--json")[0])
    assert [(change.kind, str(change), change.is_major) for change in report.changes] == [
        (row["kind"], row["text"], row["is_major"]) for row in rows
    ]
    table = pl.read_csv(run(capsys, "diff", SEN, "1.0", "2.0", "--demo", "--csv")[0].encode(), infer_schema=False)
    assert [str(change) for change in report.changes] == table["text"].to_list()
    _, err = run(capsys, "diff", SEN, "1.0", "7.0", "--demo", code=1)
    assert "2.0" in err


@pytest.mark.parametrize(
    ("python", "here"),
    [
        ("instead of filters= (x): y", "instead of --filter (x): y"),
        ("Pinned by others=: Sex = Total", "Pinned by --others: Sex = Total"),
        ("write within='North East'", "write --within 'North East'"),
        ("offline=True reads it", "--offline reads it"),
        ("allow more (max_unpacked=, of", "allow more (EES_MAX_UNPACKED, of"),
        ('run client.open("ID", version="1.0").read(), after', "run ees read ID@1.0, after"),
        ('run client.open("ID")', "run ees show ID"),
        ("open it with Client(base_url='test')", "use --base-url 'test'"),
        ("no option 'limit=2'; \"sort=\"", "no option 'limit=2'; \"sort=\""),
        ("f(store=None)", "f(store=None)"),
    ],
)
def test_words(python: str, here: str) -> None:
    """Arguments and calls of Python are said as options and commands, and what is in quotes stays."""
    assert here == in_options(python)
