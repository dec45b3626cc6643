"""What tests use of the room `table` that is not public: a name that moves is changed here alone."""

from eesclient.table import assemble, csv, escapes
from eesclient.table import page as module
from eesclient.table.columns import columns_of, schema_of
from eesclient.table.condition import Located
from eesclient.table.condition import _column as column_of
from eesclient.table.condition import _equals as equals_of
from eesclient.table.csv import read_blocks, read_data_file
from eesclient.table.dimensions import Category, Dimension, location_dimension
from eesclient.table.envelope import cut_out
from eesclient.table.match import (
    FAILURES,
    Compare,
    Const,
    Failure,
    Index,
    KnownFailureError,
    Parser,
    location_index,
    stored_period,
    to_expression,
)
from eesclient.table.page import EncodedPage, read_page
from eesclient.table.text import CsvFile, OddTextError, column_names
from eesclient.table.values import natural_numbers, read_values
