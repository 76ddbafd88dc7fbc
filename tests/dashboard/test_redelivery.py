"""A message may come twice, to two workers at once, late, or never: rows decide what is done.

Real workers, a real Redis between them, the real engine on the sandbox.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.utils import timezone

from dashboard import celery, launch, queries, tasks
from dashboard.models import AuditEntry, Deployment, Pipeline, User
from provisioning.contracts import EngineCommand
from tests import other_process
from tests.queue_place import queue_at
from tests.redis_process import RedisProcess

pytestmark = [
    pytest.mark.engine,
    pytest.mark.sandbox,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]


@dataclass
class Two:
    """Two workers on one Redis."""

    redis: RedisProcess
    log: Path

    def deliver(self, row: Deployment, times: int = 1) -> None:
        for _ in range(times):
            assert celery.send(celery.RUN_DEPLOYMENT, row.pk)

    def deliver_again_what_is_being_done(self) -> int:
        """What Redis does when a message was not acknowledged in time; how many there were."""
        with celery.app.connection_for_write() as connection:
            channel = connection.default_channel
            taken = int(channel.client.hlen(channel.unacked_key))
            channel.qos.visibility_timeout = -1
            channel.qos.restore_visible(num=100)
            return taken

    def settle(self) -> None:
        """Until no message waits and none is being done."""
        self.until(lambda: not self._open())

    def until(self, true: Callable[[], Any], *, seconds: float = 150) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := true()):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)
        return found

    def _open(self) -> int:
        with celery.app.connection_for_read() as connection:
            channel = connection.default_channel
            waiting = channel.client.llen("deployments")
            return int(waiting) + int(channel.client.hlen(channel.unacked_key))


@pytest.fixture
def workers(
    surroundings: None, on_sandbox: None, engine: EngineCommand, settings: Any, tmp_path: Path
) -> Iterator[Two]:
    redis = RedisProcess(tmp_path / "redis")
    log = tmp_path / "log"
    processes: list[subprocess.Popen[bytes]] = []
    try:
        settings.REDIS_URL = redis.start().url
        processes += [_worker(log, number) for number in (1, 2)]
        with queue_at(redis.url):
            yield Two(redis, log)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)
        redis.end()


def _worker(log: Path, number: int) -> subprocess.Popen[bytes]:
    return other_process.celery(
        "worker", "--pool", "threads", "--concurrency", "3", "--queues", "deployments",
        "--loglevel", "warning", "--without-gossip", "--without-mingle",
        "--hostname", f"worker-{number}", log=log,
    )  # fmt: skip


def asked(pipeline: Pipeline, member: User, operation: str) -> Deployment:
    return launch.request_deployment(actor=member, pipeline=pipeline, operation=operation)


def is_running(row: Deployment) -> bool:
    return Deployment.objects.filter(pk=row.pk, status="running").exclude(child="").exists()


def ended(row: Deployment) -> Deployment | None:
    return Deployment.objects.filter(pk=row.pk, status__in=Deployment.FINAL).first()


def operations_of(row: Deployment) -> int:
    """How often an operation was begun for it: each takes the credential."""
    taken = AuditEntry.objects.filter(action="deployment.credential", subject_id=str(row.pk))
    return taken.count()


def updates_of(pipeline: Pipeline) -> int:
    """How often the engine has changed the stack, as it keeps it itself."""
    history = Path(product.STATE_DIR) / ".pulumi" / "history"
    return len(list(history.glob(f"*/{pipeline.slug}*/*.history.json")))


def whole(row: Deployment) -> list[tuple[int, str]]:
    return [(line.n, line.text) for line in queries.deployment_lines(row)]


def test_a_message_delivered_many_times_is_one_operation_and_one_log(
    workers: Two, pipeline: Pipeline, member: User
) -> None:
    row = asked(pipeline, member, "up")
    workers.deliver(row, times=5)  # to both workers at the same moment
    workers.until(lambda: is_running(row) or ended(row))
    workers.deliver(row, times=2)
    assert workers.deliver_again_what_is_being_done() > 0
    row = workers.until(lambda: ended(row))
    assert row.status == "succeeded", row.error
    workers.settle()
    lines = whole(row)
    assert [n for n, _ in lines] == list(range(1, row.last_line + 1))
    assert [phase["phase"] for phase in row.phases] == ["prepare", "apply", "verify"]
    assert (operations_of(row), updates_of(pipeline)) == (1, 1)

    before = _values(row)
    workers.deliver(row, times=3)  # long after its end
    workers.settle()
    assert _values(row) == before
    assert whole(row) == lines
    assert (operations_of(row), updates_of(pipeline)) == (1, 1)

    gone = asked(pipeline, member, "destroy")
    workers.deliver(gone, times=3)
    assert workers.until(lambda: ended(gone)).status == "succeeded"
    workers.settle()
    assert (operations_of(gone), updates_of(pipeline)) == (1, 2)
    assert "Traceback" not in workers.log.read_text()


def test_a_message_for_what_was_cancelled_changes_nothing(
    workers: Two, pipeline: Pipeline, member: User, new_deployment: Any
) -> None:
    row = new_deployment(pipeline)  # its message is still under way
    launch.request_cancel(actor=member, deployment=row)
    before = _values(row)
    workers.deliver(row, times=4)
    workers.settle()
    assert _values(row)["status"] == "cancelled"
    assert _values(row) == before
    assert (operations_of(row), updates_of(pipeline)) == (0, 0)


def test_a_message_that_redis_lost_is_sent_again_and_the_first_may_come_after_all(
    workers: Two, pipeline: Pipeline, new_deployment: Any
) -> None:
    long_ago = timezone.now() - launch.NUDGE_AGAIN - timedelta(seconds=1)
    row = new_deployment(pipeline, "preview", enqueued_at=long_ago)
    workers.settle()
    assert operations_of(row) == 0
    tasks.tick()
    workers.deliver(row)
    assert workers.until(lambda: ended(row)).status == "succeeded"
    workers.settle()
    assert operations_of(row) == 1


def _values(row: Deployment) -> dict[str, Any]:
    return Deployment.objects.filter(pk=row.pk).values().get()
