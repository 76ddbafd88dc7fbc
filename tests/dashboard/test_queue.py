"""Worker and beat as the supervisor starts them, with a real Redis between them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from dashboard import celery, launch
from dashboard.models import Deployment, Pipeline, User
from dashboard.services import outcomes
from provisioning.contracts import EngineCommand
from tests import other_process
from tests.queue_place import queue_at
from tests.redis_process import RedisProcess

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def redis(surroundings: None, settings: Any, tmp_path: Path) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path / "redis")
    try:
        settings.REDIS_URL = process.start().url
        yield process
    finally:
        process.end()


@pytest.fixture
def no_engine(settings: Any, tmp_path: Path) -> None:
    """An engine that somebody else is preparing, so that the worker does not."""
    settings.ENGINE_CACHE = tmp_path / "engine"
    told = {"state": "preparing", "message": "Building it, 40 %", "version": None}
    (tmp_path / "engine.json").write_text(json.dumps(told))


def wait_for(true: Callable[[], Any], log: Path, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def start_worker(log: Path, **more: str) -> subprocess.Popen[bytes]:
    return other_process.celery(
        "worker", "--pool", "threads", "--concurrency", "2", "--queues", "deployments,history",
        "--loglevel", "warning", "--without-gossip", "--without-mingle", log=log, **more,
    )  # fmt: skip


@pytest.mark.engine
def test_a_worker_that_is_asked_to_end_stops_its_operation_first(
    redis: RedisProcess, on_sandbox: None, engine: EngineCommand, pipeline: Pipeline,
    member: User, tmp_path: Path,
) -> None:  # fmt: skip
    log = tmp_path / "log"
    with queue_at(redis.url):
        row = launch.request_deployment(actor=member, pipeline=pipeline, operation="up")
    worker = start_worker(log)
    try:
        wait_for(lambda: Deployment.objects.get(pk=row.pk).child, log)
    finally:
        worker.terminate()
        worker.wait(60)
    row.refresh_from_db()
    assert row.status == "interrupted", log.read_text()
    assert row.error["summary"] == outcomes.STOPPED


def test_without_redis_a_dead_workers_deployment_is_ended_all_the_same(
    redis: RedisProcess, no_engine: None, pipeline: Pipeline, new_deployment: Any, tmp_path: Path
) -> None:
    log, ready = tmp_path / "log", tmp_path / "worker.ready"
    worker = start_worker(
        log, PATH="/nowhere", SKYCLOCK_WORKER_READY=str(ready), SKYCLOCK_PULUMI="",
        SKYCLOCK_WORKER_LEASE_SECONDS="3",
    )  # fmt: skip
    try:
        wait_for(ready.exists, log)
        redis.end()
        row = new_deployment(
            pipeline, status="running", started_at=timezone.now(), lease_until=timezone.now(),
            lease_owner="elsewhere|boot|1|dead",
        )  # fmt: skip
        wait_for(lambda: Deployment.objects.get(pk=row.pk).status == "interrupted", log)
    finally:
        worker.terminate()
        worker.wait(60)
    row.refresh_from_db()
    assert row.error["summary"] == outcomes.WORKER_DIED


def test_a_cloud_that_does_not_answer_holds_up_no_deployment(
    redis: RedisProcess, no_engine: None, on_sandbox: None, settings: Any, new_pipeline: Any,
    new_deployment: Any, tmp_path: Path,
) -> None:  # fmt: skip
    """More pulls hang than the worker has threads."""
    log, ready = tmp_path / "log", tmp_path / "worker.ready"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as nobody:  # and never answers
        settings.SANDBOX_AWS_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        hanging = [new_pipeline(name=f"Hanging {number}") for number in range(4)]
        for each in hanging:
            Pipeline.objects.filter(pk=each.pk).update(
                deployed_version=each.current_version, may_exist_in_cloud=True
            )
        worker = start_worker(
            log, PATH="/nowhere", SKYCLOCK_WORKER_READY=str(ready), SKYCLOCK_PULUMI=""
        )
        try:
            wait_for(ready.exists, log)
            with queue_at(redis.url):
                for each in hanging:
                    launch.request_sync(each)
                pulled = Pipeline.objects.exclude(sync_lease_until=None)
                wait_for(lambda: pulled.count() == len(hanging), log)
                row = new_deployment(new_pipeline(name="Prompt"))
                celery.send(celery.RUN_DEPLOYMENT, row.pk)
            wait_for(lambda: Deployment.objects.get(pk=row.pk).phase, log)
            assert pulled.count() == len(hanging)
        finally:
            worker.kill()
            worker.wait(60)


def test_beat_has_the_worker_find_what_nobody_sent(
    redis: RedisProcess, no_engine: None, pipeline: Pipeline, new_deployment: Any, tmp_path: Path
) -> None:
    row = new_deployment(pipeline)  # its message was lost, or never sent
    log, ready = tmp_path / "log", tmp_path / "worker.ready"
    more = {"PATH": "/nowhere", "SKYCLOCK_WORKER_READY": str(ready), "SKYCLOCK_PULUMI": ""}
    worker = start_worker(log, **more)
    beat = other_process.celery(
        "beat", "--loglevel", "warning", "--schedule", str(tmp_path / "beat"), "--pidfile", "",
        log=log, **more,
    )  # fmt: skip
    try:
        wait_for(ready.exists, log)
        wait_for(lambda: Deployment.objects.get(pk=row.pk).phase, log)
        row.refresh_from_db()
        assert row.status == "queued"
        assert row.phase == "waiting for the Pulumi engine: Building it, 40 %"
    finally:
        started = time.monotonic()
        for process in (beat, worker):
            process.terminate()
            process.wait(60)
    assert time.monotonic() - started < 40
    assert "Traceback" not in log.read_text()
