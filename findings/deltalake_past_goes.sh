#!/usr/bin/env bash
# deltalake 1.6.6: the usual clean-ups of a Delta table take away what its old commits say of themselves, and their rows.
#
# Time travel in a Delta table lasts as long as its properties say: `vacuum` deletes the files of older versions after 7
# days (`delta.deletedFileRetentionDuration`), and once there is a newer checkpoint, the log is cut after 30
# (`delta.logRetentionDuration`), which also happens by itself with a write. With the log go the texts that were put into
# commits: `history()` begins later, without a word. Both are set when a table is made, or the past is gone before
# anybody misses it.
#
# For our users: tables are made with both at 36,500 days, and these clean-ups then leave every data set version.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check deltalake==1.6.6 pyarrow==26.0.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import os
import sys
import time
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake

DAYS = 40
KEPT = dict.fromkeys(("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"), "interval 36500 days")


def write(path, release, configuration=None):
    said = CommitProperties(custom_metadata={"release": release})
    table = pa.table({"release": [release]})
    write_deltalake(path, table, mode="overwrite", configuration=configuration, commit_properties=said)
    return DeltaTable(path).version()


def age(path):
    """Have all that was done with a table be done some days before: times in its log, and of its files."""
    for log in (path / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for action in actions:
            for name, member in (("remove", "deletionTimestamp"), ("commitInfo", "timestamp")):
                if name in action:
                    action[name][member] -= DAYS * 86_400_000
        log.write_text("".join(f"{json.dumps(action)}\n" for action in actions))
    for file in path.rglob("*"):
        os.utime(file, (time.time() - DAYS * 86_400,) * 2)


def readable(path, number):
    try:
        return DeltaTable(path, version=number).to_pyarrow_table()["release"].to_pylist()
    except Exception as error:
        return type(error).__name__


found = {}
for name, configuration in (("usual", None), ("kept", KEPT)):
    path = Path(sys.argv[1]) / name
    numbers = [write(path, release, configuration) for release in ("2023", "2024", "2025")]
    age(path)
    removed = len(DeltaTable(path).vacuum(dry_run=False))
    DeltaTable(path).create_checkpoint()
    age(path)
    numbers.append(write(path, "2026"))
    DeltaTable(path).create_checkpoint()
    DeltaTable(path).cleanup_metadata()
    history = sorted(entry["release"] for entry in DeltaTable(path).history() if "release" in entry)
    found[name] = (history, [readable(path, number) for number in numbers])
    print(f"{name}: {removed} files of rows deleted, history {history}")
    print(f"  rows of the four commits: {found[name][1]}")
releases = ["2023", "2024", "2025", "2026"]
assert found["kept"] == (releases, [[release] for release in releases]), "the properties keep all of it"
assert found["usual"][0] == ["2026"], "the log keeps what commits say"
assert found["usual"][1][3] == ["2026"] and ["2023"] not in found["usual"][1], "old rows stay"
PYTHON
