#!/usr/bin/env bash
# python-calamine 0.9.1 reads a line break or a tab within a paragraph of an .ods cell as nothing: two words become one.
#
# In OpenDocument (part 3, sections 6.1.4 and 6.1.5) `<text:tab/>` and `<text:line-break/>` stand for characters inside a
# paragraph, as `<text:s/>` does for blanks. calamine reads paragraphs and blanks, and drops these two without a word, so
# that "guide" and "page 18" of a cell become "guidepage 18"; odfpy 1.4.1 with pandas 3.1.1 reads the line break.
#
# For our users: rules of the department come as .ods, and their texts have several lines a cell. Both elements are made
# blanks before calamine reads such a file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    python-calamine==0.9.1 odfpy==1.4.1 pandas==3.1.1
"$folder/venv/bin/python" - "$folder/rules.ods" <<'PYTHON'
import sys
import zipfile
from importlib.metadata import version

import pandas as pd
from python_calamine import CalamineWorkbook

URN = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(f'xmlns:{name}="{URN}:{name}:1.0"' for name in ("office", "text", "table"))
CELLS = {
    "blank": "guide<text:s/>page 18",
    "line break": "guide<text:line-break/>page 18",
    "tab": "guide<text:tab/>page 18",
    "paragraphs": "guide</text:p><text:p>page 18",
}
rows = "".join(
    f'<table:table-row><table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    "</table:table-row>"
    for text in CELLS.values()
)
path = sys.argv[1]
kind = "application/vnd.oasis.opendocument.spreadsheet"
with zipfile.ZipFile(path, "w") as file:
    file.writestr("mimetype", kind, zipfile.ZIP_STORED)
    file.writestr(
        "content.xml",
        f'<office:document-content {SPACES} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Rules">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>",
    )
    file.writestr(
        "META-INF/manifest.xml",
        f'<manifest:manifest xmlns:manifest="{URN}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
    )

calamine = dict(zip(CELLS, (row[0] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())))
odfpy = dict(zip(CELLS, pd.read_excel(path, engine="odf", header=None)[0]))
for name in CELLS:
    print(f"{name:12} python-calamine {version('python-calamine')}: {calamine[name]!r:18} pandas: {odfpy[name]!r}")
assert calamine["blank"] == odfpy["blank"] == "guide page 18"
assert calamine["paragraphs"] == odfpy["paragraphs"] == odfpy["line break"] == "guide\npage 18"
assert calamine["line break"] == calamine["tab"] == "guidepage 18", "python-calamine no longer drops them"
PYTHON
