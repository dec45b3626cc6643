"""What tests use of the room `cli` that is not public: a name that moves is changed here alone."""

from eesclient.cli import main, serve
from eesclient.cli import store as tables
