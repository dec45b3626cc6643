#!/usr/bin/env bash
# pxwebpy 0.6.0 drops the status of each value, which says why a figure is missing or that it is preliminary.
#
# JSON-stat 2, the format that pxwebpy asks for, has a member `status` beside `value`: a symbol for each cell that has one
# (here `..`, `-` and `p`). The rows that pxwebpy makes have dimensions and `value` alone, and no argument gives the
# status: two nulls with different symbols come out the same, and a figure with a symbol like one without.
# The stand-in below answers as a PxWeb service does; its figures are made up.
#
# For our users: a symbol is in the column `<indicator>_status`, beside a number that stays one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pxwebpy==0.6.0 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pxweb import PxApi

CONFIG = {"apiVersion": "2.0.0", "maxDataCells": 1000, "maxCallsPerTimeWindow": 30, "timeWindow": 10}
FOUND = {"tables": [], "page": {"totalElements": 1}}
YEARS = {"2022": 0, "2023": 1, "2024": 2}
TABLE = {
    "version": "2.0",
    "class": "dataset",
    "id": ["Tid"],
    "size": [3],
    "dimension": {"Tid": {"label": "year", "category": {"index": YEARS, "label": {year: year for year in YEARS}}}},
    "value": [None, None, 12.5],
    "status": {"0": "..", "1": "-", "2": "p"},
}


class Service(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = CONFIG if self.path.startswith("/config") else TABLE if "/MADE_UP/" in self.path else FOUND
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
api = PxApi(f"http://127.0.0.1:{server.server_address[1]}")
rows = api.get_table_data("MADE_UP", value_codes={"Tid": list(YEARS)})
print("sent:", TABLE["value"], TABLE["status"])
for row in rows:
    print("got: ", row)
assert [row["value"] for row in rows] == TABLE["value"]
assert all(row.keys() == {"year", "value"} for row in rows), "pxwebpy keeps more than values now"
PYTHON
