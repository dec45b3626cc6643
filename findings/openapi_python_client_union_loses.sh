#!/usr/bin/env bash
# openapi-python-client 0.29.1 drops members of an answer that the document describes: where it may have one of several
# shapes (`oneOf`), the generated client takes the first whose compulsory members are there, and what that lacks is gone.
#
# The two shapes below are closed (`additionalProperties: false`), so the answer has one of them alone, which jsonschema
# confirms, as openapi-spec-validator does that the document is valid. The generator says nothing, even when it is to fail
# on warnings, and the client neither: an authority comes back as a plain place, without its old code.
# Places and codes are made up.
#
# For our users: the service's metadata has places of such shapes, and so has the document of `ees serve`, which names
# those with most members first, so that a generated client keeps them all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
bin="$folder/venv/bin"
"$bin/python" -m pip install --quiet --disable-pip-version-check \
    openapi-python-client==0.29.1 openapi-spec-validator==0.9.0 jsonschema==4.26.0
cat > "$folder/openapi.json" <<'JSON'
{
  "openapi": "3.1.0",
  "info": {"title": "Places", "version": "1"},
  "paths": {"/place": {"get": {"operationId": "getPlace", "responses": {"200": {
    "description": "A place", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
  }}}}},
  "components": {"schemas": {
    "Answer": {"type": "object", "required": ["place"], "additionalProperties": false, "properties": {
      "place": {"oneOf": [{"$ref": "#/components/schemas/Place"}, {"$ref": "#/components/schemas/Authority"}]}
    }},
    "Place": {"type": "object", "required": ["code"], "additionalProperties": false, "properties": {
      "code": {"type": "string"}
    }},
    "Authority": {"type": "object", "required": ["code", "oldCode"], "additionalProperties": false, "properties": {
      "code": {"type": "string"}, "oldCode": {"type": "string"}
    }}
  }}
}
JSON
echo '{"package_name_override": "made", "post_hooks": []}' > "$folder/config.json"
"$bin/openapi-python-client" generate --fail-on-warning --meta none --path "$folder/openapi.json" \
    --config "$folder/config.json" --output-path "$folder/made"
PYTHONPATH="$folder" "$bin/python" - "$folder/openapi.json" <<'PYTHON'
import json
import sys

from jsonschema import Draft202012Validator
from made.models import Answer
from openapi_spec_validator import validate

document = json.load(open(sys.argv[1]))
validate(document)
shapes = document["components"]["schemas"]
sent = {"place": {"code": "X1", "oldCode": "901"}}
fits = [name for name in ("Place", "Authority") if Draft202012Validator(shapes[name]).is_valid(sent["place"])]
assert fits == ["Authority"]
got = Answer.from_dict(sent)
print("sent:", sent, "which fits", *fits)
print("got: ", got.to_dict(), "as", type(got.place).__name__)
assert got.to_dict() == {"place": {"code": "X1"}}, "the generated client keeps it now"
assert type(got.place).__name__ == "Place"
PYTHON
