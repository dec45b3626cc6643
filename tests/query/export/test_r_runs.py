"""Questions for eesyapi, run by R itself against `ees serve`: `nox -s r` says what it needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

import eesclient as ees
from eesclient import PinnedDataSet, Query

pytest.importorskip("uvicorn", reason="the extra server is not installed")
pytest.importorskip("starlette", reason="the extra server is not installed")

from tests.fuzz.served import listening

F = ees.facets
LIBRARY = os.environ.get("EES_R_LIBRARY", "")
"""Folder with eesyapi, where it is not in R's own library."""

COLUMNS = "time_period,time_identifier,geographic_level,country_code,country_name"
PLACES = (
    "National,E92000001,England,,,,,",
    "Regional,E92000001,England,E12000003,Yorkshire and The Humber,,,",
    "Regional,E92000001,England,E12000007,London,,,",
    "Local authority,E92000001,England,E12000003,Yorkshire and The Humber,E08000019,373,Sheffield",
    "Local authority,E92000001,England,E12000003,Yorkshire and The Humber,E08000035,383,Leeds",
    "Local authority,E92000001,England,E12000007,London,E09000007,202,Camden",
)

SAID: dict[str, dict[str, Any]] = {
    "everything": {},
    "one filter": {"filters": {"Sex": ["Female", "Male"]}, "page_size": 7},
    "two filters": {"filters": {"Sex": "Female", "Phase": "Primary"}, "indicators": "Mean"},
    "periods": {"where": F.period > "2020/21", "indicators": ["Mean", "Number"]},
    "levels": {"levels": ["NAT", "LA"]},
    "places": {"places": ["Leeds", "London", "E08000019"], "periods": "2021/22"},
    "within": {"within": "London", "include_self": True},
    "within at a level": {"within": "Yorkshire and The Humber", "levels": "LA", "filters": {"Sex": "Total"}},
    "level or place": {"where": (F.level == "NAT") | F.location("REG").is_in(["London"])},
    "level or its own place": {"where": (F.level == "NAT") | ((F.level == "LA") & (F.location("LA") == "Leeds"))},
}


def lay(folder: Path) -> None:
    """Write a data set in two versions, whose indicators differ, one of many places, and two with odd metadata."""
    years, kinds = (
        ("202021", "202122"),
        [(sex, phase) for sex in ("Total", "Female", "Male") for phase in ("Primary", "")],
    )
    rows = [f"{year},Academic year,{place},{sex},{phase}" for year in years for place in PLACES for sex, phase in kinds]
    head = f"{COLUMNS},region_code,region_name,new_la_code,old_la_code,la_name,sex,phase"
    meta = "col_name,col_type,label\nsex,Filter,Sex\nphase,Filter,Phase\nn,Indicator,Number\nm,Indicator,Mean\n"
    (folder / "pupils.meta.csv").write_text(meta)
    (folder / "pupils.csv").write_text(
        "\n".join([f"{head},n,m", *(f"{row},{n},z" for n, row in enumerate(rows))]) + "\n"
    )
    (folder / "pupils.v1.1.meta.csv").write_text(f"{meta}k,Indicator,Another\n")
    (folder / "pupils.v1.1.csv").write_text(
        "\n".join([f"{head},n,m,k", *(f"{row},{n},z,0" for n, row in enumerate(rows))]) + "\n"
    )
    (folder / "many.meta.csv").write_text("col_name,col_type,label\nsex,Filter,Sex\nn,Indicator,Number\n")
    places = [f"2024,Calendar year,Local authority,E9,England,E{n:08},{n},Place {n},Total,{n}" for n in range(500)]
    (folder / "many.csv").write_text("\n".join([f"{COLUMNS},new_la_code,old_la_code,la_name,sex,n", *places]) + "\n")
    england = "2024,Calendar year,National,E92000001,England"
    (folder / "plain.meta.csv").write_text("col_name,col_type,label\nn,Indicator,Number\n")
    (folder / "plain.csv").write_text(f"{COLUMNS},n\n{england},1\n")
    (folder / "blank.meta.csv").write_text("col_name,col_type,label\nsex,Filter,Sex\nn,Indicator,Number\n")
    (folder / "blank.csv").write_text(f"{COLUMNS},sex,n\n{england},,1\n")


def run(*arguments: str) -> str:
    """Return what R printed."""
    done = subprocess.run(["Rscript", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    assert 0 == done.returncode, done.stderr
    return done.stdout


@attrs.frozen
class Asked:
    """What R made of each question by its name, beside the rows that the service has for it."""

    found: Mapping[str, Any]
    expected: Mapping[str, list[dict[str, str | None]]]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """All questions, asked by one run of R."""
    if shutil.which("Rscript") is None:
        pytest.skip("there is no Rscript to run it")
    if run("-e", f'.libPaths(c("{LIBRARY}", .libPaths())); cat(requireNamespace("eesyapi", quietly = TRUE))') != "TRUE":
        pytest.skip("R has no package eesyapi; EES_R_LIBRARY names the folder of another library that may")
    folder = tmp_path_factory.mktemp("served")
    lay(folder)
    service = ees.local.Service.from_folder(folder)
    with listening(service) as address, ees.Client(service=service, store=None) as client:
        pupils = client.open("Pupils", version="1.0")
        queries = {name: pupils.build(**words) for name, words in SAID.items()}
        queries["a filter without options"] = client.open("Blank").build()
        queries["as many places as there is room for"] = longest(client.open("Many"))
        sources = {name: query.to_eesyapi_r() for name, query in queries.items()}
        plain = client.open("Plain")
        with pytest.raises(ees.QueryError, match="eesyapi fails"):
            plain.build().to_eesyapi_r()
        sources["plain"] = f'result <- eesyapi::query_dataset("{plain.id}", "{plain.meta.indicators[0].id}")'
        file = folder / "questions.json"
        file.write_text(json.dumps(sources))
        found = json.loads(run(str(Path(__file__).parent / "asked.R"), LIBRARY, address, str(file)))
        return Asked(found=found, expected={name: rows_of(client, query) for name, query in queries.items()})


def longest(data_set: PinnedDataSet) -> Query:
    """Return the question for as many places as can be said."""
    places = [place.id for place in data_set.meta.locations["LA"]]
    fitting = data_set.build()
    for count in range(450, len(places)):
        query = data_set.build(places=places[:count])
        try:
            query.to_eesyapi_r()
        except ees.QueryTooLargeError:
            break
        fitting = query
    return fitting


def rows_of(client: ees.Client, query: Query) -> list[dict[str, str | None]]:
    """Return the service's own rows with labels in place of ids."""
    path = f"/data-sets/{query.data_set_id}/query?dataSetVersion={query.version}"
    body = json.loads(query.to_json()) | {"page": 1, "pageSize": 10_000}
    answer: Any = client.request("POST", path, body=body)
    meta = query.meta
    rows: list[dict[str, str | None]] = []
    for row in answer["results"]:
        options = [meta.option(id_) for id_ in row["filters"].values()]
        places = {level: meta.location(level, id_) for level, id_ in row["locations"].items()}
        columns = {meta.filter(id_): option for id_, option in zip(row["filters"], options, strict=True)}
        period, level = meta.period(**row["timePeriod"]), meta.level(row["geographicLevel"])
        rows.append(
            {"time_period": period and period.label, "geographic_level": level and level.label}
            | {f"{level.lower()}_name": place.label for level, place in places.items() if place}
            | {filter_.column: option.label for filter_, option in columns.items() if filter_ and option}
            | {one.column: row["values"][one.id] for one in query.indicators}
        )
    return rows


@pytest.mark.parametrize("name", [*SAID, "a filter without options"])
def test_r_gets_the_same_rows(asked: Asked, name: str) -> None:
    """R's data frame has the rows that the question means, each as often, with the same labels and figures."""
    assert "error" not in asked.found[name]
    expected = asked.expected[name]
    columns = sorted({column for row in expected for column in row})
    found = Counter(tuple(row.get(column) for column in columns) for row in asked.found[name]["rows"])
    assert expected
    assert Counter(tuple(row.get(column) for column in columns) for row in expected) == found


def test_how_many_places_there_is_room_for(asked: Asked) -> None:
    """What is not refused, the gateway takes; and it has room for not one place more, but a few bytes."""
    name = "as many places as there is room for"
    assert len(asked.expected[name]) == len(asked.found[name]["rows"])
    (size,) = asked.found[name]["sizes"]
    assert 131_072 - 600 < size <= 131_072


def test_r_fails_where_it_is_said_to(asked: Asked) -> None:
    """A data set without filters is refused because eesyapi cannot read its metadata; so it is."""
    assert ["error", "sizes"] == sorted(asked.found["plain"])
    assert "must specify a uniquely valid column" in asked.found["plain"]["error"]
