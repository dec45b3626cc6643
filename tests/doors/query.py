"""What tests use of the room `query` that is not public: a name that moves is changed here alone."""

from eesclient.accessors import MOST, generate
from eesclient.query import ast
from eesclient.query import ast as tree
from eesclient.query.args import Numbers, QueryArgs, Sort, SortLike
from eesclient.query.facets import Facet
from eesclient.query.labels import clause_text, describe_path, in_words
from eesclient.query.python import text
from eesclient.query.question import build
from eesclient.query.request import render_body, render_criteria, render_params, unmatchable_periods
from eesclient.query.resolve import Resolver, indexes_of
from eesclient.query.spellings import Place, PlaceIndex, place_table
from eesclient.query.tree import (
    And,
    Comparator,
    Condition,
    FilterIds,
    Leaf,
    LevelCodes,
    LocationKey,
    LocationKeys,
    Node,
    Not,
    Or,
    PeriodKey,
    PeriodKeys,
    conjunction,
    disjunction,
    leaves,
    normalise,
)
