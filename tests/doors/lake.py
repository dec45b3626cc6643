"""What tests use of Delta tables that is not public: a name that moves is changed here alone."""

from eesclient.cli import lake as commands
from eesclient.results import delta, delta_write
