"""What several rooms' tests need: the real engine and the sandbox clouds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections

from provisioning.contracts import EngineCommand
from provisioning.engine.command import find_engine
from tests.sandbox_process import SandboxProcess

LONG = ("engine", "postgres")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes begin: as the last of a worker, one would keep the others waiting."""
    long = {item.path for item in items for name in LONG if item.get_closest_marker(name)}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in the product: threads and other processes can open it too."""
    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.db")


@pytest.fixture(scope="session")
def engine() -> EngineCommand:
    """The official engine: from SKYCLOCK_PULUMI, PATH or the cache. Its lack is a failure."""
    found = find_engine(settings.ENGINE_ROOT, settings.ENGINE_CACHE)
    assert found, "No Pulumi engine is prepared: run `make engine`, or set SKYCLOCK_PULUMI."
    return found


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The sandbox clouds, running. Shared by a file's tests: use names of your own in it."""
    process = SandboxProcess(data=tmp_path_factory.mktemp("sandbox"))
    try:
        yield process.start()
    finally:
        process.end()
