"""What tests use of the room `cli` that is not public: a name that moves is changed here alone."""

from eesclient import cli
from eesclient.__main__ import main as entry
from eesclient.cli import main
from eesclient.cli import store as tables
from eesclient.cli.where import Where
from eesclient.cli.words import in_options
