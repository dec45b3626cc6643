"""What tests use of the room `query` that is not public: a name that moves is changed here alone."""

from eesclient.query import ast
from eesclient.query import ast as tree
from eesclient.query.args import QueryArgs, Sort, SortLike
from eesclient.query.export.codegen import MOST, generate
from eesclient.query.export.python import text
from eesclient.query.export.words import clause_text
from eesclient.query.facets import Facet
from eesclient.query.labels import describe_path, in_words
from eesclient.query.places import Place, PlaceIndex, place_table
from eesclient.query.question import build
from eesclient.query.request import render_body, render_criteria, render_params, single_years
from eesclient.query.resolve import Resolver, indexes_of
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
