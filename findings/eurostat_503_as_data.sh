#!/usr/bin/env bash
# eurostat 1.1.1 gives the rows of one area for another when the service fails in between, and an empty list when it is down.
#
# A question with several options goes out as several requests. One that is answered by 503 is tried four times at once;
# then what came is printed, and the rows of the request before it are put into the frame a second time, under the name of
# that request's area. The rows that were asked for are missing, and nothing is raised. The table of contents of a service
# that answers 503 alone is a frame without rows, which reads as "there are no data sets". The stand-in below answers as
# Eurostat's TSV does; its figures are made up.
#
# For our users: an answer that is not a success is an error or is tried again, and rows are counted and held against the
# places, periods and options that were asked for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check eurostat==1.1.1 pandas==3.1.1 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import eurostat
from eurostat import eurostat as inner

SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
ROWS = {"AT": "A,AT\t10 \t12.5 b", "BE": "A,BE\t20 \t30 "}
down: set[str] = set()


def structures(text):
    spaces = " ".join(f'xmlns:{name[0]}="{SDMX}/{name}"' for name in ("message", "structure", "common"))
    return f"<m:Structure {spaces}><m:Structures>{text}</m:Structures></m:Structure>".encode()


def dimension(number, name):
    listed = f'<s:LocalRepresentation><s:Enumeration><Ref id="{name}"/></s:Enumeration></s:LocalRepresentation>'
    return f'<s:Dimension id="{name}" position="{number}">{listed}</s:Dimension>'


FLOW = structures('<s:Dataflows><s:Dataflow><s:Structure><Ref id="MADE_UP"/></s:Structure></s:Dataflow></s:Dataflows>')
PARTS = f"<s:DimensionList>{dimension(1, 'freq')}{dimension(2, 'geo')}</s:DimensionList>"
PARTS = f"<s:DataStructureComponents>{PARTS}</s:DataStructureComponents>"
SHAPE = structures(f"<s:DataStructures><s:DataStructure>{PARTS}</s:DataStructure></s:DataStructures>")


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        area = next((area for area in ROWS if f"/data/MADE_UP/.{area}" in self.path), None)
        if "everything" in down or area in down:
            status, body = 503, b"<html>busy</html>"
        elif area:
            status, body = 200, gzip.compress(f"freq,geo\\TIME_PERIOD\t2023 \t2024 \r\n{ROWS[area]}\r\n".encode())
        else:
            status, body = 200, FLOW if "/dataflow/" in self.path else SHAPE
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
addresses = vars(inner)["__Uri__"].BASE_URL
addresses.update({name: f"http://127.0.0.1:{server.server_address[1]}/" for name in addresses})

well = eurostat.get_data_df("MADE_UP", filter_pars={"geo": ["AT", "BE"]})
print("all answered:", well.values.tolist())
down.add("BE")
failed = eurostat.get_data_df("MADE_UP", filter_pars={"geo": ["AT", "BE"]})
print("503 for BE:  ", failed.values.tolist())
down.add("everything")
contents = eurostat.get_toc_df(agency="EUROSTAT")
print("503 for all: ", len(contents), "data sets in the table of contents")
assert well["geo\\TIME_PERIOD"].tolist() == ["AT", "BE"]
assert failed["geo\\TIME_PERIOD"].tolist() == ["AT", "AT"], "the rows of AT no longer come twice"
assert contents.empty, "a service that is down no longer has an empty table of contents"
PYTHON
