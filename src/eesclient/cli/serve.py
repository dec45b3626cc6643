"""`ees serve`: the service in a box behind HTTP; `ees demo`: a question to it, without a network."""

from __future__ import annotations

import argparse
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import polars as pl

from .. import local
from ..client import Client
from ..errors import EESError

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

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


def add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ees demo` to the commands."""
    command = commands.add_parser("demo", help="a question in labels to embedded synthetic data, without a network")
    command.set_defaults(run=demo)


def demo(out: TextIO) -> None:
    """Open the demo's SEN data set at `1.*`, ask for pupils by SEN provision in two years, and show all of it."""
    with Client(service=local.demo()) as client:
        sen = client.open(local.SEN_ID, version="1.*")
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
    out.write(f"{sen.title}\nversion 1.* is {sen.version}\n\n")
    # columns that the question names: the whole frame is wider than a terminal
    filters = [f.column for f in query.meta.filters if f.label not in query.pinned]
    shown = ["time_period", *filters, *(indicator.column for indicator in query.indicators)]
    with pl.Config(tbl_cols=-1, tbl_rows=-1, tbl_width_chars=160, fmt_str_lengths=60):
        out.write(f"{result.frame.select(shown)}\n")
    out.write(f"All columns of the frame: {', '.join(result.frame.columns)}\n\n")
    out.write(f"What was sent: POST /v1/data-sets/{sen.id}/query?dataSetVersion={sen.version}\n{query.to_json()}\n\n")
    out.write("The same question to the live service:\n\n")
    out.write(_QUESTION.format(id=sen.id, version="1.*", options=options, periods=periods))


def add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ees serve` to the commands."""
    command = commands.add_parser("serve", help="answer like the API over HTTP, from CSV files (extra: server)")
    command.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="CSV pairs; none for the demo")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    command.add_argument("--port", default=8000, type=int, help="port to listen on (default: %(default)s)")
    command.set_defaults(run=serve)


def serve(out: TextIO, *, folder: Path | None, host: str, port: int) -> None:
    """Serve a folder of CSV pairs, or the demo, until interrupted; at port 0, at any that is free."""
    try:
        import uvicorn

        from ..local.asgi import application
    except ImportError as error:
        raise EESError(f"ees serve needs {error.name}: pip install 'eesclient[server]'") from error
    if folder is not None and not folder.is_dir():
        raise EESError(f"{folder} is not a folder: name one that holds NAME.csv with NAME.meta.csv")
    service = local.demo() if folder is None else local.Service.from_folder(folder)
    with _listen(host, port) as listening:
        server = uvicorn.Server(_config(application(service)))
        synthetic = "SYNTHETIC DATA, not statistics: " if service.source == "synthetic" else ""
        try:
            out.write(f"{synthetic}http://{host}:{listening.getsockname()[1]}/v1 (stop with Ctrl-C)\n")
            out.flush()
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            # the server has shut down by then; the interrupt was the wish, not a failure
            return


def _config(application: Starlette) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(application, log_level="warning", lifespan="off")


def _listen(host: str, port: int) -> socket.socket:
    # with the protocol named, asyncio sends answers at once instead of waiting for acknowledgements
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise EESError(f"port {port} is taken: choose another with --port, or --port 0 for any") from error
        raise EESError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listening
