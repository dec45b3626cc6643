"""What repositories read of a bundle; `nox -s crate` asks their own tools."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

import eesclient as ees
from eesclient import Request, Store
from eesclient.local import Service
from tests.doors.api import Response
from tests.doors.store import stored_files, stored_versions, write_bundle
from tests.doors.top import BASE_URL

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
META = (
    "col_name,col_type,label,indicator_unit,filter_hint\nphase,Filter,Phase of school,,Choose one\n"
    "rate,Indicator,Rate,%,\npadded,Indicator,Padded,,\nmany,Indicator,Many,,\n"
)
HEADER = "time_period,time_identifier,geographic_level,country_code,country_name,phase,rate,padded,many\n"
ROW = "2023,Calendar year,National,E92000001,England"


class Answering(Service):
    """The local service as the live one: under its address, which is shown with the answers."""

    def handle(self, request: Request) -> Response:
        """Answer, with the address."""
        return attrs.evolve(super().handle(request), url=f"{BASE_URL}/v1{request.path}")


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of what stands for the live service: 1.0 opened, 1.1 with its data file."""
    folder = tmp_path_factory.mktemp("crate")
    files = folder / "files"
    files.mkdir()
    rows = [f"{ROW},p{n},{'z' if n % 2 else 1.5},{' 5 ' if n else 1},a{n}\n" for n in range(150)]
    for name, text in {"r.meta.csv": META, "r.csv": HEADER + rows[0], "r.v1.1.csv": HEADER + "".join(rows)}.items():
        (files / name).write_text(text)
    service = Answering.from_folder(files)
    service.origin = BASE_URL
    store = Store(folder / "store")
    with ees.Client(service=service, store=store) as client:
        (found,) = client.data_sets()
        client.open(found.id, version="1.0")
        with pytest.warns(ees.PaddedNumbersWarning):
            client.open(found.id, version="1.1").read()
    write_bundle(store, folder / "out.zip", stored_versions(store), {"ees.lock": b"lock = 1\n", "notes": b"?"})
    return folder / "out.zip"


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of the demo: a version, and a file outside the API."""
    folder = tmp_path_factory.mktemp("crate")
    store = Store(folder / "store")
    with ees.Client(service=ees.local.demo(), store=store) as client:
        client.open(ees.local.SEN_ID, version="1.0").read()
        next(client.catalogue.search("SENCO")).open().read()
    write_bundle(store, folder / "out.zip", [*stored_versions(store), *stored_files(store)])
    return folder / "out.zip"


def read(path: Path, name: str) -> Any:
    """A JSON file of a bundle."""
    with zipfile.ZipFile(path) as bundle:
        return json.loads(bundle.read(name))


def entities(path: Path) -> dict[str, Any]:
    """What the crate describes, by id."""
    graph = read(path, "ro-crate-metadata.json")["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph)
    return found


def references(value: Any) -> set[str]:
    """Ids that an entity refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if isinstance(value, dict):
        return {value["@id"]} if value.keys() == {"@id"} else set().union(*map(references, value.values()))
    return set()


@pytest.mark.parametrize("which", ["official", "synthetic"])
def test_all_files_are_described(which: str, request: pytest.FixtureRequest) -> None:
    """Each file of the bundle is in the crate with its size and SHA-256, and no reference leads nowhere."""
    path: Path = request.getfixturevalue(which)
    found = entities(path)
    files = {name: entity for name, entity in found.items() if entity["@type"] == "File"}
    with zipfile.ZipFile(path) as bundle:
        names = {name for name in bundle.namelist() if not name.startswith(("blobs/", "refs/"))}
        assert names == {*files, "ro-crate-metadata.json"}
        for name, entity in files.items():
            data = bundle.read(name)
            assert (entity["sha256"], entity["contentSize"]) == (hashlib.sha256(data).hexdigest(), str(len(data)))
    outside = {one for one in references([*found.values()]) if one not in found}
    assert outside == {"https://w3id.org/ro/crate/1.1"}
    # all that is data is reached from the root
    reached, todo = set[str](), {"./"}
    while todo:
        one = todo.pop()
        reached.add(one)
        todo |= references(found[one].get("hasPart", [])) - reached
    assert {name for name, one in found.items() if one["@type"] in ("File", "Dataset")} == reached


@pytest.mark.parametrize("which", ["official", "synthetic"])
def test_changed_files_are_damage(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A file for people or repositories that was changed, taken out or put in is damage, as an answer is."""
    whole: Path = request.getfixturevalue(which)
    with zipfile.ZipFile(whole) as bundle:
        content = {name: bundle.read(name) for name in bundle.namelist()}
    path = tmp_path / "out.zip"

    def damaged() -> list[str]:
        with zipfile.ZipFile(path, "w") as bundle:
            for name, data in changed.items():
                bundle.writestr(name, data)
        return [damage.path for damage in Store(path).verify()]

    assert Store(whole).verify() == []
    for name in [name for name in content if not name.startswith(("blobs/", "refs/")) and name != "store.json"]:
        changed = content | {name: content[name] + b" "}
        # the crate is not described by itself, and may be written otherwise
        assert damaged() == ([] if name == "ro-crate-metadata.json" else [name])
    (file,) = (name for name in content if name.endswith("data.csv.gz") and "/1." in name)
    changed = {name: data for name, data in content.items() if name != file}
    assert damaged() == [file]
    # with its digest in the crate too: what counts is what the service answered
    forged = gzip.compress(b"time_period,rate\n2023,9\n")
    old, new = (hashlib.sha256(data).hexdigest().encode() for data in (content[file], forged))
    crate = content["ro-crate-metadata.json"].replace(old, new)
    changed = content | {file: forged, "ro-crate-metadata.json": crate}
    assert damaged() == [file]
    changed = content | {file.replace("/1.", "/7."): content[file]}
    assert damaged() == [file.replace("/1.", "/7.")]
    changed = content | {"ro-crate-metadata.json": b"{"}
    assert damaged() == ["ro-crate-metadata.json"]
    # as bundles of older releases are
    changed = {name: data for name, data in content.items() if name.startswith(("blobs/", "refs/", "store"))}
    assert damaged() == []


def test_figures_of_the_service(official: Path) -> None:
    """Publisher, licence, exact versions, citation and indicators are said of what the service published."""
    found = entities(official)
    one, two = (entity for name, entity in sorted(found.items()) if name.startswith("data/") and name.endswith("/"))
    assert (one["version"], two["version"]) == ("1.0", "1.1")
    for entity in (found["./"], one, two):
        assert entity["license"] == {"@id": OGL}
        assert found[entity["publisher"]["@id"]]["name"] == "Department for Education"
    assert two["variableMeasured"] == ["Many", "Padded", "Rate"]
    assert "Department for Education" in two["creditText"]
    assert "Version 1.1" in two["creditText"]
    assert one["hasPart"] == {"@id": f"{one['@id']}metadata.json"}
    package = read(official, "datapackage.json")
    assert [licence["path"] for licence in package["licenses"]] == [OGL]
    assert len(package["resources"]) == 1


def test_columns_for_frictionless(official: Path) -> None:
    """Headings, labels and types; symbols are missing values, and what would be lost as such makes a column text."""
    (resource,) = read(official, "datapackage.json")["resources"]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    with zipfile.ZipFile(official) as bundle:
        packed = bundle.read(resource["path"])
    assert resource["hash"] == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    frame = pl.read_csv(io.BytesIO(gzip.decompress(packed)), infer_schema=False)
    assert [*fields] == frame.columns
    assert fields["phase"] == {
        "name": "phase",
        "title": "Phase of school",
        "description": "Choose one",
        "type": "string",
    }
    assert fields["rate"] == {"name": "rate", "title": "Rate, in %", "type": "number", "missingValues": ["", "z"]}
    assert frame["rate"].replace("z", None).cast(pl.Float64).null_count() == 75
    assert {fields[name]["type"] for name in ("padded", "many", "time_period", "country_code")} == {"string"}
    assert fields["country_code"]["title"] == "National code"


def test_synthetic_is_said_first(synthetic: Path) -> None:
    """No publisher and no licence of the service; a file outside the API has its digest in place of a version."""
    found = entities(synthetic)
    sets = [entity for entity in found.values() if "identifier" in entity]
    assert len(sets) == 2
    for entity in (found["./"], *sets):
        assert entity["name"].startswith("SYNTHETIC, not a statistic: ")
        assert entity["license"] == {"@id": "LICENCE.txt"}
        assert "publisher" not in entity
    (file,) = (entity for entity in sets if "version" not in entity)
    assert "File with SHA-256" in file["creditText"]
    package = read(synthetic, "datapackage.json")
    assert package["title"].startswith("SYNTHETIC")
    assert "licenses" not in package
    assert len(package["resources"]) == 2


def test_the_same_id_at_two_services(tmp_path: Path) -> None:
    """A data set of one id at two services has two folders."""
    store = Store(tmp_path / "store")
    for address in (BASE_URL, "http://127.0.0.1:1"):
        service = ees.local.demo()
        service.origin = address
        with ees.Client(service=service, store=store) as client:
            client.open(ees.local.SEN_ID, version="1.0").read()
    write_bundle(store, tmp_path / "out.zip", stored_versions(store))
    paths = [resource["path"] for resource in read(tmp_path / "out.zip", "datapackage.json")["resources"]]
    assert len({*paths}) == len(paths) == 2
    with zipfile.ZipFile(tmp_path / "out.zip") as bundle:
        assert {*paths} <= {*bundle.namelist()}


def test_without_what_is_new(synthetic: Path, tmp_path: Path) -> None:
    """A bundle as older releases wrote it, without any of this, is read as before, and gives the newer one again."""
    older = tmp_path / "older.zip"
    with zipfile.ZipFile(synthetic) as bundle, zipfile.ZipFile(older, "w") as file:
        for name in bundle.namelist():
            if not name.startswith(("data/", "datapackage", "ro-crate")):
                file.writestr(name, bundle.read(name))
    store = Store(older)
    with ees.Client(service=ees.local.demo(), store=store, offline=True) as client:
        assert len(client.open(ees.local.SEN_ID, version="1.0").read()) > 0
    assert store.verify() == Store(synthetic).verify() == []
    write_bundle(store, tmp_path / "again.zip", [*stored_versions(store), *stored_files(store)])
    assert (tmp_path / "again.zip").read_bytes() == synthetic.read_bytes()


def test_what_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    """A data file that others cannot read as a table has no schema; without any data file there is no package."""
    store = Store(tmp_path / "store")
    files = tmp_path / "files"
    files.mkdir()
    (files / "r.meta.csv").write_text("col_name,col_type,label\nrate,Indicator,Rate\n")
    head = "time_period,time_identifier,geographic_level,country_code,country_name,rate\n"
    (files / "r.csv").write_text(f"\n\n{head}{ROW},1\n")
    with ees.Client(service=Service.from_folder(files), store=store) as client:
        (found,) = client.data_sets()
        opened = client.open(found.id, version="1.0")
        write_bundle(store, tmp_path / "out.zip", stored_versions(store))
        opened.read()
        write_bundle(store, tmp_path / "whole.zip", stored_versions(store))
    with zipfile.ZipFile(tmp_path / "out.zip") as bundle:
        assert "datapackage.json" not in bundle.namelist()
    (resource,) = read(tmp_path / "whole.zip", "datapackage.json")["resources"]
    assert "schema" not in resource
    assert resource["format"] == "csv"
