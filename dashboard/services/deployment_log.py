"""What an operation tells, from its spool file into rows, each event exactly once.

Lines, resources, phases and the place in the spool are saved in one transaction, under the
lease: a worker that dies, or loses its lease, leaves no gap and no double.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from dashboard import live
from dashboard.models import Deployment, DeploymentLine, DeploymentResource
from dashboard.services.leases import Lease, LeaseLost, lease_end
from provisioning import operations
from provisioning.contracts import (
    LogEvent,
    OperationEvent,
    OutcomeEvent,
    PhaseEvent,
    PhaseName,
    ResourceEvent,
    ResourceOp,
)

BATCH = 1000
PHASES = {
    PhaseName.PREPARE: "Preparing",
    PhaseName.REPAIR: "Putting right what was cut off",
    PhaseName.PREVIEW: "Planning the changes",
    PhaseName.APPLY: "Changing the cloud",
    PhaseName.VERIFY: "Reading the triggers back",
}
STOPPING = "stopping"
STOPPING_AT_ONCE = "stopping at once"
MOST_NAMED = 3
PHASE_LENGTH = 200


def spool_path(deployment_id: int) -> Path:
    return Path(settings.SPOOL_DIR) / f"{deployment_id}.jsonl"


def forget_spool(deployment_id: int) -> None:
    """Remove the spool and what lies beside it."""
    for path in Path(settings.SPOOL_DIR).glob(f"{deployment_id}.jsonl*"):
        path.unlink(missing_ok=True)


class Recorder:
    """Saves the events of one Deployment. One thread uses it, the one with the lease."""

    def __init__(self, deployment: Deployment, lease: Lease) -> None:
        self.lease = lease
        self.id = deployment.pk
        self.spool = spool_path(deployment.pk)
        self.offset = deployment.spool_offset
        self.last = deployment.last_line
        self.phases: list[dict[str, Any]] = deployment.phases
        self.phase = deployment.phase
        self.positions = dict(deployment.resources.values_list("urn", "position"))
        self.running = _running(deployment)
        # Whoever had the lease before may have read it, and died before it was written.
        read = operations.read_outcome(self.spool) if self.offset else None
        self.outcome: OutcomeEvent | None = read

    def pull(self) -> bool:
        """Save what the spool has that is new; False when there was nothing."""
        events, offset = operations.read_events(self.spool, self.offset)
        if not events:
            return False
        self._save(events, offset)
        return True

    def say(self, text: str, *, level: str = "info") -> None:
        """A line of our own."""
        event = LogEvent.model_validate({"time": timezone.now(), "level": level, "text": text})
        self._save([event], self.offset)

    def _save(self, events: Sequence[OperationEvent], offset: int) -> None:
        for event in events:
            if isinstance(event, PhaseEvent):
                self._note_phase(event)
            elif isinstance(event, ResourceEvent):
                self._note_running(event)
            elif isinstance(event, OutcomeEvent):
                self.outcome = event
        lines = self._lines(events)
        with transaction.atomic():
            kept = self.lease.rows().update(
                last_line=self.last + len(lines),
                spool_offset=offset,
                phases=self.phases,
                phase=self._phase_words(),
                lease_until=lease_end(),
            )
            if not kept:
                raise LeaseLost
            DeploymentLine.objects.bulk_create(lines, batch_size=BATCH)
            self._save_resources(events)
        self.last += len(lines)
        self.offset = offset
        live.publish(
            self.id,
            last=self.last,
            status=Deployment.Status.RUNNING,
            lines=lines,
            parts=any(not isinstance(event, LogEvent) for event in events),
        )

    def _phase_words(self) -> Case:
        """Decided by the database: a wish to stop may have come a moment ago."""
        words = finishing(self.running.values())
        return Case(
            When(kill_requested_at__isnull=False, then=Value(STOPPING_AT_ONCE)),
            When(cancel_requested_at__isnull=False, then=Value(words)),
            default=Value(self.phase),
        )

    def _lines(self, events: Iterable[OperationEvent]) -> list[DeploymentLine]:
        told = [event for event in events if isinstance(event, LogEvent)]
        return [
            DeploymentLine(
                deployment_id=self.id,
                n=n,
                time=event.time,
                level=event.level,
                resource=(event.resource or "")[:500],
                text=_storable(event.text),
            )
            for n, event in enumerate(told, start=self.last + 1)
        ]

    def _save_resources(self, events: Iterable[OperationEvent]) -> None:
        # The last event of each wins; a batch often has its start and its end.
        latest = {event.urn: event for event in events if isinstance(event, ResourceEvent)}
        rows = [self._resource(event) for event in latest.values()]
        begun = [row for row in rows if row.started]
        self._upsert(begun, "started")
        self._upsert([row for row in rows if not row.started])  # keeps what it has

    def _upsert(self, rows: Sequence[DeploymentResource], *more: str) -> None:
        DeploymentResource.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["deployment", "urn"],
            update_fields=[
                "op",
                "state",
                "seconds",
                "cloud_id",
                "diff",
                "properties",
                "replacement",
                *more,
            ],
        )

    def _resource(self, event: ResourceEvent) -> DeploymentResource:
        urn = event.urn[:500]
        return DeploymentResource(
            deployment_id=self.id,
            urn=urn,
            kind=event.kind[:120],
            name=event.name[:200],
            op=event.op.value,
            state=event.state,
            started=event.time if event.state == "running" else None,
            seconds=event.seconds,
            parent=(event.parent or "")[:500],
            cloud_id=(event.cloud_id or "")[:500],
            diff=list(event.diff),
            properties=[each.model_dump(mode="json") for each in event.properties],
            replacement=event.replacement.model_dump() if event.replacement else None,
            position=self.positions.setdefault(urn, len(self.positions)),
        )

    def _note_running(self, event: ResourceEvent) -> None:
        if event.state == "running" and event.op is not ResourceOp.SAME:
            self.running[event.urn] = f"{short_kind(event.kind)} {event.name}"
        else:
            self.running.pop(event.urn, None)

    def _note_phase(self, event: PhaseEvent) -> None:
        moment = event.time.isoformat()
        entry = next((one for one in self.phases if one["phase"] == event.phase), None)
        if entry is None:
            entry = {"phase": event.phase.value, "started": moment, "finished": None}
            self.phases = [*self.phases, entry]
        entry["state"] = event.state
        if event.state == "started":
            # Once more, where it goes on after it was approved: then the last time counts.
            entry |= {"started": moment, "finished": None}
            self.phase = PHASES[event.phase]
        else:
            entry["finished"] = moment


def stopping_words(deployment: Deployment) -> str:
    """What a Deployment does that is asked to stop: `stopping: finishing aws:s3/bucket data`."""
    return finishing(_running(deployment).values())


def finishing(names: Collection[str]) -> str:
    """The same, of resources by name."""
    if not names:
        return STOPPING
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{STOPPING}: finishing {', '.join([*names][:MOST_NAMED])}{more}"[:PHASE_LENGTH]


def short_kind(kind: str) -> str:
    """ "aws:iam/role:Role" is said as "aws:iam/role", "aws-native:sagemaker:Pipeline" as it is."""
    module, _, name = kind.rpartition(":")
    return module if module.rpartition("/")[2].lower() == name.lower() else kind


def _running(deployment: Deployment) -> dict[str, str]:
    """What is being changed now, as far as it was told: names by URN."""
    rows = deployment.resources.filter(state="running").exclude(op=ResourceOp.SAME)
    return {row.urn: f"{short_kind(row.kind)} {row.name}" for row in rows}


def _storable(text: str) -> str:
    return text.replace("\x00", "�")  # PostgreSQL has no place for it
