"""Opening by any address, id or title, on scripted services and the demo."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from eesclient import AsyncClient, Client, errors, local
from tests.transport.scripted import (
    ID,
    META,
    OTHER,
    PUBLICATION,
    Answer,
    Scripted,
    answer,
    data_set,
    listed,
    publication,
    version,
)

FILES = [f"7c3a1f60-1111-4222-8333-00000000000{n}" for n in range(4)]
PAGE = "https://explore-education-statistics.service.gov.uk/data-catalogue/data-set/"
API = "https://api.education.gov.uk/statistics/v1/data-sets/"
SECOND = "5ac79e8d-4ab9-4ab4-bab0-08dd0ee4fcd1"


def with_file(found: dict[str, Any], file: str) -> dict[str, Any]:
    """Return a data set whose latest version has that file."""
    return found | {"latestVersion": found["latestVersion"] | {"file": {"id": file}}}


def catalogue() -> Scripted:
    """Return a service with two publications of one data set each, the first in versions 1.0, 1.0.1 and 2.0."""
    first = with_file(data_set(title="Pupils", latest="2.0"), FILES[2])
    second = with_file(data_set(OTHER, title="Pupils / by age"), FILES[3])
    versions = {"2.0": FILES[2], "1.0.1": FILES[1], "1.0": FILES[1]}
    answers: dict[str, Answer] = {
        "GET /publications": listed([publication(), publication(SECOND, title="Second")]),
        f"GET /publications/{PUBLICATION}/data-sets": listed([first]),
        f"GET /publications/{SECOND}/data-sets": listed([second]),
        f"GET /data-sets/{ID}": answer(first),
        f"GET /data-sets/{ID}/versions": listed([version(n, file={"id": file}) for n, file in versions.items()]),
        f"GET /data-sets/{ID}/meta": answer(META),
        f"GET /data-sets/{OTHER}": answer(second),
        f"GET /data-sets/{OTHER}/versions": listed([version(file={"id": FILES[3]})]),
        f"GET /data-sets/{OTHER}/versions/1.0": answer(version()),
        f"GET /data-sets/{OTHER}/meta": answer(META),
    }
    for number in (*versions, "1.*"):
        answers[f"GET /data-sets/{ID}/versions/{number}"] = answer(version(number.replace("*", "0")))
    return Scripted(answers)


def opened(text: str, **options: Any) -> tuple[str, str]:
    """Return id and version of what a text opens."""
    with Client(service=catalogue()) as client:
        found = client.open(text, **options)
    return found.id, str(found.version)


@pytest.mark.filterwarnings("ignore::eesclient.CorrectedVersionWarning")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ID, (ID, "2.0")),
        (f"{API}{ID}", (ID, "2.0")),
        (f"{API}{ID}/csv?dataSetVersion=1.0", (ID, "1.0")),
        (f"{API.replace('/v1/', '/v1.0/')}{ID}/versions/1.0", (ID, "1.0")),
        (f"{API.replace('/v1/', '/V1/')}{ID}", (ID, "2.0")),
        (f"{PAGE}{FILES[2]}", (ID, "2.0")),
        (f"{PAGE}{FILES[1]}/csv", (ID, "1.0.1")),
        (f"{PAGE}{FILES[3]}", (OTHER, "1.0")),
        ("Pupils", (ID, "2.0")),
        ("pupils", (ID, "2.0")),
        ("Special  educational needs / PUPILS", (ID, "2.0")),
        ("Pupils / by age", (OTHER, "1.0")),
        ("Second / Pupils / by age", (OTHER, "1.0")),
    ],
)
def test_what_opens(text: str, expected: tuple[str, str]) -> None:
    """Ids, addresses and titles open the data set, at the version that a page or address belongs to."""
    assert expected == opened(text)


@pytest.mark.filterwarnings("ignore::eesclient.CorrectedVersionWarning")
@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        (f"{API}{ID}?dataSetVersion=1.0", "1", "1.0"),
        (f"{API}{ID}?dataSetVersion=1.*", "1.*", "1.0"),
        (f"{API}{ID}", "1.0", "1.0"),
        (f"{PAGE}{FILES[1]}", "1.*", "1.0"),
        (f"{PAGE}{FILES[1]}", "1.0", "1.0"),
        ("Pupils", "1.0", "1.0"),
    ],
)
def test_versions_that_agree(text: str, asked: str, expected: str) -> None:
    """`version=` decides where the address leaves it open; a page allows a range that its version is in."""
    assert (ID, expected) == opened(text, version=asked)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"{API}{ID}?dataSetVersion=1.0", "2.0"),
        (f"{API}{ID}?dataSetVersion=1.0", "1.*"),
        (f"{PAGE}{FILES[1]}", "2.0"),
        (f"{PAGE}{FILES[1]}", "2.*"),
        (f"{PAGE}{FILES[2]}", "1.0"),
    ],
)
def test_versions_that_contradict(text: str, asked: str) -> None:
    """`version=` that contradicts the address is an error, not a choice."""
    with pytest.raises(errors.QueryError, match="contradicts"):
        opened(text, version=asked)


def test_pages_outside_the_api() -> None:
    """A page whose file no version has is of a data set outside the API."""
    with pytest.raises(errors.DataSetNotFoundError, match="outside the API: no version of its 2 data sets"):
        opened(f"{PAGE}{FILES[0]}")


def test_ids_out_of_pages() -> None:
    """The id in a page's address is not the data set's: where it is taken for that, the error says what to do."""
    with pytest.raises(errors.DataSetNotFoundError) as caught:
        opened(FILES[2])
    assert [f"If {FILES[2]} is out of the address of a page, open the whole address."] == caught.value.__notes__[1:]


def test_near_misses() -> None:
    """A title that nearly matches opens nothing, and is answered with the nearest."""
    with pytest.raises(errors.DataSetNotFoundError) as caught:
        opened("Pupil")
    assert 'the nearest: "Special educational needs / Pupils"' in str(caught.value)
    empty = Scripted({"GET /publications": listed([])})
    with Client(service=empty) as client, pytest.raises(errors.DataSetNotFoundError, match="has no data sets"):
        client.open("Pupils")


def test_titles_that_fit_several() -> None:
    """A title that two data sets have is an error that shows their publications and ids."""
    service = catalogue()
    service.answers[f"GET /publications/{SECOND}/data-sets"] = [listed([data_set(OTHER, title="PUPILS")])]
    with Client(service=service) as client, pytest.raises(errors.AmbiguousLabelError) as caught:
        client.open("pupils")
    expected = (f"Special educational needs / Pupils ({ID})", f"Second / PUPILS ({OTHER})")
    assert expected == caught.value.candidates


def test_addresses_need_no_list() -> None:
    """An address of the API is not looked for among publications, and one of elsewhere is asked nothing at all."""
    service = catalogue()
    with Client(service=service) as client:
        client.open(f"{API}{ID}/meta")
        assert "/publications" not in service.paths
        service.requests.clear()
        with pytest.raises(errors.DataSetNotFoundError, match="another host"):
            client.open(f"https://evil.test/v1/data-sets/{ID}")
    assert [] == service.paths


def test_what_was_understood_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """The log and an attribute say what the text was taken for."""
    with caplog.at_level(logging.INFO, logger="eesclient"), Client(service=catalogue()) as client:
        sen = client.open(f"{PAGE}{FILES[2]}?previewToken=secret")
    assert f"a page of the data catalogue: data set {ID}, version 2.0" == sen.understood
    assert [f"'{PAGE}{FILES[2]}' is {sen.understood}"] == caplog.messages


@pytest.mark.anyio
async def test_awaited() -> None:
    """The awaiting shell opens the same, here the demo by its title and by its page."""
    async with AsyncClient(service=local.demo()) as client:
        sen = await client.open("national - special educational needs (SEN) – API (synthetic)")
        assert local.SEN_ID == sen.id
        file = sen.data_set.latest_version.file.id  # type: ignore[union-attr]
        assert sen.id == (await client.open(f"{PAGE}{file}")).id
        assert sen.understood.startswith("the title of a data set: ")


@pytest.mark.parametrize("number", ["2", "10", "1.1", "01", "1.0-beta"])
def test_addresses_of_another_api_version(number: str) -> None:
    """The address of an API that this client does not speak is refused for that, and not for its host."""
    with pytest.raises(
        errors.DataSetNotFoundError, match=rf"is of version {number} of the API, and this client speaks"
    ):
        opened(f"{API.replace('/v1/', f'/v{number}/')}{ID}")


def test_other_addresses_of_the_api() -> None:
    """An address of the API that is no data set's is refused as such."""
    with pytest.raises(errors.DataSetNotFoundError, match="is not the address of a data set"):
        opened("https://api.education.gov.uk/statistics/docs/")
