"""What tests use of the room `lock` that is not public: a name that moves is changed here alone."""

from eesclient.lock.lockfile import LockFile, read_text, write_text
from eesclient.lock.policy import Locking, add_entry, read_lock, write_lock
