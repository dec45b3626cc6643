#!/usr/bin/env bash
# Polars 2.1.0: once it is imported, Ctrl-C no longer wakes a thread of Python that waits for a queue or another thread.
#
# Python 3.11 itself raises KeyboardInterrupt at once in queue.SimpleQueue.get, threading.Event.wait or
# concurrent.futures.wait. After `import polars` it comes only when what is waited for has come, as waits for locks are
# begun again by the system once a handler is installed with SA_RESTART.
#
# For our users: a sync of many data sets would have gone on until the next answer. Here threads wait for a fifth of a
# second at a time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check polars==2.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import signal
import subprocess
import sys
import time

CODE = """
import sys, threading, time
from queue import SimpleQueue
if sys.argv[1] == "with Polars":
    import polars
queue = SimpleQueue()
threading.Timer(4, queue.put, [1]).start()
print("waiting", flush=True)
try:
    queue.get()
except KeyboardInterrupt:
    print(time.time(), flush=True)
"""
seen = {}
for how in ("without Polars", "with Polars"):
    with subprocess.Popen([sys.executable, "-c", CODE, how], stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(0.5)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        seen[how] = float(process.stdout.readline()) - sent
    print(f"{how}: KeyboardInterrupt after {seen[how]:.1f} s")
if not seen["without Polars"] < 1 < 3 < seen["with Polars"]:
    raise SystemExit("no longer so")
PYTHON
