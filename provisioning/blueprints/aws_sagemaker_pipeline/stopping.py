"""Ending all runs, which SageMaker wants before it deletes a pipeline."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import NotPossible

from .controls import Controls
from .reader import Reader

LONGEST_RUN = timedelta(days=28)
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 1.0


def stop_all(session: Session, spec: StackSpec) -> None:
    """Stop what runs and wait for its end. Raises NotPossible when that takes too long."""
    controls, until = Controls(session, spec), time.monotonic() + PATIENCE_SECONDS
    while running := _running(session, spec):
        if time.monotonic() > until:
            raise NotPossible(
                f"{len(running)} runs are still stopping; SageMaker deletes no pipeline that "
                "runs. Try again when they have ended."
            )
        for cloud_id in running:
            with suppress(NotPossible):  # it has ended by itself
                controls.stop(cloud_id)
        time.sleep(LOOK_SECONDS)


def _running(session: Session, spec: StackSpec) -> list[str]:
    reader, since = Reader(session, spec), session.now() - LONGEST_RUN
    page = reader.runs(since=since)
    found = [*page.runs]
    while page.cursor:
        page = reader.runs(since=since, cursor=page.cursor)
        found += page.runs
    return [run.cloud_id for run in found if not run.status.final]
