"""Who executes a Deployment: a lease in its row, renewed while the worker lives.

An owner is written "host|boot|pid|word". A process that it names is provably gone when it
is looked for on its own host: after a reboot, or when no process has that number, or when
one has it that started at another time.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import psutil
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.models import Deployment, Pipeline

Status = Deployment.Status
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RENEW_SECONDS = settings.LEASE_SECONDS / 6
# When another host owned it, nothing can be proved; the engine's own lock keeps the peace.
ELSEWHERE_GRACE = timedelta(seconds=60)


class LeaseLost(Exception):
    """Somebody else has taken the Deployment over; write nothing more."""


@dataclass(frozen=True)
class Child:
    """The process of an operation, so that another worker can tell whether it is gone."""

    host: str
    boot: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.host}|{self.boot}|{self.pid}|{self.started}"

    @classmethod
    def of(cls, pid: int) -> Child:
        return cls(host=socket.gethostname(), boot=boot_id(), pid=pid, started=_started(pid))

    @classmethod
    def parse(cls, text: str) -> Child | None:
        parts = text.split("|")
        if len(parts) != 4 or not parts[2].isdigit():
            return None
        return cls(host=parts[0], boot=parts[1], pid=int(parts[2]), started=parts[3])

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()

    @property
    def is_gone(self) -> bool:
        """Only asked of a process of this host."""
        if not self.started or self.boot != boot_id():
            return True
        return _started(self.pid) != self.started


@dataclass(frozen=True)
class Lease:
    deployment_id: int
    owner: str

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
                self.renew()
        except LeaseLost:
            return  # whoever waits for us learns of it at the end
        finally:
            connection.close()  # threads have connections of their own


def claim(deployment: Deployment) -> Lease | None:
    """Take a queued one whose turn it is: the oldest of its Pipeline, and none running."""
    running = Deployment.objects.filter(pipeline=OuterRef("pipeline"), status=Status.RUNNING)
    older = Deployment.objects.filter(
        pipeline=OuterRef("pipeline"), status=Status.QUEUED, pk__lt=OuterRef("pk")
    )
    rows = Deployment.objects.filter(~Exists(running), ~Exists(older), status=Status.QUEUED)
    owner = _owner()
    try:
        with transaction.atomic():
            taken = rows.filter(pk=deployment.pk).update(
                status=Status.RUNNING,
                lease_owner=owner,
                lease_until=lease_end(),
                started_at=timezone.now(),
                phase="",
            )
            if taken and deployment.operation == Deployment.Operation.UP:
                # Before anything is made, so that no crash can make us forget it.
                Pipeline.objects.filter(pk=deployment.pipeline_id).update(may_exist_in_cloud=True)
    except IntegrityError:
        return None  # two asked at the same moment; the index let one of them through
    return Lease(deployment.pk, owner) if taken else None


def take_over(deployment: Deployment) -> Lease | None:
    """Take a running one whose lease ran out."""
    owner = _owner()
    rows = Deployment.objects.filter(
        pk=deployment.pk,
        status=Status.RUNNING,
        lease_owner=deployment.lease_owner,
    ).filter(_ran_out())
    taken = rows.update(lease_owner=owner, lease_until=lease_end())
    return Lease(deployment.pk, owner) if taken else None


def expired() -> QuerySet[Deployment]:
    return Deployment.objects.filter(_ran_out(), status=Status.RUNNING)


def _ran_out() -> Q:
    """The lease has ended; or it ends later than any that this host gives, because the host's
    clock was put back since, and a worker that lives would have renewed it."""
    now = timezone.now()
    too_far = now + timedelta(seconds=2 * settings.LEASE_SECONDS)
    put_back = Q(lease_until__gt=too_far, lease_owner__startswith=f"{socket.gethostname()}|")
    return Q(lease_until__lt=now) | put_back


def child_may_live(deployment: Deployment) -> bool:
    """Whether the operation's process may still be at work."""
    child = Child.parse(deployment.child)
    if child is None:
        return False  # the worker died before it started one
    if child.is_here:
        return not child.is_gone
    until = deployment.lease_until
    return until is None or timezone.now() < until + ELSEWHERE_GRACE


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _owner() -> str:
    return f"{socket.gethostname()}|{boot_id()}|{os.getpid()}|{secrets.token_hex(6)}"


@cache
def boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except FileNotFoundError:  # not a Linux
        return str(int(psutil.boot_time()))


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
