#!/usr/bin/env bash
# Polars 2.1.0 with XlsxWriter 3.3.1 writes a workbook without a single cell where two headings differ only in case.
#
# DataFrame.write_excel() makes a table of the rows. The columns of a table must differ in more than case, so
# Worksheet.add_table() of XlsxWriter warns of `Duplicate header name`, returns -2, and adds nothing. Polars does not look
# at what it returns: the file has a sheet, and neither rows nor headings, after one warning.
#
# For our users: data files have such headings, so workbooks of results are written cell by cell, their headings are told
# apart, and no table is made.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    polars==2.1.0 xlsxwriter==3.3.1 openpyxl==3.1.5
"$folder/venv/bin/python" - "$folder/rows.xlsx" <<'PYTHON'
import sys
import warnings

import openpyxl
import polars as pl


def cells(headings: list[str]) -> tuple[list[tuple[object, ...]], list[str]]:
    """What a workbook of two rows under those headings has in it, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pl.DataFrame({heading: [1, 2] for heading in headings}).write_excel(sys.argv[1])
    rows = openpyxl.load_workbook(sys.argv[1]).active.iter_rows(values_only=True)
    return [row for row in rows if any(cell is not None for cell in row)], [str(one.message) for one in caught]


for headings in (["Total", "Pupils"], ["Total", "total"]):
    rows, said = cells(headings)
    print(f"{headings}: {len(rows)} rows in the sheet, headings too; warned of: {said or 'nothing'}")
rows, said = cells(["Total", "total"])
assert len(cells(["Total", "Pupils"])[0]) == 3
assert rows == [] and len(said) == 1, "Polars no longer writes an empty sheet"
PYTHON
