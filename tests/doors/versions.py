"""What tests use of the room `versions` that is not public: a name that moves is changed here alone."""

from eesclient.versions import as_of
from eesclient.versions.as_of import moment_of
