"""Write `eesclient.aio` out of the plain modules: the same code, awaited.

`python scripts/unasync.py` writes the files, `python scripts/unasync.py --check` fails where one of them is stale.
Which calls wait is said by the tables below; a function in which something is awaited becomes `async`, and so does
every method of the same name. What would not change is imported from the plain module. mypy sees a forgotten `await`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "eesclient"

MODULES = {
    "transport.local": "local",
    "transport.http": "transport",
    "transport.driver": "driver",
    "shell": "shell",
    "client": "client",
    "data_set": "data_set",
    "catalogue.entries": "catalogue",
}
"""Plain module, below the package, to module in `aio`."""

NAMES = {
    "Iterator": "AsyncIterator",
    "closing": "aclosing",
    "Receiving": "AsyncReceiving",
    "Send": "AsyncSend",
    "Turns": "AsyncTurns",
    "run_batch": "arun_batch",
    "run_together": "arun_together",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__next__": "__anext__",
}
"""Names with another in their place; classes of the plain modules get `Async` before theirs."""

EXPRESSIONS = {
    "Callable[[float], None]": "Callable[[float], Awaitable[None]]",
    "answer.close": "answer.aclose",
    "answer.iter_raw": "answer.aiter_raw",
    "httpx.BaseTransport": "httpx.AsyncBaseTransport",
    "httpx.Client": "httpx.AsyncClient",
    "httpx.HTTPTransport": "httpx.AsyncHTTPTransport",
    "self._client.close": "self._client.aclose",
    "tenacity.Retrying": "tenacity.AsyncRetrying",
    "time.sleep": "anyio.sleep",
}
"""Expressions with another in their place."""

AWAITED = {
    "answer.close",
    "receive",
    "run_batch",
    "run_together",
    "self._client.close",
    "self._sending",
    "send",
    "trying",
    "turns.work",
    "_watch",
    "_whole",
    "__enter__",
    "__exit__",
    "__next__",
}
"""Calls that are awaited, and methods that are `async` although nothing in them is."""

ENTERED, ITERATED = {"closing"}, {"answer.iter_raw"}
"""Calls that `async with` enters, and those that `async for` goes through."""

RECEIVERS = {"self", "client", "self._client", "self._transport", "self.catalogue", "entry", "asked"}
"""Objects of generated classes: a call of one of their `async` methods is awaited."""

THREADED = {
    ".add_entry",
    ".find",
    ".handle",
    ".hold",
    ".keep_file",
    ".pour",
    ".unpacked",
    ".set_aside",
    "keep_all",
    "mirror.opened",
    "save",
    "saved.finish",
    "sink.write",
    "step.call",
}
"""Calls that take long, and go to a worker thread; one with a dot before it is a method of anything."""

IMPORTS = (
    "from collections.abc import Awaitable",
    "import anyio",
    "from ..transport.workers import in_thread",
)
"""What generated modules may need beyond the imports of the plain ones."""

RUFF = [sys.executable, "-m", "ruff"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Name = tuple[str, str]


def called(node: ast.AST, table: set[str]) -> bool:
    """Say whether a node is a call of something in a table."""
    return isinstance(node, ast.Call) and not table.isdisjoint(names(node.func))


def names(node: ast.AST) -> set[str]:
    """What tables may say for an expression: itself, and its method after a dot."""
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return set()
    text = ast.unparse(node)
    return {text, f".{text.rpartition('.')[2]}"}


def other(node: ast.AST) -> str | None:
    """The expression that stands in the place of one, if another does."""
    return EXPRESSIONS.get(ast.unparse(node)) if isinstance(node, ast.Attribute | ast.Subscript) else None


def asynchronous(node: ast.With | ast.For | ast.comprehension) -> bool:
    """Say whether a block or a loop is `async` in the generated module."""
    if isinstance(node, ast.With):
        return any(called(item.context_expr, ENTERED) for item in node.items)
    return called(node.iter, ITERATED)


def scope(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, Function | ast.Lambda):
            yield node
            yield from scope(node)


class Module:
    """A plain module: its text, its definitions, and where its names come from."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, PACKAGE / f"{name.replace('.', '/')}.py"
        self.text = self.path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.definitions: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef):
                self.definitions[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                self.definitions[ast.unparse(target)] = node
        self.origins: dict[str, Name] = {name: (self.name, name) for name in self.definitions}
        for inner in ast.walk(self.tree):
            if isinstance(inner, ast.ImportFrom) and inner.level:
                self.origins |= {alias.name: (self.source(inner), alias.name) for alias in inner.names}

    def source(self, node: ast.ImportFrom) -> str:
        """The module that a relative import is from, below the package."""
        above = self.name.split(".")[: -node.level]
        return ".".join([*above, *([node.module] if node.module else [])])


class Generator:
    """All plain modules, and which of their definitions and methods the generated ones have of their own."""

    def __init__(self) -> None:
        self.modules = [Module(name) for name in MODULES]
        self.asynchronous: set[str] = set()
        self.generated: set[Name] = set()
        before = None
        while before != (before := (len(self.asynchronous), len(self.generated))):
            for module in self.modules:
                for name, node in module.definitions.items():
                    self.learn(module, name, node)
        self.check_tables()

    def check_tables(self) -> None:
        """Refuse an entry of a table that nothing needs: a name has changed.

        Raises:
            LookupError: There is one.
        """
        texts = {
            text
            for module in self.modules
            for node in ast.walk(module.tree)
            for text in ([node.name] if isinstance(node, Function) else names(node))
        }
        unused = {*EXPRESSIONS, *AWAITED, *THREADED, *ENTERED, *ITERATED} - texts
        if unused:
            raise LookupError(f"no plain module has {', '.join(sorted(unused))}: mend the tables")

    def learn(self, module: Module, name: str, definition: ast.stmt) -> None:
        """Find what is awaited in a definition, and whether it differs at all."""
        for node in ast.walk(definition):
            awaits = isinstance(node, Function) and any(self.waits(module, inner) for inner in scope(node))
            if isinstance(node, Function) and (awaits or node.name in AWAITED):
                self.asynchronous.add(node.name)
            named = isinstance(node, ast.Name) and (node.id in NAMES or module.origins.get(node.id) in self.generated)
            if awaits or named or self.is_asynchronous(node) or other(node) is not None:
                self.generated.add((module.name, name))

    def is_asynchronous(self, node: ast.AST) -> bool:
        """Say whether a node is a function or method that is `async` in the generated module."""
        return isinstance(node, Function) and node.name in self.asynchronous and not node.decorator_list

    def waits(self, module: Module, node: ast.AST) -> bool:
        """Say whether a node is a call that is awaited."""
        if not isinstance(node, ast.Call):
            return False
        text = ast.unparse(node.func)
        receiver, _, method = text.rpartition(".")
        ours = receiver in RECEIVERS or module.origins.get(text) in self.generated
        return called(node, AWAITED | THREADED) or (ours and method in self.asynchronous)

    def new_name(self, module: Module, name: str) -> str:
        """Return what a name is called in the generated module."""
        ours = module.origins.get(name) in self.generated and name.lstrip("_")[0].isupper()
        return NAMES.get(name, f"Async{name}" if ours and not name.isupper() else name)


class Writer:
    """Makes one generated module out of pieces of the plain one, edited in bytes, as `ast` counts them."""

    def __init__(self, generator: Generator, module: Module) -> None:
        self.generator, self.module = generator, module
        self.bytes = module.text.encode()
        self.starts = [0]
        for line in self.bytes.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.edits: list[tuple[int, int, str]] = []

    def write(self) -> str:
        """The whole module, before it is made neat."""
        definitions = self.module.definitions
        shared = [name for name in definitions if (self.module.name, name) not in self.generator.generated]
        own = [definitions[name] for name in definitions if name not in shared]
        pieces = [
            f"# Generated by scripts/unasync.py from {self.module.name.replace('.', '/')}.py; do not edit.",
            f'"""As `eesclient.{self.module.name}`, awaited."""',
            *IMPORTS,
            *[f"from ..{self.module.name} import {name}" for name in shared],
        ]
        for node in self.module.tree.body:
            imports = isinstance(node, ast.Import | ast.ImportFrom | ast.If)
            if imports or node in own:
                self.visit(node, "")
                pieces.append(self.text(node))
        return "\n".join(pieces)

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node begins and ends."""
        first, last = self.starts[node.lineno - 1], self.starts[node.end_lineno - 1]
        return first + int(node.col_offset), last + int(node.end_col_offset)

    def text(self, node: ast.stmt) -> str:
        """A statement with the edits in it."""
        decorators = getattr(node, "decorator_list", [])
        at, last = self.span(node)
        at, parts = self.span(decorators[0])[0] - len("@") if decorators else at, []
        for start, end, text in sorted(self.edits, key=lambda edit: edit[0]):
            if at <= start <= last:
                parts += [self.bytes[at:start].decode(), text]
                at = end
        return "".join([*parts, self.bytes[at:last].decode()])

    def replace(self, node: ast.AST, text: str) -> None:
        """Note that another text stands in the place of a node."""
        self.edits.append((*self.span(node), text))

    def insert(self, place: int, text: str, *, over: int = 0) -> None:
        """Note that a text is put in, perhaps over some bytes."""
        self.edits.append((place, place + over, text))

    def visit(self, node: ast.AST, owner: str) -> None:
        """Note the edits of a node and of those in it; `owner` is where it is defined, with a dot."""
        match node:
            case ast.ImportFrom(module=name) if name != "__future__":
                self.replace(node, self.imports(node))
            case ast.FunctionDef() | ast.ClassDef():
                self.define(node, owner)
                owner = f"{owner}{node.name}."
            case ast.expr() if (text := other(node)) is not None:
                self.replace(node, text)
                return
            case ast.With() | ast.For() if asynchronous(node):
                self.insert(self.span(node)[0], "async ")
            case ast.comprehension() if asynchronous(node):
                self.insert(self.span(node.target)[0] - len("for "), "async ")
            case ast.Raise(exc=ast.Name(id="StopIteration") as error):
                self.replace(error, "StopAsyncIteration")
                return
            case ast.Name():
                self.replace(node, self.generator.new_name(self.module, node.id))
        if isinstance(node, ast.Call) and self.generator.waits(self.module, node):
            self.wait(node, owner)
            return
        for inner in ast.iter_child_nodes(node):
            self.visit(inner, owner)

    def define(self, node: ast.FunctionDef | ast.ClassDef, owner: str) -> None:
        """Rename a definition, and let its docstring refer to the plain one."""
        keyword = "class " if isinstance(node, ast.ClassDef) else "def "
        new = self.generator.new_name(self.module, node.name)
        awaited = isinstance(node, ast.ClassDef) or self.generator.is_asynchronous(node)
        prefix = "async " * (awaited and keyword == "def ")
        self.insert(self.span(node)[0], f"{prefix}{keyword}{new}", over=len(keyword + node.name))
        if ast.get_docstring(node) is not None:
            iterates = isinstance(node, ast.FunctionDef) and "Iterator[" in ast.unparse(node.returns or node.args)
            how = ", an asynchronous iterator" if iterates else ", awaited" if awaited else ""
            told = f"{owner}{node.name}".replace("BaseClient.", "Client.")
            self.replace(node.body[0], f'"""As `{told}`{how}."""')

    def wait(self, node: ast.Call, owner: str) -> None:
        """Await a call, in a worker thread if the table says so."""
        in_parentheses = node in self.inside
        begin, end = self.span(node)
        self.insert(begin, "(" * in_parentheses + "await ")
        if called(node, THREADED):
            self.insert(begin, "in_thread(")
            self.insert(self.span(node.func)[1], ", " if node.args or node.keywords else "", over=len("("))
        for inner in ast.iter_child_nodes(node):
            self.visit(inner, owner)
        self.insert(end, ")" * in_parentheses)

    @cached_property
    def inside(self) -> set[ast.AST]:
        """Expressions of which an attribute or an item is taken, or that are called."""
        nodes = list(ast.walk(self.module.tree))
        values = {node.value for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)}
        return {*values, *[node.func for node in nodes if isinstance(node, ast.Call)]}

    def imports(self, node: ast.ImportFrom) -> str:
        """An import from where its names are for the generated module."""
        source = self.module.source(node) if node.level else ""
        lines = []
        for alias in node.names:
            generated = (source, alias.name) in self.generator.generated
            place = f".{MODULES[source]}" if generated else f"..{source}" if node.level else str(node.module)
            lines.append(f"from {place} import {self.generator.new_name(self.module, alias.name)}")
        return f"\n{' ' * node.col_offset}".join(lines)


def neat(text: str, path: Path) -> str:
    """A module without unused imports, sorted and formatted."""
    for command in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603 - our own command
            [*RUFF, *command, "--stdin-filename", str(path), "-"],
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        text = done.stdout
    return text


def main() -> int:
    """Write or check all modules."""
    generator = Generator()
    stale = []
    for module in generator.modules:
        path = PACKAGE / "aio" / f"{MODULES[module.name]}.py"
        text = neat(Writer(generator, module).write(), path)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    print("stale: " + ", ".join(stale) if stale else "up to date", file=sys.stderr)
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
