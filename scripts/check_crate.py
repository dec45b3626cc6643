"""Whether a bundle is the RO-Crate and the data package that it says it is, by their own tools: `nox -s crate`.

Nothing is asked of a network: the context that `rocrate` brings, of RO-Crate 1.3, stands for that of 1.1, of which it
has the words.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import rdflib.plugins.shared.jsonld.context as jsonld
import rocrate
from frictionless import Package
from rocrate.rocrate import ROCrate
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

import eesclient as ees
from eesclient.cli import main as ees_command

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def make(folder: Path) -> Path:
    """Return a bundle of the demo: a version with its data file, one without, and an entry of the catalogue."""
    store, path = folder / "store", folder / "out.zip"
    with ees.Client(service=ees.local.demo(), store=store) as client:
        client.open(ees.local.SEN_ID, version="1.0").read()
        client.open(ees.local.KS4_ID, version="1.0").query(limit=3)
        next(client.catalogue.search("SENCO")).open().read()
    if ees_command(["bundle", str(path), "--store", str(store), "--all"]):
        raise SystemExit("the bundle could not be made")
    return path


def problems_of_crate(folder: Path) -> list[str]:
    """What RO-Crate's validator finds in an unpacked bundle, recommendations too."""
    context = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text(encoding="utf-8")
    plain = jsonld.source_to_json

    def from_here(source: Any, *args: Any, **options: Any) -> Any:
        return (json.loads(context), None) if str(source) == CONTEXT else plain(source, *args, **options)

    answer = SimpleNamespace(
        status_code=200, headers={"Content-Type": "application/ld+json"}, json=lambda: json.loads(context), text=context
    )
    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.RECOMMENDED,
        skip_availability_check=True,
    )
    with (
        patch.object(jsonld, "source_to_json", from_here),
        patch.object(HttpRequester, "get", lambda *_, **__: answer, create=True),
    ):
        found = services.validate(settings)
    return [f"{issue.severity.name} {issue.check.identifier}: {issue.message}" for issue in found.get_issues()]


def main() -> int:
    """Check a bundle, or one of the demo."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = Path(sys.argv[1]) if sys.argv[1:] else make(folder)
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(folder / "crate")
        crate = ROCrate(folder / "crate")
        print(f"rocrate {version('rocrate')} reads {len(crate.data_entities)} parts of {crate.name!r}")
        problems = problems_of_crate(folder / "crate")
        print(f"roc-validator {version('roc-validator')}, ro-crate-1.1: {len(problems)} problems", *problems, sep="\n")
        report = Package(str(folder / "crate" / "datapackage.json")).validate()
        errors = [str(error) for row in report.flatten(["type", "message"]) for error in row] + [*report.errors]
        print(f"frictionless {version('frictionless')}: {report.stats}", *errors, sep="\n")
        return 1 if any(text.startswith("REQUIRED") for text in problems) or not report.valid else 0


if __name__ == "__main__":
    raise SystemExit(main())
