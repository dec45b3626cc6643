"""What every test can rely on: profiles, shared material, both event loops, and no network."""

import gc
import os
import socket
import sys
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
PROFILE = os.environ.get("EES_PROFILE", "everyday")

# Everyday runs draw the same examples each time, so that a failure is the change's and not the day's.
settings.register_profile("everyday", max_examples=60, derandomize=True, database=None, deadline=None)
settings.register_profile("fewer", parent=settings.get_profile("everyday"), max_examples=20)
settings.register_profile(
    "long", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(PROFILE)


# so that a failing assertion of an adapter shows both sides, whoever imports it first
ADAPTERS = ("asking", "odd_files", "processor", "unit_input", "unit_parser", "unit_values", "unit_versions")
pytest.register_assert_rewrite(*(f"tests.conformance.{name}" for name in ADAPTERS))

LONGEST = (
    "spark/test_spark.py",
    "store/test_processes.py",
    "store/test_convert.py",
    "versions/test_chains.py",
    "local/test_get_equals_post.py",
    "cli/test_lock.py",
    "results/test_parquet.py",
    "property/",
)
"""Tests that take tens of seconds."""


UNWATCHED = (
    "tests/conformance/",
    "tests/faults/",
    "local/test_get_equals_post.py",
    "local/test_kinds.py",
    "local/test_shared_data.py",
    "property/",
    "query/export/test_types.py",
    "table/test_shared.py",
    "versions/test_chains.py",
)
"""Tests that go many times through what the tests of each room reach one by one, as laws do."""

TABLES = (
    "conformance/test_builder.py",
    "conformance/test_odd_files.py",
    "conformance/test_recorded.py",
    "conformance/test_states.py",
    "conformance/test_vectors.py",
    "faults/test_faults.py",
    "tests/routes/",
    "tests/sen2/",
    "store/test_read_first.py",
)
"""Tests of hundreds of cases that differ in what comes from outside and go the same way: no Python changes that."""

LARGE_ELSEWHERE = pytest.mark.skip(reason="the oldest Python has read the large data sets, and this one the small ones")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among ten thousand tests: not while they are made, and not among them later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _is_tried(item: pytest.Item) -> bool:
    """Say whether a test is tried: of a table, where fewer examples are drawn, each Python has a third of its own."""
    is_of_table = PROFILE == "fewer" and any(name in item.nodeid for name in TABLES) and hasattr(item, "callspec")
    return not is_of_table or zlib.crc32(item.nodeid.encode()) % 3 == sys.version_info.minor % 3


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what coverage need not watch, and begin with what takes longest: no process waits for another at the end."""
    for item in items:
        # Python does not change what Polars makes of more rows
        if PROFILE == "fewer" and sys.version_info >= (3, 12) and item.get_closest_marker("large"):
            item.add_marker(LARGE_ELSEWHERE)
        is_law = item.get_closest_marker("property") or hasattr(getattr(item, "obj", None), "hypothesis")
        if is_law or any(name in item.nodeid for name in UNWATCHED):
            item.add_marker("unwatched")
    if left := [item for item in items if not _is_tried(item)]:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _is_tried(item)]
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


def shared_folder(name: str, variable: str) -> Path:
    """Return a folder of shared test material, or skip the test with the reason."""
    default = Path(os.environ.get("EES_SHARED", ROOT.parent / "shared")) / name
    folder = Path(os.environ.get(variable, default))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}; {variable} or EES_SHARED can name another")
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of published data sets."""
    return shared_folder("data", "EES_DATA")


@pytest.fixture(scope="session")
def conformance_folder() -> Path:
    """Return the folder of requests with the answers that the service gives."""
    return shared_folder("conformance", "EES_CONFORMANCE")


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """Return the folder of what is known of the service, its published document among it."""
    return shared_folder("reference", "EES_REFERENCE")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run an async test on each of the two event loops."""
    return str(request.param)


@pytest.fixture(scope="session", autouse=True)
def _no_store() -> Iterator[None]:
    """Keep nothing where the user's own answers are: a test that stores names a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EES_STORE", "none")
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Leave what is written to the system, which a test reads it from: waiting was a third of some tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _this_machine_only() -> Iterator[None]:
    """Refuse connections to anywhere but the loopback addresses."""
    connect: Callable[[socket.socket, object], None] = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            pytest.fail(f"a test tried to connect to {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
