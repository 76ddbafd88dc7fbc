"""Who executes a Deployment: a lease in its row, renewed while the worker lives.

An owner is written "host|kernel|pid|word". A process that it names is provably gone when it is
looked for on its own host, and no process has that number, or one has it that started at another
time. On another host of the same kernel, such as a container, its guard tells: the kernel gives
it back. Of another kernel is known what its workers say of themselves, and no more.

With each claim comes a fence, higher than all before it on this Pipeline. Beside the engine's
state it makes an operation that was taken over end itself: see `provisioning/engine/guard.py`.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.models import Deployment, Pipeline
from dashboard.services import hosts
from provisioning.contracts.hosts import Host, here

Status = Deployment.Status
RENEW_SECONDS = settings.LEASE_SECONDS / 6
# After another kernel's host was last heard of; nothing more can be known of it.
ELSEWHERE_GRACE = timedelta(seconds=settings.LEASE_SECONDS)


class LeaseLost(Exception):
    """Somebody else has taken the Deployment over; write nothing more."""


@dataclass(frozen=True)
class Child:
    """The process of an operation, so that another worker can tell whether it is gone."""

    host: Host
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.host}|{self.pid}|{self.started}"

    @classmethod
    def of(cls, pid: int) -> Child:
        return cls(host=here(), pid=pid, started=_started(pid))

    @classmethod
    def parse(cls, text: str) -> Child | None:
        parts = text.split("|")
        if len(parts) != 4 or not parts[2].isdigit():
            return None
        host = Host.parse("|".join(parts[:2]))
        return cls(host=host, pid=int(parts[2]), started=parts[3])

    @property
    def is_here(self) -> bool:
        return self.host.is_here

    @property
    def is_gone(self) -> bool:
        """Only asked of a process of this host."""
        return not self.started or _started(self.pid) != self.started


@dataclass(frozen=True)
class Lease:
    deployment_id: int
    owner: str
    fence: int = 0
    first: bool = False  # nothing of the Pipeline was in the cloud before it

    def rows(self) -> QuerySet[Deployment]:
        """The row, while it is ours."""
        return Deployment.objects.filter(
            pk=self.deployment_id, status=Status.RUNNING, lease_owner=self.owner
        )

    def renew(self) -> None:
        if not self.rows().update(lease_until=lease_end()):
            raise LeaseLost

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew it in the background while something takes its time; LeaseLost at the end
        if that did not work."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(done,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        self.renew()

    def _keep(self, done: threading.Event) -> None:
        try:
            while not done.wait(RENEW_SECONDS):
                with suppress(DatabaseError):  # it may be back before the lease has run out
                    self.renew()
        except LeaseLost:
            return  # whoever waits for us learns of it at the end
        finally:
            connection.close()  # threads have connections of their own


def claim(deployment: Deployment) -> Lease | None:
    """Take a queued one whose turn it is: the oldest of its Pipeline, and none running.

    The row is read anew: what was decided about it while its message was on the way counts.
    """
    running = Deployment.objects.filter(pipeline=OuterRef("pipeline"), status=Status.RUNNING)
    older = Deployment.objects.filter(
        pipeline=OuterRef("pipeline"), status=Status.QUEUED, pk__lt=OuterRef("pk")
    )
    rows = Deployment.objects.filter(~Exists(running), ~Exists(older), status=Status.QUEUED)
    owner, first = _owner(), False
    try:
        with transaction.atomic():
            taken = rows.filter(pk=deployment.pk).update(
                status=Status.RUNNING,
                lease_owner=owner,
                lease_until=lease_end(),
                started_at=timezone.now(),
                phase="",
                child="",
                spool_offset=0,
            )
            if not taken:
                return None
            fence = next_fence(deployment)
            rows = Deployment.objects.filter(pk=deployment.pk)
            rows.filter(lease_owner=owner).update(fence=fence)
            deployment.refresh_from_db()
            if deployment.operation == Deployment.Operation.UP and not deployment.only_plans:
                # Before anything is made, so that no crash can make us forget it.
                pipeline = Pipeline.objects.filter(pk=deployment.pipeline_id)
                nothing = pipeline.filter(may_exist_in_cloud=False)
                first = bool(nothing.update(may_exist_in_cloud=True))
    except IntegrityError:
        return None  # two asked at the same moment; the index let one of them through
    return Lease(deployment.pk, owner, fence, first)


def next_fence(deployment: Deployment) -> int:
    """A number higher than any that an operation on this Pipeline was given."""
    rows = Pipeline.objects.filter(pk=deployment.pipeline_id)
    rows.update(fence=F("fence") + 1)
    return int(rows.values_list("fence", flat=True).get())


def take_over(deployment: Deployment) -> Lease | None:
    """Take a running one whose lease ran out."""
    owner = _owner()
    rows = Deployment.objects.filter(
        pk=deployment.pk,
        status=Status.RUNNING,
        lease_owner=deployment.lease_owner,
    ).filter(_ran_out())
    taken = rows.update(lease_owner=owner, lease_until=lease_end())
    return Lease(deployment.pk, owner, deployment.fence) if taken else None


def expired() -> QuerySet[Deployment]:
    return Deployment.objects.filter(_ran_out(), status=Status.RUNNING)


def _ran_out() -> Q:
    """The lease has ended; or it ends later than any that this host gives, because the host's
    clock was put back since, and a worker that lives would have renewed it."""
    now = timezone.now()
    too_far = now + timedelta(seconds=2 * settings.LEASE_SECONDS)
    put_back = Q(lease_until__gt=too_far, lease_owner__startswith=f"{here()}|")
    return Q(lease_until__lt=now) | put_back


def child_may_live(deployment: Deployment, *, guarded: bool | None = None) -> bool:
    """Whether the operation's process may still be at work. `guarded`: whether somebody on this
    kernel holds its stack's guard; None where that cannot be told."""
    child = Child.parse(deployment.child)
    if child is None:
        return False  # the worker died before it started one
    if child.is_here:
        return not child.is_gone
    if child.host.shares_kernel and guarded is not None:
        return guarded
    seen = hosts.last_seen(child.host)
    heard = max(filter(None, (seen, deployment.lease_until)), default=None)
    return heard is None or timezone.now() < heard + ELSEWHERE_GRACE


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _owner() -> str:
    return f"{here()}|{os.getpid()}|{secrets.token_hex(6)}"


def _started(pid: int) -> str:
    """When the process started; "" when there is none, or only what is left of one."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return _ticks(pid) or f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""


def _ticks(pid: int) -> str:
    """When it started, counted from the start of the machine: psutil's time of day becomes
    another one when the clock is put right."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # not a Linux, or it ended just now
        return ""
    return text.rpartition(")")[2].split()[19]
