#!/usr/bin/env bash
# deltalake 1.6.6 writes the batches of a stream in an order of its own: rows come back in another order each time.
#
# Delta Lake promises no order of rows, yet few expect that what they write at once, as one file, is shuffled. The batches
# of an Arrow stream, or of a table of several chunks, come into the file in another order, which differs from run to run,
# without a word; the rows of a table of one chunk keep theirs.
#
# For our users: the digest of rows hangs on their order, and so the rows of each data set version are written by Polars
# to one Parquet file, and deltalake only commits it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import sys
from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, BATCHES = 1_000, 10
SCHEMA = pa.schema([("row", pa.int64())])


def batches():
    for start in range(0, ROWS * BATCHES, ROWS):
        yield pa.record_batch([pa.array(range(start, start + ROWS))], schema=SCHEMA)


def written(name, data):
    """The rows of the only file of a new table, in their order."""
    path = Path(sys.argv[1]) / name
    deltalake.write_deltalake(path, data)
    log = (path / "_delta_log" / f"{0:020}.json").read_text().splitlines()
    (file,) = [json.loads(line)["add"]["path"] for line in log if "add" in json.loads(line)]
    return pq.read_table(path / file)["row"].to_pylist()


streams = [written(f"stream{run}", pa.RecordBatchReader.from_batches(SCHEMA, batches())) for run in range(5)]
whole = written("whole", pa.table({"row": range(ROWS * BATCHES)}))
for rows in streams:
    print(f"deltalake {deltalake.__version__}, stream: batches in the order {[row // ROWS for row in rows[::ROWS]]}")
print(f"deltalake {deltalake.__version__}, one chunk: in order: {whole == sorted(whole)}")
assert all(sorted(rows) == whole for rows in streams), "no row is lost"
assert whole == sorted(whole)
assert any(rows != whole for rows in streams), "deltalake keeps the order of batches now"
PYTHON
