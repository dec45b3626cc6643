"""What tests use of the room `aio` that is not public: a name that moves is changed here alone."""

from eesclient.aio.driver import AsyncItems, drive, retrying
from eesclient.aio.local import AsyncLocalTransport
from eesclient.aio.transport import AsyncHttpTransport
