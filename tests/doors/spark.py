"""What tests use of the room `spark` that is not public: a name that moves is changed here alone."""

from eesclient.spark.places import turn
from eesclient.spark.rows import Pages, Piece, Whole
