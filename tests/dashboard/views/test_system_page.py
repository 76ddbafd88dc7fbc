"""The page of what Skyclock itself runs on, and the same over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import AuditEntry, Connection, EngineChoice, SigningKey, WorkerHost
from dashboard.services import workers

NEW = "3.300.0"


@pytest.fixture
def host(db: None) -> WorkerHost:
    now = timezone.now()
    EngineChoice.objects.create(pk=1, version="3.256.0", newest=NEW, looked_at=now)
    return WorkerHost.objects.create(
        host="worker-1", pid=4711, started_at=now, seen_at=now, engine="3.256.0",
        engines=[{"version": "3.206.1", "origin": "cache", "root": "/opt/engine"}],
        plugins=["aws 7.51.1"],
    )  # fmt: skip


def text_of(browser: Client) -> str:
    return browser.get("/system").content.decode()


def test_it_shows_the_engine_its_plugins_and_the_workers(
    as_admin: Client, host: WorkerHost
) -> None:
    text = text_of(as_admin)
    for shown in ("3.256.0", "aws 7.51.1", "worker-1", "process 4711", "Alive", "3.206.1"):
        assert shown in text, shown
    WorkerHost.objects.update(seen_at=timezone.now() - 2 * workers.ALIVE)
    assert "Not heard of" in text_of(as_admin)


def test_what_does_not_answer_is_said_without_its_address(as_admin: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://:hush-hush-hush@127.0.0.1:9/0"
    text = text_of(as_admin)
    assert "Redis does not answer: ConnectionError." in text
    assert "hush" not in text
    assert "No worker has said that it is alive." in text


def test_what_no_key_opens_is_named_with_its_page(as_admin: Client, connection: Connection) -> None:
    assert "What cannot be opened" not in text_of(as_admin)
    Connection.objects.update(sealed="what no key opens")
    SigningKey.objects.create(
        number=1, kid="lost-kid", public={}, sealed="nor this", active_at=timezone.now(),
        created_at=timezone.now(),
    )  # fmt: skip
    text = text_of(as_admin)
    assert f'<a href="/connections/{connection.pk}">Sandbox AWS</a>' in text
    assert "lost-kid" in text
    assert "They open 0 of 2 sealed values; the others are named above." in text


def test_a_click_asks_for_a_version_and_the_page_says_how_it_goes(
    as_admin: Client, host: WorkerHost
) -> None:
    assert f"Use {NEW}" in text_of(as_admin)
    answer = as_admin.post("/system/engine/use", {"version": NEW})
    assert (answer.status_code, answer["Location"]) == (303, "/system")
    text = text_of(as_admin)
    assert f"Pulumi {NEW}, asked for by ada: It waits for a worker." in text
    assert "disabled" in text
    assert AuditEntry.objects.filter(action="engine.ask", detail__version=NEW).exists()
    EngineChoice.objects.update(trying="", failed=True, said=f"Pulumi {NEW} was not taken.")
    assert f"Pulumi {NEW} was not taken. Pulumi 3.256.0 stays in use." in text_of(as_admin)


def test_looking_is_asked_of_a_worker(as_admin: Client, host: WorkerHost, messages: Any) -> None:
    as_admin.post("/system/engine/look")
    assert messages() == [("dashboard.tasks.look_for_engine", [])]
