"""Ending all runs before a pipeline goes: jobs would go on, without their account and bucket."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from provisioning.blueprints.base import Blueprint, Tell
from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec
from provisioning.errors import NotPossible

LONGEST_RUN = timedelta(days=14)
PATIENCE_SECONDS = 300.0  # machines take their time to go
LOOK_SECONDS = 2.0


def stop_all(blueprint: Blueprint, session: Session, spec: StackSpec, tell: Tell) -> None:
    """Stop what runs and wait for its end. Raises NotPossible when that takes too long."""
    until, told = time.monotonic() + PATIENCE_SECONDS, False
    while running := _running(blueprint, session, spec):
        if time.monotonic() > until:
            raise NotPossible(
                f"{len(running)} jobs are still stopping. Try again when Google has ended them."
            )
        if not told:
            tell(f"Cancelling {len(running)} runs that are under way.")
            told = True
        controls = blueprint.controls(session, spec)
        for cloud_id in running:
            with suppress(NotPossible):  # it has ended by itself, or nobody can tell its job
                controls.stop(cloud_id)
        time.sleep(LOOK_SECONDS)


def _running(blueprint: Blueprint, session: Session, spec: StackSpec) -> list[str]:
    reader, since = blueprint.reader(session, spec), session.now() - LONGEST_RUN
    page = reader.runs(since=since)
    found = [*page.runs]
    while page.cursor:
        page = reader.runs(since=since, cursor=page.cursor)
        found += page.runs
    return [run.cloud_id for run in found if _has_job(run.status, run.cloud_status)]


def _has_job(status: RunStatus, cloud_status: str) -> bool:
    """An event that is being delivered again has no job to stop."""
    return not status.final and "STATE_" in cloud_status
