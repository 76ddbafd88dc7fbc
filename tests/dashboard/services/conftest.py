"""What the tests of deployments share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.models import Pipeline
from dashboard.services import history, runs, starts
from dashboard.services.entering import Entered
from provisioning.contracts import Level
from tests.dashboard.services.begun import Begun
from tests.dashboard.services.recorded_cloud import RecordedCloud


@pytest.fixture
def begin(pipeline: Pipeline, new_deployment: Any) -> Callable[..., Begun]:
    return lambda operation="up", **more: Begun(new_deployment(pipeline, operation, **more))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> RecordedCloud:
    recorded = RecordedCloud()

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        return Entered(blueprint=recorded, session=recorded, spec=None)

    for room in (history, runs, starts):
        monkeypatch.setattr(room, "enter", enter)
    return recorded
