"""What tests use of the room `models` that is not public: a name that moves is changed here alone."""

from eesclient.models.answers import ErrorDetail, Page, Paging, Problem, Warning
from eesclient.models.changes import (
    ChangedFacet,
    FilterOptionChanges,
    FilterState,
    Lineage,
    LocationOptionChanges,
    lineage_of,
)
from eesclient.models.columnar import Columns, Positions
from eesclient.models.data_sets import Release
from eesclient.models.enums import LevelColumns, OpenEnum
from eesclient.models.html import NAMES, ROWS, counted, names
from eesclient.models.meta import ATTRIBUTES, WIRE_NAMES, MetaItems, location_columns
from eesclient.models.names import Entry, NameIndex, attributes, fold, identifier, listed, most_alike
from eesclient.models.periods import IDENTIFIER_BY_LABEL, dates_of, format_label, period_from_csv, period_to_csv
from eesclient.models.provenance import LICENCE, Source
from eesclient.models.sql import is_sortable
from eesclient.models.versions import parse_version
