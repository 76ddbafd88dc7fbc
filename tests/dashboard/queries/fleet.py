"""Pipelines that the clouds fire by the clock, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from dashboard.models import Connection, Pipeline, Trigger, User, Version


def fleet(
    connection: Connection, member: User, schedules: Iterable[tuple[str, str]], *, name: str = "p"
) -> list[Pipeline]:
    """One deployed Pipeline for each (cron, zone), its schedule confirmed by the cloud."""
    schedules = list(schedules)
    pipelines = Pipeline.objects.bulk_create(
        Pipeline(
            name=f"{name}-{number:05d}",
            slug=f"{name}-{number:05d}",
            connection=connection,
            blueprint="aws_sagemaker_pipeline",
            may_exist_in_cloud=True,
            created_by=member,
        )
        for number in range(len(schedules))
    )
    specs = [_spec(cron, zone) for cron, zone in schedules]
    versions = Version.objects.bulk_create(
        Version(pipeline=row, number=1, settings={}, triggers=[spec])
        for row, spec in zip(pipelines, specs, strict=True)
    )
    for row, version in zip(pipelines, versions, strict=True):
        row.current_version = row.deployed_version = version
    its_own = Version.objects.filter(pipeline=OuterRef("pk")).values("pk")
    rows = Pipeline.objects.filter(pk__in=Version.objects.values("pipeline"), current_version=None)
    rows.update(current_version=Subquery(its_own), deployed_version=Subquery(its_own))
    Trigger.objects.bulk_create(
        Trigger(pipeline=row, **spec, state=Trigger.State.ACTIVE, verified_at=timezone.now())
        for row, spec in zip(pipelines, specs, strict=True)
    )
    return pipelines


def _spec(cron: str, zone: str) -> dict[str, Any]:
    return {"key": "t1", "kind": "schedule", "cron": cron, "timezone": zone}
