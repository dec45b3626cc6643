"""The command line: `ees`; most commands have modules of their own."""

from __future__ import annotations

import argparse
import ast
import ipaddress
import logging
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import polars as pl

from .. import accessors, local
from ..client import Client
from ..data_set import PinnedDataSet
from ..errors import EESError, EESWarning
from ..store.files import open_file, reason
from ..transport.download import atomic_write
from . import ask, catalogue, check, completion, doctor, files, lake, lock, mirror, sen2, store, where
from .terminal import Terminal
from .where import Where
from .where import opened as opened_as
from .words import UsageError, in_options

if TYPE_CHECKING:
    from .store import Commands

FAILED = 1
"""Exit code of a command that could not do its work; 2 is for arguments that make no sense."""

UNUSABLE = 2
"""Exit code where no command was named, as of other arguments that make no sense."""

_LONGEST = 20_000_000
"""Bytes of a module of names that is read: those of a data set are a hundredth of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code is 0 when it did its work, 1 when not, 2 for arguments that make no sense."""
    if completion.is_asked():
        completion.complete(_parser())
    # a stream that was closed before the command began is none to Python
    out, err = Terminal(sys.stdout or StringIO()), Terminal(sys.stderr or StringIO())
    with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings():
        # Python shows a text from one line once, and two data sets may be warned of in the same words
        warnings.simplefilter("always", EESWarning)
        warnings.showwarning = _tell
        command = vars(_parser().parse_args(arguments))
        run = command.pop("run")
        try:
            code: int | None = run(out, **command)
        except BrokenPipeError:
            # the reader of a pipe, `head` say, has seen enough
            return FAILED
        except (EESError, OSError) as error:
            err.write(f"ees: {_said(error)}\n")
            return UNUSABLE if isinstance(error, UsageError) else FAILED
    return code or 0


def _said(error: EESError | OSError) -> str:
    """An error in words; one of the system's is about the file that it names, without its number."""
    if isinstance(error, EESError):
        # a code would lead to what all errors are
        return in_options(str(error)) + ("" if isinstance(error, UsageError) else error._mark)
    said = reason(error)
    return said if error.filename is None else f"{error.filename}: {said}"


class _Parser(argparse.ArgumentParser):
    """Tells of arguments that make no sense by the command that got them, with the nearest that would."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        # Python 3.14 would send colours, which a `Terminal` shows as text
        self.color = False

    def parse_known_args(self, *arguments: Any, **more: Any) -> Any:
        """Parse; what is left over is an error here, as the parser of all commands knows no options of one."""
        found, left = super().parse_known_args(*arguments, **more)
        # a line that is still being typed is no error
        if left and not completion.is_asked():
            options = [name for name in left if name.startswith("-")]
            self.error(f"unrecognized arguments: {' '.join(left)}{_nearest(options, self._option_string_actions)}")
        return found, left

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with 2."""
        wrong = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL)
        super().error(message + (_nearest([wrong[1]], re.findall(r"[^', ]+", wrong[2])) if wrong else ""))


def _nearest(given: Iterable[str], known: Iterable[str]) -> str:
    """What may be meant, if anything is near."""
    known = [*known]
    found = [name for one in given for name in get_close_matches(one.partition("=")[0], known, n=1)]
    return f"; the nearest: {', '.join(found)}" if found else ""


def _tell(message: Warning | str, *_: object, **__: object) -> None:
    sys.stderr.write(f"ees: {in_options(str(message))}\n")


def _show_commands(out: TextIO) -> int:
    # what was typed made no sense, so that no program may take this for an answer
    sys.stderr.write(_parser().format_help())
    return UNUSABLE


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from .. import __version__

        sys.stdout.write(f"eesclient {__version__}\n")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    return _filled(_Parser(prog="ees", description="England's education statistics, from a terminal."))


def _filled(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.epilog = "ees COMMAND --help says how a command is used, and ees COMMAND --demo tries most of them."
    no_name = argparse.SUPPRESS
    parser.add_argument("--version", action=_Version, nargs=0, dest=no_name, help="say which release this is")
    parser.set_defaults(run=_show_commands)
    commands = parser.add_subparsers(metavar="COMMAND")
    command = commands.add_parser("demo", help="a question in labels to embedded synthetic data, without a network")
    command.set_defaults(run=demo)
    catalogue.add(commands)
    ask.add(commands)
    files.add(commands)
    _add_codegen(commands)
    about = "answer like the API over HTTP, from CSV files (extra: server)"
    command = commands.add_parser(
        "serve",
        help=about,
        description=f"{about[0].upper()}{about[1:]}, until Ctrl-C.",
        epilog=f"In another terminal: ees search SEN --base-url {where.SERVED}",
    )
    command.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="CSV pairs; none for the demo")
    command.add_argument("--host", default=where.HOST, help="address to listen on (default: %(default)s)")
    command.add_argument("--port", default=where.PORT, type=int, help="port to listen on (default: %(default)s)")
    command.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="further name to answer to; * for any"
    )
    command.set_defaults(run=serve)
    check.add(commands)
    doctor.add(commands)
    store.add(commands)
    lock.add(commands)
    lake.add(commands)
    mirror.add(commands)
    sen2.add(commands)
    completion.add(commands)
    return parser


_QUESTION = """\
import eesclient as ees

with ees.Client() as client:
    sen = client.open("{id}", version="{version}")
    result = sen.query(
        indicators=["Number of pupils"],
        filters={{"Social care group": "All pupils comparison", "SEN provision": {options}}},
        others="Total",
        periods={periods},
    )
"""


def demo(out: TextIO) -> None:
    """Open the demo's SEN data set at 1.0, ask for pupils by SEN provision in two years, and show all of it."""
    with Client(service=local.demo()) as client:
        # the version that the live service has too: the later ones are the demo's own
        sen = client.open(local.SEN_ID, version="1.0")
        options = [o.label for f in sen.meta.filters if f.column == "sen_provision" for o in f.options]
        periods = [period.label for period in sen.periods[-2:]]
        query = sen.build(
            indicators=["Number of pupils"],
            filters={"Social care group": "All pupils comparison", "SEN provision": options},
            others="Total",
            periods=periods,
        )
        result = sen.query(query)
    out.write("SYNTHETIC DATA: made up by a program, not statistics.\n\n")
    out.write(f"{sen.title}\nversion {sen.version}\n\n")
    # columns that the question names: the whole frame is wider than a terminal
    filters = [f.column for f in query.meta.filters if f.label not in query.pinned]
    shown = ["time_period", *filters, *(indicator.column for indicator in query.indicators)]
    with pl.Config(tbl_cols=-1, tbl_rows=-1, tbl_width_chars=160, fmt_str_lengths=60):
        out.write(f"{result.frame.select(shown)}\n")
    out.write(f"All columns of the frame: {', '.join(result.frame.columns)}\n\n")
    out.write(f"What was sent: POST /v1/data-sets/{sen.id}/query?dataSetVersion={sen.version}\n{query.to_json()}\n\n")
    out.write("The same question to the live service:\n\n")
    out.write(_QUESTION.format(id=sen.id, version=sen.version, options=options, periods=periods))


def serve(out: TextIO, *, folder: Path | None, host: str, port: int, allow_host: list[str]) -> None:
    """Serve a folder of CSV pairs, or the demo, until interrupted; at port 0, at any that is free."""
    try:
        from ..local import web
    except ImportError as error:
        raise EESError(f"ees serve needs {error.name}: pip install 'eesclient[server]'") from error
    service = where.service_of(demo=False, folder=folder) or local.demo()
    sys.stderr.write("".join(f"ees: {note}\n" for note in service.notes))
    with web.listen(host, port) as listening, _faults_told():
        # at port 0 the system has chosen one
        address, port = listening.getsockname()[:2]
        if not ipaddress.ip_address(address).is_loopback:
            sys.stderr.write(f"ees: {host} is open to other machines: whoever reaches it can ask, without a password\n")
        server = web.server(web.application(service, hosts=[host, *allow_host]))
        synthetic = "SYNTHETIC DATA, not statistics: " if service.source == "synthetic" else ""
        named = f"[{host}]" if ":" in host else host
        try:
            out.write(f"{synthetic}http://{named}:{port}/v1 (stop with Ctrl-C)\n")
            out.flush()
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            # the server has shut down by then; the interrupt was the wish, not a failure
            return


@contextmanager
def _faults_told() -> Iterator[None]:
    """Say meanwhile which fault of the service it is that the box answers 500 to."""
    log, told = logging.getLogger("eesclient.local"), logging.StreamHandler(sys.stderr)
    told.setFormatter(logging.Formatter("ees: %(message)s"))
    log.addHandler(told)
    try:
        yield
    finally:
        log.removeHandler(told)


# Names of a data set as a module


def _add_codegen(commands: Commands) -> None:
    about = "write the names of a data set as a typed module, or compare such a module with a version"
    command = commands.add_parser("codegen", help=about, description=about)
    action = command.add_argument(
        "data_set", nargs="?", metavar="ID@VERSION", help="id, address or title, perhaps with a version"
    )
    completion.completes(action, completion.data_sets)
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write (default: standard output)")
    command.add_argument(
        "--check", type=Path, metavar="FILE", help="module to compare with it, or with the latest version"
    )
    where.add(command)
    command.set_defaults(run=where.located(codegen))


def codegen(
    out: TextIO,
    *,
    where: Where,
    data_set: str | None,
    output: Path | None,
    check: Path | None,
) -> None:
    """Write a module with the names of a data set, or compare one."""
    if check is None and data_set is None:
        raise UsageError("ees codegen needs a data set, such as ID@1.0, or --check with a module that it wrote")
    if check is not None and output is not None:
        raise UsageError("--check compares and writes nothing: leave --output out")
    names = None if check is None else _names(check)
    given: str = names["DATA_SET_ID"] if data_set is None and names else str(data_set)
    with where.asking(f"opening {given}") as client:
        opened = opened_as(client, given)
    if names is not None and check is not None:
        out.write(_compared(check, names, opened))
        return
    source = accessors.generate(data_set_id=opened.id, title=opened.title, version=opened.version, meta=opened.meta)
    if output is None:
        out.write(source)
        return
    try:
        with atomic_write(output) as file:
            file.write(source.encode())
    except OSError as error:
        raise EESError(f"{output} cannot be written: {reason(error)}") from error
    out.write(f"{output}: {opened.title}, version {opened.version}\n")


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
        with open_file(path) as file:
            tree = ast.parse(file.read(_LONGEST).decode("utf-8-sig"))
        values = {
            node.target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id in wanted
            and node.value is not None
        }
    except OSError as error:
        raise EESError(f"{path} cannot be read: {reason(error)}") from error
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise EESError(f"{path} is not a module of ees codegen: {error}") from error
    if not all(isinstance(values.get(name), type_) for name, type_ in wanted.items()):
        raise EESError(f"{path} is not a module of ees codegen: write one with ees codegen ID@1.0 -o {path}")
    return values
