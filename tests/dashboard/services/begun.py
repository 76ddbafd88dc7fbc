"""A Deployment under a lease, and the spool that its operation writes.

The lines are as `provisioning.operations` writes them; the operation itself is the subject of
other tests.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from dashboard import queries
from dashboard.models import Deployment
from dashboard.services import deployment_log, leases, outcomes
from dashboard.services.deployment_log import Recorder
from provisioning.contracts import (
    Changes,
    LogEvent,
    OutcomeEvent,
    PhaseEvent,
    PhaseName,
    ResourceEvent,
    ResourceOp,
    TriggerProof,
    TriggerState,
)

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
URN = "urn:pulumi:churn::skyclock::aws:sqs/queue:Queue::letters"


def line(text: str, **more: Any) -> LogEvent:
    return LogEvent(time=NOW, level="info", text=text, **more)


def phase(name: PhaseName, state: Any) -> PhaseEvent:
    return PhaseEvent(time=NOW, phase=name, state=state)


def resource(state: Any, *, urn: str = URN, op: ResourceOp = ResourceOp.CREATE) -> ResourceEvent:
    return ResourceEvent(
        time=NOW, urn=urn, kind="aws:sqs/queue:Queue", name="letters", op=op, state=state,
        seconds=1.5 if state == "done" else None, cloud_id="q-1" if state == "done" else None,
    )  # fmt: skip


def outcome(status: Any = "succeeded", **more: Any) -> OutcomeEvent:
    usual = {"changes": Changes(create=3), "outputs": {"arn": "a"}, "engine": "pulumi 3.256.0"}
    return OutcomeEvent(time=NOW, status=status, **{**usual, **more})


PROOF = TriggerProof(
    key="t1",
    state=TriggerState.ACTIVE,
    native=("cron(0 6 * * ? *) Europe/Berlin",),
    next=NOW + timedelta(hours=2),
    verified_at=NOW,
)


class Begun:
    """A Deployment under a lease, with a spool to write to."""

    def __init__(self, row: Deployment) -> None:
        lease = leases.claim(row)
        assert lease
        row.refresh_from_db()
        self.row, self.lease = row, lease
        self.recorder = Recorder(row, lease)
        self.spool = deployment_log.spool_path(row.pk)
        self.spool.parent.mkdir(parents=True, exist_ok=True)

    def tell(self, *events: BaseModel, tail: str = "") -> Begun:
        with self.spool.open("a") as file:
            file.write("".join(event.model_dump_json() + "\n" for event in events) + tail)
        return self

    def end(self) -> Deployment:
        self.recorder.pull()
        assert self.recorder.outcome
        outcomes.write(self.recorder, self.recorder.outcome, self.row)
        return self.again()

    def again(self) -> Deployment:
        self.row.refresh_from_db()
        self.row.pipeline.refresh_from_db()
        return self.row


def texts(row: Deployment) -> list[tuple[int, str]]:
    return [(one.n, one.text) for one in queries.deployment_lines(row)]
