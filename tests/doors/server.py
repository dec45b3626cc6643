"""What tests use of the room `local` that needs the extra server."""

from eesclient.local import web
from eesclient.local.web import application
