"""Specs, events and settings that the tests of event-sourced trainings begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from provisioning.blueprints.aws_event_sourced_training.assets.training_events.wording import (
    SOURCE,
    job_name,
)
from provisioning.blueprints.aws_event_sourced_training.blueprint import BLUEPRINT
from provisioning.blueprints.aws_event_sourced_training.settings import Settings
from provisioning.blueprints.aws_event_sourced_training.wiring import handler_config
from provisioning.contracts import LoggedEvent, StackSpec
from tests.provisioning.blueprints.pipelines import ACCOUNT, REGION, daily, landing, ready

SLUG = "churn"
ROOT = f"skyclock-{SLUG}"
BUCKET = f"{ROOT}-{ACCOUNT}"
NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)


def sourced(settings: dict[str, Any] | None = None, **more: Any) -> StackSpec:
    values: dict[str, Any] = {
        "pipeline_id": 1,
        "name": "Churn",
        "slug": SLUG,
        "blueprint": BLUEPRINT.kind,
        "settings": BLUEPRINT.validate(settings or BLUEPRINT.example()),
        "triggers": (daily("t1"), landing("t2"), ready("t3")),
        "region": REGION,
        "account": ACCOUNT,
    }
    return BLUEPRINT.prepare(StackSpec(**{**values, **more}), NOW)


def config(**more: Any) -> dict[str, Any]:
    spec = sourced(**more)
    return handler_config(spec, Settings.model_validate(spec.settings))


def event(kind: str, detail: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As EventBridge delivers it."""
    return {
        "version": "0",
        "id": "7f3a0000-aaaa-bbbb-cccc-000000000001",
        "detail-type": kind,
        "source": SOURCE,
        "account": ACCOUNT,
        "time": "2026-11-21T06:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
        **more,
    }


def dataset_ready(**more: Any) -> dict[str, Any]:
    detail = {"data": "s3://my-bucket/in/"}
    return event("dataset.ready", detail, source="example.data") | more


def logged(kind: str, job: str, minute: int = 0, **more: Any) -> LoggedEvent:
    detail = {"job": job, **more.pop("detail", {})}
    return LoggedEvent(
        id=f"{kind}-{job}-{minute}",
        time=datetime(2026, 11, 21, 6, minute, tzinfo=UTC),
        source=more.pop("source", SOURCE),
        type=kind,
        detail=detail,
        **more,
    )


def job_of(cause: str, again: str = "") -> str:
    return job_name(ROOT, cause, again)
