#!/usr/bin/env bash
# truststore 0.10.4 reads the whole store of certificates again for each connection, where it is a file or folder.
#
# On Linux and the BSDs a truststore.SSLContext has OpenSSL load the default locations in every wrap_socket() and
# wrap_bio(), some 20 to 30 ms of CPU each with the 140 authorities of a usual system, on the event loop of an async
# client too. A context of ssl (or httpx's own of certifi) reads them once. On Windows and macOS the system verifies,
# and nothing is read.
#
# For our users: truststore verifies on Windows and macOS; elsewhere the package reads the same files once.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check truststore==0.10.4
"$folder/venv/bin/python" - <<'PYTHON'
import ssl
import sys
import time
from importlib.metadata import version

import truststore

assert sys.platform not in ("win32", "darwin"), "there the system verifies: run this on Linux"


def milliseconds(context: ssl.SSLContext) -> float:
    """What it takes to begin twenty connections, for each."""
    begun = time.process_time()
    for _ in range(20):
        context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    return (time.process_time() - begun) / 20 * 1000


plain = ssl.create_default_context()
trusting = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
once, each = milliseconds(plain), milliseconds(trusting)
print(f"ssl, read once:            {once:6.2f} ms for each connection")
print(f"truststore {version('truststore')}:         {each:6.2f} ms for each connection")
assert each > 20 * once, "truststore no longer reads for each connection"
PYTHON
