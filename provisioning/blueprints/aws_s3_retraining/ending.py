"""Before the pipeline is destroyed: what AWS would not delete, or what would go on."""

from __future__ import annotations

from provisioning.blueprints.aws_common import jobs
from provisioning.blueprints.aws_common.buckets import require_deletable
from provisioning.blueprints.base import Tell
from provisioning.blueprints.common import stopping
from provisioning.clouds.session import Session
from provisioning.contracts import RunStatus, StackSpec

from . import names
from .controls import Controls
from .reader import Reader
from .settings import Settings


def clear(session: Session, spec: StackSpec, tell: Tell) -> None:
    form = Settings.model_validate(spec.settings).data_bucket
    require_deletable(session, names.data_bucket(spec.slug, spec.account), form)
    stop_all(session, spec, tell)


def stop_all(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Only jobs that there are: what was asked for and did not come about cannot be stopped."""
    reader, since = Reader(session, spec), session.now() - jobs.LONGEST

    def running() -> list[str]:
        found = stopping.runs_since(reader, since)
        return [run.cloud_id for run in found if run.status is RunStatus.RUNNING]

    jobs.stop_all(running, Controls(session, spec), tell)
