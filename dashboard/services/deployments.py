"""Executing Deployments: claim, run the operation's process, follow it, write the outcome.

`execute` may be called twice, by two workers, at any time: the claim lets one through. The
operation has a process of its own, whose events are in a file; so a worker that dies takes
nothing along, and the next one goes on where the rows end.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError
from pydantic import SecretStr

from dashboard import audit
from dashboard.audit import Purpose
from dashboard.models import Deployment
from dashboard.services import (
    beginning,
    deployment_log,
    engine,
    hosts,
    leases,
    outages,
    outcomes,
    plans,
)
from dashboard.services.deployment_log import Recorder
from dashboard.services.leases import Child, Lease, LeaseLost
from dashboard.services.opening import access_for
from dashboard.services.pipelines import spec_for
from provisioning import operations
from provisioning.contracts import (
    Access,
    EngineCommand,
    Operation,
    OperationError,
    OperationRequest,
)
from provisioning.errors import PlanStale, SkyclockError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.02  # at the spool, which costs a few calls of the file system
GATHER_SECONDS = 0.04  # after a batch, so that many events become few batches
TEND_SECONDS = 1.0
EXIT_SECONDS = 5.0
AT_ONCE_SECONDS = 10.0  # to put back what was put aside; triggers that were stopped, for one
STOPPING = threading.Event()  # set when this worker is asked to end

_slots = threading.BoundedSemaphore(settings.DEPLOYMENT_SLOTS)


class Process(Protocol):
    """The operation's process, ours or one whose worker died."""

    def poll(self) -> int | None: ...
    def rest(self, seconds: float) -> None: ...
    def cancel(self) -> None: ...
    def stop_at_once(self) -> None: ...
    def kill(self) -> None: ...
    def last_words(self) -> str: ...


@dataclass(frozen=True)
class Orphan:
    """An operation's process on this host that another worker started."""

    child: Child

    def poll(self) -> int | None:
        return -1 if self.child.is_gone else None

    def rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.child.is_gone and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))

    def cancel(self) -> None:
        self._signal(signal.SIGTERM)

    def stop_at_once(self) -> None:
        self._signal(operations.AT_ONCE)

    def kill(self) -> None:
        if not self.child.is_gone:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, signal.SIGKILL)

    def last_words(self) -> str:
        return ""

    def _signal(self, number: int) -> None:
        if not self.child.is_gone:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.child.pid, number)


@dataclass(frozen=True)
class Reaped:
    """What `reap` found: Pipelines that can go on, and Deployments that need a follower."""

    pipelines: list[int]
    orphans: list[int]


def execute(deployment_id: int) -> None:
    """Run a queued one whose turn it is, or follow a running one whose worker died."""
    deployment = _row(deployment_id)
    if deployment is None:
        return
    if deployment.status == Deployment.Status.RUNNING:
        _follow_orphan(deployment)
    elif deployment.status != Deployment.Status.QUEUED:
        return  # it has ended, or waits for somebody's approval
    elif not _slots.acquire(blocking=False):
        _leave(deployment, "waiting for a free worker")
    else:
        try:
            _run(deployment)
        finally:
            _slots.release()


def reap() -> Reaped:
    """Find Deployments whose worker died; end those whose process is gone as well."""
    found = Reaped(pipelines=[], orphans=[])
    for deployment in leases.expired().select_related("pipeline__connection", "version"):
        try:
            _reap(deployment, found)
        except DatabaseError:
            raise
        except Exception:  # an outermost edge as well: one must not keep the others from their end
            log.exception("Deployment %s could not be ended.", deployment.pk)
    return found


def _reap(deployment: Deployment, found: Reaped) -> None:
    child = Child.parse(deployment.child)
    guarded = None if child is None or child.is_here else _files(deployment).guarded()
    if leases.child_may_live(deployment, guarded=guarded):
        if child and child.is_here:
            found.orphans.append(deployment.pk)
    elif lease := leases.take_over(deployment):
        # Should it be alive after all, on a host that nobody hears of, it ends itself.
        _files(deployment).raise_fence(leases.next_fence(deployment))
        _end_interrupted(deployment, lease)
        found.pipelines.append(deployment.pipeline_id)


# ── Running ─────────────────────────────────────────────────────────────────────────


def _run(deployment: Deployment) -> None:
    command = engine.find()
    if isinstance(command, engine.Waiting):
        _leave(deployment, f"waiting for the Pulumi engine: {command.message}")
        return
    lease = leases.claim(deployment)
    if lease is None:
        return
    deployment_log.forget_spool(deployment.pk)
    recorder = Recorder(deployment, lease)
    process: Process | None = None
    try:
        with lease.kept():
            beginning.prepare(deployment, recorder, command)
            request = _request(deployment, command, lease)
        if outcomes.cancel_was_asked(deployment):
            outcomes.cut_short(recorder, deployment)
            return
        with lease.kept():  # on a busy machine it takes long to load the providers
            process = operations.start(request)
            lease.rows().update(child=str(Child.of(process.pid)))
    except PlanStale as error:
        outcomes.refuse(recorder, OperationError.plan_stale(str(error)), deployment)
        return
    except (SkyclockError, OSError) as error:
        outcomes.refuse(recorder, OperationError(summary=str(error)), deployment)
        return
    except LeaseLost:
        log.warning("Deployment %s was taken over before it began.", deployment.pk)
        if process:
            process.kill()
        return
    except Exception as fault:  # the outermost edge: a fault must leave an outcome, too
        summary = f"Skyclock itself failed: {type(fault).__name__}"
        outcomes.refuse(recorder, OperationError(summary=summary), deployment)
        raise
    _follow_to_end(deployment, recorder, process)


def _request(deployment: Deployment, command: EngineCommand, lease: Lease) -> OperationRequest:
    pipeline = deployment.pipeline
    spec = spec_for(pipeline, deployment.version)
    Deployment.objects.filter(pk=deployment.pk).update(
        spec_digest=plans.digest(spec), engine=operations.describe_engine(command)
    )
    plan, source = plans.path_for(deployment), deployment.plan_source
    return OperationRequest(
        deployment_id=deployment.pk,
        operation=Operation(deployment.operation),
        spec=spec,
        access=_opened(deployment),
        engine=command,
        state_dir=str(settings.STATE_DIR),
        work_dir=str(plans.work_dir(pipeline)),
        spool=str(deployment_log.spool_path(deployment.pk)),
        passphrase=SecretStr(settings.STATE_PASSPHRASE),
        plan=str(plan) if plan else None,
        untouched=tuple(deployment.untouched),
        fence=lease.fence,
        gone_hosts=hosts.gone(),
        only_plan=deployment.only_plans,
        on_state=source.planned_on if source and not deployment.only_plans else "",
        adopt=deployment.adopt,
    )


def _opened(deployment: Deployment) -> Access:
    """All that is needed to enter the cloud. That it was taken stands in the audit log first."""
    connection = deployment.pipeline.connection
    audit.record(
        actor=deployment.requested_by,
        action="deployment.credential",
        subject=deployment,
        detail={
            "connection": connection.name,
            "connection_id": connection.pk,
            "pipeline": deployment.pipeline.name,
            "operation": deployment.operation,
        },
    )
    return access_for(connection, Purpose.DEPLOYMENT)


def _follow_to_end(deployment: Deployment, recorder: Recorder, process: Process) -> None:
    try:
        _follow(recorder, process)
        outages.sit_out(lambda: _write_end(deployment, recorder, process))
        if recorder.outcome:
            _await_exit(process)
    except LeaseLost:
        # Only after this worker was cut off for long. Another one follows, or has ended it.
        log.warning("Deployment %s was taken over by another worker.", deployment.pk)
        if _has_ended(deployment):
            process.cancel()


def _write_end(deployment: Deployment, recorder: Recorder, process: Process) -> None:
    if recorder.outcome:
        unasked = outcomes.STOPPED if STOPPING.is_set() else outcomes.CUT_OFF
        outcomes.write(recorder, recorder.outcome, deployment, unasked=unasked)
    elif STOPPING.is_set():
        outcomes.interrupt(recorder, deployment, outcomes.STOPPED)
    else:
        outcomes.died(
            recorder, deployment, last_words=process.last_words(), killed=_was_killed(process)
        )


def _follow(recorder: Recorder, process: Process) -> None:
    """Save what comes until the process has ended and all of it is saved. While the database
    is away the operation goes on, and its events wait in their file."""
    tended = Tending(recorder.lease, process)
    while process.poll() is None:
        moved = outages.sit_out(recorder.pull)
        outages.sit_out(tended.tend)
        if recorder.outcome:
            return
        process.rest(GATHER_SECONDS if moved else LOOK_SECONDS)
    outages.sit_out(recorder.pull)


def _was_killed(process: Process) -> bool:
    """By a signal; of an orphan nobody knows, and nothing else ends one without an outcome."""
    code = process.poll()
    return code is not None and code < 0


def _await_exit(process: Process) -> None:
    """After its outcome a process has nothing left to do."""
    process.rest(EXIT_SECONDS)
    if process.poll() is None:
        process.kill()


class Tending:
    """Between batches: renew the lease, pass wishes to stop on."""

    def __init__(self, lease: Lease, process: Process) -> None:
        self.lease = lease
        self.process = process
        self.asked = False
        self.kill_at: float | None = None
        self.stopping = False
        self.next_look = self.next_renewal = time.monotonic()

    def tend(self) -> None:
        now = time.monotonic()
        if now >= self.next_renewal:
            self.lease.renew()
            self.next_renewal = now + leases.RENEW_SECONDS
        if now >= self.next_look:
            self._look_for_wishes()
            self.next_look = now + TEND_SECONDS

    def _look_for_wishes(self) -> None:
        if STOPPING.is_set() and not self.stopping:
            self.stopping = True
            if not settings.WORKER_READY:  # else the supervisor asks it
                self.process.cancel()
        wishes = self.lease.rows().values_list("cancel_requested_at", "kill_requested_at")
        asked, at_once = wishes.first() or (None, None)
        if at_once:
            self._stop_at_once()
        elif asked and not self.asked:
            self.asked = True
            self.process.cancel()

    def _stop_at_once(self) -> None:
        """The engine is killed; its operation ends in good order, or is killed as well."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + AT_ONCE_SECONDS
            self.process.stop_at_once()
        elif time.monotonic() >= self.kill_at:
            self.process.kill()


# ── Waiting and dying ───────────────────────────────────────────────────────────────


def _leave(deployment: Deployment, why: str) -> None:
    """Leave it queued; `tick` asks again."""
    rows = Deployment.objects.filter(pk=deployment.pk, status=Deployment.Status.QUEUED)
    rows.update(phase=why[:200], enqueued_at=None)


def _follow_orphan(deployment: Deployment) -> None:
    child = Child.parse(deployment.child)
    if child is None or not child.is_here or child.is_gone:
        return  # `reap` ends it
    lease = leases.take_over(deployment)
    if lease:
        _follow_to_end(deployment, Recorder(deployment, lease), Orphan(child))


def _end_interrupted(deployment: Deployment, lease: Lease) -> None:
    recorder = Recorder(deployment, lease)
    recorder.pull()
    if recorder.outcome:
        outcomes.write(recorder, recorder.outcome, deployment)
    elif outcomes.cancel_was_asked(deployment):
        outcomes.cut_short(recorder, deployment)
    else:
        outcomes.interrupt(recorder, deployment, outcomes.WORKER_DIED)


def _files(deployment: Deployment) -> operations.StackFiles:
    pipeline = deployment.pipeline
    return operations.StackFiles(settings.STATE_DIR, pipeline.blueprint, pipeline.slug)


def _has_ended(deployment: Deployment) -> bool:
    return Deployment.objects.filter(pk=deployment.pk, status__in=Deployment.FINAL).exists()


def _row(deployment_id: int) -> Deployment | None:
    rows = Deployment.objects.select_related("pipeline__connection", "version", "plan__pipeline")
    return rows.filter(pk=deployment_id).first()
