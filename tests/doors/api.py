"""What tests use of the room `api` that is not public: a name that moves is changed here alone."""

from eesclient.api import catalogue, operations, requests
from eesclient.api.json import _converter as converter
from eesclient.api.json import canonical_digest, from_json, structure, to_data, to_json
from eesclient.api.messages import Batch, Flow, Item, Keep, Listing, Response, Together, Work
from eesclient.api.open import Target, parse
from eesclient.api.plain import is_of_texts, reader, wire_name
from eesclient.api.problems import error_for, raise_for
from eesclient.api.resolved import RequestContext, ResolvedVersion
