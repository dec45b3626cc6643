"""What tests use of the top-level modules that is not public: a name that moves is changed here alone."""

from eesclient import _classes as classes
from eesclient import doctor
from eesclient._installed import release
from eesclient.cli import Terminal
from eesclient.doctor import examine, explain
from eesclient.errors import printable, warn
from eesclient.models.names import is_guid
from eesclient.settings import BASE_URL, CONTENT_URL, ENVIRONMENTS, SITE_URL, Settings, default_store, settings
from eesclient.transport.download import atomic_write
