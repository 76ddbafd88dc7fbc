"""A deployed Pipeline with a recorded cloud, whose clock the test sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboard.models import Connection, Pipeline
from dashboard.services import history, runs, starts, triggers
from dashboard.services.entering import Entered
from dashboard.services.ledger import promises
from dashboard.services.ledger.promises import Change
from provisioning.contracts import Level, TriggerProof, TriggerState
from tests.dashboard.services.recorded_cloud import RecordedCloud

NATIVE = ("cron(0 6 * * ? *) Europe/Berlin",)


def proof(state: TriggerState = TriggerState.ACTIVE, **more: Any) -> TriggerProof:
    usual = {"native": NATIVE, "verified_at": timezone.now()}
    return TriggerProof(key="t1", state=state, **{**usual, **more})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, member: Any) -> RecordedCloud:
    recorded = RecordedCloud(page=200, proofs=(proof(),))

    def enter(pipeline: Pipeline, level: Level) -> Entered:
        spec = type("Spec", (), {"triggers": [type("Key", (), {"key": "t1"})]})
        return Entered(blueprint=recorded, session=recorded, spec=spec)

    for room in (history, runs, starts, triggers):
        monkeypatch.setattr(room, "enter", enter)
    return recorded


@pytest.fixture
def at(cloud: RecordedCloud) -> Callable[[datetime], None]:
    """Set the Connection's clock, for the cloud and for the rows."""

    def put(moment: datetime) -> None:
        cloud.clock = moment
        now = timezone.now()
        Connection.objects.update(clock_ahead=moment - now, clock_seen_at=now)

    return put


@pytest.fixture
def pull(cloud: RecordedCloud, at: Any) -> Callable[..., Pipeline]:
    """Pull the history at a time."""

    def pulled(pipeline: Pipeline, moment: datetime) -> Pipeline:
        at(moment)
        history.sync(Pipeline.objects.get(pk=pipeline.pk), verify=True)
        return Pipeline.objects.select_related("connection").get(pk=pipeline.pk)

    return pulled


@pytest.fixture
def promised(deployed: Pipeline, at: Any) -> Callable[[datetime], Pipeline]:
    """The Pipeline as deployed at a time."""

    def done(moment: datetime) -> Pipeline:
        at(moment)
        change = Change(moment - timedelta(minutes=1), moment)
        promises.deployed(deployed, deployed.current_version, change)
        return deployed

    return done
