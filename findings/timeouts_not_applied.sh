#!/usr/bin/env bash
# sdmx1 2.28.0 and pxwebpy 0.6.0 take a time-out, and wait as long as the service likes.
#
# Both store the number that `Client(…, timeout=…)` and `PxApi(…, timeout=…)` are given, or their default of 30 seconds,
# and send requests without it; requests has no time-out of its own. Here an answer takes two seconds and the time-out is
# half a second: it comes after two. sdmx1 applies one that is given to a call, `client.dataflow(timeout=…)`.
# The stand-in below gives up by itself, so that nothing hangs.
#
# For our users: time-outs are on by default, and tests hold them against a server that is slow on purpose.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    sdmx1==2.28.0 pxwebpy==0.6.0 pandas==3.1.1 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import sdmx
from pxweb import PxApi

SLOW, TIMEOUT = 2.0, 0.5
slow = threading.Event()
CONFIG = {"apiVersion": "2.0.0", "maxDataCells": 1000, "maxCallsPerTimeWindow": 30, "timeWindow": 10}
MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
HEADER = "<m:ID>x</m:ID><m:Test>false</m:Test><m:Prepared>2026-11-29T10:00:00</m:Prepared>"
FLOWS = f'<m:Structure xmlns:m="{MESSAGE}"><m:Header>{HEADER}</m:Header><m:Structures/></m:Structure>'


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        of_px = self.path.startswith(("/config", "/tables"))
        if not self.path.startswith("/config") and slow.is_set():
            time.sleep(SLOW)
        body = json.dumps(CONFIG | {"tables": [], "page": {"totalElements": 0}}) if of_px else FLOWS
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json" if of_px else "application/xml")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())
        except OSError:
            pass  # who asked has gone

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_address[1]}"


def seconds(name, ask):
    start = time.perf_counter()
    try:
        ask()
        said = "answered"
    except requests.Timeout:
        said = "timed out"
    taken = time.perf_counter() - start
    print(f"{name:40} {said} after {taken:.1f} s (time-out {TIMEOUT} s)")
    return said


sdmx.add_source({"id": "MADE_UP", "url": address, "name": "made up"})
client = sdmx.Client("MADE_UP", timeout=TIMEOUT)
api = PxApi(address, timeout=TIMEOUT)
slow.set()
found = {
    "sdmx1, Client(timeout=…)": seconds("sdmx1, Client(timeout=…)", client.dataflow),
    "pxwebpy, PxApi(timeout=…)": seconds("pxwebpy, PxApi(timeout=…)", lambda: api.search("x")),
}
call = seconds("sdmx1, dataflow(timeout=…)", lambda: client.dataflow(timeout=TIMEOUT))
plain = seconds("requests, get(timeout=…)", lambda: requests.get(f"{address}/tables", timeout=TIMEOUT))
assert call == plain == "timed out", "requests times out, and so does sdmx1 when the call says it"
assert all(said == "answered" for said in found.values()), "time-outs are applied now"
PYTHON
