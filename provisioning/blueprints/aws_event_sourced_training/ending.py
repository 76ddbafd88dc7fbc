"""Before the pipeline is destroyed: what AWS would not delete, or what would go on."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta

from provisioning.blueprints.aws_common import names as common
from provisioning.blueprints.aws_common.buckets import require_deletable
from provisioning.blueprints.aws_common.discovery import pages
from provisioning.blueprints.base import Tell
from provisioning.clouds import cloud_errors
from provisioning.clouds.session import Session
from provisioning.contracts import StackSpec
from provisioning.errors import CloudError, NotFound, NotPossible

from . import names
from .controls import Controls
from .reader import Reader
from .settings import Settings

LONGEST_JOB = timedelta(days=5)
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 1.0


def clear(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Models are data as well: versions are deleted only where data may be."""
    form = Settings.model_validate(spec.settings).data_bucket
    require_deletable(session, common.data_bucket(spec.slug, spec.account), form)
    versions = _versions(session, spec)
    if versions and not form.delete_objects:
        raise NotPossible(
            f"The model package group {names.model_group(spec.slug)} still holds "
            f"{_counted(versions)}. Delete them, or allow 'Delete the data with the pipeline' in "
            "the settings and deploy them; then destroy again."
        )
    stop_all(session, spec, tell)
    for arn in versions:
        with cloud_errors("delete a model version"):
            session.client("sagemaker").delete_model_package(ModelPackageName=arn)
    if versions:
        tell(f"Deleted {_counted(versions)}.")


def _counted(versions: list[str]) -> str:
    return "1 model version" if len(versions) == 1 else f"{len(versions)} model versions"


def stop_all(session: Session, spec: StackSpec, tell: Tell) -> None:
    """Jobs go on without the pipeline, and nobody would watch them."""
    controls, until = Controls(session, spec), time.monotonic() + PATIENCE_SECONDS
    told = False
    while running := _running(session, spec):
        if not told:
            tell(f"Stopping {len(running)} training jobs.")
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
    return [run.cloud_id for run in found if not run.status.final]


def _versions(session: Session, spec: StackSpec) -> list[str]:
    try:
        with cloud_errors("list the model versions"):
            found = pages(
                session.client("sagemaker"),
                "list_model_packages",
                "ModelPackageSummaryList",
                ModelPackageGroupName=names.model_group(spec.slug),
            )
            return [str(each["ModelPackageArn"]) for each in found]
    except CloudError as error:
        if isinstance(error, NotFound) or error.code == "ValidationException":
            return []  # there is no group
        raise
