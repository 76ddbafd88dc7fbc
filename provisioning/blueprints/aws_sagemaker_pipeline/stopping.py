"""Ending all runs, which SageMaker wants before it deletes a pipeline."""

from __future__ import annotations

from datetime import timedelta

from provisioning.blueprints.common import stopping
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec

from .controls import Controls
from .reader import Reader

LONGEST_RUN = timedelta(days=28)


def stop_all(session: Session, spec: StackSpec) -> None:
    reader, since = Reader(session, spec), session.now() - LONGEST_RUN

    def running() -> list[str]:
        found = stopping.runs_since(reader, since)
        return [run.cloud_id for run in found if not run.status.final]

    stopping.stop_all(running, Controls(session, spec), too_long=_too_long)


def _too_long(count: int) -> str:
    return (
        f"{count} runs are still stopping; SageMaker deletes no pipeline that runs. Try again "
        "when they have ended."
    )
