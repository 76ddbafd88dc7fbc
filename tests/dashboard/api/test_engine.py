"""The engine over the API: what is in use, what is offered, asking for another one."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.models import EngineChoice, WorkerHost
from dashboard.services import upgrades
from tests.dashboard.api.conftest import Caller, fields


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    now = timezone.now()
    EngineChoice.objects.create(pk=1, version="3.250.0", newest="3.300.0", looked_at=now)
    WorkerHost.objects.create(
        host="worker-1", pid=1, started_at=now, seen_at=now, engine="3.250.0",
        engines=[{"version": "3.206.0", "origin": "path", "root": "/usr"}],
    )  # fmt: skip


def test_it_tells_what_is_in_use_and_what_is_offered(admin_api: Caller) -> None:
    told = admin_api.get("/engine")
    assert (told["version"], told["minimum"], told["tested"]) == (
        "3.250.0", "3.206.0", upgrades.tested(),
    )  # fmt: skip
    assert [(offer["version"], offer["newer"]) for offer in told["offers"]] == [
        ("3.300.0", True), (upgrades.tested(), True), ("3.206.0", False),
    ]  # fmt: skip
    assert told["offers"][2]["where"] == ["on PATH on worker-1"]
    assert [(each["host"], each["alive"]) for each in told["workers"]] == [("worker-1", True)]


def test_an_admin_asks_for_another_one(admin_api: Caller) -> None:
    told = admin_api.post("/engine/use", {"version": "3.300.0"}, expect=202)
    assert (told["version"], told["trying"]) == ("3.250.0", "3.300.0")
    refused = admin_api.post("/engine/use", {"version": "3.206.0"}, expect=409)
    assert "is being prepared" in refused["detail"]


def test_what_is_not_offered_is_refused(admin_api: Caller) -> None:
    refused = admin_api.post("/engine/use", {"version": "3.299.9"}, expect=422)
    assert "3.300.0" in fields(refused)["version"]


def test_a_member_may_not_ask(api: Caller) -> None:
    api.post("/engine/use", {"version": "3.300.0"}, expect=403)
