"""What tests use of the room `lock` that is not public: a name that moves is changed here alone."""

from eesclient.lock import disk, lockfile
from eesclient.lock.disk import change_lock, read_lock
from eesclient.lock.lockfile import LockFile, read_text, write_text
from eesclient.lock.policy import Locking
