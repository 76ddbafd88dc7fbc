"""Ending all runs before a pipeline goes: jobs would go on, without their account and bucket."""

from __future__ import annotations

from datetime import timedelta

from provisioning.blueprints.base import Blueprint, Tell
from provisioning.blueprints.common import stopping
from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec

LONGEST_RUN = timedelta(days=14)
PATIENCE = timedelta(minutes=5)  # machines take their time to go


def stop_all(blueprint: Blueprint, session: Session, spec: StackSpec, tell: Tell) -> None:
    reader, since = blueprint.reader(session, spec), session.now() - LONGEST_RUN

    def running() -> list[str]:
        found = stopping.runs_since(reader, since)
        return [run.cloud_id for run in found if _has_job(run.status, run.cloud_status)]

    stopping.stop_all(
        running,
        blueprint.controls(session, spec),
        begin=lambda count: tell(f"Cancelling {count} runs that are under way."),
        too_long=lambda count: (
            f"{count} jobs are still stopping. Try again when Google has ended them."
        ),
        patience=PATIENCE,
    )


def _has_job(status: RunStatus, cloud_status: str) -> bool:
    """An event that is being delivered again has no job to stop."""
    return not status.final and "STATE_" in cloud_status
