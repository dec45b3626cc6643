"""`ees serve`: the service in a box behind HTTP."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from .. import local
from ..errors import EESError

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

_BACKLOG = 128


def run(out: TextIO, *, folder: Path | None, host: str, port: int) -> None:
    """Serve a folder of CSV pairs, or the demo, until interrupted.

    Args:
        out: Where to say what is served.
        folder: The folder; None for the demo.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.

    Raises:
        DataFileError: The service would not import one of the files.
        EESError: The extra is not installed, the folder is none, or the port is taken.
    """
    try:
        import uvicorn

        from ..local.asgi import application
    except ImportError as error:
        raise EESError(f"ees serve needs {error.name}: pip install 'eesclient[server]'") from error
    if folder is not None and not folder.is_dir():
        raise EESError(f"{folder} is no folder: name one that holds NAME.csv with NAME.meta.csv")
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
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise EESError(f"port {port} is taken: choose another with --port, or --port 0 for any") from error
        raise EESError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listening
