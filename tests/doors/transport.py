"""What tests use of the room `transport` that is not public: a name that moves is changed here alone."""

from eesclient import unpack
from eesclient.api.between import is_of_proxy, may_be_of_proxy, proxy_error
from eesclient.api.messages import Proxy, address
from eesclient.transport import certificates, driver, progress, proxies
from eesclient.transport import http as module
from eesclient.transport.certificates import nobody, trust
from eesclient.transport.download import saving
from eesclient.transport.driver import RETRIED_STATUSES, Items, Pending, RetryPolicy, drive, retry_after, retrying
from eesclient.transport.http import HttpTransport
from eesclient.transport.local import LocalTransport
from eesclient.transport.proxies import proxy_for
from eesclient.transport.workers import Line, in_line
from eesclient.unpack import MAX_UNPACKED, Unpacker, unzipped
