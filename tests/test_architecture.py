"""Tests that the page on the architecture speaks of the tree as it is, and that tests keep to its doors."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "eesclient"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_modules_are_there() -> None:
    """Every module and room that the page names exists, and so does each name that it says is in one."""
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", PAGE)
    assert len(named) > 30
    assert [] == [name for name in named if not (SOURCE / name).exists() and not (ROOT / name).exists()]


def test_every_room_is_named() -> None:
    """The table of rooms leaves none out."""
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert set() == {room for room in rooms if f"| `{room}/` |" not in PAGE}


def test_layers() -> None:
    """The layers on the page are those that are checked."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["eesclient"])
    (line,) = re.findall(r"^`(cli → .*)`$", PAGE, re.MULTILINE)
    checked = [set(re.findall(r"\w+", layer)) for layer in layers]
    positions = [
        {number for number, names in enumerate(checked) if name in names}
        for step in line.split(" → ")
        for name in [step.split(" | ")[0]]
    ]
    assert all(len(found) == 1 for found in positions)
    assert sorted(positions, key=min) == positions


def test_ten_questions() -> None:
    """Each question that a newcomer asks first has one line."""
    table = PAGE.partition("## Where is …?")[2].partition("\n## ")[0]
    assert 10 == sum(line.startswith("| ") and not line.startswith("| |") for line in table.splitlines())


def test_doors() -> None:
    """Tests name internal modules in `tests/doors/` alone, so that code can move without its tests."""
    rooms = ("local", "sen2", "spark", "testing", "query", "query.ast")
    public = {f"eesclient.{room}" for room in rooms}
    inside = re.compile(r"^\s*(?:from|import) (eesclient\.[\w.]+)", re.MULTILINE)
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "tests").rglob("*.py")
        if path.parent.name not in ("doors", "typing")
        for name in inside.findall(path.read_text(encoding="utf-8"))
        if name not in public
    }
    assert set() == found


def test_what_scripts_import_is_there() -> None:
    """Scripts and benchmarks, of which tests run few, import names that the package has."""
    missing = {
        f"{path.relative_to(ROOT).as_posix()}: {node.module} has no {alias.name}"
        for folder in ("benchmarks", "scripts")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "eesclient"
        for alias in node.names
        if alias.name not in _names_in(str(node.module))
    }
    assert set() == missing


def _names_in(module: str) -> set[str]:
    place = ROOT / "src" / module.replace(".", "/")
    inside = {path.stem for path in place.iterdir()} if place.is_dir() else set()
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                inside.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                inside |= {alias.asname or alias.name for alias in names}
            case ast.Name(id=name, ctx=ast.Store()):
                inside.add(name)
    return inside
