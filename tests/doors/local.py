"""What tests use of the room `local` that is not public: a name that moves is changed here alone."""

from eesclient.local import binding, cache, catalogue, ids, large, packing, rules
from eesclient.local.binding import PARAMETERS, QueryParams, read_body, read_question
from eesclient.local.csv import MetaRow, TextTable, of_type, read_file, read_meta_table, read_table
from eesclient.local.engine import Answer, Engine, Question, fragments, matching
from eesclient.local.findings import lack_findings, read_meta_rows, require_taken
from eesclient.local.holdings import (
    DEFAULT_PUBLISHED,
    FIRST,
    LAST,
    Caller,
    DataSetDescription,
    DataSetHolding,
    Holdings,
    PreviewToken,
    VersionDescription,
    VersionHolding,
    compare,
    find_version,
    natural_key,
    parse_guid,
    publication,
    release,
    slug,
    stable_id,
)
from eesclient.local.ids import Collation, Numbering, encode, in_order, sort_key
from eesclient.local.infer import Inferred, holdings_of, infer_data
from eesclient.local.ingest import VersionData, ingest
from eesclient.local.large import ingest_files
from eesclient.local.loose_csv import STANDARD, read_loose_table
from eesclient.local.packing import ROW, Content, Rows
from eesclient.local.pairs import load_folder
from eesclient.local.rules import (
    Check,
    RefusedError,
    error_detail,
    input_error,
    join_path,
    location_of,
    location_properties,
    location_text_errors,
    period_of,
    period_text_errors,
    problem_response,
    sort_of,
    sort_text_errors,
)
from eesclient.local.service import Clock, find_route, lowercase_redirect, openapi
from eesclient.local.synthetic import (
    KS4_FILE_ID,
    SEN_FILE_ID,
    SENCO_ID,
    SENCO_NAME,
    SENCO_OLD_ID,
    SENCO_TITLE,
    pair_files,
)
from eesclient.local.views import paging
from eesclient.models.versions import LARGEST_INT
