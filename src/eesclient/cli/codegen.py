"""`ees codegen`: the names of a data set as a module that type checkers and editors read."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path
from typing import Any, TextIO

from .. import accessors, local
from .._atomic import atomic_write
from ..client import Client
from ..data_set import PinnedDataSet
from ..errors import EESError
from ..query.export.codegen import generate

_VERSION = re.compile(r"(.+)@(v?[0-9*][0-9.*]*)", re.DOTALL)
_HELP = "write the names of a data set as a typed module, or compare such a module with a version"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of `ees`."""
    command = commands.add_parser("codegen", help=_HELP, description=_HELP)
    command.add_argument(
        "data_set", nargs="?", metavar="ID@VERSION", help="id, address or title, perhaps with a version"
    )
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write (default: standard output)")
    command.add_argument(
        "--check", type=Path, metavar="FILE", help="module to compare with it, or with the latest version"
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument("--base-url", metavar="URL", help="address of the API, or the name of an environment")
    where.add_argument("--folder", type=Path, metavar="FOLDER", help="CSV pairs to ask instead of the API")
    where.add_argument("--demo", action="store_true", help="ask the embedded synthetic data instead of the API")
    command.set_defaults(run=run)


def run(
    out: TextIO,
    *,
    data_set: str | None,
    output: Path | None,
    check: Path | None,
    base_url: str | None,
    folder: Path | None,
    demo: bool,
) -> None:
    """Write a module with the names of a data set, or compare one."""
    if check is None and data_set is None:
        raise EESError("ees codegen needs a data set, such as ID@1.0, or --check with a module that it wrote")
    if check is not None and output is not None:
        raise EESError("--check compares and writes nothing: leave --output out")
    names = None if check is None else _names(check)
    given, version = _split(data_set if data_set is not None else str(names and names["DATA_SET_ID"]))
    service = local.demo() if demo else None if folder is None else local.Service.from_folder(folder)
    with Client(service=service, base_url=base_url) as client:
        opened = client.open(given, version=version)
    if names is not None and check is not None:
        out.write(_compared(check, names, opened))
        return
    source = generate(data_set_id=opened.id, title=opened.title, version=opened.version, meta=opened.meta)
    if output is None:
        out.write(source)
        return
    try:
        with atomic_write(output) as file:
            file.write(source.encode())
    except OSError as error:
        raise EESError(f"{output} cannot be written: {error.strerror or error}") from error
    out.write(f"{output}: {opened.title}, version {opened.version}\n")


def _split(text: str) -> tuple[str, str | None]:
    match = _VERSION.fullmatch(text.strip())
    return (text, None) if match is None else (match[1], match[2])


def _compared(path: Path, names: dict[str, Any], opened: PinnedDataSet) -> str:
    indicators, filters = names["INDICATORS"], names["FILTERS"]
    accessors.check(opened, indicators=indicators, filters=filters)
    added = accessors.additions(opened.meta, indicators=indicators, filters=filters)
    said = f"{path}: written for version {names['VERSION']}; version {opened.version} has every name in it"
    if not added:
        return f"{said}, and no others\n"
    return "\n".join([f"{said}, and {len(added)} more:", *(f"  {line}" for line in added), ""])


def _names(path: Path) -> dict[str, Any]:
    """The names in a module, read without running it."""
    wanted = {"DATA_SET_ID": str, "VERSION": str, "INDICATORS": tuple, "FILTERS": dict}
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        values = {
            node.target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id in wanted
            and node.value is not None
        }
    except OSError as error:
        raise EESError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, SyntaxError) as error:
        raise EESError(f"{path} is no module of ees codegen: {error}") from error
    if not all(isinstance(values.get(name), type_) for name, type_ in wanted.items()):
        raise EESError(f"{path} is no module of ees codegen: write one with ees codegen ID@1.0 -o {path}")
    return values
