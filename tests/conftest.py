"""What several rooms' tests need: the real engine."""

from __future__ import annotations

import pytest
from django.conf import settings

from provisioning.contracts import EngineCommand
from provisioning.engine.command import find_engine


@pytest.fixture(scope="session")
def engine() -> EngineCommand:
    """The official engine: from SKYCLOCK_PULUMI, PATH or the cache. Its lack is a failure."""
    found = find_engine(settings.ENGINE_ROOT, settings.ENGINE_CACHE)
    assert found, "No Pulumi engine is prepared: run `make engine`, or set SKYCLOCK_PULUMI."
    return found
