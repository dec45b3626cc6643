#!/usr/bin/env bash
# httpx 0.28.1 gives the first member of a gzip body alone, without an error.
#
# A gzip stream may consist of several members (RFC 1952, section 2.2); servers that pack what they send in pieces make
# such bodies. urllib3 2.5.0 (and so requests) and Python's gzip read all of it; httpx drops everything after the first
# member, whole or in pieces, so that JSON ends in the middle and a CSV file is short without a word.
#
# For our users: bodies are taken raw and unpacked by a decoder of the package's own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check httpx==0.28.1 urllib3==2.5.0
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import io

import httpx
import urllib3

text = b"time_period,pupils\n2023,1\n2024,2\n"
body = gzip.compress(text[:24]) + gzip.compress(text[24:])
headers = {"content-encoding": "gzip"}

whole = httpx.Response(200, headers=headers, content=body).content
pieces = b"".join(httpx.Response(200, headers=headers, stream=httpx.ByteStream(body)).iter_bytes())
peer = urllib3.HTTPResponse(io.BytesIO(body), headers=headers, preload_content=False).read(decode_content=True)

print(f"httpx {httpx.__version__}, whole:     {whole!r}")
print(f"httpx {httpx.__version__}, in pieces: {pieces!r}")
print(f"urllib3 {urllib3.__version__}:           {peer!r}")
print(f"gzip of Python:          {gzip.decompress(body)!r}")
assert gzip.decompress(body) == peer == text, "the body is valid, and others read all of it"
assert whole == pieces == text[:24], "httpx no longer stops after the first member"
PYTHON
