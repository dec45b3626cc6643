"""The source `ees` in a real Spark, in one session: a driver and two executors, each a process of its own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import eesclient as ees
from eesclient import errors, lake, local

pytest.importorskip("pyspark", reason="the extra spark is not installed")
pytest.importorskip("uvicorn", reason="the extra server is not installed")
if shutil.which("java") is None:
    pytest.skip("there is no java, which Spark runs on", allow_module_level=True)

import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from eesclient import spark as ees_spark
from tests.cli.test_serve import serving
from tests.spark.reading import Watched, in_order, served, text_of
from tests.store.test_cache import TOKEN

EXECUTORS = 2

# PySpark leaves its sockets to Java for the collector to close
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which executors write their logs."""
    return tmp_path_factory.mktemp("spark") / "work"


@pytest.fixture(scope="module")
def spark(work: Path) -> Iterator[SparkSession]:
    """A session with two executors, in whose environment there is a preview token."""
    home = work.parent
    for part in Path(pyspark.__file__).parent.iterdir():
        # executors work in Spark's own folder, which is not ours to fill
        if part.name != "work":
            (home / part.name).symlink_to(part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(home))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("EES_PREVIEW_TOKEN", TOKEN)
        builder = SparkSession.builder.master(f"local-cluster[{EXECUTORS},1,1024]")
        for name, value in {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.executor.memory": "512m",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.warehouse.dir": str(home / "warehouse"),
        }.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        ees_spark.register(session)
        yield session
        session.stop()


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[str, Watched]]:
    """The demo behind HTTP."""
    with served() as found:
        yield found


def load(spark: SparkSession, **options: object) -> DataFrame:
    """Load by options."""
    return spark.read.format("ees").options(**{name: text_of(value) for name, value in options.items()}).load()


def collected(frame: DataFrame) -> pl.DataFrame:
    """All rows."""
    return pl.from_arrow(frame.toArrow())  # type: ignore[return-value] # of a table, a frame


def test_filters_unions_and_joins_on_one_frame(spark: SparkSession, box: tuple[str, Watched], tmp_path: Path) -> None:
    """Figures are those of the rows, whatever was filtered before on the same frame; none of it reaches the service."""
    address, watched = box
    question = {"periods": {"from": "2021/22", "to": "2024/25"}, "filters": {"SEN provision": "SEN support"}}
    frame = load(
        spark,
        dataSet=local.SEN_ID,
        version="2.*",
        baseUrl=address,
        store=tmp_path,
        pageSize=100,
        maxInFlight=2,
        **question,
    )
    with ees.Client(base_url=address, store=None) as client:
        sen = client.open(local.SEN_ID)
        rows = sen.query(
            periods=ees.between("2021/22", "2024/25"), filters={"SEN provision": "SEN support"}, route="pages"
        ).frame
    watched.since()
    part = frame.filter(f.col("time_period") == "202425")
    other = frame.filter(f.col("time_period") == "202324")
    newer, older = (rows.filter(pl.col("time_period") == year).height for year in ("202425", "202324"))
    assert (newer, rows.height, older) == (part.count(), frame.count(), other.count())
    assert {"202324", "202425"} == {row[0] for row in part.union(other).select("time_period").distinct().collect()}
    assert 2 * rows.height + newer == frame.union(part).union(frame).count()
    keys = [name for name in frame.columns if not name.startswith("pupil_")]
    joined = frame.alias("a").join(frame.alias("b"), [f.col(f"a.{k}").eqNullSafe(f.col(f"b.{k}")) for k in keys])
    assert rows.height == joined.count()
    assert in_order(rows).equals(in_order(collected(frame)))
    bodies = watched.questions
    # each page once, with what options ask and nothing else, whatever Spark did with the rows
    assert list(range(1, -(-rows.height // 100) + 1)) == sorted(body["page"] for body in bodies)
    (criteria,) = {json.dumps(body["criteria"]) for body in bodies}
    assert "2021" in criteria
    assert "pushFilters" not in frame._jdf.queryExecution().toString()

    def process(batches: Iterator[Any]) -> Iterator[Any]:
        import os

        import pyarrow as pa

        yield from (pa.RecordBatch.from_pydict({"process": pa.array([os.getppid()])}) for _ in batches)

    assert EXECUTORS == frame.mapInArrow(process, "process BIGINT").distinct().count()


def test_an_executor_that_is_killed(spark: SparkSession, box: tuple[str, Watched], tmp_path: Path) -> None:
    """Its part is read again by another, and no other part is; the figures are right."""
    address, watched = box
    frame = load(
        spark,
        dataSet=local.SEN_ID,
        version="1.0",
        baseUrl=address,
        store=tmp_path / "store",
        pageSize=190,
        maxInFlight=2,
        places="England",
    )
    flag = str(tmp_path / "killed")

    def deadly(batches: Iterator[Any]) -> Iterator[Any]:
        import os
        import signal
        from pathlib import Path

        for batch in batches:
            if not Path(flag).exists():
                Path(flag).touch()
                # the parent of a Python worker is a daemon, whose parent is the executor
                executor = int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])
                os.kill(executor, signal.SIGKILL)
            yield batch

    watched.since()
    assert 2607 == frame.mapInArrow(deadly, frame.schema).count()
    assert Path(flag).exists()
    assert list(range(1, 15)) == sorted({body["page"] for body in watched.questions})
    assert len(watched.since()) <= 15


def test_a_whole_data_set_from_ees_serve(spark: SparkSession, tmp_path: Path) -> None:
    """It has the digest of `read()`, comes out of the store once it is there, and says what it is."""
    with serving() as (address, _):
        with ees.Client(base_url=address, store=None) as client:
            expected = client.open(local.SEN_ID, version="1.1").read()
        frame = load(spark, dataSet=local.SEN_ID, version="1.*", baseUrl=address, store=tmp_path)
        assert expected.digest == ees.digest_of(collected(frame))
        spark.sql(
            f"CREATE TEMPORARY VIEW sen USING ees OPTIONS (dataSet '{local.SEN_ID}', version '1.*', "
            f"""baseUrl '{address}', store '{tmp_path}', columns '["time_period", "pupil_count"]')"""
        )
    # the server is gone
    assert expected.digest == ees.digest_of(collected(frame))
    total = spark.sql("SELECT sum(pupil_count) FROM sen WHERE time_period = '202425'").collect()[0][0]
    assert total == expected.frame.filter(pl.col("time_period") == "202425")["pupil_count"].sum()
    about = ees_spark.about(frame.select("pupil_count"))
    assert (local.SEN_ID, "1.1") == (about["data_set_id"], about["version"])
    with pytest.raises(errors.QueryError, match="several reads"):
        ees_spark.about(frame.crossJoin(load(spark, dataSet=local.KS4_ID, demo=True)))
    assert {} == ees_spark.about(spark.range(1))


@pytest.mark.filterwarnings("ignore::eesclient.EESWarning")
def test_one_question_by_spark_by_a_lake_and_by_the_client(
    spark: SparkSession, data_folder: Path, tmp_path: Path
) -> None:
    """Rows and digest are the same, of each of the published data sets."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    pytest.importorskip("deltalake", reason="the extra lake is not installed")
    folder = data_folder / "small"
    digests: dict[str, set[str]] = {}
    with ees.Client(service=local.Service.from_folder(folder), store=None) as client:
        for data_set in (client.open(one.id) for one in client.data_sets()):
            periods = list(data_set.periods)[-2:]
            rows = data_set.query(periods=[period.label for period in periods]).frame
            by_spark = load(
                spark,
                dataSet=data_set.id,
                folder=folder,
                store=tmp_path / "store",
                periods=[period.label for period in periods],
            )
            lake.add(data_set, tmp_path / "lake")
            delta = lake.table(tmp_path / "lake", data_set.id).to_pyarrow_dataset()
            years = [*rows["time_period"].cast(pl.String).unique()]
            with duckdb.connect() as connection:
                connection.register("rows", delta)
                by_lake = pl.DataFrame(connection.sql("SELECT * FROM rows WHERE time_period IN $1", params=[years]))
            found = (rows, collected(by_spark), by_lake.select(rows.columns))
            assert rows.height > 100
            digests[data_set.title] = {ees.digest_of(in_order(frame)) for frame in found}
    assert [1] * 4 == [len(each) for each in digests.values()]


def test_all_data_sets_of_a_lock(spark: SparkSession, tmp_path: Path) -> None:
    """The lock alone is the list of them; `read_all` gives a frame for each, at the version that it says."""
    path = tmp_path / "ees.lock"
    with ees.Client(service=local.demo(), store=None) as client:
        opened = [client.open(id_, version="1.*") for id_ in (local.SEN_ID, local.KS4_ID)]
        locked = [one.lock(path) for one in opened]
        heights = {one.id: one.read().frame.height for one in opened}
    listing = load(spark, lock=path).collect()
    assert {(one.id, "1.*", str(one.version), one.rows, one.meta_sha256, None) for one in locked} == {
        (row["data_set_id"], row["asked"], row["version"], row["rows"], row["meta_sha256"], row["data_sha256"])
        for row in listing
    }
    frames = ees_spark.read_all(spark, lock=path, options={"demo": "true", "store": str(tmp_path / "store")})
    assert heights == {id_: frame.count() for id_, frame in frames.items()}
    assert {local.SEN_ID: "1.1", local.KS4_ID: "1.0"} == {
        id_: ees_spark.about(frame)["version"] for id_, frame in frames.items()
    }


def test_errors_are_shown_where_the_user_is(spark: SparkSession) -> None:
    """What options say wrong is said by `load`, in our words; columns that Spark was given, by the first action."""
    with pytest.raises(PySparkException, match=r'nearest|did you mean|"SEN support"'):
        load(spark, dataSet=local.SEN_ID, demo=True, filters={"SEN provision": "SEN suport"})
    with pytest.raises(PySparkException, match="would stand in plans and logs") as refused:
        load(spark, dataSet=local.SEN_ID, demo=True, previewToken="9b6f2a10")
    assert "9b6f2a10" not in str(refused.value)
    given = spark.read.format("ees").schema("x STRING").option("dataSet", local.SEN_ID).option("demo", "true").load()
    with pytest.raises(PySparkException, match=r"leave \.schema\(…\) out"):
        given.count()


def test_no_token_in_plans_and_logs(
    spark: SparkSession, box: tuple[str, Watched], work: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The token that driver and executors have in their environment is sent by neither, and stands nowhere."""
    address, watched = box
    watched.since()
    frame = load(spark, dataSet=local.SEN_ID, version="1.0", baseUrl=address, places="England")
    assert 2607 == frame.count()
    assert {"query", "meta"} <= {request.path.rpartition("/")[2] for request in watched.asked}
    assert TOKEN not in str([request.headers for request in watched.asked])
    frame.explain(extended=True)
    plan = capfd.readouterr().out
    assert "ees" in plan
    logs = [path.read_text(errors="replace") for path in work.rglob("std*")]
    assert len(logs) >= 2 * EXECUTORS
    assert [] == [log for log in (plan, *logs) if TOKEN in log]
