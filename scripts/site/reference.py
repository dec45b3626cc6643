"""Pages of reference: every public name from its docstring, every command from its help."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

SURFACE = Path(__file__).resolve().parents[2] / "tests" / "surface" / "surface.txt"
"""Every public name with its members, and the help of every command, held true by a test."""

ROOMS = {
    "client": "Clients and data sets",
    "aio": "Asynchronous clients",
    "query": "Questions",
    "results": "Results",
    "models": "Metadata, versions and periods",
    "versions": "Versions compared",
    "catalogue": "The data catalogue and mirrors",
    "lock": "Lock files",
    "store": "The store",
    "errors": "Errors and warnings",
}
"""The rooms whose names `eesclient` gives on, by the titles of their pages; other rooms' names stand with clients."""

MODULES = {
    "eesclient.local": "The service in a box",
    "eesclient.lake": "Delta tables",
    "eesclient.spark": "Spark",
    "eesclient.sen2": "The SEN2 return",
    "eesclient.sen2.plots": "Charts of a SEN2 return",
    "eesclient.testing": "Testing",
    "eesclient.accessors": "Generated modules of names",
}
"""The other public modules, by the titles of their pages."""

TREE = "eesclient.query.tree"
PRINTED = "eesclient.query.ast, as printed"
"""The names of the tree of a question that programs have, and where the surface lists them."""

FACETS = "eesclient.query.facets"
BEHIND = ("Facets", "Facet")
"""What `eesclient.facets` is, and what it gives."""

ENOUGH = "Exception, BaseException, UserWarning, str, tuple, object, Mapping, Sequence"
"""Where the members that a class inherits are not ours any more."""

MEMBER = re.compile(r"    (?:(?:async|attribute|classmethod|def|property|staticmethod|value) )*(\w+)")
"""A member of a class, as the surface has it."""


def sections() -> dict[str, str]:
    """Each part of the surface by its heading."""
    parts = re.split(r"^# (.+)\n", SURFACE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def names_of(module: str) -> list[str]:
    """The public names of a module, as its surface has them."""
    return re.findall(r"^(?:async )?(?:class|def|value|module) (\w+)", sections()[module], re.MULTILINE)


def expected() -> Iterator[str]:
    """Every name that the reference has to have: classes with their members, functions, values."""
    for module in ("eesclient", *MODULES):
        owner = ""
        for line in sections()[module].splitlines():
            if found := re.match(r"(?:async )?(class|def|value) (\w+)", line):
                owner = f"{module}.{found[2]}" if found[1] == "class" else ""
                if found[2] == "facets":
                    owner = f"{FACETS}.{BEHIND[0]}"
                yield f"{module}.{found[2]}"
            elif owner and (found := MEMBER.match(line)) and not found[1].startswith("_"):
                yield f"{owner}.{found[1]}"
    yield from (f"{TREE}.{name}" for name in printed())


def printed() -> list[str]:
    """The names of the tree of a question that programs have."""
    return re.findall(r"^(\w+)\(", sections()[PRINTED], re.MULTILINE)


def page(title: str, module: ModuleType, names: list[str], about: str = "") -> str:
    """One page of reference, as reStructuredText."""
    return "\n\n".join([f"{title}\n{'=' * len(title)}", about, *(directive(module, name) for name in names), ""])


def introduced(module: ModuleType) -> str:
    """What a page says of its module before its names."""
    return f".. module:: {module.__name__}\n   :no-index-entry:\n\n{inspect.getdoc(module)}"


def directive(module: ModuleType, name: str) -> str:
    """What has Sphinx show a name."""
    item = getattr(module, name)
    full = f"{module.__name__}.{name}"
    if inspect.isclass(item):
        options = ("members:", "undoc-members:", f"inherited-members: {ENOUGH}", "show-inheritance:")
        return "\n".join([f".. autoclass:: {full}", *(f"   :{option}" for option in options)])
    return f".. autofunction:: {full}" if callable(item) else f".. autodata:: {full}\n   :no-value:"


def room(item: object) -> str:
    """On which page of the package itself a name stands."""
    named = str(getattr(item, "__module__", "")).split(".")
    return named[1] if len(named) > 1 and named[1] in ROOMS else "client"


def commands() -> str:
    """The page of the command line: every command's help, as it prints it."""
    lines = ["# Command line", "", "`ees` is installed with the package. Each command says this with `--help`."]
    for command, text in re.findall(
        r"^\$ ees (.*?)-{0,2}help  # exit code 0\n(.*?)(?=^\$ ees |\Z)",
        sections()["Command line"],
        re.MULTILINE | re.DOTALL,
    ):
        lines += ["", f"## ees {command}".rstrip(), "", "```text", text.strip(), "```"]
    return "\n".join([*lines, ""])


def pages() -> dict[str, str]:
    """Every page of reference by its path."""
    import eesclient

    placed: dict[str, list[str]] = defaultdict(list)
    for name in names_of("eesclient"):
        if not inspect.ismodule(item := getattr(eesclient, name)):
            placed[room(item)].append(name)
    made = {f"{key}.rst": page(title, eesclient, placed[key]) for key, title in ROOMS.items()}
    for full, title in MODULES.items():
        module = import_module(full)
        names = [name for name in names_of(full) if not inspect.ismodule(getattr(module, name))]
        made[f"{full.removeprefix('eesclient.')}.rst"] = page(title, module, names, introduced(module))
    made["query.rst"] += "\n".join(directive(import_module(FACETS), name) + "\n" for name in BEHIND)
    tree = import_module(TREE)
    made["tree.rst"] = page("Trees of questions", tree, printed(), introduced(tree))
    made["command-line.md"] = commands()
    contents = "\n".join(f"   {name.removesuffix('.md').removesuffix('.rst')}" for name in made)
    about = "Every public name, from its docstring."
    made["index.rst"] = f"Reference\n=========\n\n{about}\n\n.. toctree::\n   :maxdepth: 1\n\n{contents}\n"
    return made
