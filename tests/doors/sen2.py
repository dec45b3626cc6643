"""What tests use of the room `sen2` that is not public: a name that moves is changed here alone."""

from eesclient.sen2.errors import SEN2Error
from eesclient.sen2.returns import KEPT, ORDER, Header, Return, schema
from eesclient.sen2.shapes import message
from eesclient.sen2.specification import Specification, specification, years
