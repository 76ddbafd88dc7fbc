"""What several rooms' tests need: the real engine and the sandbox clouds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from provisioning.contracts import EngineCommand
from provisioning.engine.command import find_engine
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def engine() -> EngineCommand:
    """The official engine: from SKYCLOCK_PULUMI, PATH or the cache. Its lack is a failure."""
    found = find_engine(settings.ENGINE_ROOT, settings.ENGINE_CACHE)
    assert found, "No Pulumi engine is prepared: run `make engine`, or set SKYCLOCK_PULUMI."
    return found


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The sandbox clouds, running. Shared by a session's tests: use names of your own in it."""
    process = SandboxProcess(data=tmp_path_factory.mktemp("sandbox"))
    try:
        yield process.start()
    finally:
        process.end()
