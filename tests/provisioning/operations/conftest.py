from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.contracts import EngineCommand
from provisioning.operations import running
from tests.provisioning.engine.tiny_provider import TinyProvider, tiny_provider
from tests.provisioning.operations.tiny_stack import TinyStack


@pytest.fixture
def provider() -> Iterator[tuple[TinyProvider, str]]:
    with tiny_provider() as served:
        yield served


@pytest.fixture
def things(provider: tuple[TinyProvider, str]) -> dict[str, dict[str, object]]:
    """What exists in the tiny cloud."""
    return provider[0].things


@pytest.fixture
def stack(
    tmp_path: Path,
    engine: EngineCommand,
    provider: tuple[TinyProvider, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TinyStack]:
    monkeypatch.setattr(running, "MODULE", "tests.provisioning.operations.tiny_process")
    tiny = TinyStack(folder=tmp_path, engine=engine, provider=provider[1])
    yield tiny
    for operation in tiny.running:
        if operation.poll() is None:
            operation.kill()
