"""The history of retraining by events: what the service's log tells, joined with Vertex AI.

A run is an event that a trigger waited for, however often it was delivered; or a training job
that was started by hand. Its id is the service's name and the event's number in short, which
are the same before there is a job and after the log has gone. Google keeps the log for thirty
days; a run that is older is known from its job.

Requests that failed before the service could tell which event they brought, because it did not
start or was not let in, belong to no event for certain: those of one day are one failed run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioning.clouds.session import Session
from provisioning.contracts import LogPage, RunPage, RunRecord, RunStatus, StackSpec, StepRecord
from provisioning.errors import NotFound

from ..google_common import logs
from ..google_common.calls import found
from ..google_common.names import Place
from ..google_common.times import utc
from . import names, vertex
from .deliveries import KEPT, LATE, MARGIN, TRIED, Deliveries, Delivery, Event, unheard_steps

WINDOW = timedelta(days=7)  # of one page: Vertex AI lists jobs in no order that it promises
EVENTS, UNHEARD = "/events/", "/unheard/"

Known = tuple[Event | None, Mapping[str, Any] | None]  # an event and its job


class Reader:
    """A page tells all of its runs. The first look at each takes what the page told, and its
    steps what that look told, so that a burst costs pages and no calls for each run."""

    kept: timedelta | None = None

    def __init__(self, session: Session, spec: StackSpec) -> None:
        self._session = session
        self._spec = spec
        self._name = names.service_name(spec.slug, Place(spec.region, spec.account))
        self._vertex = vertex.Vertex(session, spec)
        self._deliveries = Deliveries(session, spec)
        self._listed: dict[str, Known] = {}
        self._looked_at: dict[str, Known] = {}

    def runs(self, *, since: datetime | None, cursor: str | None = None) -> RunPage:
        deployed = self._deployed_at()
        if deployed is None:
            return RunPage(runs=())
        now = self._session.now()
        until = datetime.fromisoformat(cursor) if cursor else now + timedelta(minutes=1)
        earliest = max(since, deployed) if since else deployed
        begin = max(earliest, until - WINDOW)
        runs = sorted(self._between(begin, until, now), key=lambda run: run.started, reverse=True)
        return RunPage(runs=tuple(runs), cursor=begin.isoformat() if begin > earliest else None)

    def run(self, cloud_id: str) -> RunRecord:
        now = self._session.now()
        if UNHEARD in cloud_id:
            return _unheard(cloud_id, self._unheard_of(cloud_id))
        key = _short(cloud_id)
        event, job = self._listed.pop(key) if key in self._listed else self._known(key, now)
        if event is None and job is None:
            raise NotFound("Google has forgotten this run.", code="NOT_FOUND")
        self._looked_at = {key: (event, job)}
        return self._record(key, event, job, now)

    def steps(self, cloud_id: str) -> tuple[StepRecord, ...]:
        if UNHEARD in cloud_id:
            return unheard_steps(self._unheard_of(cloud_id))
        key, seen = _short(cloud_id), self._looked_at
        event, job = seen.pop(key) if key in seen else self._known(key, self._session.now())
        delivered = event.steps() if event else ()
        if job is None:
            return delivered
        after = (_starting(event, delivered),) if event and delivered else ()
        return (*delivered, *vertex.steps_of(job, after=after))

    def log(self, cloud_id: str, step: str, *, cursor: str | None = None) -> LogPage:
        if step.startswith("delivery "):
            number = int(step.partition(" ")[2])
            deliveries = self._delivered(cloud_id)
            if number > len(deliveries):
                return LogPage(note="Google has forgotten this delivery.")
            filter = self._deliveries.log_filter(deliveries[number - 1])
            return logs.page(self._session, self._spec.account, filter, cursor=cursor)
        job = None if UNHEARD in cloud_id else self.job(cloud_id)
        if job is None:
            return LogPage(note="There is no training job. The deliveries have logs of their own.")
        filter = (
            f'resource.type="ml_job" AND resource.labels.job_id="{_short(job["name"])}" AND '
            f'timestamp>="{job["createTime"]}"'
        )
        return logs.page(self._session, self._spec.account, filter, cursor=cursor)

    def job(self, cloud_id: str) -> dict[str, Any] | None:
        """The training job of a run."""
        return self._vertex.of_event(_short(cloud_id))

    # ── Joining ─────────────────────────────────────────────────────────────────────

    def _between(self, begin: datetime, until: datetime, now: datetime) -> Iterator[RunRecord]:
        """Runs that began within. An event may have been delivered for a day, and its job be
        made at the end of it, so that logs and jobs of the day around are read too."""
        jobs = {vertex.event_of(each): each for each in self._vertex.between(begin, until + TRIED)}
        told = self._deliveries.between(max(begin - TRIED, now - KEPT), until + TRIED)
        events = told.events()
        for key, event in events.items():
            if begin <= event.first.started < until:
                yield self._told(key, (event, jobs.get(key)), now)
        for key, job in jobs.items():
            if key not in events and begin <= utc(str(job["createTime"])) < until:
                yield self._told(key, (None, job), now)
        for day, deliveries in told.unheard(begin, min(until, now - LATE)).items():
            if begin <= deliveries[0].started < until:
                yield _unheard(f"{self._name}{UNHEARD}{day}", deliveries)

    def _told(self, key: str, known: Known, now: datetime) -> RunRecord:
        self._listed[key] = known
        return self._record(key, *known, now)

    def _known(self, key: str, now: datetime) -> Known:
        return self._deliveries.event(key, now), self._vertex.of_event(key)

    def _record(
        self, key: str, event: Event | None, job: Mapping[str, Any] | None, now: datetime
    ) -> RunRecord:
        cloud_id = f"{self._name}{EVENTS}{key}"
        started = event.first.started if event else None
        if job is not None:
            trigger = vertex.trigger_of(job)
            return RunRecord(
                cloud_id=cloud_id,
                status=vertex.status_of(job),
                cloud_status=job["state"],
                started=started or utc(str(job["createTime"])),
                finished=utc(job.get("endTime")),
                trigger=trigger,
                cause=vertex.cause_of(job),
                parameters={"input": vertex.input_of(job)} if vertex.input_of(job) else {},
                reason=vertex.reason_of(job),
            )
        assert event is not None
        status = event.status(now)
        return RunRecord(
            cloud_id=cloud_id,
            status=status,
            cloud_status=event.last.outcome,
            started=event.first.started,
            finished=event.last.finished if status.final else None,
            trigger=event.trigger,
            cause=event.cause,
            reason=event.reason(now),
        )

    def _delivered(self, cloud_id: str) -> tuple[Delivery, ...]:
        if UNHEARD in cloud_id:
            return tuple(self._unheard_of(cloud_id))
        event = self._deliveries.event(_short(cloud_id), self._session.now())
        return event.deliveries if event else ()

    def _unheard_of(self, cloud_id: str) -> list[Delivery]:
        day = datetime.fromisoformat(_short(cloud_id)).replace(tzinfo=UTC)
        end = day + timedelta(days=1)
        told = self._deliveries.between(day - MARGIN, end + MARGIN)
        deliveries = told.unheard(day, min(end, self._session.now() - LATE))
        if not deliveries:
            raise NotFound("Google has forgotten this run.", code="NOT_FOUND")
        return next(iter(deliveries.values()))

    def _deployed_at(self) -> datetime | None:
        """Nothing of this Pipeline happened before; None where there is no service."""
        services = self._session.client("run").projects().locations().services()
        service = found(services.get(name=self._name), "read the service")
        return utc(str(service["createTime"])) - timedelta(minutes=1) if service else None


def _unheard(cloud_id: str, deliveries: list[Delivery]) -> RunRecord:
    status = deliveries[-1].request.get("httpRequest", {}).get("status")
    return RunRecord(
        cloud_id=cloud_id,
        status=RunStatus.FAILED,
        cloud_status=f"HTTP {status}",
        started=deliveries[0].started,
        finished=deliveries[-1].finished,
        cause=f"{len(deliveries)} deliveries",
        reason="Cloud Run could not hand these deliveries to the service, and no log tells which "
        "events they were. Eventarc delivers each again, for a day.",
    )


def _starting(event: Event, steps: tuple[StepRecord, ...]) -> str:
    """The delivery that started the job; the last one where none says so."""
    for delivery, step in zip(event.deliveries, steps, strict=True):
        if delivery.outcome == "started":
            return step.name
    return steps[-1].name


def _short(name: str) -> str:
    return name.rpartition("/")[2]
