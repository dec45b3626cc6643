"""The public surface as text: every public name, what it takes and gives, and the command line.

`python -m tests.surface.surface --write` puts it in `surface.txt`, with which `test_surface.py` compares the package.
The text says nothing of the modules that names come from, and is the same with every supported version of Python.
"""

from __future__ import annotations

import ast
import builtins
import enum
import inspect
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cached_property
from pathlib import Path
from types import MemberDescriptorType, ModuleType
from typing import Any
from unittest.mock import patch

import attrs

import eesclient as ees
from eesclient import accessors, lake, sen2, spark, testing
from tests.doors.cli import main
from tests.doors.query import tree

SNAPSHOT = Path(__file__).with_name("surface.txt")

PRINTED = (
    "And",
    "Comparator",
    "FilterIds",
    "Leaf",
    "LevelCodes",
    "LocationKey",
    "LocationKeys",
    "Not",
    "Or",
    "PeriodKey",
    "PeriodKeys",
)
"""Names of `eesclient.query.ast` that `Query.to_python` prints, or printed, into programs of users."""

MADE_BY_US = (
    "ArrowStream AsOf Catalogue CatalogueDataSet CatalogueEntry PinnedDataSet Query QueryResult Revisions Service "
    "UpgradeReport Contradictions Findings Reconciliation Rule RuleFile Specification Summary Upgrade"
)
"""Classes that users only get from others: what they are made of is nobody's business."""

HIDDEN = "from_assembled from_pages from_rows"
"""How results are made; no page tells of it."""

SPECIAL = (
    "__aenter__ __aexit__ __and__ __call__ __contains__ __enter__ __exit__ __ge__ __getitem__ __gt__ __invert__ "
    "__iter__ __le__ __len__ __lt__ __or__ __reversed__ __rsub__ __sub__ __add__ __arrow_c_schema__ "
    "__arrow_c_stream__ _repr_html_ __str__"
)
"""Methods that have no public name and yet are how a class is used."""


def surface() -> str:
    """Return the whole surface."""
    parts = [
        "\n".join(("# eesclient", "", *module_lines(ees, ees.__all__))),
        "\n".join(("# eesclient.local", "", *module_lines(ees.local, ees.local.__all__))),
        "\n".join(("# eesclient.testing", "", *module_lines(testing, ["FakeService", "fake_service"]))),
        "\n".join(("# eesclient.accessors", "", *module_lines(accessors, ["check"]))),
        "\n".join(("# eesclient.lake", "", *module_lines(lake, lake.__all__))),
        "\n".join(("# eesclient.sen2", "", *module_lines(sen2, sen2.__all__))),
        "\n".join(("# eesclient.spark", "", *module_lines(spark, spark.__all__))),
        "\n".join(("# eesclient.sen2.plots", "", *module_lines(sen2.plots, sen2.plots.__all__))),
        "\n".join(("# eesclient.query.ast, as printed", "", *printed_lines())),
        "\n".join(("# Command line", "", *command_lines())),
    ]
    return "\n\n".join(parts) + "\n"


def module_lines(module: ModuleType, names: list[str]) -> Iterator[str]:
    """Yield what each name is."""
    for name in names:
        item = inspect.unwrap(getattr(module, name, None))  # type: ignore[arg-type]
        if isinstance(item, ModuleType):
            yield f"module {name}"
        elif inspect.isclass(item):
            yield from class_lines(name, item)
        elif inspect.isfunction(item):
            yield function_line(name, item)
        else:
            yield f"value {name}" + (f" = {item!r}" if isinstance(item, str) else "")
            yield from sorted(set(member_lines(type(item))))


def class_lines(name: str, class_: type) -> Iterator[str]:
    """Yield a class with its public bases, how it is made, and its members."""
    # names of the package are imported when they are asked for
    ours = (getattr(ees, one) for one in ees.__all__)
    public = {item for item in (*ours, *vars(builtins).values()) if inspect.isclass(item)}
    above = [base for base in class_.__mro__[1:] if base in public and base is not object]
    bases = [base.__name__ for base in above if not any(issubclass(o, base) for o in above if o is not base)]
    yield f"class {name}" + (f"({', '.join(bases)})" if bases else "")
    if issubclass(class_, enum.Enum):
        yield from (f"    {member.name} = {member.value!r}" for member in class_)
    elif name.removeprefix("Async") not in MADE_BY_US.split():
        with suppress(ValueError, TypeError):
            yield f"    {function_line('__init__', class_)}".removesuffix(" -> None")
    yield from sorted(set(member_lines(class_)))


def member_lines(class_: type) -> Iterator[str]:
    """Yield the members that the package gives a class, its own and inherited ones."""
    members = set(class_.__members__) if issubclass(class_, enum.Enum) else set()
    for owner in class_.__mro__:
        if not owner.__module__.startswith("eesclient"):
            continue
        for name, type_ in inspect.get_annotations(owner).items():
            if not name.startswith("_") and name not in members and "ClassVar" not in str(type_):
                yield f"    attribute {name}: {annotation(type_)}"
        for name in vars(owner):
            if name not in members and name not in HIDDEN.split() and (name[0] != "_" or name in SPECIAL.split()):
                member = inspect.getattr_static(class_, name)
                if not isinstance(member, MemberDescriptorType):
                    yield f"    {member_line(name, member)}"


def member_line(name: str, member: Any) -> str:
    """Return one member as a line."""
    if isinstance(member, property | cached_property):
        get = member.fget if isinstance(member, property) else member.func
        return f"property {name}: {annotation(inspect.signature(get).return_annotation)}"
    if isinstance(member, classmethod):
        return f"classmethod {function_line(name, member.__func__)}"
    if isinstance(member, staticmethod):
        return f"staticmethod {function_line(name, member.__func__)}"
    if callable(member) and not inspect.isclass(member):
        return function_line(name, member)
    return f"value {name}"


def function_line(name: str, function: Callable[..., Any]) -> str:
    """Return the signature of a function or class."""
    signature = inspect.signature(function)
    kinds = inspect.Parameter
    texts: list[str] = []
    seen_star = False
    for parameter in signature.parameters.values():
        if parameter.kind is kinds.KEYWORD_ONLY and not seen_star:
            texts.append("*")
            seen_star = True
        seen_star |= parameter.kind is kinds.VAR_POSITIONAL
        stars = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = stars + parameter.name
        if parameter.annotation is not kinds.empty:
            text += f": {annotation(parameter.annotation)}"
        if parameter.default is not kinds.empty:
            text += f" = {default(parameter.default)}"
        texts.append(text)
    awaited = "async " if inspect.iscoroutinefunction(function) else ""
    gives = "" if signature.return_annotation is signature.empty else f" -> {annotation(signature.return_annotation)}"
    return f"{awaited}def {name}({', '.join(texts)}){gives}"


class _Short(ast.NodeTransformer):
    """Takes the modules off names, and the quotes off forward references."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.Name:
        return ast.Name(node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.value).endswith("Literal"):
            return node
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


def annotation(type_: object) -> str:
    """Return a type as it is written, without the modules that its names come from."""
    text = type_ if isinstance(type_, str) else type_.__name__ if inspect.isclass(type_) else str(type_)
    return ast.unparse(_Short().visit(ast.parse(text, mode="eval")))


def default(value: object) -> str:
    """Return a default: what it is, and no address in memory."""
    if value is attrs.NOTHING:
        return "..."
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__name__
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def printed_lines() -> Iterator[str]:
    """Yield what programs printed by `Query.to_python` need of the tree's module: names, and the words they take."""
    for name in PRINTED:
        words = [word for word in inspect.signature(getattr(tree, name)).parameters if name != "Comparator"]
        yield f"{name}({', '.join(words)})"
    yield f"Comparator: {', '.join(member.name for member in tree.Comparator)}"


def command_lines(*command: str) -> Iterator[str]:
    """Yield the help of a command and of those below it, and the exit codes of what cannot be done."""
    code, text = run(*command, "--help")
    yield f"$ ees {' '.join((*command, '--help'))}  # exit code {code}"
    # Python 3.13 writes the word of an option once for all its spellings, and aligns by what it wrote
    once = re.sub(r"(-\w) (\S+), (--[\w-]+) \2", r"\1, \3 \2", text)
    # and put what a long name is followed by on the same line, or on the next
    lines = re.sub(r"(?<=\S)(\n {12,}| {2,})(?=\S)", "  ", once)
    yield lines
    for below in re.findall(r"^    ([a-z][a-z0-9]*)(?= )", lines.partition("positional arguments:")[2], re.MULTILINE):
        yield from command_lines(*command, below)
    if not command:
        for refused in (("nothing",), ("lock", "--check", "--lock", "no-such.lock"), ("codegen", "--no-such")):
            yield f"$ ees {' '.join(refused)}  # exit code {run(*refused)[0]}"


def run(*arguments: str) -> tuple[int | str | None, str]:
    """Run a command on a very wide screen; return its exit code and what it printed."""
    screen, errors = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, COLUMNS="1000"), redirect_stdout(screen), redirect_stderr(errors):
        try:
            code: int | str | None = main(arguments)
        except SystemExit as end:
            code = end.code
    return code, screen.getvalue()


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SNAPSHOT.write_text(surface(), encoding="utf-8")
    else:
        sys.stdout.write(surface())
