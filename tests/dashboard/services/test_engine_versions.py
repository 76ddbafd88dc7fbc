"""Which engine is used: a newer one is offered, tried, and taken by an admin's click only."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from dashboard import celery, launch
from dashboard.models import AuditEntry, EngineChoice, Pipeline, User, WorkerHost
from dashboard.services import engine as engines
from dashboard.services import upgrades, workers
from provisioning.contracts import EngineCommand
from provisioning.engine import latest
from provisioning.errors import InvalidInput, NotPossible

OLD, NEW = "3.250.0", "3.300.0"


@pytest.fixture
def place(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Puts what says that it is this version into the cache, or on PATH."""
    settings.ENGINE_ROOT = None
    settings.ENGINE_CACHE = tmp_path / "cache"
    on_path = tmp_path / "usr" / "bin"
    monkeypatch.setenv("PATH", f"{on_path}:/usr/bin:/bin")

    def placed(version: str, *, where: str = "cache") -> Path:
        folder = tmp_path / "cache" / f"pulumi-{version}" / "bin" if where == "cache" else on_path
        folder.mkdir(parents=True, exist_ok=True)
        binary = folder / "pulumi"
        binary.write_text(f"#!/bin/sh\necho v{version}\n")
        binary.chmod(0o755)
        return binary

    return placed


@pytest.fixture
def say_alive(db: None) -> Callable[[], None]:
    return lambda: workers.say_alive(timezone.now())


def in_use() -> str:
    found = engines.find()
    return found.version if isinstance(found, EngineCommand) else found.message


def offered() -> list[str]:
    return [offer.version for offer in upgrades.offers(upgrades.row())]


def test_a_newer_one_that_turns_up_is_offered_and_not_taken(
    place: Any, say_alive: Any, admin: User
) -> None:
    place(OLD, where="path")
    say_alive()
    assert in_use() == OLD
    place(NEW, where="path")  # the system's packages were brought up to date
    say_alive()
    assert in_use() == OLD  # a copy of it was kept
    assert offered() == [NEW, upgrades.tested()]
    (offer, _) = upgrades.offers(upgrades.row())
    assert offer.newer and offer.where == (f"on PATH on {os.uname().nodename}",)
    assert NEW in offer.warnings[0]


def test_what_does_not_do_is_not_offered(place: Any, say_alive: Any) -> None:
    place(OLD)
    for version in ("3.100.0", "4.0.0"):
        place(version)
    say_alive()
    assert offered() == [upgrades.tested()]


def test_one_that_vanished_is_waited_for_and_says_so(place: Any, say_alive: Any) -> None:
    binary = place(OLD)
    say_alive()
    place(NEW)
    binary.unlink()
    assert in_use() == f"Pulumi {OLD}, which is in use, is not here"


def test_one_that_cannot_be_had_again_stops_nothing_but_deployments(
    place: Any, say_alive: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The supervisor's own file must not say so: pages have to come up for a click."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody is asked in earnest
    place(OLD).unlink()
    EngineChoice.objects.create(version=OLD)
    place(NEW)
    say_alive()
    assert f"Pulumi {OLD} could not be fetched from its vendor" in in_use()
    assert not (Path(settings.DATA_DIR) / "engine.json").exists()
    host = WorkerHost.objects.get()
    assert (host.engine, [each["version"] for each in host.engines]) == ("", [NEW])
    assert "could not be fetched" in host.waiting
    told = Path(settings.DATA_DIR) / f"engine-{OLD}.json"
    os.utime(told, (0, 0))
    assert in_use() == f"Pulumi {OLD}, which is in use, is not here"  # and is tried again


@pytest.mark.parametrize("version", ["3.1.0", "4.0.0", "9.9.9", "", "../../etc", NEW])
def test_only_what_is_offered_can_be_asked_for(
    place: Any, say_alive: Any, admin: User, version: str
) -> None:
    place(OLD)
    say_alive()
    with pytest.raises(InvalidInput, match="not offered"):
        launch.use_engine(actor=admin, version=version)


def test_members_cannot_ask(place: Any, say_alive: Any, member: User) -> None:
    place(OLD), place(NEW)
    with pytest.raises(PermissionDenied):
        launch.use_engine(actor=member, version=NEW)


def test_one_that_fails_its_trial_is_not_taken(place: Any, say_alive: Any, admin: User) -> None:
    place(OLD)
    say_alive()
    place(NEW)  # says its version, and can nothing else
    say_alive()
    launch.use_engine(actor=admin, version=NEW)
    upgrades.try_asked()
    row = upgrades.row()
    assert (row.version, row.trying, row.failed) == (OLD, "", True)
    assert row.said.startswith(f"Pulumi {NEW} was not taken. ")
    assert in_use() == OLD


@pytest.mark.engine
def test_one_that_works_is_taken_once_and_going_back_warns(
    place: Any, say_alive: Any, admin: User, engine: EngineCommand, settings: Any,
    deployed: Pipeline, new_deployment: Any, messages: Any,
) -> None:  # fmt: skip
    place(OLD)
    say_alive()
    (Path(settings.ENGINE_CACHE) / f"pulumi-{engine.version}").symlink_to(engine.root)
    say_alive()
    launch.use_engine(actor=admin, version=engine.version)
    with pytest.raises(NotPossible, match="is being prepared"):
        launch.use_engine(actor=admin, version=engine.version)
    assert messages() == [(celery.TRY_ENGINE, [])]
    upgrades.try_asked()
    upgrades.try_asked()  # delivered twice
    row = upgrades.row()
    assert (row.version, row.before, row.changed_by) == (engine.version, OLD, admin), row.said
    assert in_use() == engine.version
    assert AuditEntry.objects.filter(action="engine.use").count() == 1
    assert upgrades.offers(row)[-1].warnings == ()
    new_deployment(deployed, status="failed", engine=f"pulumi {engine.version}")
    (back,) = upgrades.offers(row)
    assert (back.version, back.newer) == (OLD, False)
    assert back.warnings[0].startswith("The state of 1 pipeline was written by a newer engine.")


def test_one_whose_worker_died_can_be_asked_for_again(
    place: Any, say_alive: Any, admin: User, messages: Any
) -> None:
    place(OLD), place(NEW)
    EngineChoice.objects.create(version=OLD)
    say_alive()
    launch.use_engine(actor=admin, version=NEW)
    messages()
    launch.try_engine_again()  # as a worker does when it starts
    assert messages() == [(celery.TRY_ENGINE, [])]
    EngineChoice.objects.update(asked_at=timezone.now() - upgrades.STUCK - timedelta(seconds=1))
    launch.use_engine(actor=admin, version=NEW)


@pytest.mark.parametrize(
    ("answer", "newest", "why"),
    [("v3.300.1\n", "3.300.1", ""), ("<html>sign in</html>", "", "the answer is no version")],
)
def test_the_vendor_is_asked(
    db: None, monkeypatch: pytest.MonkeyPatch, answer: str, newest: str, why: str
) -> None:
    class Vendor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Vendor) as server:
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setattr(latest, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
        upgrades.look()
    row = upgrades.row()
    assert row.newest == newest and row.looked_at and why in row.look_failed


def test_where_there_is_no_network_it_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "ADDRESS", "http://127.0.0.1:9/latest-version")
    upgrades.look()
    row = upgrades.row()
    assert row.newest == ""
    assert row.look_failed == (
        "The vendor could not be asked for a newer engine (http://127.0.0.1:9/latest-version): "
        "Connection refused."
    )


def test_a_worker_that_is_not_heard_of_is_said_to_be_so(place: Any, say_alive: Any) -> None:
    place(OLD)
    say_alive()
    host = WorkerHost.objects.get()
    assert workers.is_alive(host) and host.engine == OLD
    host.seen_at = timezone.now() - workers.ALIVE - timedelta(seconds=1)
    assert not workers.is_alive(host)
