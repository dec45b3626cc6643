"""What tests use of the room `results` that is not public: a name that moves is changed here alone."""

from eesclient.results import excel, stream, view
from eesclient.results import receipts as digest
from eesclient.results import receipts as parquet
from eesclient.results.citation import cite
