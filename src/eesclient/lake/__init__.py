"""Lakes: a folder with a Delta table for each data set, and in each a commit for each of its versions.

`from eesclient import lake`; it needs the extra `lake`.
"""

from __future__ import annotations

from .sync import LakeEntry, LakeReport, add, sync
from .tables import LakeTable, LakeVersion, read, scan, table, tables

__all__ = [
    "LakeEntry",
    "LakeReport",
    "LakeTable",
    "LakeVersion",
    "add",
    "read",
    "scan",
    "sync",
    "table",
    "tables",
]
