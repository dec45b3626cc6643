"""Questions in labels to every published data set, against a plain Polars filter of the raw text, cell for cell."""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import anyio
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import eesclient as ees
from tests.conftest import PROFILE, ROOT

from .asked import Asked, questions
from .raw import NUMBER, Raw

FOLDER = Path(os.environ.get("EES_DATA", Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / "data"))
LARGE = 1_000_000
"""Bytes of a data file from which on fewer questions are asked every day."""
MOST_PAGES = 40
"""Pages of an answer: more of them would take time and show nothing else."""

pytestmark = [
    pytest.mark.property,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no folder {FOLDER}; EES_DATA can name another"),
]


def _pairs() -> list[Raw]:
    return [Raw(path.parent, path.name.removesuffix(".meta.csv")) for path in sorted(FOLDER.rglob("*.meta.csv"))]


def _is_large(raw: Raw) -> bool:
    return max(path.stat().st_size for path in raw.folder.glob(f"{raw.name}.csv*")) > LARGE or _is_packed(raw)


def _is_packed(raw: Raw) -> bool:
    return (raw.folder / f"{raw.name}.csv.gz").is_file()


PAIRS = [pytest.param(raw, id=raw.name, marks=[pytest.mark.large] if _is_large(raw) else []) for raw in _pairs()]


@lru_cache(maxsize=2)
def _service(raw: Raw) -> ees.local.Service:
    reason = raw.refusal() or raw.oddity()
    if reason is not None:
        pytest.skip(f"the service would not import it: {reason}")
    return ees.local.Service.from_folder(raw.folder, names=[raw.name])


def _count(raw: Raw) -> int:
    small, large = {"long": (25, 25), "fewer": (3, 1)}.get(PROFILE, (25, 5))
    return large if _is_large(raw) else small


def _expected(raw: Raw, asked: Asked) -> pl.DataFrame:
    """The canonical frame, from the raw text: key columns as text, each indicator as text."""
    kept = raw.data.filter(asked.keeps)
    places = [
        pl.when(raw.has_location(level)).then(pl.col(column)).alias(column)
        for level, columns in raw.levels.items()
        if not raw.locations[level].is_empty()
        for column in columns
    ]
    filters = [pl.col(column).replace("", None) for column, _ in _by_label(raw)]
    keys = ["time_period", "time_identifier", "geographic_level", *places, *filters]
    texts = [pl.col(column).alias(f"text:{column}") for column in asked.indicators]
    frame = kept.select(raw.period_rank().alias("rank"), *keys, *texts)
    order = [column for column in frame.columns if column not in ("rank", "time_period", "time_identifier")]
    descending = [True, *(False for _ in order)]
    return frame.sort("rank", *order, descending=descending, nulls_last=False, maintain_order=True).drop("rank")


def _by_label(raw: Raw) -> list[tuple[str, str]]:
    return sorted(raw.named("Filter"), key=lambda pair: pair[1].casefold())


def _compare(raw: Raw, asked: Asked, result: ees.QueryResult) -> None:
    expected = _expected(raw, asked)
    keys = [column for column in expected.columns if not column.startswith("text:")]
    frame = result.frame
    assert [*keys, *(name for c in asked.indicators for name in (c, f"{c}_status"))] == frame.columns
    assert expected.height == frame.height == result.total
    assert_frame_equal(expected.select(keys), frame.select(pl.col(keys).cast(pl.String)))
    places = {item.column: item.decimal_places for item in result.query.indicators}
    for column in asked.indicators:
        text = pl.col(f"text:{column}")
        number = pl.when(text.str.contains(NUMBER)).then(text)
        status = pl.when(~text.str.contains(NUMBER)).then(text)
        wanted = expected.select(number.cast(pl.Float64).alias("value"), status.alias("status"))
        found = frame.select(pl.col(column).cast(pl.Float64).alias("value"), pl.col(f"{column}_status").alias("status"))
        assert_frame_equal(wanted, found.with_columns(pl.col("status").cast(pl.String)), check_exact=True)
        whole = (wanted["value"].drop_nulls() % 1 == 0).all()
        assert frame.schema[column] == (pl.Int64 if places[column] == 0 and whole else pl.Float64)


def _page_sizes(rows: int) -> list[int]:
    return [size for size in (7, 1_000, 10_000) if rows <= MOST_PAGES * size]


def _settings(raw: Raw, count: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(settings.get_profile(PROFILE), max_examples=count, suppress_health_check=slow)


HOWS: list[dict[str, Any]] = [
    {"route": "pages"},
    {"route": "csv"},
    {"route": "store"},
    {"route": "pages", "method": "GET"},
    {"route": "pages", "debug": True},
]


def _can(how: dict[str, Any], query: ees.Query) -> bool:
    """Whether the question can be asked so."""
    if "method" in how:
        try:
            query.to_params()
        except ees.QueryError:
            return False
    return True


@pytest.mark.parametrize("raw", PAIRS)
def test_questions(raw: Raw, tmp_path: Path) -> None:
    """Each answer equals the filter of the raw text: keys, numbers, statuses, types and order, by any route."""
    service = _service(raw)
    with ees.Client(service=service, store=tmp_path) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        (entry,) = client.data_sets()
        assert entry.latest_version is not None
        assert raw.data.height == entry.latest_version.total_results
        data_set = client.open(entry.id)
        data_set.read()

        @_settings(raw, _count(raw))
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            asked = data.draw(questions(raw))
            sizes = _page_sizes(raw.data.filter(asked.keeps).height)
            query = data_set.build(page_size=data.draw(st.sampled_from(sizes)), **asked.words)
            how = data.draw(st.sampled_from([way for way in HOWS if _can(way, query)]))
            result = data_set.query(query, **how)
            _compare(raw, asked, result)
            assert result.route == how["route"]

        ask()


@pytest.mark.parametrize("raw", [pair for pair in PAIRS if not pair.marks][:5])
def test_questions_of_the_async_shell(raw: Raw) -> None:
    """The async shell answers alike: five questions to each of five data sets."""
    service = _service(raw)

    async def answer(asked: Asked) -> ees.QueryResult:
        async with ees.AsyncClient(service=service) as client:
            (entry,) = [item async for item in client.data_sets()]
            data_set = await client.open(entry.id)
            return await data_set.query(**asked.words)

    @_settings(raw, 5)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        asked = data.draw(questions(raw))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ees.EESWarning)
            _compare(raw, asked, anyio.run(answer, asked))

    ask()


@pytest.mark.parametrize("raw", PAIRS)
def test_refusals(raw: Raw) -> None:
    """A data set that the service would not import is refused."""
    if raw.refusal() is None:
        pytest.skip("the service would import it, and its questions are above")
    with pytest.raises(ees.DataFileError):
        ees.local.Service.from_folder(raw.folder, names=[raw.name])


@pytest.mark.parametrize("raw", PAIRS)
def test_oddities(raw: Raw) -> None:
    """A data set whose rows the service would lose, or fail on, is imported, and then pages do not have its rows."""
    if raw.refusal() is not None or raw.oddity() is None:
        pytest.skip("the service would refuse it, or serve all of its rows")
    service = ees.local.Service.from_folder(raw.folder, names=[raw.name])
    with ees.Client(service=service) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", ees.EESWarning)
        one = client.open(next(client.data_sets()).id)
        try:
            assert one.query(route="pages").frame.height < raw.data.height
        except ees.ServerError:
            assert raw.data["geographic_level"].sort().equals(one.read().frame["geographic_level"].cast(str).sort())
