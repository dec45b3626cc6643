"""How long it takes to begin: the import, a script that asks one stored question, and the first call over loopback.

Each run is a process of its own, and what is told is its time of the processor, the lowest of several. Beside the
script, Polars alone reads the same answer from a Parquet file; beside the first call, `requests` gets the metadata of
the same data set and reads its JSON, in a process that has imported it, as ours has imported `eesclient`, httpx and
httpcore, which httpx only imports for its first connection.

    python benchmarks/start.py [--data FOLDER] [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _shared import DATA, machine, serving

from eesclient.client import Client

_CLOCK = "import os\ndef spent():\n    now = os.times()\n    return now.user + now.system\n"

_POLARS = """import polars as pl
rows = pl.scan_parquet({file!r}).filter(
    pl.col("characteristic") == "Total",
    pl.col("phase_type_grouping") == "Total",
    pl.col("geographic_level").is_in(["National", "Regional"]),
).collect().height
"""

_SCRIPT = """import eesclient as ees
with ees.Client(base_url={address!r}, store={store!r}, offline=True) as client:
    data_set = client.open({id_!r}, version="1.0")
    filters = {{"characteristic": "Total", "phase_type_grouping": "Total"}}
    rows = len(data_set.query(filters=filters, levels=["National", "Regional"]))
"""

_CALL = """import time, httpcore, httpx, eesclient as ees
start = time.process_time()
with ees.Client(base_url={address!r}, store=None) as client:
    places = sum(len(group.options) for group in client.meta({id_!r}, version="1.0").locations)
print(time.process_time() - start)
"""

_REQUESTS = """import time, requests
start = time.process_time()
meta = requests.get({address!r} + "/v1/data-sets/" + {id_!r} + "/meta?dataSetVersion=1.0").json()
places = sum(len(group["options"]) for group in meta["locations"])
print(time.process_time() - start)
"""


def run(code: str, folder: Path) -> tuple[float, str]:
    """Seconds of the processor that a process takes to run this, and what it prints."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # of the package's own modules too, as an installed one has it
    variables["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    with subprocess.Popen(
        [sys.executable, "-c", code], env=variables, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        said = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"it failed: {code}")
    return used.ru_utime + used.ru_stime, said


def main() -> None:
    """Fill a store, measure, report."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="folder with the data set")
    options.add_argument("--rounds", type=int, default=9, help="runs of each side")
    chosen = options.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as name, serving(chosen.data) as address:
        folder = Path(name)
        with Client(base_url=address, store=folder / "store") as client:
            id_ = next(client.data_sets()).id
            client.open(id_, version="1.0").read().frame.write_parquet(folder / "beside.parquet")
        words = {"address": address, "id_": id_, "store": str(folder / "store"), "file": str(folder / "beside.parquet")}
        sides = {
            "python alone": "pass",
            "import eesclient": "import eesclient",
            "import eesclient.Client": "import eesclient; eesclient.Client",
            "script of Polars alone": _POLARS.format(**words),
            "script: import, open, ask": _SCRIPT.format(**words),
            "first call: metadata": _CALL.format(**words),
            "the same by requests": _REQUESTS.format(**words),
        }
        best: dict[str, float] = {}
        for number in range(chosen.rounds + 1):
            for side, code in sides.items():
                seconds, said = run(code, folder)
                # the first round compiles
                if number:
                    best[side] = min(best.get(side, seconds), float(said) if said.strip() else seconds)
    for side, seconds in best.items():
        print(f"{side:28} {seconds:.3f} s")
    python, imported, _, polars, script, call, plain = best.values()
    print(
        f"import eesclient {imported - python:.3f} s (at most 0.03); the script {script / polars:.2f} x Polars alone "
        f"(at most 1.3); a first call {call - plain:.3f} s above requests (at most 0.03); all in time of the processor"
    )


if __name__ == "__main__":
    main()
