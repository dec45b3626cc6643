"""What tests use of the room `store` that is not public: a name that moves is changed here alone."""

from eesclient.store import files as module
from eesclient.store import table_cache
from eesclient.store.blobs import FORMAT, Damage, Ref, blob_path, ref_text
from eesclient.store.bundle import VersionRef, stored_files, stored_versions, write_bundle
from eesclient.store.files import Folder
from eesclient.store.in_memory import _equal as equal_rows
from eesclient.store.keys import Key, origin_of
from eesclient.store.table import Conversion, Table
from eesclient.store.usage import GRACE, Choice, StoredAnswers, free, prunable, temporaries, usage
