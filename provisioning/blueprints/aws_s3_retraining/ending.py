"""Before the pipeline is destroyed: what AWS would not delete, or what would go on."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from provisioning.blueprints.aws_common.buckets import require_deletable
from provisioning.blueprints.base import Tell
from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec
from provisioning.errors import NotPossible

from . import names
from .controls import Controls
from .reader import Reader
from .settings import Settings

LONGEST_JOB = timedelta(days=5)
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 1.0


def clear(session: Session, spec: StackSpec, tell: Tell) -> None:
    form = Settings.model_validate(spec.settings).data_bucket
    require_deletable(session, names.data_bucket(spec.slug, spec.account), form)
    stop_all(session, spec, tell)


def stop_all(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Jobs go on without the pipeline, and nobody would watch them."""
    controls, until = Controls(session, spec), time.monotonic() + PATIENCE_SECONDS
    told = False
    while running := _running(session, spec):
        if not told:
            tell(f"Stopping {len(running)} training job{'s' if len(running) > 1 else ''}.")
            told = True
        if time.monotonic() > until:
            raise NotPossible(
                f"{len(running)} training jobs are still stopping. Destroy again when they have "
                "ended."
            )
        for cloud_id in running:
            with suppress(NotPossible):  # it has ended by itself
                controls.stop(cloud_id)
        time.sleep(LOOK_SECONDS)


def _running(session: Session, spec: StackSpec) -> list[str]:
    reader, since = Reader(session, spec), session.now() - LONGEST_JOB
    page = reader.runs(since=since)
    found = [*page.runs]
    while page.cursor:
        page = reader.runs(since=since, cursor=page.cursor)
        found += page.runs
    return [run.cloud_id for run in found if run.status is RunStatus.RUNNING]
