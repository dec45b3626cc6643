"""Print how long the functions and modules of src/eesclient are."""

import ast
from pathlib import Path
from statistics import median, quantiles

SOURCE = Path(__file__).resolve().parent.parent / "src" / "eesclient"
LONG_FUNCTION, LONG_MODULE = 40, 400

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lengths(function: Function) -> tuple[int, int]:
    """Return a function's lines from `def` to its end, with and without the docstring."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return whole, whole
    docstring = function.body[0]
    return whole, whole - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def main() -> None:
    """Measure every module and print what stands out."""
    measured, modules = {}, {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(SOURCE).as_posix()
        modules[name] = len(text.splitlines())
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                measured[f"{name}:{node.lineno} {node.name}"] = lengths(node)
    print(f"{len(modules)} modules of {sum(modules.values())} lines, {len(measured)} functions")
    for position, words in enumerate(("with docstrings", "without docstrings")):
        sizes = [pair[position] for pair in measured.values()]
        print(f"{words:20} median {median(sizes):g}, 90th percentile {quantiles(sizes, n=10)[-1]:g} lines")
    for name, (_, size) in measured.items():
        if size > LONG_FUNCTION:
            print(f"function of {size} lines without its docstring: {name}")
    for name, size in modules.items():
        if size > LONG_MODULE:
            print(f"module of {size} lines: {name}")


if __name__ == "__main__":
    main()
