"""Published data sets by both routes."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from eesclient import AmbiguousRowsWarning, Client, DataFileError, PinnedDataSet, QueryResult, ServerError
from eesclient.local import Service


def opened(client: Client) -> PinnedDataSet:
    """The one data set of a client."""
    publication = next(client.publications())
    return client.open(next(client.data_sets(publication.id)).id)


def warned(data_set: PinnedDataSet) -> tuple[QueryResult, list[str]]:
    """The whole data set from its file, and what was warned of ambiguous rows."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = data_set.read()
    return found, [str(item.message) for item in caught if item.category is AmbiguousRowsWarning]


@pytest.mark.parametrize("folder", ["small", "shapes"])
@pytest.mark.filterwarnings("ignore::eesclient.errors.EESWarning")
def test_one_frame_by_both_routes(data_folder: Path, folder: str) -> None:
    """Pages and file of every data set give the same frame."""
    names = sorted(path.name.removesuffix(".meta.csv") for path in (data_folder / folder).glob("*.meta.csv"))
    assert names
    for name in names:
        try:
            service = Service.from_folder(data_folder / folder, names=[name])
        except DataFileError:
            continue  # what the service would not import has no pages
        with Client(service=service) as client:
            data_set = opened(client)
            found = data_set.read().frame
            try:
                by_pages = data_set.query(page_size=1_000).frame
            except ServerError:
                # as the service fails on a level in another case
                assert {"national"} == {*found["geographic_level"]}
                continue
            assert_frame_equal(found, by_pages)


@pytest.mark.large
def test_rows_that_the_api_cannot_tell_apart(data_folder: Path) -> None:
    """Of the caseload 10,986 of 25,339 rows are equal in all keys; both routes say so and agree."""
    with Client(service=Service.from_folder(data_folder / "large", names=["caseload"])) as client:
        data_set = opened(client)
        found, messages = warned(data_set)
        with pytest.warns(AmbiguousRowsWarning):
            by_pages = data_set.query()

    assert ["10,986 of 25,339 rows"] == [message[:21] for message in messages]
    assert_frame_equal(found.frame, by_pages.frame)


@pytest.mark.large
def test_rows_that_the_api_can_tell_apart(data_folder: Path) -> None:
    """The rows of the school census are all different."""
    name = "spc_pupils_fsm_ethnicity_yrgp"
    with Client(service=Service.from_folder(data_folder / "large", names=[name])) as client:
        found, messages = warned(opened(client))

    assert ([], 347_830) == (messages, len(found))
