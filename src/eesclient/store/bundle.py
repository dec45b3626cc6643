"""Exact versions out of a store in one file, for an archive or a referee: `Client(store="out.zip")` reads it."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Literal, TypeAlias

from .._classes import frozen
from ..api import catalogue
from ..errors import StoreError
from ..models.provenance import LICENCE, Source
from ..models.versions import Version
from ..settings import BASE_URL
from ..transport.download import atomic_write
from ..transport.local import source_of
from . import crate
from .blobs import DAMAGED, FORMAT, Damage, Ref, Store, blob_path, ref_text
from .keys import Key, canonical, origin_of, with_digest

_DEMO = origin_of("local:demo")
_RESERVED = ("store.json", "README.txt", "LICENCE.txt", crate.CRATE, crate.PACKAGE)
_NEEDED = ("data set", "version", "meta")
"""Kinds of answers that opening a version reads."""

_README = """\
Answers of England's education statistics API, as they were kept by eesclient, and as they were asked for.

With Python and eesclient, without a network and without unpacking:

    import eesclient as ees

    with ees.Client({who}store="PATH OF THIS FILE", offline=True) as client:
        data_set = client.{opened}
        print(data_set.title)

Where a version has its whole data file in here, `data_set.read()` gives all of it; otherwise the questions that were
asked before are answered.

Without eesclient: data/ID/VERSION/ has the data file of a version, if it is here, as data.csv.gz, and its metadata as
the service sent it. ro-crate-metadata.json says what is in here to repositories (RO-Crate 1.1), and datapackage.json
says it of the data files and their columns to the tools of Frictionless.

Every answer is also here as it was kept: each file under refs/ is a JSON text that says what was asked (`request`), of
which data set and version, when (`stored_at`), and which file under blobs/ is the answer (`blob`, compressed with gzip
where `encoding` says so). The name of a blob is the SHA-256 of its bytes.

In here:

{contents}
"""


@frozen(kw_only=True)
class VersionRef:
    """A version to put into a bundle, and the digest of the address of its service."""

    origin: str
    data_set: str
    version: Version


@frozen(kw_only=True)
class FileRef:
    """A file of the catalogue to put into a bundle: its id, and the digest of its bytes."""

    origin: str
    data_set: str
    sha256: str
    version: Literal["file"] = "file"

    @property
    def request(self) -> str:
        """The text under which its bytes are kept."""
        return with_digest(Key(origin=self.origin, kind="file", request=""), self.sha256).request


Wanted: TypeAlias = VersionRef | FileRef
"""Something to put into a bundle."""


@frozen(kw_only=True)
class BundledVersion:
    """A version or file in a bundle; whole where its data file is there, so that any question can be answered."""

    wanted: Wanted
    title: str
    answers: int
    is_whole: bool


def stored_versions(
    store: Store, *, data_set: str | None = None, version: Version | None = None, origin: str | None = None
) -> tuple[VersionRef, ...]:
    """The versions whose metadata a store has; those of a data set, a version or a service, if told so."""
    found = {
        (ref.origin, ref.data_set, Version.parse(ref.version))
        for ref in store.refs()
        if ref.kind == "meta" and ref.data_set and ref.version
    }
    return tuple(
        VersionRef(origin=service, data_set=id_, version=exact)
        for service, id_, exact in sorted(found)
        if data_set in (None, id_) and version in (None, exact) and origin in (None, service)
    )


def stored_files(store: Store, *, file: str | None = None, origin: str | None = None) -> tuple[FileRef, ...]:
    """The files of the catalogue that a store has; those of an id or a service, if told so."""
    found = {
        (ref.origin, str(ref.data_set), ref.digest)
        for ref in store.refs()
        if ref.kind == "file" and ref.version == "file" and file in (None, ref.data_set)
    }
    refs = (FileRef(origin=service, data_set=id_, sha256=digest) for service, id_, digest in sorted(found))
    return tuple(ref for ref in refs if origin in (None, ref.origin))


def write_bundle(
    store: Store, path: str | os.PathLike[str], wanted: Iterable[Wanted], extra: Mapping[str, bytes] | None = None
) -> tuple[BundledVersion, ...]:
    """Write all that a store has of versions, and further files, into a bundle, whole or not at all."""
    target = Path(path)
    # in one order, so that the same versions are the same bytes
    versions = tuple(sorted(set(wanted), key=_order))
    _check_names(target, versions, extra or {})
    refs = _chosen(store, versions)
    contents = tuple(_bundled(store, refs, version) for version in versions)
    texts = {
        **(extra or {}),
        "store.json": json.dumps({"format": FORMAT}).encode(),
        "README.txt": _readme(refs, contents).encode(),
        "LICENCE.txt": "\n".join(sorted({_licence(*origin) for origin in _addresses(refs).items()})).encode(),
    }
    described = crate.describe(store, _items(refs, contents), texts)
    texts |= described.texts
    with atomic_write(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:
        for name, size, pieces in _files(store, refs, texts, described.copies):
            # nothing that depends on the day, the machine or its zlib: most of it is compressed already
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            # of Unix, which keeps permissions in the upper half: everybody may read
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            # by the size it is seen whether the entry needs longer numbers
            entry.file_size = size
            with bundle.open(entry, "w") as place:
                for piece in pieces:
                    place.write(piece)
    return contents


def _items(refs: Sequence[Ref], contents: Sequence[BundledVersion]) -> list[crate.Item]:
    """What is described of each version and file, and the folder that people find it in."""
    addresses = _addresses(refs)
    items = []
    for one in contents:
        wanted = one.wanted
        about = {ref.kind: ref for ref in refs if _is_about(ref, wanted)}
        # an id names one thing in each service
        service = f"{wanted.origin}/" if len({other.wanted.origin for other in contents}) > 1 else ""
        last = wanted.sha256[:16] if isinstance(wanted, FileRef) else wanted.version
        items.append(
            crate.Item(
                folder=f"data/{service}{wanted.data_set}/{last}/",
                data_set=wanted.data_set,
                version=None if isinstance(wanted, FileRef) else wanted.version,
                source=_source(wanted.origin, addresses[wanted.origin]),
                title=one.title,
                about=about,
            )
        )
    return items


def _is_about(ref: Ref, wanted: Wanted) -> bool:
    if (ref.origin, ref.data_set) != (wanted.origin, wanted.data_set):
        return False
    if isinstance(wanted, FileRef):
        return ref.kind == "file" and ref.digest == wanted.sha256
    return ref.kind in (*_NEEDED, "csv") and ref.version in (str(wanted.version), None)


def _order(item: Wanted) -> tuple[str, ...]:
    if isinstance(item, FileRef):
        return (item.origin, item.data_set, item.sha256)
    # numbers as texts of one length
    numbers = (f"{number:020}" for number in (item.version.major, item.version.minor, item.version.patch))
    return (item.origin, item.data_set, *numbers)


def _check_names(target: Path, versions: tuple[Wanted, ...], extra: Mapping[str, bytes]) -> None:
    if target.suffix != ".zip":
        raise StoreError(f"{target}: the name of a bundle ends in .zip, by which it is known for one", path=str(target))
    if not versions:
        raise StoreError("there is nothing to bundle: name data sets with their exact versions", path=str(target))
    for name in extra:
        if "/" in name or "\\" in name or name in _RESERVED:
            raise StoreError(f"{name!r} cannot be a further file of a bundle: name it otherwise", path=name)


def _chosen(store: Store, versions: tuple[Wanted, ...]) -> list[Ref]:
    """What the store has about the versions and files, about their data sets, and about none."""
    wanted: set[tuple[str, str | None, str | None]] = set()
    for item in versions:
        wanted |= {(item.origin, item.data_set, str(item.version)), (item.origin, item.data_set, None)}
        # lists are about no data set
        wanted.add((item.origin, None, None))
    # under its address there may be another file by now
    digests = {item.sha256 for item in versions if isinstance(item, FileRef)}
    return [
        ref
        for ref in store.refs()
        if (ref.origin, ref.data_set, ref.version) in wanted and (ref.kind != "file" or ref.digest in digests)
    ]


def _bundled_file(store: Store, refs: Iterable[Ref], wanted: FileRef) -> BundledVersion:
    page = canonical(catalogue.content(f"/data-set-files/{wanted.data_set}"))
    mine = [ref for ref in refs if ref.origin == wanted.origin]
    bytes_ = [ref for ref in mine if ref.data_set == wanted.data_set and ref.request == wanted.request]
    pages = [ref for ref in mine if ref.kind == "listing" and ref.request == page]
    if not bytes_ or not pages:
        raise StoreError(
            f"{store.path} lacks {'the page' if bytes_ else 'the bytes'} of the file {wanted.data_set} of the "
            f'catalogue with the SHA-256 {wanted.sha256}: online, run ees sync, or client.catalogue.entry("'
            f'{wanted.data_set}").open() with this store',
            path=str(store.path),
        )
    return BundledVersion(wanted=wanted, title=_title(store, pages[0]), answers=1, is_whole=True)


def _title(store: Store, ref: Ref) -> str:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        return str(json.loads(store.read(ref))["title"])
    raise StoreError(f"{store.path}: the stored {ref.kind} of {ref.path} has no title; ask for it anew", path=ref.path)


def _bundled(store: Store, refs: Iterable[Ref], wanted: Wanted) -> BundledVersion:
    if isinstance(wanted, FileRef):
        return _bundled_file(store, refs, wanted)
    about = [ref for ref in refs if ref.origin == wanted.origin and ref.data_set == wanted.data_set]
    own = [ref for ref in about if ref.version == str(wanted.version)]
    summary = {ref.kind: ref for ref in (*own, *(ref for ref in about if ref.version is None))}
    for kind in _NEEDED:
        if kind not in summary:
            raise StoreError(
                f"{store.path} lacks the {kind} of version {wanted.version} of {wanted.data_set}: online, run "
                f'client.open("{wanted.data_set}", version="{wanted.version}").read() with this store',
                path=str(store.path),
            )
    title = _title(store, summary["data set"])
    is_whole = any(ref.kind in ("csv", "table") for ref in own)
    return BundledVersion(wanted=wanted, title=title, answers=len(own), is_whole=is_whole)


def _readme(refs: Iterable[Ref], contents: tuple[BundledVersion, ...]) -> str:
    lines = [
        f"- {item.wanted.data_set} {item.wanted.version} {item.title}"
        f" ({'with' if item.is_whole else 'without'} its data file)"
        for item in contents
    ]
    first = contents[0].wanted
    opened = f'open("{first.data_set}", version="{first.version}")'
    if isinstance(first, FileRef):
        opened = f'catalogue.entry("{first.data_set}").open()'
    address = _addresses(refs)[first.origin]
    return _README.format(who=_who(first.origin, address), opened=opened, contents="\n".join(lines))


def _addresses(refs: Iterable[Ref]) -> dict[str, str]:
    """Address of each service; where only its catalogue answered, that of its web site."""
    found: dict[str, str] = {}
    # answers of the API first: their addresses have a version segment, which shows where the base ends
    for ref in sorted(refs, key=lambda ref: (ref.address == ref.url, ref.path)):
        found.setdefault(ref.origin, ref.address if ref.address != ref.url else "/".join(ref.url.split("/")[:3]))
    return found


def _who(origin: str, address: str) -> str:
    """Argument with which a client finds answers of that service."""
    if origin == _DEMO:
        return "service=ees.local.demo(), "
    if origin == origin_of(BASE_URL):
        return ""
    return f'base_url="{address}", ' if address else "service=THE LOCAL SERVICE, "


def _source(origin: str, address: str) -> Source:
    if origin == _DEMO:
        return "synthetic"
    return "local" if not address or source_of(address) == "local" else "service"


def _licence(origin: str, address: str) -> str:
    source = _source(origin, address)
    if source == "synthetic":
        return "SYNTHETIC, not statistics: figures made up by a program (the demo of eesclient).\n"
    if source == "local":
        where = f"at {address}" if address else "in a box"
        return (
            f"LOCAL: answers of a local service ({where}), which may hold anybody's figures, or made-up ones. Ask who "
            "gave you this file about their licence.\n"
        )
    return (
        f"Explore education statistics, Department for Education ({address}):\n{LICENCE}\n"
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/\n"
    )


def _files(
    store: Store, refs: Iterable[Ref], texts: Mapping[str, bytes], copies: Mapping[str, Ref]
) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    """All files of a bundle by name, with their sizes; blobs are read piece by piece, and verified."""
    blobs = {**copies, **{blob_path(ref.blob): ref for ref in refs}}
    paths = {ref.path: ref for ref in refs}
    for name in sorted((*blobs, *paths, *texts)):
        if name in blobs:
            yield name, blobs[name].size, store.pieces(blobs[name])
        else:
            text = ref_text(paths[name]) if name in paths else texts[name]
            yield name, len(text), (text,)


def odd_copies(store: Store) -> Iterator[Damage]:
    """What a bundle has for people and repositories, and is not what its answers and its RO-Crate say."""
    answers = {
        (ref.data_set, last, digest)
        for ref in store.refs()
        # the folder of a file of the catalogue is called by the beginning of its digest
        for last in (ref.version, ref.digest[:16])
        for digest in (ref.blob, ref.digest)
    }
    # what both name is read once
    read = cache(partial(_read, store))
    odd: dict[str, str] = {}
    for path in store.files.list("data"):
        digest, problem = read(path)
        if (*path.split("/")[-3:-1], digest) not in answers:
            odd[path] = problem or "it is no copy of an answer of that version in the bundle"
    text = store.files.read(crate.CRATE) if store.files.has(crate.CRATE) else None
    # bundles of older releases have none
    for path, expected in () if text is None else _described(text):
        digest, problem = read(path)
        if digest != expected:
            odd.setdefault(path, problem or DAMAGED)
    yield from (Damage(path=path, problem=problem) for path, problem in odd.items())


def _read(store: Store, path: str) -> tuple[str, str]:
    """SHA-256 of a file of a bundle, and words for why it cannot be read."""
    try:
        content = store.files.read(path)
    except StoreError as error:
        return "", str(error)
    return ("", "is gone") if content is None else (hashlib.sha256(content).hexdigest(), "")


def _described(text: bytes) -> list[tuple[str, str]]:
    """Files that an RO-Crate describes, with their SHA-256; itself, with what is none, where it cannot be read."""
    try:
        return [(str(one["@id"]), str(one["sha256"])) for one in json.loads(text)["@graph"] if "sha256" in one]
    except (ValueError, LookupError, TypeError, RecursionError):
        return [(crate.CRATE, "none")]
