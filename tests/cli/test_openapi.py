"""The OpenAPI document of `ees serve` beside the one that the service makes of itself, and the page that shows it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest

import eesclient as ees
from tests.conformance.asking import listening, plainly
from tests.conformance.recording import OWN
from tests.doors.local import openapi

Json = dict[str, Any]


@pytest.fixture(scope="module", name="port")
def _port() -> Iterator[int]:
    """Where the demo listens."""
    with listening(ees.local.demo()) as port:
        yield port


@pytest.fixture(name="recorded")
def _recorded() -> Json:
    """The document that the service makes of itself."""
    path = OWN / "openapi.json"
    if not path.is_file():
        pytest.skip(f"no file {path}; EES_CONFORMANCE or EES_SHARED can name another")
    return dict(json.loads(path.read_text("utf-8")))


def flat(document: Json, schema: Json) -> tuple[set[str], set[str]]:
    """Compulsory and all members of a schema, and of those that it is made of."""
    required, members = set(schema.get("required", ())), set(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        whole = document["components"]["schemas"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        more = flat(document, whole)
        required, members = required | more[0], members | more[1]
    return required, members


def test_document_is_served(port: int) -> None:
    """It is JSON at `/openapi.json`, whatever is served."""
    with urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=20) as answer:
        assert "application/json" == answer.headers["content-type"]
        assert openapi() == json.load(answer)


def test_paths_and_parameters(recorded: Json) -> None:
    """Its paths, methods and names are the service's, and so are parameters, where they stand and their defaults."""

    def outline(document: Json) -> Json:
        return {
            f"{method} {path}": (
                operation["operationId"],
                sorted(
                    (one["in"], one["name"], one.get("required", False), str(one["schema"].get("default")))
                    for one in operation.get("parameters", ())
                ),
            )
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    assert outline(recorded) == outline(openapi())


def test_members_and_enumerations(recorded: Json) -> None:
    """Each of the service's schemas is there, with its compulsory members, its members and the words of its lists."""
    theirs, ours = recorded["components"]["schemas"], openapi()["components"]["schemas"]
    # what others are made of is in them
    assert theirs.keys() - ours.keys() == {"LocationOptionViewModel"}
    assert not ours.keys() - theirs.keys()
    for name, schema in ours.items():
        required, members = flat(recorded, theirs[name])
        assert required == set(schema.get("required", ())), name
        # texts were taken out of the recording, summaries among them; a problem may have what the box does not say
        assert members ^ set(schema.get("properties", ())) <= {"detail", "instance", "summary"}, name
        assert set(theirs[name].get("enum", ())) == set(schema.get("enum", ())), name


def test_what_generators_make_of_it() -> None:
    """A place's shape comes before those whose members it has all of, and no list says a word twice."""
    schemas = openapi()["components"]["schemas"]
    options = schemas["LocationGroupOptionsViewModel"]["properties"]["options"]["items"]["oneOf"]
    members = [set(schemas[one["$ref"].rpartition("/")[2]]["properties"]) for one in options]
    assert not [(first, later) for at, first in enumerate(members) for later in members[at:] if first < later]
    for name, schema in schemas.items():
        words = schema.get("enum", [])
        assert sorted(set(words)) == sorted(words), name


def test_page_in_a_browser(port: int) -> None:
    """`/docs` shows it with files of this machine alone; without them it says what to install."""
    page = plainly(port, "GET", "/docs", "", None, {"Accept": "text/html"})
    if importlib.util.find_spec("flask_swagger_ui") is None:
        assert (404, True) == (page.status, b"pip install 'eesclient[swagger]'" in page.body)
        return
    assert b'url: "openapi.json"' in page.body
    assert b"http" not in page.body.partition(b"<head>")[2]
    for name, kind in (("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "javascript")):
        file = plainly(port, "GET", f"/docs/{name}", "", None, {"Accept": "*/*"})
        assert (200, True) == (file.status, kind in file.headers["content-type"])
