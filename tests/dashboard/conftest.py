"""The cast: an admin, a member, a stranger whose account was deactivated; and their things."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard import celery, launch, live
from dashboard.models import Connection, Deployment, Pipeline, User, Version
from dashboard.services import connections, deployments, people, pipelines
from provisioning.blueprints import registry
from provisioning.contracts import EngineCommand
from tests.queue_place import queue_at
from tests.sandbox_process import SandboxProcess

PASSWORD = "correct horse battery staple"
BLUEPRINT = "aws_sagemaker_pipeline"
DAILY = {"kind": "schedule", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def surroundings(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Folders of the test's own, a queue within the process, and no Redis."""
    settings.DATA_DIR = tmp_path
    settings.STATE_DIR = tmp_path / "state"
    settings.WORK_DIR = tmp_path / "stacks"
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SANDBOX_CONTROL_URL = "http://127.0.0.1:9"  # nobody listens on the discard port
    settings.SANDBOX_AWS_URL = "http://127.0.0.1:9"
    settings.SANDBOX_AZURE_URL = "http://127.0.0.1:9"
    settings.SANDBOX_GOOGLE_URL = "http://127.0.0.1:9"
    settings.SANDBOX_PROVIDER = "127.0.0.1:9"
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    live._publisher.cache_clear()
    with queue_at("memory://"):
        yield
    live._publisher.cache_clear()


@pytest.fixture
def on_sandbox(surroundings: None, settings: Settings, sandbox: SandboxProcess) -> None:
    """The simulated clouds are there, in place of nobody."""
    settings.SANDBOX_CONTROL_URL = sandbox.address.control_url
    settings.SANDBOX_AWS_URL = sandbox.address.aws_url
    settings.SANDBOX_AZURE_URL = sandbox.address.azure_url
    settings.SANDBOX_GOOGLE_URL = sandbox.address.google_url
    settings.SANDBOX_PROVIDER = sandbox.address.provider


@pytest.fixture
def operate(
    on_sandbox: None, engine: EngineCommand, member: User
) -> Callable[[Pipeline, str], None]:
    """A Deployment from its request to its end, in this process; it has to succeed."""

    def done(pipeline: Pipeline, operation: str) -> None:
        row = launch.request_deployment(actor=member, pipeline=pipeline, operation=operation)
        deployments.execute(row.pk)
        row.refresh_from_db()
        assert row.status == "succeeded", row.error
        pipeline.refresh_from_db()

    return done


@pytest.fixture
def queue_away() -> Callable[[], AbstractContextManager[None]]:
    """Within it, nobody takes messages."""
    return lambda: queue_at("redis://127.0.0.1:9/0")


@pytest.fixture
def messages() -> Callable[[], list[tuple[str, list[Any]]]]:
    """Takes what was enqueued since: [(name of the task, its arguments), …]."""

    def taken() -> list[tuple[str, list[Any]]]:
        found = []
        with celery.app.connection_for_read() as connection:
            for queue in ("deployments", "history"):
                box = connection.SimpleQueue(queue)
                while box.qsize():
                    message = box.get(block=False)
                    message.ack()
                    found.append((message.headers["task"], message.payload[0]))
        return found

    taken()
    return taken


def person(name: str, role: User.Role) -> User:
    user = User(username=name, email=f"{name}@example.org", role=role)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def admin(db: None) -> User:
    return person("ada", User.Role.ADMIN)


@pytest.fixture
def member(db: None) -> User:
    return person("mel", User.Role.MEMBER)


@pytest.fixture
def stranger(db: None, admin: User) -> User:
    return people.deactivate(actor=admin, user=person("sten", User.Role.ADMIN))


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def signed_in(user: User) -> Client:
        browser = Client()
        browser.force_login(user)
        return browser

    return signed_in


@pytest.fixture
def connection(admin: User) -> Connection:
    return connections.create_sandbox(actor=admin, name="Sandbox AWS", cloud="aws")


@pytest.fixture
def example() -> dict[str, Any]:
    return copy.deepcopy(registry.get(BLUEPRINT).example())


@pytest.fixture
def new_pipeline(
    member: User, connection: Connection, example: dict[str, Any]
) -> Callable[..., Pipeline]:
    """Saves a Pipeline; what the test does not say is as usual."""

    def saved(name: str = "Churn", **more: Any) -> Pipeline:
        usual = {
            "actor": member,
            "connection": connection,
            "blueprint": BLUEPRINT,
            "settings": example,
            "triggers": [DAILY],
        }
        return pipelines.create(name=name, **{**usual, **more})

    return saved


@pytest.fixture
def pipeline(new_pipeline: Callable[..., Pipeline]) -> Pipeline:
    return new_pipeline()


@pytest.fixture
def deployed(pipeline: Pipeline) -> Pipeline:
    """A Pipeline whose rows say that its Version is in the cloud."""
    Pipeline.objects.filter(pk=pipeline.pk).update(
        deployed_version=pipeline.current_version, may_exist_in_cloud=True
    )
    pipeline.refresh_from_db()
    return pipeline


@pytest.fixture
def new_deployment(member: User) -> Callable[..., Deployment]:
    """A row as it stands in the table, without the way to it."""

    def saved(pipeline: Pipeline, operation: str = "up", **more: Any) -> Deployment:
        version: Version | None = pipeline.current_version
        usual = {"version": version, "operation": operation, "requested_by": member}
        return Deployment.objects.create(pipeline=pipeline, **{**usual, **more})

    return saved
